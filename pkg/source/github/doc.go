// Package github reads repositories, commits, pull requests, deployments and incident issues from GitHub (github.com,
// Enterprise Cloud and Enterprise Server) over GraphQL v4, or over REST v3 where GraphQL is refused.
//
// One query a page reads everything that a repository has to tell: merged pull requests by their last change,
// deployments by their creation, the default branch's history and, where issues are incidents, issues by their last
// change. Each of these streams ends by itself where the cursor says that the rest is known. What such a page cannot
// carry is asked for afterwards: the rest of long lists, deployed commits off the main line, and deployments that may
// still succeed. Nothing is asked per pair of deployments; contents are worked out from the commit graph.
//
// Over REST the same lists are read page by page, and what belongs to an entry by a request of its own. Its answers are
// put into the words of GraphQL's schema, so that there is one way from them to events and one cursor.
//
// Where deployments are something else than GitHub's own (see origin), they take the same way as those: what is read
// is put into the words of a deployment with its statuses.
//
// What every source needs is in the packages beside it: requests and their limits in wire, lists in pages, where a run goes
// on in cursor and lineage, what is there no longer in census.
package github
