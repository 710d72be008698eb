package dora

import (
	"net/url"
	"regexp"
	"strings"
)

// scp is the form git@host:owner/name.git of a remote.
var scp = regexp.MustCompile(`^[\w.-]+@[\w.-]+:([^/].*)$`)

// RepositoryAt is the name, owner/name, of the repository that a remote's address leads to, as pipelines know it: over
// https or ssh, with a log-in and .git or without. What is no address is a name already.
func RepositoryAt(remote string) string {
	path := ""
	if parts := scp.FindStringSubmatch(remote); parts != nil {
		path = parts[1]
	} else if at, err := url.Parse(remote); err == nil && at.Host != "" && (at.Scheme == "https" || at.Scheme == "http" || at.Scheme == "ssh" || at.Scheme == "git") {
		path = at.Path
	} else {
		return remote
	}
	return strings.TrimSuffix(strings.Trim(path, "/"), ".git")
}
