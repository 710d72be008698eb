package dora

import (
	"maps"
	"slices"
	"time"
)

// unmeasurable tells what could not be measured, and where.
type unmeasurable struct {
	reason Reason
	lane   int // noLane where it belongs to none
}

// leave notes that something could not be measured, at the time that it would have counted.
func (f *Facts) leave(reason Reason, lane int, at time.Time, n int) {
	if n <= 0 {
		return
	}
	if reason != ReasonUnreportedRun { // until it is one
		f.Unmeasured[reason] += n
	}
	key := unmeasurable{reason, lane}
	for range n {
		f.left[key] = append(f.left[key], at.UnixMilli())
	}
}

// count adds up what could not be measured of the deployments, runs and what was left out, and puts all of it in order of
// time.
func (f *Facts) count(def *Definition, apart []leftOut) {
	f.leaveNegativeRecoveries(def)
	for _, run := range f.FailedRuns {
		f.leave(ReasonFailedRun, f.laneOf(run.Event), run.Failed, 1)
	}
	for _, run := range f.Undecided {
		f.leave(ReasonUnreportedRun, f.laneOf(run.Event), run.LastWord, 1)
	}
	for _, d := range apart {
		f.leave(d.reason, f.laneOf(d.event), d.at(), 1)
	}
	for _, d := range f.Deployments {
		if d.unknown {
			f.leave(ReasonUnknownCommit, d.lane, d.Finished, 1)
		}
		f.leave(ReasonPromotion, d.lane, d.Finished, d.promotions)
		if def.Unit != UnitCommit { // where they are units like any other
			f.leave(ReasonOutsideChanges, d.lane, d.Finished, d.outside)
		}
		if d.Rollback && d.blamed < 0 {
			f.leave(ReasonRollbackUnresolved, d.lane, d.Finished, 1)
		}
		for _, m := range d.mends {
			if m.counted != "" {
				f.leave(m.counted, d.lane, d.Finished, 1)
			}
		}
		for _, c := range d.changes {
			if c.Excluded != "" && c.Excluded != ReasonUnknownCommit {
				f.leave(c.Excluded, d.lane, d.Finished, 1)
			}
			f.leave(ReasonClamped, d.lane, d.Finished, c.clamped)
		}
	}
	for _, times := range f.left {
		slices.Sort(times)
	}
}

// Unmeasured counts, by reason, what filters let pass and could not be measured in [from, to): a deployment and its
// changes by its finish, a run by its failure or its last word, a change that was never shipped by its merge. A zero time
// is no bound. What belongs to no environment, such as a change that was never shipped, passes where any of the service's
// does. Runs that have said neither success nor failure count once they have been silent for UnreportedAfter.
func (s *Snapshot) Unmeasured(filters []Filter, from, to, now time.Time) map[Reason]int {
	counts := map[Reason]int{}
	for _, f := range s.Select(filters) {
		selected := f.lanesSelected(filters)
		for key, times := range f.left {
			if !selected[key.lane+1] {
				continue
			}
			begin, end := 0, len(times)
			if !from.IsZero() {
				begin, _ = slices.BinarySearch(times, from.UnixMilli())
			}
			if !to.IsZero() {
				end, _ = slices.BinarySearch(times, to.UnixMilli())
			}
			if key.reason == ReasonUnreportedRun {
				end = min(end, silentBy(times, now))
			}
			if end > begin {
				counts[key.reason] += end - begin
			}
		}
	}
	return counts
}

// UnmeasuredBy counts what could not be measured over all time, by reason, as of a time.
func (f *Facts) UnmeasuredBy(now time.Time) map[Reason]int {
	counts := maps.Clone(f.Unmeasured)
	if n := len(f.Unreported(now)); n > 0 {
		counts[ReasonUnreportedRun] = n
	}
	return counts
}

// silentBy is how many of the last words of runs, in order of time, are so long ago that nobody reports on the runs.
func silentBy(lastWords []int64, now time.Time) int {
	n, _ := slices.BinarySearch(lastWords, now.Add(-UnreportedAfter).UnixMilli()+1)
	return n
}

// lanesSelected says of each lane, by lane + 1, whether it passes filters on environment and repository; what has no
// lane passes if any does, or if nothing filters by them.
func (f *Facts) lanesSelected(filters []Filter) []bool {
	selected := make([]bool, len(f.lanes)+1)
	filtered := false
	for lane := range f.lanes {
		passes := true
		for _, filter := range filters {
			if filter.Field.ofLane() {
				filtered = true
				passes = passes && filter.passes(f.value(filter.Field, lane))
			}
		}
		selected[lane+1] = passes
		selected[0] = selected[0] || passes
	}
	selected[0] = selected[0] || !filtered
	return selected
}
