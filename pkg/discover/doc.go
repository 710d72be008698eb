// Package discover proposes settings by what repositories have to offer: which deployments are read of each, what is
// production, which services there are and whose they are, each with its reason and how sure it is.
package discover
