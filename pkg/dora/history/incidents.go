package history

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
)

// Incident is an incident, and the deployments that its text names.
type Incident struct {
	Event    *dora.Incident
	Mentions []string
}

func (h *History) applyIncident(e *dora.Incident) {
	if old := h.incidents[NameOf(e.Header, e.Repository)]; old != nil {
		if !replaces(e.Header, old.Event.Header) {
			return
		}
		h.touchIncident(old.Event)
		is := func(other *Incident) bool { return other == old }
		h.reported[old.place()] = slices.DeleteFunc(h.reported[old.place()], is)
		for _, name := range old.Mentions {
			h.mentioned[name] = slices.DeleteFunc(h.mentioned[name], is)
		}
	}
	i := &Incident{Event: e, Mentions: mentions(e.Title + "\n" + e.Body)}
	if e.Body != "" { // nothing asks for it once it is read
		kept := *e
		kept.Body = ""
		i.Event = &kept
	}
	h.enterIncident(i)
	h.touchIncident(e)
}

func (h *History) enterIncident(i *Incident) {
	h.incidents[NameOf(i.Event.Header, i.Event.Repository)] = i
	h.reported[i.place()] = append(h.reported[i.place()], i)
	for _, name := range i.Mentions {
		h.mentioned[name] = append(h.mentioned[name], i)
	}
}

// DeploymentsNamed lists the deployments that a text may mean by a name, of the repositories that count.
func (h *History) DeploymentsNamed(name string) []*dora.Deployment {
	found := h.names.of(name)
	isOut := func(d *dora.Deployment) bool { return h.out(keyOf(d.Source, d.Repository)) }
	if slices.ContainsFunc(found, isOut) {
		return slices.DeleteFunc(slices.Clone(found), isOut)
	}
	return found
}

// place is where an incident was reported.
func (i *Incident) place() Key { return keyOf(i.Event.Source, i.Event.Repository) }

// IncidentsOf lists the incidents that belong to a service, each once: by its settings, and by people's words on those
// deployments that has says it has, by their full ids as nameOf has them.
func (h *History) IncidentsOf(s *dora.Service, has func(deployment string) bool) []*Incident {
	found := h.attributed(s.Name, has)
	seen := map[*Incident]bool{}
	for _, i := range found {
		seen[i] = true
	}
	for n := range s.Incidents {
		h.matching(&s.Incidents[n], &effort.Counter{}, func(i *Incident) {
			if !seen[i] {
				seen[i] = true
				found = append(found, i)
			}
		})
	}
	return found
}

// matching yields the incidents that a rule matches, without those that turned out to be none.
func (h *History) matching(rule *dora.IncidentRule, counted *effort.Counter, yield func(*Incident)) {
	among := func(at Key) {
		if h.out(at) {
			return
		}
		for _, i := range h.reported[at] {
			if !counted.Add(1) {
				return
			}
			if !i.Event.Withdrawn && rule.Matches(i.Event) {
				yield(i)
			}
		}
	}
	if rule.Repository != "" {
		among(keyOf(rule.Source, rule.Repository))
		return
	}
	for at := range h.reported {
		among(at)
	}
}
