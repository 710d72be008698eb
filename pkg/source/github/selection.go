package github

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// selection says which repositories are read: some by name, some by pattern, without those that an exclusion names.
// GitHub's names are matched whatever their case.
type selection struct {
	exact    []string // owner/name as configured, in order
	globs    []glob   // need the owner's list of repositories
	owners   []string // owners of the globs, lower case, in order
	excluded []glob
}

type glob struct{ owner, name string }

func newSelection(patterns []string) (selection, error) {
	var s selection
	seen := map[string]bool{}
	for _, pattern := range patterns {
		bare, exclusion := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		owner, name, found := strings.Cut(strings.ToLower(bare), "/")
		if !found || owner == "" || name == "" || strings.ContainsAny(name, "/[]\\") || strings.ContainsAny(owner, "[]\\") {
			return s, fmt.Errorf("repositories: %q is not of the form owner/name, where * and ? stand for other letters", pattern)
		}
		g := glob{owner, name}
		switch {
		case exclusion:
			s.excluded = append(s.excluded, g)
		case strings.ContainsAny(owner, "*?"):
			return s, fmt.Errorf("repositories: %q has a pattern for its owner; only the name may be a pattern", pattern)
		case strings.ContainsAny(name, "*?"):
			s.globs = append(s.globs, g)
			if !seen[owner] {
				seen[owner] = true
				s.owners = append(s.owners, owner)
			}
		default:
			s.exact = append(s.exact, bare)
		}
	}
	if len(s.exact)+len(s.globs) == 0 {
		return s, errors.New("repositories: at least one owner/name is needed")
	}
	return s, nil
}

// lists says whether a pattern picks the repository out of its owner's list.
func (s selection) lists(repository string) bool {
	return matches(s.globs, repository) && !s.excludes(repository)
}

func (s selection) excludes(repository string) bool { return matches(s.excluded, repository) }

func matches(globs []glob, repository string) bool {
	owner, name, _ := strings.Cut(strings.ToLower(repository), "/")
	for _, g := range globs {
		if like(g.owner, owner) && like(g.name, name) {
			return true
		}
	}
	return false
}

func like(pattern, text string) bool {
	matched, err := path.Match(pattern, text)
	return err == nil && matched
}
