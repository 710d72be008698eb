// Package bitbucket reads repositories, pull requests and deployments from Bitbucket Cloud.
//
// A thousand requests an hour is all that there is, so that a workspace's repositories come in one list, which says which of
// them were pushed to; only these are asked for commits and pull requests. Pipelines, the newest first, say whether any
// deployment can have changed. Deployments have no order and no filter: where one can have changed all of them are read.
//
// A pull request tells neither when it was merged nor the whole of a commit's name: it takes two requests more, for its own
// commits and for what happened to it.
package bitbucket
