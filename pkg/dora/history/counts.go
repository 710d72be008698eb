package history

import "github.com/livedora/dora-datasource/pkg/dora"

// Counts is the number of events of each source that count, by kind.
func (h *History) Counts() map[string]map[dora.Kind]int {
	h.UnpackTold()
	counts := map[string]map[dora.Kind]int{}
	add := func(source string, kind dora.Kind, n int) {
		if counts[source] == nil {
			counts[source] = map[dora.Kind]int{}
		}
		counts[source][kind] += n
	}
	for _, r := range h.repositories {
		if r.Event != nil && r.Event.Entity != nil && !r.Event.Withdrawn {
			add(r.Key.Source, dora.KindRepository, 1)
		}
		if r.out {
			continue
		}
		add(r.Key.Source, dora.KindRepository, 1)
		add(r.Key.Source, dora.KindCommit, r.Size.Commits)
		add(r.Key.Source, dora.KindChange, r.Size.Changes)
		add(r.Key.Source, dora.KindDeployment, len(r.Deployments))
	}
	for _, i := range h.incidents {
		if !i.Event.Withdrawn && !h.out(i.place()) {
			add(i.Event.Source, dora.KindIncident, 1)
		}
	}
	return counts
}

// Environments counts the deployments of each environment, production or not.
func (h *History) Environments() map[string]int {
	counts := map[string]int{}
	_, all := h.destinations()
	for _, at := range all {
		counts[at.tally.Environment] += at.tally.Deployments
	}
	return counts
}
