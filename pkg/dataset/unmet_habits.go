package dataset

import (
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// ofHabits says which rules on how repositories are deployed decide of none, and why.
func (u *unmet) ofHabits(s *settings.Source) {
	habitual, ok := s.Own.(source.Habitual)
	names := u.repositories[s.ID]
	if !ok || len(names) == 0 {
		return
	}
	taken := make([]bool, len(names))
	for i, patterns := range habitual.HabitsOf() {
		rule, fits, takes := dora.Selection{Repositories: patterns}, false, false
		for k, name := range names {
			if rule.Takes(name) {
				fits, takes = true, takes || !taken[k]
				taken[k] = true
			}
		}
		at := fmt.Sprintf("Source %s: %s[%d] (%s)", s.ID, source.HabitsKey, i, source.Listed(patterns))
		switch {
		case !fits:
			wanted := lettingIn(patterns)
			u.entries = append(u.entries, fmt.Sprintf("%s fits no repository that is read; %s.", at, strict.Among(wanted, names)))
		case !takes:
			u.entries = append(u.entries, at+" decides of no repository: rules before it take all that it fits.")
		}
	}
}

// lettingIn is the first pattern that does not leave out.
func lettingIn(patterns []string) string {
	for _, each := range patterns {
		if each = strings.TrimSpace(each); !strings.HasPrefix(each, "!") {
			return each
		}
	}
	return ""
}
