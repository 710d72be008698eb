package github

import (
	"errors"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// selection says which repositories are read: some by name, some by pattern, without those that an exclusion names.
type selection struct {
	dora.Selection
	exact  []string // owner/name as configured, in order
	owners []string // owners of the patterns, of which the list of repositories is needed; lower case, in order
}

func newSelection(patterns []string) (selection, error) {
	s := selection{Selection: dora.Selection{Repositories: patterns}}
	seen := map[string]bool{}
	s.exact = s.ByName()
	listed := false
	for _, pattern := range patterns {
		bare, exclusion := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		owner, name, found := strings.Cut(strings.ToLower(bare), "/")
		if !found || owner == "" || name == "" || strings.ContainsAny(name, "/[]\\") || strings.ContainsAny(owner, "[]\\") {
			return s, fmt.Errorf("repositories: %q is not of the form owner/name, where * and ? stand for other letters", pattern)
		}
		switch {
		case exclusion:
		case strings.ContainsAny(owner, "*?"):
			return s, fmt.Errorf("repositories: %q has a pattern for its owner; only the name may be a pattern", pattern)
		case strings.ContainsAny(name, "*?"):
			listed = true
			if !seen[owner] {
				seen[owner] = true
				s.owners = append(s.owners, owner)
			}
		}
	}
	if len(s.exact) == 0 && !listed {
		return s, errors.New("repositories: at least one owner/name is needed")
	}
	return s, nil
}

// lists says whether a pattern picks the repository out of its owner's list.
func (s selection) lists(repository string) bool {
	return s.Lists(repository) && !s.Excludes(repository)
}
