package facts

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// Lead time: finished − start of each unit that a deployment shipped first.

// leadTime are its samples: the lead time of each unit, where its deployment finished.
func leadTime(f *Service, _ *dora.Definition, add func(at time.Time, lane int, value float64)) {
	for _, d := range f.Deployments {
		for _, c := range d.changes {
			if c.Excluded == "" {
				add(d.Finished, d.lane, c.Lead.Seconds())
			}
		}
	}
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
func (f *Service) lengths(stage Stage, add func(time.Time, int, float64)) {
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
func (l *lane) units(d *Deployment, def *dora.Definition) (all []shippedChange, measured []*Change) {
	r := l.repository
	for _, s := range l.shippedBy(d) {
		if l.touchOf(&s) == touches {
			all = append(all, s)
		}
	}
	switch def.Unit {
	case dora.UnitCommit:
		for _, n := range d.contents {
			if !r.Graph.Merge(n) && l.touch(n) == touches {
				measured = append(measured, commitFact(r, n, r.Graph.Commits[n].Authored))
			}
		}
	default:
		for _, s := range all {
			if s.change != nil {
				measured = append(measured, l.changeFact(s.change, d, def))
			} else if def.Unit == dora.UnitChange {
				position, _ := r.Main.Position(s.node)
				measured = append(measured, commitFact(r, s.node, r.Main.FirstAuthored[position]))
			}
		}
	}
	from := def.LeadTimeStart
	if def.Unit == dora.UnitCommit {
		from = dora.StartFirstCommit // a commit begins when it is authored: it has nothing else to begin with
	}
	for _, m := range measured {
		if m.by == nil {
			m.measure(d, def, from)
			m.by = d.Event
		}
	}
	slices.SortFunc(measured, func(a, b *Change) int {
		if order := a.Merged.Compare(b.Merged); order != 0 {
			return order
		}
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.SHA, b.SHA))
	})
	return all, measured
}

// changeFact is a pull request that a deployment shipped: as it was derived the last time, where nothing that it rests
// on has changed since.
func (l *lane) changeFact(c *code.Change, d *Deployment, def *dora.Definition) *Change {
	had, _ := c.Derived.(*Change)
	if had != nil && c.Reading == l.reading && had.by == d.Event && had.Repository == l.repository.Name && d.unmeasured() == had.Excluded.ofDeployment() {
		return had
	}
	made := changeFact(l.repository, c, def)
	c.Derived, c.Reading = made, l.reading
	return made
}

// unmeasured is why nothing that a deployment shipped has a lead time; empty where it may have one.
func (d *Deployment) unmeasured() Reason {
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
func (l *lane) shippedBy(d *Deployment) (all []shippedChange) {
	r := l.repository
	d.promotions, d.outside = 0, 0
	for _, n := range d.contents {
		for _, c := range r.ByMerge.Of(n) {
			s := shippedChange{change: c, node: n, reverts: c.Reverts}
			if !c.Promotion {
				all = append(all, s)
			} else if l.touchOf(&s) != touchesNot {
				d.promotions++
			}
		}
		switch {
		case r.Plain(n):
			all = append(all, shippedChange{node: n, reverts: r.Graph.Commits[n].Reverts})
		case r.Outside(n):
			d.outside++
		}
	}
	return all
}

// shippedChange is a pull request, or a commit on the main line that belongs to none.
type shippedChange struct {
	change  *code.Change // nil for a plain commit
	node    code.Node    // what landed
	reverts *code.Revert
}

func (s *shippedChange) number() int {
	if s.change == nil {
		return 0
	}
	return s.change.Event.Number
}

func (s *shippedChange) author(g *code.Graph) string {
	if s.change == nil {
		return g.Commits[s.node].Author
	}
	return s.change.Event.Author
}

func changeFact(r *history.Repository, c *code.Change, def *dora.Definition) *Change {
	e := c.Event
	f := &Change{
		Repository: r.Name, Number: e.Number, SHA: e.MergeCommit, Title: e.Title, URL: e.URL, Author: e.Author,
		Opened: e.Opened, Merged: e.Merged,
	}
	for _, own := range e.Commits {
		f.FirstCommit = dora.Sooner(f.FirstCommit, own.Authored)
	}
	for _, review := range e.Reviews {
		if review.Author == e.Author || def.Bots.Pattern.Match(review.Author) || review.At.After(e.Merged) {
			continue
		}
		f.FirstReview = dora.Sooner(f.FirstReview, review.At)
		if review.State == dora.ReviewApproved {
			f.Approved = dora.Sooner(f.Approved, review.At)
		}
	}
	return f
}

func commitFact(r *history.Repository, n code.Node, first time.Time) *Change {
	c := &r.Graph.Commits[n]
	f := &Change{
		Repository: r.Name, SHA: c.Sha.String(), Title: c.Title, Author: c.Author,
		FirstCommit: first, Merged: c.Committed,
	}
	if r.Event != nil && r.Event.URL != "" {
		f.URL = r.Event.URL + "/commit/" + f.SHA
	}
	return f
}

// measure works out the unit's lead time and its stages, or why it has none.
func (f *Change) measure(d *Deployment, def *dora.Definition, from dora.LeadTimeStart) {
	start := f.start(from)
	lead := d.Finished.Sub(start)
	switch {
	case d.unmeasured() != "":
		f.Excluded = d.unmeasured()
	case def.Bots.LeadTime == dora.Exclude && def.Bots.Pattern.Match(f.Author):
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

func (f *Change) start(from dora.LeadTimeStart) time.Time {
	switch from {
	case dora.StartOpened:
		return f.Opened
	case dora.StartMerged:
		return f.Merged
	}
	return f.FirstCommit
}

// split cuts the way from start to finished at the events that are known. Bounds out of order are moved, never
// the sum; it says how many were.
func (f *Change) split(start time.Time, from dora.LeadTimeStart, finished time.Time) (stages Stages, clamped int) {
	merged := f.Merged
	if f.Number == 0 {
		merged = time.Time{} // a plain commit is neither opened, reviewed nor merged
	}
	ends := [stageCount]time.Time{f.Opened, f.FirstReview, merged, finished}
	begin := map[dora.LeadTimeStart]Stage{dora.StartFirstCommit: StageCoding, dora.StartOpened: StagePickup, dora.StartMerged: StageDeploy}[from]
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

// landed is when a change reached the main line.
func (s *shippedChange) landed(r *history.Repository) time.Time {
	if s.change == nil {
		return r.Graph.Commits[s.node].Committed
	}
	return s.change.Event.Merged
}
