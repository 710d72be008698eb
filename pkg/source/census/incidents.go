package census

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Incidents are what the store has of a source that keeps incidents of no repository. It is asked where it is needed first.
type Incidents struct {
	known  func(kind dora.Kind, part string) []dora.Event
	byID   map[string]*dora.Incident
	opened []*dora.Incident // in order of when they were opened
}

// NewIncidents begins a run that is told of the store by known; nil: nothing is known of it.
func NewIncidents(known func(kind dora.Kind, part string) []dora.Event) *Incidents {
	return &Incidents{known: known}
}

func (i *Incidents) ask() {
	if i.byID != nil {
		return
	}
	i.byID = map[string]*dora.Incident{}
	if i.known == nil {
		return
	}
	for _, e := range i.known(dora.KindIncident, "") {
		if incident, ok := e.(*dora.Incident); ok {
			i.byID[incident.ID] = incident
			i.opened = append(i.opened, incident)
		}
	}
	slices.SortFunc(i.opened, func(a, b *dora.Incident) int { return a.Opened.Compare(b.Opened) })
}

// Of is the version that the store has; nil: none.
func (i *Incidents) Of(id string) *dora.Incident {
	i.ask()
	return i.byID[id]
}

// News is a version, where it tells more than the store has. One that does not count is told only where it did.
func (i *Incidents) News(e *dora.Incident) []dora.Event {
	before := i.Of(e.ID)
	switch {
	case before == nil && e.Withdrawn && i.known != nil:
		return nil
	case before == nil || e.NewerThan(before.Head()):
		return []dora.Event{e}
	case before.Withdrawn != e.Withdrawn:
		return []dora.Event{Above(e, before)}
	}
	return nil
}

// Taken takes one back, where the store has it.
func (i *Incidents) Taken(id string) []dora.Event {
	if before := i.Of(id); before != nil && !before.Withdrawn {
		return []dora.Event{Withdraw(before)}
	}
	return nil
}

// Gone takes back what the store has of a span of time and a list of all that was opened then has not.
func (i *Incidents) Gone(from, until time.Time, there func(id string) bool) (events []dora.Event) {
	i.ask()
	first, _ := slices.BinarySearchFunc(i.opened, from, func(e *dora.Incident, at time.Time) int { return e.Opened.Compare(at) })
	for _, e := range i.opened[first:] {
		if !e.Opened.Before(until) {
			break
		}
		if !e.Withdrawn && !there(e.ID) {
			events = append(events, Withdraw(e))
		}
	}
	return events
}
