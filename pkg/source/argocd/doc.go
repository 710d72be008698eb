// Package argocd reads deployments from Argo CD: the sync operations of its applications.
//
// One request lists what every application did last, without its history. An application is asked for by itself where that is
// news. Its history has the last ten whole operations that succeeded; what failed, and what synced a part, is shown only
// until the next operation begins, so that the list is to be read often. Numbers that the history skips are counted.
//
// Where the revision is a commit of a repository of configuration, the version is that of the image that runs when the
// operation has ended, and joins the code that another source reads.
package argocd
