package gitlab

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// selection says which projects are read: some by their paths, some by pattern, without those that an exclusion names.
type selection struct {
	dora.Selection
	exact  []string // paths as configured, in order
	groups []group  // of the patterns, of which the list of projects is needed
}

// group is one whose projects are listed: its path in lower case, and whether with those of the groups in it.
type group struct {
	path  string
	below bool
}

func newSelection(patterns []string) (selection, error) {
	s := selection{Selection: dora.Selection{Repositories: patterns}}
	s.exact = s.ByName()
	for _, pattern := range patterns {
		bare, exclusion := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		parts := strings.Split(strings.ToLower(bare), "/")
		if len(parts) < 2 || slices.Contains(parts, "") || strings.ContainsAny(bare, "[]\\") {
			return s, fmt.Errorf("repositories: %q is not of the form group/project or group/subgroup/project, where * and ? stand for other letters and /** in the end for all below", pattern)
		}
		first := slices.IndexFunc(parts, func(part string) bool { return strings.ContainsAny(part, "*?") })
		switch {
		case exclusion || first < 0:
			continue
		case first == 0:
			return s, fmt.Errorf("repositories: %q has a pattern for its group; only what is within a group may be a pattern", pattern)
		}
		g := group{strings.Join(parts[:first], "/"), first < len(parts)-1 || parts[first] == "**"}
		if !slices.Contains(s.groups, g) {
			s.groups = append(s.groups, g)
		}
	}
	if len(s.exact) == 0 && len(s.groups) == 0 {
		return s, errors.New("repositories: at least one group/project is needed")
	}
	return s, nil
}

// lists says whether a pattern picks the project out of its group's list.
func (s selection) lists(project string) bool {
	return s.Lists(project) && !s.Excludes(project)
}
