package dora

import (
	"cmp"
	"slices"
	"time"
)

// Lead time: finished − start of each unit that a deployment shipped first.

var leadTime = MetricRow{
	Key: LeadTime, Name: "Change lead time", Unit: Seconds, Higher: Worse,
	Description: "How long a change takes from its first commit to running in production.",
	Statistics:  lengths,
	samples: func(f *Facts, _ *Definition, add func(time.Time, int, float64)) {
		for _, d := range f.Deployments {
			for _, c := range d.changes {
				if c.Excluded == "" {
					add(d.Finished, d.lane, c.Lead.Seconds())
				}
			}
		}
	},
}

// Stage is a part of lead time.
type Stage int

// The stages of lead time, in order. Of one change they sum to its lead time exactly.
const (
	StageCoding Stage = iota // first commit → opened
	StagePickup              // opened → first review
	StageReview              // first review → merged
	StageDeploy              // merged → finished
	stageCount
)

// StageNames are the stages' keys, by Stage.
var StageNames = [stageCount]string{"coding", "pickup", "review", "deploy"}

// Stages are the lengths of a change's stages; a missing one is part of the next that is there.
type Stages [stageCount]time.Duration

// noStage marks a stage whose end is not known.
const noStage time.Duration = -1

// Of is the length of a stage; false if it is missing.
func (s Stages) Of(stage Stage) (time.Duration, bool) { return s[stage], s[stage] != noStage }

// lengths are the samples of one stage, in the order of lead time's.
func (f *Facts) lengths(stage Stage, add func(time.Time, int, float64)) {
	for _, d := range f.Deployments {
		for _, c := range d.changes {
			if length, ok := c.Stages.Of(stage); ok && c.Excluded == "" {
				add(d.Finished, d.lane, length.Seconds())
			}
		}
	}
}

// units finds what a deployment shipped first: every change, and of them those that the definition measures. With
// commits as unit these are the commits that are no merges.
func (l *lane) units(d *DeploymentFact, def *Definition) (all []shippedChange, measured []*ChangeFact) {
	r := l.repository
	for _, s := range l.shippedBy(d) {
		if l.touchOf(&s) == touches {
			all = append(all, s)
		}
	}
	switch def.Unit {
	case UnitCommit:
		for _, n := range d.contents {
			if !r.graph.merge(n) && l.touch(n) == touches {
				measured = append(measured, r.commitFact(n, r.graph.commits[n].authored))
			}
		}
	default:
		for _, s := range all {
			if s.change != nil {
				measured = append(measured, l.changeFact(s.change, d, def))
			} else if def.Unit == UnitChange {
				position, _ := r.main.position(s.node)
				measured = append(measured, r.commitFact(s.node, r.main.firstAuthored[position]))
			}
		}
	}
	from := def.LeadTimeStart
	if def.Unit == UnitCommit {
		from = StartFirstCommit // a commit begins when it is authored: it has nothing else to begin with
	}
	for _, m := range measured {
		if m.by == nil {
			m.measure(d, def, from)
			m.by = d.Event
		}
	}
	slices.SortFunc(measured, func(a, b *ChangeFact) int {
		if order := a.Merged.Compare(b.Merged); order != 0 {
			return order
		}
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.SHA, b.SHA))
	})
	return all, measured
}

// changeFact is a pull request that a deployment shipped: as it was derived the last time, where nothing that it rests
// on has changed since.
func (l *lane) changeFact(c *change, d *DeploymentFact, def *Definition) *ChangeFact {
	had := c.fact
	if had != nil && c.reading == l.reading && had.by == d.Event && had.Repository == l.repository.name && d.unmeasured() == had.Excluded.ofDeployment() {
		return had
	}
	c.fact, c.reading = l.repository.changeFact(c, def), l.reading
	return c.fact
}

