package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Two systems may tell of one deployment: a pipeline of one makes a deployment in another. Nothing in either names the other.
// What they tell of one service, environment and commit at about one time is one deployment.

// toldWithin is how far apart two systems may tell of one deployment: the one when it is queued there, the other when it is
// done.
const toldWithin = time.Hour

// telling is when a run was told to begin and to be over.
type telling struct {
	run        int // where in all
	source     string
	begin, end time.Time
	id         string
}

// JoinTold makes one run of those that two sources tell of one: of a commit, each of the one source with that of the other
// that began nearest to it, where it is the nearest to that too, and they overlap or are no further apart than an hour. What
// one source tells twice is two.
func (r *Runs) JoinTold() {
	if !slices.ContainsFunc(r.All, func(run Run) bool { return run.first.Source != r.All[0].first.Source }) {
		return
	}
	bySHA := map[string][]telling{}
	for n := range r.All {
		if first := r.All[n].first; first.SHA != "" {
			bySHA[first.SHA] = append(bySHA[first.SHA], r.All[n].telling(n))
		}
	}
	into := make([]int, len(r.All)) // which run each is joined with
	for n := range into {
		into[n] = n
	}
	root := func(n int) int {
		for into[n] != n {
			n = into[n]
		}
		return n
	}
	for _, told := range bySHA {
		for _, pair := range pairs(told) {
			if a, b := root(pair[0]), root(pair[1]); a != b {
				into[max(a, b)] = min(a, b)
			}
		}
	}
	var kept []Run
	at := map[int]int{} // in kept
	for n := range r.All {
		if to := root(n); to == n {
			at[n] = len(kept)
			kept = append(kept, r.All[n])
		} else {
			whole := &kept[at[to]]
			whole.More = append(append(slices.Clip(whole.More), r.All[n].first), r.All[n].More...)
		}
	}
	r.All = kept
}

func (r *Run) telling(n int) telling {
	t := telling{run: n, source: r.first.Source, id: r.first.FullID()}
	for _, d := range append([]*dora.Deployment{r.first}, r.More...) {
		for _, at := range []time.Time{d.Created, d.Finished(), d.Failed()} { // some clocks create what has finished
			t.begin = dora.Sooner(t.begin, at)
		}
		t.end = dora.Latest(t.end, d.Finished(), d.Failed())
		t.id = min(t.id, d.FullID())
	}
	if t.end.IsZero() {
		t.end = t.begin
	}
	return t
}

// apart is how far apart two runs are: not at all where they overlap.
func (t *telling) apart(other *telling) time.Duration {
	if t.begin.After(other.begin) {
		t, other = other, t
	}
	return max(0, other.begin.Sub(t.end))
}

// pairs are the runs of one commit that two sources tell of one deployment.
func pairs(told []telling) (found [][2]int) {
	slices.SortFunc(told, func(a, b telling) int { return cmp.Or(a.begin.Compare(b.begin), cmp.Compare(a.id, b.id)) })
	sources := map[string][]int{} // where in told
	for n := range told {
		sources[told[n].source] = append(sources[told[n].source], n)
	}
	if len(sources) < 2 {
		return nil
	}
	for source, ours := range sources {
		for other, theirs := range sources {
			if source >= other {
				continue
			}
			back := nearest(told, theirs, ours)
			for n, near := range nearest(told, ours, theirs) {
				if back[near] == n && told[n].apart(&told[near]) <= toldWithin {
					found = append(found, [2]int{told[n].run, told[near].run})
				}
			}
		}
	}
	return found
}

// nearest finds, for each of one source, that of another whose beginning is the nearest; of two the earlier.
func nearest(told []telling, of, among []int) map[int]int {
	found := make(map[int]int, len(of))
	next := 0
	for _, n := range of {
		for next < len(among) && among[next] < n {
			next++
		}
		best := -1
		for _, at := range []int{next - 1, next} {
			if at < 0 || at >= len(among) {
				continue
			}
			if best < 0 || told[among[at]].begin.Sub(told[n].begin).Abs() < told[best].begin.Sub(told[n].begin).Abs() {
				best = among[at]
			}
		}
		found[n] = best
	}
	return found
}
