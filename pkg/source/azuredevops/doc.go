// Package azuredevops reads repositories, pull requests, deployments and work items from Azure DevOps, Services and Server.
//
// A project is read after another. Lists of commits come without parents, so a head is compared with the one before it by one
// request, and each commit that is news is asked for by itself, once. Completed pull requests are listed by when they were
// closed, and take two requests each: their commits, and the threads that hold votes and remarks. Nothing is asked for each
// deployment: the jobs that an environment records are put together by run and stage, and what a run built comes for two hundred runs
// at a time.
//
// Where stages are chosen by their names, the timeline of each run is a request, once.
//
// What runs over a repository on GitHub is told under that repository's name there, and joins the code that another source
// reads.
package azuredevops
