package facts

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Incident is an incident of the service and what it is linked to.
type Incident struct {
	Event *dora.Incident
	// Linked is the deployment that it is held against; nil if none.
	Linked *Deployment
	// By says how it was linked.
	By dora.EvidenceKind
	// Remedy is the deployment that its text names and that came after it; nil if none.
	Remedy *Deployment
	// Names says that its text names a deployment, of whatever service, that finished before it opened: such an incident
	// is not linked by time.
	Names bool
	// Said is a person's word on it; nil if there is none.
	Said *dora.Correction
}

// link finds what each of the service's incidents is held against: the deployment that a person named, else the one
// that its text names, else the latest one within the window.
func (d *Deriver) link(f *Service, def *dora.Definition) {
	byEvent := map[*dora.Deployment]*Deployment{}
	for _, fact := range f.Deployments {
		byEvent[fact.Event] = fact
		for _, leg := range f.legs[fact.Event] {
			byEvent[leg] = fact
		}
	}
	var byID map[string]*Deployment // only people use ids
	said := d.words
	if len(said) > 0 {
		byID = map[string]*Deployment{}
		for _, fact := range f.Deployments {
			byID[history.NameOf(fact.Event.Header, fact.Event.Repository)] = fact
			for _, leg := range f.legs[fact.Event] {
				byID[history.NameOf(leg.Header, leg.Repository)] = fact
			}
		}
	}
	for _, i := range d.IncidentsOf(&f.Service, func(id string) bool { return byID[id] != nil }) {
		fact := &Incident{Event: i.Event, Said: said.InForce(history.NameOf(i.Event.Header, i.Event.Repository), f.Service.Name)}
		if fact.Said.Says(dora.VerdictIgnored) {
			f.leave(ReasonIgnored, samples.NoLane, i.Event.Opened, 1)
			continue
		}
		f.Incidents = append(f.Incidents, fact)
		for _, name := range i.Mentions {
			d.follow(fact, name, byEvent)
		}
		var held *Deployment // by a person's word
		if fact.Said.Says(dora.VerdictLinked) {
			held = byID[d.Now(fact.Said.Deployment, fact.Said.Made)]
		}
		switch {
		case fact.Said.Says(dora.VerdictUnlinked):
			fact.Linked = nil
		case held != nil:
			fact.Linked, fact.By = held, dora.EvidenceManual
		case fact.Linked != nil:
			fact.By = dora.EvidenceExplicit
		case !fact.Names && !fact.Said.Says(dora.VerdictLinked): // a person who holds it against another service's names one too
			fact.Linked = latestWithin(f.Deployments, i.Event.Opened, time.Duration(def.IncidentWindow))
			fact.By = dora.EvidenceIncident
		}
		if fact.Linked == nil || (fact.By != dora.EvidenceManual && !def.Uses(fact.By)) {
			fact.Linked, fact.By = nil, ""
		}
	}
	slices.SortFunc(f.Incidents, func(a, b *Incident) int {
		return cmp.Or(a.Event.Opened.Compare(b.Event.Opened), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
	})
	for _, i := range f.Incidents {
		if i.Linked != nil {
			i.Linked.incident = true
			i.Linked.Evidence = append(i.Linked.Evidence, Evidence{Kind: i.By, By: i.Event.FullID(), At: i.Event.Opened})
		}
	}
}

// follow looks up one name in an incident's text. An id names one deployment; a sha or a version names its last success
// before the incident opened. Where all that has a name finished after that, the first is the incident's remedy. Of what
// several names mean the latest counts.
func (d *Deriver) follow(fact *Incident, name string, byEvent map[*dora.Deployment]*Deployment) {
	var before, after *Deployment
	for _, event := range d.DeploymentsNamed(name) {
		one, at := byEvent[event], event.Finished()
		if one != nil {
			at = one.Finished
		}
		if !at.IsZero() && !at.After(fact.Event.Opened) {
			fact.Names = true
		}
		switch {
		case one == nil: // of another service or environment, or never finished
		case one.Finished.After(fact.Event.Opened):
			if after == nil || byFinish(one, after) < 0 {
				after = one
			}
		case before == nil || byFinish(one, before) > 0:
			before = one
		}
	}
	switch {
	case before != nil:
		if fact.Linked == nil || byFinish(before, fact.Linked) > 0 {
			fact.Linked = before
		}
	case after != nil && (fact.Remedy == nil || byFinish(after, fact.Remedy) > 0):
		fact.Remedy = after
	}
}

// latestWithin is the latest deployment that finished no later than a time and no longer before it than a window.
func latestWithin(ordered []*Deployment, at time.Time, window time.Duration) *Deployment {
	after, _ := slices.BinarySearchFunc(ordered, at, func(d *Deployment, at time.Time) int {
		if d.Finished.After(at) {
			return 1
		}
		return -1
	})
	if after == 0 || at.Sub(ordered[after-1].Finished) > window {
		return nil
	}
	return ordered[after-1]
}

// Unlinked is why an incident is held against no deployment.
type Unlinked string

// The reasons.
const (
	UnlinkedByPerson Unlinked = "person"           // a person said that no deployment caused it
	UnlinkedNames    Unlinked = "names_another"    // its text names a deployment of another service or environment
	UnlinkedBefore   Unlinked = "nothing_deployed" // nothing was deployed before it
	UnlinkedLate     Unlinked = "outside_window"   // the latest deployment before it is longer ago than the incident window
	UnlinkedOff      Unlinked = "evidence_off"     // the definition takes no evidence from time
)

// WhyUnlinked tells why an incident of the service is linked to no deployment, and how long before it the latest one
// finished; no time where there was none. The reason is empty for an incident that is linked.
func (f *Service) WhyUnlinked(i *Incident, def *dora.Definition) (why Unlinked, since *time.Duration) {
	for _, d := range slices.Backward(f.Deployments) {
		if !d.Finished.After(i.Event.Opened) {
			gap := i.Event.Opened.Sub(d.Finished)
			since = &gap
			break
		}
	}
	switch {
	case i.Linked != nil:
		return "", since
	case i.Said.Says(dora.VerdictUnlinked):
		return UnlinkedByPerson, since
	case i.Names:
		return UnlinkedNames, since
	case since == nil:
		return UnlinkedBefore, nil
	case !slices.Contains(def.Evidence, dora.EvidenceIncident):
		return UnlinkedOff, since
	default:
		return UnlinkedLate, since
	}
}
