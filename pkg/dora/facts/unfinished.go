package facts

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// FailedRun is a run that never succeeded.
type FailedRun struct {
	Event  *dora.Deployment
	Failed time.Time
}

// UndecidedRun is a run that has said neither success nor failure. It may still: only after UnreportedAfter it is counted
// as one that nobody reports on.
type UndecidedRun struct {
	Event *dora.Deployment
	// LastWord is when it was last heard of: its creation, or its last status.
	LastWord time.Time
}

// UnreportedAfter is how long after its last word a run that has said neither success nor failure is counted.
const UnreportedAfter = 7 * 24 * time.Hour

// Unreported lists the runs that have been silent for as long as it takes, as of a time.
func (f *Service) Unreported(now time.Time) []UndecidedRun {
	silent := sort.Search(len(f.Undecided), func(i int) bool { return f.Undecided[i].LastWord.After(now.Add(-UnreportedAfter)) })
	return f.Undecided[:silent]
}

// UnseenRuns are runs that the source can show no longer. Whether they deployed nobody knows; they are none of the service's
// deployments or runs, and are counted.
type UnseenRuns struct {
	Event *dora.Deployment
}

// Ended is when they had ended, as far as can be told.
func (u UnseenRuns) Ended() time.Time { return u.Event.Created }

// unseenBetween counts the runs of some lanes that nobody can see in [from, to). A zero time is no bound.
func (f *Service) unseenBetween(selected []bool, from, to time.Time) (n int) {
	for _, u := range f.Unseen {
		if !to.IsZero() && !u.Ended().Before(to) {
			break
		}
		if !u.Ended().Before(from) && selected[f.laneOf(u.Event)+1] {
			n += u.Event.Unseen
		}
	}
	return n
}

// unfinished are runs that entered nothing.
type unfinished struct {
	unseen    []UnseenRuns
	failed    []FailedRun    // never succeeded
	undecided []UndecidedRun // have said neither success nor failure
}

// add takes a run that has not succeeded.
func (u *unfinished) add(d *dora.Deployment) {
	if failed := d.Failed(); !failed.IsZero() {
		u.failed = append(u.failed, FailedRun{d, failed})
	} else {
		u.undecided = append(u.undecided, UndecidedRun{d, d.LastWord()})
	}
}

func (u *unfinished) join(other unfinished) {
	u.failed, u.undecided, u.unseen = append(u.failed, other.failed...), append(u.undecided, other.undecided...), append(u.unseen, other.unseen...)
}

// sort puts the runs in order of time.
func (u *unfinished) sort() {
	slices.SortFunc(u.failed, func(a, b FailedRun) int {
		return cmp.Or(a.Failed.Compare(b.Failed), cmp.Compare(a.Event.Number, b.Event.Number), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
	})
	slices.SortFunc(u.unseen, func(a, b UnseenRuns) int {
		return cmp.Or(a.Ended().Compare(b.Ended()), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
	})
	slices.SortFunc(u.undecided, func(a, b UndecidedRun) int {
		return cmp.Or(a.LastWord.Compare(b.LastWord), cmp.Compare(a.Event.Number, b.Event.Number), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
	})
}
