package dora

import "strings"

// RunName names the vendor's run that a deployment is a leg of; empty where it is not told.
func (d *Deployment) RunName() string {
	if d.Run != "" {
		return d.Run
	}
	return RunAt(d.URL)
}

// runPages is how the address of a run's page goes on behind the repository's, on GitHub and on what is like it.
const runPages = "/actions/runs/"

// RunAt reads from an address the run whose page, log or job it is; empty: it is none's.
func RunAt(address string) string {
	_, rest, found := strings.Cut(address, runPages)
	if !found {
		return ""
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		return rest
	}
	if !strings.ContainsRune("/?#", rune(rest[end])) {
		return ""
	}
	return rest[:end]
}
