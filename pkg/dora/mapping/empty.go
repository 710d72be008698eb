package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Empty says why a rule takes nothing, and which names there are instead.
func Empty(s *dora.Service, told []Told, lost int) string {
	m := s.Match
	if lost > 0 {
		return "Entries before it take all that fits it."
	}
	if len(told) == 0 {
		return "Nothing was collected yet."
	}
	left := told
	for _, step := range []struct {
		key   string
		shape dora.Shape
		of    func(*Told) []string
	}{
		{"source", m.Source, func(t *Told) []string { return []string{t.Source} }},
		{"repository", m.Repository, func(t *Told) []string { return []string{t.Repository} }},
		{"group", m.Group, func(t *Told) []string { return []string{t.Group} }},
		{"topic", m.Topic, func(t *Told) []string { return t.Topics }},
		{"environment", m.Environment, ofStrands(func(s Strand) string { return s.Environment })},
		{"tier", m.Tier, ofStrands(func(s Strand) string { return s.Tier })},
		{"task", m.Task, ofStrands(func(s Strand) string { return s.Task })},
		{"path", m.Path, func(t *Told) []string { return t.Folders }},
	} {
		if step.shape.IsZero() {
			continue
		}
		shape := step.shape
		if step.key == "path" {
			shape = folderShape(shape)
		}
		var fits []Told
		names := map[string]bool{}
		for i := range left {
			all := step.of(&left[i])
			for _, name := range all {
				if name != "" {
					names[name] = true
				}
			}
			if slices.ContainsFunc(all, shape.Fits) {
				fits = append(fits, left[i])
			}
		}
		if len(fits) == 0 {
			return fmt.Sprintf("%s: %q fits nothing; %s.", step.key, step.shape, near(step.shape.String(), names))
		}
		left = fits
	}
	return "No repository fits all that it says."
}

func ofStrands(name func(Strand) string) func(*Told) []string {
	return func(t *Told) (names []string) {
		for _, s := range t.Strands {
			names = append(names, name(s))
		}
		return names
	}
}

// nearShown is how many names are told.
const nearShown = 5

// near are the names that are most like a shape: those that begin and end most like what it says.
func near(shape string, names map[string]bool) string {
	if len(names) == 0 {
		return "there are none"
	}
	wanted := strings.ToLower(shape)
	head, tail := wanted, wanted
	if at := strings.IndexAny(wanted, "*?{"); at >= 0 {
		head = wanted[:at]
	}
	if at := strings.LastIndexAny(wanted, "*?}"); at >= 0 {
		tail = wanted[at+1:]
	}
	like := func(name string) int {
		name = strings.ToLower(name)
		both := 0
		for both < len(head) && both < len(name) && head[both] == name[both] {
			both++
		}
		for back := 1; back <= len(tail) && back <= len(name) && tail[len(tail)-back] == name[len(name)-back]; back++ {
			both++
		}
		return both
	}
	all := make([]string, 0, len(names))
	for name := range names {
		all = append(all, name)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(like(b), like(a)), cmp.Compare(a, b)) })
	if len(all) <= nearShown {
		return "there are: " + strings.Join(all, ", ")
	}
	return fmt.Sprintf("nearest of %d: %s", len(all), strings.Join(all[:nearShown], ", "))
}
