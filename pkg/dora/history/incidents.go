package history

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
)

// Incident is an incident, and the names of deployments and of other incidents that it has.
type Incident struct {
	Event    *dora.Incident
	Mentions []string // in its text
	Fields   []string // of deployments, in fields of its own
	Same     []string // of incidents, in fields of its own
}

func (h *History) applyIncident(e *dora.Incident) {
	key := keyOf(e.Source, e.Repository)
	if !h.isReported(key) && h.makesOthers() { // its repository is a service from its first incident on
		defer h.remap()
	}
	if old := h.incidents[NameOf(e.Header, e.Repository)]; old != nil {
		if !replaces(e.Header, old.Event.Header) {
			return
		}
		h.touchRecord(old)
		h.leaveIncident(old)
	}
	i := &Incident{Event: e, Mentions: mentions(e.Title + "\n" + e.Body), Fields: deploymentFields(e.Names), Same: incidentFields(e.Same)}
	if e.Body != "" { // nothing asks for it once it is read
		kept := *e
		kept.Body = ""
		i.Event = &kept
	}
	h.enterIncident(i)
	h.touchRecord(i)
}

// isReported says whether a repository ever had an incident, whatever became of it.
func (h *History) isReported(key Key) bool { return len(h.reported[key].all) > 0 }

// touchRecord is touchIncident for what may be a change's record.
func (h *History) touchRecord(i *Incident) {
	if i.Event.Change == "" {
		h.touchIncident(i.Event)
	} else {
		h.touchBlamed(i)
	}
}

func (h *History) enterIncident(i *Incident) {
	name := NameOf(i.Event.Header, i.Event.Repository)
	h.incidents[name] = i
	add(h.reported, i.place(), i)
	if i.Event.Change != "" {
		h.enterBlame(i)
		return
	}
	for name := range i.touchedBy {
		add(h.mentioned, name, i)
		h.byID += idsIn(name)
	}
	h.enterPart(name, i)
}

func (h *History) leaveIncident(i *Incident) {
	remove(h.reported, i.place(), i)
	for name := range i.touchedBy {
		if i.Event.Change != "" {
			remove(h.blaming, name, i)
			continue
		}
		remove(h.mentioned, name, i)
		h.byID -= idsIn(name)
	}
}

// touchedBy yields the names of deployments that an incident has, each as a deployment that comes is looked for.
func (i *Incident) touchedBy(yield func(name string) bool) {
	for _, names := range [][]string{i.Mentions, i.Fields} {
		for _, name := range names {
			if isFullName(name) {
				name = idWithin(name)
			}
			if !yield(name) {
				return
			}
		}
	}
}

// Names yields the names of deployments that an incident has, in its text and in its fields.
func (i *Incident) Names(yield func(name string) bool) {
	for _, names := range [][]string{i.Mentions, i.Fields} {
		for _, name := range names {
			if !yield(name) {
				return
			}
		}
	}
}

// DeploymentsNamed lists the deployments that an incident may mean by a name that it has, of the repositories that count.
func (h *History) DeploymentsNamed(name string, by *dora.Incident) []*dora.Deployment {
	if isFullName(name) {
		if r, d := h.deployment(h.Now(idOf(name), by.Updated)); d != nil && !r.out {
			return []*dora.Deployment{d}
		}
		return nil
	}
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
		for _, i := range h.reported[at].all {
			if !counted.Add(1) {
				return
			}
			if !i.Event.Withdrawn && i.Event.Change == "" && rule.Matches(i.Event) {
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
