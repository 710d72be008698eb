// Package jenkins reads deployments from the builds of a Jenkins controller. Jenkins knows no environments, no pull requests
// and no incidents: rules of the settings say which builds deploy what where, and the code is another source's, which it joins
// by the addresses of the remotes that builds checked out.
//
// A run lists the folders that the rules name, and reads of the jobs that have news the newest builds, the first time all back
// to the history's limit, by ranges: no answer has a controller's or a job's whole history. What Jenkins discards stays; numbers
// that are missing are told as runs that nobody can see.
package jenkins
