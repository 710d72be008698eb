package facts

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Recovery time: recovery − finished of each failed deployment.

// recover finds when each failed deployment's failure ended: the earliest of its rollback's finish, the finish of what
// ships its revert or hotfix, and the last resolution of its incidents once all are resolved.
func (f *Service) recover() {
	incidents := map[string]*dora.Incident{}
	for _, i := range f.Incidents {
		incidents[i.Event.FullID()] = i.Event
	}
	changes := map[string]*dora.Incident{}
	for _, record := range f.Changes {
		changes[record.FullID()] = record
	}
	for _, d := range f.Deployments {
		if !d.Failed() {
			continue
		}
		var ends []Recovery
		var last *dora.Incident // the one that was resolved last; of several the one that opened first
		unresolved := false
		for _, e := range d.Evidence {
			incident := incidents[e.By]
			switch {
			case incident == nil && e.Kind == dora.EvidenceManual: // a person's word ends nothing
			case changes[e.By] != nil && changes[e.By].Change != dora.ChangeRestored: // nor does a change that did not succeed
			case incident == nil:
				ends = append(ends, Recovery{At: e.At, By: e.By})
			case incident.Resolved.IsZero():
				unresolved = true
			case last == nil || byResolution(incident, last) > 0:
				last = incident
			}
		}
		if !unresolved && last != nil {
			ends = append(ends, Recovery{At: last.Resolved, By: last.FullID()})
		}
		var first *Recovery
		for i := range ends {
			if first == nil || ends[i].At.Before(first.At) || ends[i].At.Equal(first.At) && f.before(ends[i].By, first.By) {
				first = &ends[i]
			}
		}
		switch {
		case first == nil:
		case first.At.Before(d.Finished):
			d.negative = true
		default:
			d.Recovered = first
		}
	}
}

// before says which of two recoveries at one time is told of: that by the deployment that comes first in order; one by an
// incident only where there is none by a deployment.
func (f *Service) before(by, other string) bool {
	place := func(id string) int {
		return slices.IndexFunc(f.Deployments, func(d *Deployment) bool { return d.Event.FullID() == id })
	}
	at, than := place(by), place(other)
	return at >= 0 && (than < 0 || at < than)
}

// leaveRecoveries notes what, of what recovery time is read from, was over before it began, and which incidents were over
// without an acknowledgement where that is what is read.
func (f *Service) leaveRecoveries(def *dora.Definition) {
	if def.Recovery.OfIncidents() {
		for _, i := range f.Incidents {
			switch end := i.End(def.Recovery); {
			case end.IsZero() && !i.Event.Resolved.IsZero():
				f.leave(ReasonNotAcknowledged, i.Lane(), i.Event.Resolved, 1)
			case !end.IsZero() && end.Before(i.Event.Opened):
				f.leave(ReasonNegativeRecovery, i.Lane(), end, 1)
			}
		}
		return
	}
	for _, d := range f.Deployments {
		if d.negative {
			f.leave(ReasonNegativeRecovery, d.lane, d.Finished, 1)
		}
	}
}

func byResolution(a, b *dora.Incident) int {
	return cmp.Or(a.Resolved.Compare(b.Resolved), b.Opened.Compare(a.Opened), cmp.Compare(b.FullID(), a.FullID()))
}

// recoveries are the samples of recovery time under a definition: at its end, how long a failure or an incident lasted, or how
// long it was before somebody acknowledged it.
func (f *Service) recoveries(def *dora.Definition, add func(at time.Time, lane int, seconds float64)) {
	if def.Recovery.OfIncidents() {
		for _, i := range f.Incidents {
			if lasted, ok := i.Lasted(def.Recovery); ok {
				add(i.End(def.Recovery), i.Lane(), lasted.Seconds())
			}
		}
		return
	}
	for _, d := range f.Deployments {
		if d.Recovered != nil {
			add(d.Recovered.At, d.lane, d.Recovered.At.Sub(d.Finished).Seconds())
		}
	}
}

// End is when what a reading measures of an incident was over: its resolution, or its acknowledgement; zero while it is not.
func (i *Incident) End(reading dora.Recovery) time.Time {
	if reading == dora.RecoveryToAcknowledge {
		return i.Event.Acknowledged
	}
	return i.Event.Resolved
}

// Lasted is how long it took until then; false while it is open, or where that was before it opened.
func (i *Incident) Lasted(reading dora.Recovery) (time.Duration, bool) {
	end := i.End(reading)
	lasted := end.Sub(i.Event.Opened)
	return lasted, !end.IsZero() && lasted >= 0
}

// Lane is that of the deployment that the incident is held against.
func (i *Incident) Lane() int {
	if i.Linked == nil {
		return samples.NoLane
	}
	return i.Linked.lane
}
