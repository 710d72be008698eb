package history

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Words are what people said, by the full id of what it is about, as nameOf has it.
type Words map[string][]*dora.Correction

// InForce is the word that counts for a service: of those that were not taken back, the last that was made. nil if
// nobody said anything.
func (w Words) InForce(subject, service string) *dora.Correction {
	var last *dora.Correction
	for _, c := range w[subject] {
		if c.Undone || (c.Service != "" && c.Service != service) {
			continue
		}
		if last == nil || c.After(last) {
			last = c
		}
	}
	return last
}

// OnDeployment is the word on a deployment of a service that counts: the last on any of its legs, which are nil where it
// is alone.
func (w Words) OnDeployment(d *dora.Deployment, legs []*dora.Deployment, service string) (last *dora.Correction) {
	if len(w) == 0 {
		return nil // a full id for each deployment would cost more than all else
	}
	if legs == nil {
		return w.InForce(NameOf(d.Header, d.Repository), service)
	}
	for _, leg := range legs {
		if c := w.InForce(NameOf(leg.Header, leg.Repository), service); c != nil && (last == nil || c.After(last)) {
			last = c
		}
	}
	return last
}

func (h *History) applyCorrection(e *dora.Correction) {
	if old := h.corrections[e.FullID()]; old != nil {
		if !e.NewerThan(old.Header) {
			return
		}
		h.touchCorrected(old)
	}
	if h.saidShared {
		h.said, h.saidShared = maps.Clone(h.said), false
	}
	if old := h.corrections[e.FullID()]; old != nil {
		about := h.subject(old)
		h.said[about] = slices.DeleteFunc(slices.Clone(h.said[about]), func(c *dora.Correction) bool { return c == old })
	}
	h.corrections[e.FullID()] = e
	about := h.subject(e)
	h.said[about] = append(slices.Clip(h.said[about]), e)
	h.touchCorrected(e)
}

// refile puts every word where it belongs, as things are called now.
func (h *History) refile() {
	h.said, h.saidShared = Words{}, false
	for _, c := range h.Corrections() {
		about := h.subject(c)
		h.said[about] = append(h.said[about], c)
	}
}

// touchCorrected marks the services of what a word is about.
func (h *History) touchCorrected(c *dora.Correction) {
	h.version++
	if h.everything {
		return
	}
	if r, d := h.deployment(h.Now(c.Deployment, c.Made)); d != nil {
		h.touch(r)
	}
	if i := h.incidents[h.Now(c.Incident, c.Made)]; i != nil {
		h.touchIncident(i.Event)
	}
}

// deployment finds a deployment by its full id, as nameOf has it; nil if it is not known.
func (h *History) deployment(name string) (*Repository, *dora.Deployment) {
	source, id, _ := strings.Cut(name, ":")
	repository, _, _ := strings.Cut(id, ":")
	if r := h.repositories[Key{source, repository}]; r != nil {
		if d := r.Deployments[id[len(repository):]]; d != nil {
			return r, d
		}
	}
	for _, d := range h.names.of(fullName(name)) {
		return h.repositories[keyOf(d.Source, d.Repository)], d
	}
	return nil, nil
}

// Deployment finds a deployment by its full id; nil if it is not known.
func (h *History) Deployment(fullID string) *dora.Deployment {
	_, d := h.deployment(h.Now(fullID, time.Now()))
	return d
}

// Incident finds an incident by its full id; nil if it is not known.
func (h *History) Incident(fullID string) *dora.Incident {
	if i := h.incidents[h.Now(fullID, time.Now())]; i != nil {
		return i.Event
	}
	return nil
}

// Corrections lists every word that was said, those that were taken back too, by when they were made.
func (h *History) Corrections() []*dora.Correction {
	return slices.SortedFunc(maps.Values(h.corrections), func(a, b *dora.Correction) int {
		return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID))
	})
}

// attributed lists the incidents that people hold against the service's deployments, though its settings leave them to
// others.
func (h *History) attributed(service string, has func(deployment string) bool) []*Incident {
	var found []*Incident
	for _, c := range h.corrections {
		if c.Verdict != dora.VerdictLinked {
			continue
		}
		about := h.Now(c.Incident, c.Made)
		i := h.incidents[about]
		if i != nil && !i.Event.Withdrawn && i.Event.Change == "" && !h.out(i.place()) && has(h.Now(c.Deployment, c.Made)) && h.said.InForce(about, service) == c {
			found = append(found, i)
		}
	}
	return found
}

// subject is the full id of what a word is about, as it is called now.
func (h *History) subject(c *dora.Correction) string {
	if c.Incident != "" {
		return h.Now(c.Incident, c.Made)
	}
	return h.Now(c.Deployment, c.Made)
}
