// Package jira reads incidents from Jira and Jira Service Management, in the cloud and in data centers of one's own.
//
// All projects are read together: a search lists the ids of all incidents that there are, and another gives those that have
// changed, in the order in which they changed. Ids are for what nothing tells of: issues that were deleted, that are no incidents
// any more or have become some long after they were opened. When an incident ended is told by the history of its status, which
// the cloud gives for a page of issues at a time, and a data center with each issue.
//
// Both editions are asked by version 2 of the API, in which texts are texts.
package jira
