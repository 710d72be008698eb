package facts

import (
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// unmeasurable tells what could not be measured, and where.
type unmeasurable struct {
	reason Reason
	lane   int // samples.NoLane where it belongs to none
}

// leave notes that something could not be measured, at the time that it would have counted.
func (f *Service) leave(reason Reason, lane int, at time.Time, n int) {
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
func (f *Service) count(def *dora.Definition, apart []leftOut) {
	f.leaveRecoveries(def)
	for _, run := range f.FailedRuns {
		f.leave(ReasonFailedRun, f.laneOf(run.Event), run.Failed, 1)
	}
	for _, run := range f.Undecided {
		f.leave(ReasonUnreportedRun, f.laneOf(run.Event), run.LastWord, 1)
	}
	for _, u := range f.Unseen {
		f.Unmeasured[ReasonUnseenRun] += u.Event.Unseen
	}
	for _, d := range apart {
		f.leave(d.reason, f.laneOf(d.event), d.at(), 1)
	}
	for _, d := range f.Deployments {
		switch {
		case d.noHistory:
			f.leave(ReasonNoHistory, d.lane, d.Finished, 1)
		case d.unknown:
			f.leave(ReasonUnknownCommit, d.lane, d.Finished, 1)
		}
		f.leave(ReasonPromotion, d.lane, d.Finished, d.promotions)
		if def.Unit != dora.UnitCommit { // where they are units like any other
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

// UnmeasuredBy counts what could not be measured over all time, by reason, as of a time.
func (f *Service) UnmeasuredBy(now time.Time) map[Reason]int {
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

// Unmeasured counts, by reason, what filters let pass and could not be measured in [from, to): a deployment and its
// changes by its finish, a run by its failure or its last word, a change that was never shipped by its merge. A zero time
// is no bound. What belongs to no environment, such as a change that was never shipped, passes where any of the service's
// does. Runs that have said neither success nor failure count once they have been silent for UnreportedAfter.
func (s *Snapshot) Unmeasured(filters []dora.Filter, from, to, now time.Time) map[Reason]int {
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
		if n := f.unseenBetween(selected, from, to); n > 0 {
			counts[ReasonUnseenRun] += n
		}
	}
	return counts
}

// Reason says why something could not be measured.
type Reason string

// What cannot be measured, and why.
const (
	ReasonFirstDeployment    Reason = "first_deployment"    // shipped by the first deployment, which has no base
	ReasonBot                Reason = "bot"                 // made by a machine
	ReasonNegative           Reason = "negative"            // the lead time is below zero: a clock was wrong
	ReasonNoBase             Reason = "no_base"             // shipped by a deployment whose history shares no commit with an earlier one: it was rewritten
	ReasonUnknownCommit      Reason = "unknown_commit"      // a deployment whose commit or history is not known
	ReasonNoHistory          Reason = "no_history"          // a deployment from a repository of which no source tells the commits
	ReasonUnknownFiles       Reason = "unknown_files"       // a change of a service with paths whose files are not all known
	ReasonUnknownContents    Reason = "unknown_contents"    // a deployment or run of which it is not known whether it moved the service's paths
	ReasonNoStart            Reason = "no_start"            // the time at which lead time begins is not known
	ReasonNoMergeCommit      Reason = "no_merge_commit"     // the vendor lost what the pull request became
	ReasonNotOnMainLine      Reason = "not_on_main_line"    // merged into another branch, and never shipped
	ReasonPromotion          Reason = "promotion"           // a pull request that brings in only what was merged before
	ReasonOutsideChanges     Reason = "outside_changes"     // a shipped commit that belongs to no change, such as one pushed to a release branch
	ReasonFailedRun          Reason = "failed_runs"         // a run that never succeeded
	ReasonUnreportedRun      Reason = "unreported_runs"     // a run that a week after its last word has said neither success nor failure
	ReasonUnseenRun          Reason = "unseen_runs"         // a run that the source can show no longer
	ReasonPartOfAnother      Reason = "part_of_another"     // a record that tells of an incident that another record stands for
	ReasonUnknownRef         Reason = "unknown_ref"         // a deployment or run of which it is not known any more what it was made of, by which services tell their own
	ReasonRetriedRun         Reason = "retried_run_unknown" // a run that was run again and whose first success cannot be read any more
	ReasonRollbackUnresolved Reason = "rollback_unresolved" // what a rollback restored had not run before
	ReasonRevertUnresolved   Reason = "revert_unresolved"   // what a revert takes back was not found
	ReasonClamped            Reason = "clamped"             // a stage's bounds were out of order
	ReasonNegativeRecovery   Reason = "negative_recovery"   // recovered before it finished
	ReasonNotAcknowledged    Reason = "not_acknowledged"    // an incident that was resolved and that nobody acknowledged, where that is read
	ReasonIgnored            Reason = "ignored"             // a deployment or an incident that a person said to ignore
)
