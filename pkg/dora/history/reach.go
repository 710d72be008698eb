package history

import (
	"maps"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Nothing happened and nothing was looked for are not the same: where a source has been read, no deployment is 0; where it
// has not, it is no figure. What is told by those whom nobody can ask says nothing by its absence.

// Reach tells since when each source is known completely: all that happened there since then was read. It says whether
// that is news. Sources that were never read to their end, or cannot be read, are not in it.
func (h *History) Reach(since map[string]time.Time) bool {
	if maps.EqualFunc(h.reach, since, time.Time.Equal) {
		return false
	}
	h.reach = maps.Clone(since)
	h.version++
	return true
}

// Begin tells since when the incidents of each source are known, of those that show the newest only. It says whether that is
// news. Of sources that are not in it all are known that were looked for.
func (h *History) Begin(incidents map[string]time.Time) bool {
	if maps.EqualFunc(h.begins, incidents, time.Time.Equal) {
		return false
	}
	h.begins = maps.Clone(incidents)
	h.version++
	return true
}

// HasRead says whether all repositories that a service names have been read: a new one comes into the settings before that.
func (h *History) HasRead(s *dora.Service) bool {
	for i := range s.Deployments {
		rule := &s.Deployments[i]
		if rule.Repository == "" {
			continue
		}
		if r := h.repositories[keyOf(rule.Source, rule.Repository)]; r == nil || r.Event == nil {
			return false
		}
	}
	return len(s.Deployments) > 0
}
