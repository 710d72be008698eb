package pagerduty

import (
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// stored is what the store has of the account, asked for where it is needed first.
type stored struct {
	byID   map[string]*dora.Incident
	opened []*dora.Incident // in order of when they were opened
}

func (r *run) ask() *stored {
	if r.stored != nil {
		return r.stored
	}
	r.stored = &stored{byID: map[string]*dora.Incident{}}
	if r.request.Known != nil {
		for _, e := range r.request.Known(dora.KindIncident, "") {
			if i, ok := e.(*dora.Incident); ok {
				r.stored.byID[i.ID] = i
				r.stored.opened = append(r.stored.opened, i)
			}
		}
	}
	slices.SortFunc(r.stored.opened, func(a, b *dora.Incident) int { return a.Opened.Compare(b.Opened) })
	return r.stored
}

// known is what the store has of an incident; nil: nothing.
func (r *run) known(id string) *dora.Incident { return r.ask().byID[incidentID(id)] }

// news is an incident's version, where it tells more than the store has. One that does not count is told only where it did.
func (r *run) news(i *dora.Incident) []dora.Event {
	before := r.ask().byID[i.ID]
	switch {
	case before == nil && i.Withdrawn && r.request.Known != nil:
		return nil
	case before == nil || i.NewerThan(before.Head()):
		return []dora.Event{i}
	case before.Withdrawn != i.Withdrawn:
		return []dora.Event{census.Above(i, before)}
	}
	return nil
}

// taken takes an incident back, where the store has it.
func (r *run) taken(id string) []dora.Event {
	if before := r.known(id); before != nil && !before.Withdrawn {
		return []dora.Event{census.Withdraw(before)}
	}
	return nil
}

// gone takes back what the store has of a span of time and the list of it has not.
func (r *run) gone(from, until time.Time, met map[string]bool) (events []dora.Event) {
	if r.broken.nameless { // it may be any of them
		return nil
	}
	all := r.ask().opened
	first, _ := slices.BinarySearchFunc(all, from, func(i *dora.Incident, at time.Time) int { return i.Opened.Compare(at) })
	for _, i := range all[first:] {
		if !i.Opened.Before(until) {
			break
		}
		if !met[i.ID] && !i.Withdrawn && !r.broken.ids[strings.TrimPrefix(i.ID, incidentID(""))] {
			events = append(events, census.Withdraw(i))
		}
	}
	return events
}