// unmeasured is why nothing that a deployment shipped has a lead time; empty where it may have one.
func (d *DeploymentFact) unmeasured() Reason {
	switch {
	case d.First:
		return ReasonFirstDeployment
	case d.noBase:
		return ReasonNoBase
	case d.unknown:
		return ReasonUnknownCommit
	}
	return ""
}

// ofDeployment is the reason where it holds of all that a deployment shipped, and empty where it is a change's own.
func (r Reason) ofDeployment() Reason {
	switch r {
	case ReasonFirstDeployment, ReasonNoBase, ReasonUnknownCommit:
		return r
	}
	return ""
}

// shippedBy lists the changes that a deployment shipped first, whosever they are, and counts what it shipped that is none.
func (l *lane) shippedBy(d *DeploymentFact) (all []shippedChange) {
	r := l.repository
	d.promotions, d.outside = 0, 0
	for _, n := range d.contents {
		for _, c := range r.byMerge.of(n) {
			s := shippedChange{change: c, node: n, reverts: c.reverts}
			if !c.promotion {
				all = append(all, s)
			} else if l.touchOf(&s) != touchesNot {
				d.promotions++
			}
		}
		switch {
		case r.plain(n):
			all = append(all, shippedChange{node: n, reverts: r.graph.commits[n].reverts})
		case r.outside(n):
			d.outside++
		}
	}
	return all
}

// shippedChange is a pull request, or a commit on the main line that belongs to none.
type shippedChange struct {
	change  *change // nil for a plain commit
	node    node    // what landed
	reverts *revert
}

func (s *shippedChange) number() int {
	if s.change == nil {
		return 0
	}
	return s.change.event.Number
}

func (s *shippedChange) author(g *graph) string {
	if s.change == nil {
		return g.commits[s.node].author
	}
	return s.change.event.Author
}

func (r *repository) changeFact(c *change, def *Definition) *ChangeFact {
	e := c.event
	f := &ChangeFact{
		Repository: r.name, Number: e.Number, SHA: e.MergeCommit, Title: e.Title, URL: e.URL, Author: e.Author,
		Opened: e.Opened, Merged: e.Merged,
	}
	for _, own := range e.Commits {
		earliest(&f.FirstCommit, own.Authored)
	}
	for _, review := range e.Reviews {
		if review.Author == e.Author || def.Bots.Pattern.Match(review.Author) || review.At.After(e.Merged) {
			continue
		}
		earliest(&f.FirstReview, review.At)
		if review.State == ReviewApproved {
			earliest(&f.Approved, review.At)
		}
	}
	return f
}

// earliest keeps the earlier of two times, either of which may be unknown.
func earliest(at *time.Time, candidate time.Time) {
	if at.IsZero() || candidate.Before(*at) && !candidate.IsZero() {
		*at = candidate
	}
}

func (r *repository) commitFact(n node, first time.Time) *ChangeFact {
	c := &r.graph.commits[n]
	f := &ChangeFact{
		Repository: r.name, SHA: c.sha.String(), Title: c.title, Author: c.author,
		FirstCommit: first, Merged: c.committed,
	}
	if r.event != nil && r.event.URL != "" {
		f.URL = r.event.URL + "/commit/" + f.SHA
	}
	return f
}

// measure works out the unit's lead time and its stages, or why it has none.
func (f *ChangeFact) measure(d *DeploymentFact, def *Definition, from LeadTimeStart) {
	start := f.start(from)
	lead := d.Finished.Sub(start)
	switch {
	case d.unmeasured() != "":
		f.Excluded = d.unmeasured()
	case def.Bots.LeadTime == Exclude && def.Bots.Pattern.Match(f.Author):
		f.Excluded = ReasonBot
	case start.IsZero():
		f.Excluded = ReasonNoStart
	case lead < 0:
		f.Excluded = ReasonNegative
	default:
		f.Lead = lead
		f.Stages, f.clamped = f.split(start, from, d.Finished)
	}
}

func (f *ChangeFact) start(from LeadTimeStart) time.Time {
	switch from {
	case StartOpened:
		return f.Opened
	case StartMerged:
		return f.Merged
	}
	return f.FirstCommit
}

