package dora

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Change failure rate: failed deployments ÷ deployments. A deployment has failed where there is evidence; however much
// there is, it fails once.

var changeFailureRate = MetricRow{
	Key: ChangeFailureRate, Name: "Change failure rate", Unit: Ratio, Higher: Worse,
	Description: "The share of deployments that failed in production, each counted once however many incidents it caused.",
	Statistics:  ratios,
	samples: func(f *Facts, _ *Definition, add func(time.Time, int, float64)) {
		for _, d := range f.Deployments {
			add(d.Finished, d.lane, oneIf(d.Failed()))
		}
	},
}

// mend is a change that puts right what an earlier deployment broke.
type mend struct {
	change  *shippedChange
	blamed  int // index in the lane; -1: none to be found
	hotfix  bool
	counted Reason // why it blames nothing, where that is worth counting
}

// mends finds, among the changes that a deployment shipped, reverts that take effect and hotfixes.
func (l *lane) mends(index int, shipped []shippedChange, def *Definition) []mend {
	d := l.deployments[index]
	if d.unmeasured() != "" {
		return nil
	}
	var found []mend
	for i := range shipped {
		s := &shipped[i]
		hotfix := s.change != nil && l.hotfix(s.change, def)
		if s.reverts != nil {
			target, ok := l.repository.reverted(s.reverts)
			blamed, here := l.shipper(target.node)
			resolved := ok && here
			switch {
			case !ok && s.reverts.again, ok && l.repository.takesBack(target.reverts, revertDepth):
				continue // brings back what a revert took away
			case resolved && blamed < index:
				found = append(found, mend{change: s, blamed: blamed})
				continue
			case resolved:
				continue // came and went in one deployment
			case !hotfix:
				found = append(found, mend{change: s, blamed: -1, counted: ReasonRevertUnresolved})
				continue
			}
		}
		if hotfix {
			found = append(found, mend{change: s, blamed: l.before(index), hotfix: true})
		}
	}
	return found
}

// hotfix says whether a change is an urgent fix. It is worked out once for a definition.
func (l *lane) hotfix(c *change, def *Definition) bool {
	if c.judged != l.reading {
		c.judged = l.reading
		c.hotfix = anyLabel(c.event.Labels, def.Hotfix.Labels) || def.Hotfix.Branches.Match(c.event.Branch)
	}
	return c.hotfix
}

// revertDepth bounds how far reverts of reverts are followed.
const revertDepth = 64

// reverted finds the change that a revert names.
func (r *repository) reverted(v *revert) (target shippedChange, ok bool) {
	target.node = noNode
	if v.number > 0 {
		c := r.changes[v.number]
		if c == nil || (v.repository != "" && !strings.EqualFold(v.repository, r.name)) {
			return target, false
		}
		return shippedChange{change: c, node: c.merge, reverts: c.reverts}, true
	}
	if v.commit == "" {
		return target, false
	}
	n := r.graph.prefixed(v.commit)
	if n == noNode {
		return target, false
	}
	for _, owners := range [][]*change{r.byMerge.of(n), r.ownersOf(n)} {
		if len(owners) > 0 {
			return shippedChange{change: owners[0], node: owners[0].merge, reverts: owners[0].reverts}, true
		}
	}
	if !r.graph.known(n) {
		return target, false
	}
	if r.main.contains(n) {
		n = r.main.landed[r.main.bringer[n]-1]
	}
	return shippedChange{node: n, reverts: r.graph.commits[n].reverts}, true
}

// takesBack says whether a revert takes something away, rather than bringing back what another took.
func (r *repository) takesBack(v *revert, depth int) bool {
	if v == nil || depth == 0 {
		return false
	}
	target, ok := r.reverted(v)
	if !ok {
		return !v.again
	}
	return !r.takesBack(target.reverts, depth-1)
}

// before is the deployment that a hotfix mends: the one just before, past redeploys; past a rollback it is the one
// that the rollback blames.
func (l *lane) before(index int) int {
	for i := index - 1; i >= 0; i-- {
		d := l.deployments[i]
		switch {
		case d.Rollback && d.blamed >= 0:
			return d.blamed
		case d.Rollback, d.Redeploy:
		default:
			return i
		}
	}
	return -1
}

