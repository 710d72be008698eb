package dora

import (
	"slices"
	"time"
)

// Where every landed commit is a deployment, it finishes when it landed. Nobody tells that time: a commit has that of its
// committer's clock, which may be fast or slow. But pushes cannot go back, so that a commit landed no earlier than what it
// landed on, and the running maximum of commit times along first parents is as near as one can come. A clock that is two
// minutes fast moves what lands within these two minutes; one that is two days fast holds all that lands in two days at
// its own time, in the right order. Only a time that had not come when the head was last read is known to be wrong, and is
// passed over: one commit of the year 2099 would take all that follow with it.

// clocksDiffer is how far the clock here may be behind that of the server on which commits land.
const clocksDiffer = time.Hour

// landings dates the commits of a repository. What was found is kept: many deployments share their history.
type landings struct {
	graph *graph
	// ahead is from when on commit times are passed over; zero: never.
	ahead time.Time
	// height counts the commits along first parents, 0 where that is not known yet; latest is the one with the latest time.
	height []int32
	latest []node
}

func (r *repository) landings() *landings {
	l := &landings{graph: r.graph, height: make([]int32, len(r.graph.commits)), latest: make([]node, len(r.graph.commits))}
	if r.event != nil && !r.event.Updated.IsZero() {
		l.ahead = r.event.Updated.Add(clocksDiffer)
	}
	return l
}

// of is when a commit landed, and how many were on the line by then.
func (l *landings) of(n node) (at time.Time, height int32) {
	var line []node
	below := noNode
	for at := n; l.graph.known(at); {
		if l.height[at] != 0 {
			below = at
			break
		}
		line = append(line, at)
		l.height[at] = -1 // a line that closes, which git cannot make, ends there
		parents := l.graph.commits[at].parents
		if len(parents) == 0 {
			break
		}
		at = parents[0]
	}
	latest := noNode
	if below != noNode && l.height[below] > 0 {
		latest, height = l.latest[below], l.height[below]
	}
	for _, c := range slices.Backward(line) {
		committed := l.graph.commits[c].committed
		if (l.ahead.IsZero() || !committed.After(l.ahead)) && (latest == noNode || committed.After(l.graph.commits[latest].committed)) {
			latest = c
		}
		height++
		l.height[c], l.latest[c] = height, latest
	}
	if latest == noNode { // no time is to be believed, not even its own
		latest = n
	}
	return l.graph.commits[latest].committed, l.height[n]
}

// land dates the deployments of a lane that are landings, and puts the lane in order again.
func (l *lane) land() {
	var all *landings
	for _, d := range l.deployments {
		if n := l.repository.graph.find(d.Event.SHA); d.Event.Landing && l.repository.graph.known(n) {
			if all == nil {
				all = l.repository.landings()
			}
			d.Finished, d.height = all.of(n)
		}
	}
	if all != nil {
		slices.SortFunc(l.deployments, byFinish)
	}
}