// split cuts the way from start to finished at the events that are known. Bounds out of order are moved, never
// the sum; it says how many were.
func (f *ChangeFact) split(start time.Time, from LeadTimeStart, finished time.Time) (stages Stages, clamped int) {
	merged := f.Merged
	if f.Number == 0 {
		merged = time.Time{} // a plain commit is neither opened, reviewed nor merged
	}
	ends := [stageCount]time.Time{f.Opened, f.FirstReview, merged, finished}
	begin := map[LeadTimeStart]Stage{StartFirstCommit: StageCoding, StartOpened: StagePickup, StartMerged: StageDeploy}[from]
	at := start
	for stage := range stageCount {
		end := ends[stage]
		if stage < begin || end.IsZero() {
			stages[stage] = noStage
			continue
		}
		bound := end
		if bound.After(finished) {
			bound = finished
		}
		if bound.Before(at) {
			bound = at
		}
		if !bound.Equal(end) {
			clamped++
		}
		stages[stage] = bound.Sub(at)
		at = bound
	}
	return stages, clamped
}

// wait lists the service's changes that are merged and that no production environment has yet, for each of its
// repositories, and counts those that will never be because they were merged elsewhere. Whether a change is on the main
// line its merge commit says: branches are renamed.
func (f *Facts) wait(lanes []*lane, def *Definition) {
	shipped := map[*repository][]*lane{}
	var order []*repository
	for _, l := range lanes {
		if shipped[l.repository] == nil {
			order = append(order, l.repository)
		}
		shipped[l.repository] = append(shipped[l.repository], l)
	}
	var found []Waiting
	for _, r := range order {
		isShipped := func(n node) bool {
			return slices.ContainsFunc(shipped[r], func(l *lane) bool { return l.ships(n) })
		}
		// own says whether a change is the service's, by any of the lanes; it counts one of which that is not known.
		own := func(s shippedChange) bool {
			all := touchesNot
			for _, l := range shipped[r] {
				all = all.or(l.touchOf(&s))
			}
			if all == unknownTouch {
				f.leave(ReasonUnknownFiles, noLane, s.landed(r), 1)
			}
			return all == touches
		}
		mayTouch := func(s shippedChange) bool {
			return slices.ContainsFunc(shipped[r], func(l *lane) bool { return l.touchOf(&s) != touchesNot })
		}
		for _, c := range r.changes {
			e := c.event
			switch {
			case isShipped(c.merge):
			case c.promotion:
				if mayTouch(shippedChange{change: c, node: c.merge}) {
					f.leave(ReasonPromotion, noLane, e.Merged, 1)
				}
			case !own(shippedChange{change: c, node: c.merge}):
			case e.MergeCommit == "":
				f.leave(ReasonNoMergeCommit, noLane, e.Merged, 1)
			case r.main.contains(c.merge):
				found = append(found, Waiting{r.name, e.Number, e.MergeCommit, e.Title, e.URL, e.Author, e.Merged})
			default:
				f.leave(ReasonNotOnMainLine, noLane, e.Merged, 1)
			}
		}
		if def.Unit == UnitPullRequest {
			continue
		}
		for _, n := range r.main.landed {
			if r.plain(n) && !isShipped(n) && own(shippedChange{node: n}) {
				c := r.commitFact(n, time.Time{})
				found = append(found, Waiting{r.name, 0, c.SHA, c.Title, c.URL, c.Author, c.Merged})
			}
		}
	}
	slices.SortFunc(found, func(a, b Waiting) int {
		return cmp.Or(a.Merged.Compare(b.Merged), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Number, b.Number), cmp.Compare(a.SHA, b.SHA))
	})
	f.Waiting = found
}

// landed is when a change reached the main line.
func (s *shippedChange) landed(r *repository) time.Time {
	if s.change == nil {
		return r.graph.commits[s.node].committed
	}
	return s.change.event.Merged
}