// accuse lists the evidence against the deployments of a lane that lies in its own history: rollbacks and remedies.
func (l *lane) accuse(def *Definition) {
	for _, d := range l.deployments {
		if d.Rollback && d.blamed >= 0 && def.Uses(EvidenceRollback) {
			blamed := l.deployments[d.blamed]
			blamed.Evidence = append(blamed.Evidence, Evidence{Kind: EvidenceRollback, By: d.Event.FullID(), At: d.Finished})
		}
		for _, m := range d.mends {
			if m.blamed >= 0 && def.Uses(EvidenceRemedy) {
				blamed := l.deployments[m.blamed]
				blamed.Evidence = append(blamed.Evidence, Evidence{
					Kind: EvidenceRemedy, By: d.Event.FullID(), Change: m.change.number(), At: d.Finished,
				})
			}
		}
	}
}

// link finds what each of the service's incidents is held against: the deployment that a person named, else the one
// that its text names, else the latest one within the window.
func (h *History) link(f *Facts, def *Definition) {
	byEvent := map[*Deployment]*DeploymentFact{}
	for _, d := range f.Deployments {
		byEvent[d.Event] = d
		for _, leg := range f.legs[d.Event] {
			byEvent[leg] = d
		}
	}
	var byID map[string]*DeploymentFact // only people use ids
	if len(h.said) > 0 {
		byID = map[string]*DeploymentFact{}
		for _, d := range f.Deployments {
			byID[nameOf(d.Event.Header, d.Event.Repository)] = d
			for _, leg := range f.legs[d.Event] {
				byID[nameOf(leg.Header, leg.Repository)] = d
			}
		}
	}
	for _, i := range h.incidentsOf(f, byID) {
		fact := &IncidentFact{Event: i.event, Said: h.said.inForce(nameOf(i.event.Header, i.event.Repository), f.Service.Name)}
		if fact.Said.says(VerdictIgnored) {
			f.leave(ReasonIgnored, noLane, i.event.Opened, 1)
			continue
		}
		f.Incidents = append(f.Incidents, fact)
		for _, name := range i.mentions {
			h.follow(fact, name, byEvent)
		}
		var held *DeploymentFact // by a person's word
		if fact.Said.says(VerdictLinked) {
			held = byID[h.now(fact.Said.Deployment, fact.Said.Made)]
		}
		switch {
		case fact.Said.says(VerdictUnlinked):
			fact.Linked = nil
		case held != nil:
			fact.Linked, fact.By = held, EvidenceManual
		case fact.Linked != nil:
			fact.By = EvidenceExplicit
		case !fact.Names && !fact.Said.says(VerdictLinked): // a person who holds it against another service's names one too
			fact.Linked = latestWithin(f.Deployments, i.event.Opened, time.Duration(def.IncidentWindow))
			fact.By = EvidenceIncident
		}
		if fact.Linked == nil || (fact.By != EvidenceManual && !def.Uses(fact.By)) {
			fact.Linked, fact.By = nil, ""
		}
	}
	slices.SortFunc(f.Incidents, func(a, b *IncidentFact) int {
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
func (h *History) follow(fact *IncidentFact, name string, byEvent map[*Deployment]*DeploymentFact) {
	var before, after *DeploymentFact
	for _, named := range h.named.of(name) {
		if h.out(repositoryKey{named.Source, strings.ToLower(named.Repository)}) {
			continue
		}
		d, at := byEvent[named], named.Finished()
		if d != nil {
			at = d.Finished
		}
		if !at.IsZero() && !at.After(fact.Event.Opened) {
			fact.Names = true
		}
		switch {
		case d == nil: // of another service or environment, or never finished
		case d.Finished.After(fact.Event.Opened):
			if after == nil || byFinish(d, after) < 0 {
				after = d
			}
		case before == nil || byFinish(d, before) > 0:
			before = d
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

// rank puts the strongest evidence first; of one kind, the earliest.
func (f *Facts) rank() {
	strength := EvidenceKind("").Allowed()
	for _, d := range f.Deployments {
		slices.SortStableFunc(d.Evidence, func(a, b Evidence) int {
			return cmp.Or(cmp.Compare(slices.Index(strength, string(a.Kind)), slices.Index(strength, string(b.Kind))), a.At.Compare(b.At))
		})
	}
}

// latestWithin is the latest deployment that finished no later than a time and no longer before it than a window.
func latestWithin(ordered []*DeploymentFact, at time.Time, window time.Duration) *DeploymentFact {
	after, _ := slices.BinarySearchFunc(ordered, at, func(d *DeploymentFact, at time.Time) int {
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
