package facts

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// Incident is an incident of the service and what it is linked to.
type Incident struct {
	Event *dora.Incident
	// Linked is the deployment that it is held against; nil if none.
	Linked *Deployment
	// By says how it was linked.
	By dora.EvidenceKind
	// Remedy is the deployment that it names and that came after it; nil if none.
	Remedy *Deployment
	// Names says that its text or a field of it names a deployment, of whatever service, that finished before it opened: such an incident
	// is not linked by time.
	Names bool
	// one says that an id, an address or a key of Linked is what it has, and no commit or version.
	one bool
	// Said is a person's word on it; nil if there is none.
	Said *dora.Correction
	// Parts are the records that it stands for, by opened.
	Parts []*dora.Incident
}

// link finds what each of the service's incidents is held against: the deployment that a person named, else the one
// that a record of it names, else the latest one within the window.
func (d *Deriver) link(f *Service, def *dora.Definition) {
	byEvent := map[*dora.Deployment]*Deployment{}
	f.byEvent(byEvent)
	var byID map[string]*Deployment // only people use ids
	if len(d.words) > 0 {
		byID = map[string]*Deployment{}
		for _, fact := range f.Deployments {
			byID[history.NameOf(fact.Event.Header, fact.Event.Repository)] = fact
			for _, leg := range f.legs[fact.Event] {
				byID[history.NameOf(leg.Header, leg.Repository)] = fact
			}
		}
	}
	called := d.calling(byEvent)
	for _, i := range d.interruptions(f, d.IncidentsOf(&f.Service, func(id string) bool { return byID[id] != nil })) {
		fact := &Incident{Event: i.event(), Said: d.said(f, i)}
		f.Incidents = append(f.Incidents, fact)
		for n, record := range i.records {
			if n > 0 {
				fact.Parts = append(fact.Parts, record.Event)
			}
			for name := range record.Names {
				fact.follow(called(record.Event, name))
			}
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
			fact.Linked = latestWithin(f.Deployments, fact.Event.Opened, time.Duration(def.IncidentWindow))
			fact.By = dora.EvidenceIncident
		}
		if fact.Linked == nil || (fact.By != dora.EvidenceManual && !def.Uses(fact.By)) {
			fact.Linked, fact.By = nil, ""
		}
	}
	slices.SortFunc(f.Incidents, func(a, b *Incident) int { return byOpened(a.Event, b.Event) })
	for _, i := range f.Incidents {
		if i.Linked != nil {
			i.Linked.incident = true
			i.Linked.Evidence = append(i.Linked.Evidence, Evidence{Kind: i.By, By: i.Event.FullID(), At: i.Event.Opened})
		}
	}
}

// called are the deployments that have a name.
type called struct {
	own   []*Deployment // of the service, in order
	first time.Time     // the first finish of any that is known, of whatever service; zero where none finished
	one   bool          // the name is an id, an address or a key, which no other deployment has
}

// calling gives what finds the deployments by a name that a record has. What many records name is looked up once.
func (d *Deriver) calling(byEvent map[*dora.Deployment]*Deployment) func(record *dora.Incident, name string) *called {
	known := map[string]*called{}
	return func(record *dora.Incident, name string) *called {
		found := known[name]
		if found != nil {
			return found
		}
		found = &called{}
		for _, event := range d.DeploymentsNamed(name, record) {
			at := event.Finished()
			if one := byEvent[event]; one != nil {
				at = one.Finished
				found.own = append(found.own, one)
				found.one = found.one || history.Identifies(name, event)
			}
			found.first = dora.Sooner(found.first, at)
		}
		slices.SortFunc(found.own, byFinish)
		if !history.IsFullID(name) {
			known[name] = found
		}
		return found
	}
}

// follow takes in what has a name that a record of an incident has. An id names one deployment; a sha or a version names its
// last success before the incident opened. Where all that has a name finished after that, the first is the incident's remedy.
// Of what several names mean the latest counts; but what an id means, before what a commit or a version does, which may have
// been deployed again since.
func (i *Incident) follow(named *called) {
	if !named.first.IsZero() && !named.first.After(i.Event.Opened) {
		i.Names = true
	}
	after, _ := slices.BinarySearchFunc(named.own, i.Event.Opened, finishedBy)
	switch {
	case after > 0:
		before := named.own[after-1]
		if i.Linked == nil || named.one && !i.one || named.one == i.one && byFinish(before, i.Linked) > 0 {
			i.Linked, i.one = before, named.one
		}
	case len(named.own) > 0:
		if remedy := named.own[0]; i.Remedy == nil || byFinish(remedy, i.Remedy) > 0 {
			i.Remedy = remedy
		}
	}
}

// finishedBy puts a deployment that finished by a time before it, and any other behind it.
func finishedBy(d *Deployment, at time.Time) int {
	if d.Finished.After(at) {
		return 1
	}
	return -1
}

// latestWithin is the latest deployment that finished no later than a time and no longer before it than a window.
func latestWithin(ordered []*Deployment, at time.Time, window time.Duration) *Deployment {
	after, _ := slices.BinarySearchFunc(ordered, at, finishedBy)
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
	UnlinkedNames    Unlinked = "names_another"    // it names a deployment of another service or environment
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
