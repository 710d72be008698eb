package facts

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// A change's record that closed as unsuccessful and names a deployment of another source is explicit evidence against that.
// The deployment entered production all the same, since its own source says so.

// blame takes the word of changes' records on the service's deployments.
func (d *Deriver) blame(f *Service, def *dora.Definition) {
	if !def.Uses(dora.EvidenceExplicit) {
		return
	}
	byEvent, asked := map[*dora.Deployment]*Deployment{}, map[*dora.Incident]bool{}
	called := d.calling(byEvent)
	for _, each := range f.Deployments {
		for _, event := range append([]*dora.Deployment{each.Event}, f.legs[each.Event]...) {
			for _, record := range d.Blaming(event) {
				if asked[record.Event] {
					continue
				}
				asked[record.Event] = true
				if len(byEvent) == 0 {
					f.byEvent(byEvent)
				}
				var held *Incident
				for name := range record.Names {
					held = meant(held, record.Event, called(record.Event, name))
				}
				if held == nil {
					continue
				}
				f.Changes = append(f.Changes, record.Event)
				held.Linked.Evidence = append(held.Linked.Evidence, Evidence{Kind: dora.EvidenceExplicit, By: record.Event.FullID(), At: record.Event.Resolved})
			}
		}
	}
	slices.SortFunc(f.Changes, byOpened)
}

// meant is the deployment that a change's record means by a name, where it is rather that than another name's. What has an
// id of it finished by the end of the work; what has a commit or a version of it, while the work was done, since before that
// another change brought it.
func meant(held *Incident, record *dora.Incident, named *called) *Incident {
	after, _ := slices.BinarySearchFunc(named.own, record.Resolved, finishedBy)
	for _, each := range slices.Backward(named.own[:after]) {
		if each.Event.Source == record.Source || !named.one && each.Finished.Before(record.Opened) {
			continue
		}
		if held == nil || named.one && !held.one || named.one == held.one && byFinish(each, held.Linked) > 0 {
			return &Incident{Event: record, Linked: each, one: named.one}
		}
		break
	}
	return held
}

// byEvent enters the service's deployments by what their sources tell, legs too.
func (f *Service) byEvent(into map[*dora.Deployment]*Deployment) {
	for _, fact := range f.Deployments {
		into[fact.Event] = fact
		for _, leg := range f.legs[fact.Event] {
			into[leg] = fact
		}
	}
}
