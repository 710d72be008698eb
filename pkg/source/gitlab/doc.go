// Package gitlab reads projects, commits, merge requests, deployments and incidents from GitLab (gitlab.com, Dedicated and
// self-managed, also beneath a path of its host).
//
// Lists come over REST, a hundred entries a request. They are read by their last change, oldest first, and each page begins
// where the one before ended, by time and not by number: what moves in the list while it is read is met later, and nothing
// is pushed out. What belongs to single merge requests, their commits and notes, is asked of GraphQL for many at a time, and
// over REST by a request each where GraphQL is refused or switched off. Nothing is asked for each deployment: contents are
// worked out from the commit graph, and GitLab's own links between deployments and merge requests are not read.
//
// A refresh reads the newest page of each list, which also counts it. Where that leads to what is known, there is nothing
// else to read; where there are fewer than there were, the list is called whole, and what is gone is withdrawn.
package gitlab
