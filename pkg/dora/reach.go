package dora

import (
	"maps"
	"time"
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

// read says whether all repositories that a service names have been read: a new one comes into the settings before that.
func (h *History) read(s *Service) bool {
	for i := range s.Deployments {
		rule := &s.Deployments[i]
		if rule.Repository == "" {
			continue
		}
		if r := h.repositories[rule.place()]; r == nil || r.event == nil {
			return false
		}
	}
	return len(s.Deployments) > 0
}

// since is from when on a service without a deployment is known to have had none; zero: that is never known. Where
// something was deployed, or told, it was looked at least since the first of all that is known.
func (s *Snapshot) since(f *Facts) time.Time {
	var since time.Time
	if f.read {
		for i := range f.Service.Deployments {
			at, known := s.reach[f.Service.Deployments[i].Source]
			if !known {
				since = time.Time{}
				break
			}
			since = Latest(since, at)
		}
	}
	if len(f.lanes) > 0 && (since.IsZero() || s.Earliest.Before(since)) {
		return s.Earliest
	}
	return since
}

// Reached is since when any source is known completely; zero where none is.
func (s *Snapshot) Reached() (since time.Time) {
	for _, at := range s.reach {
		earliest(&since, at)
	}
	return since
}
