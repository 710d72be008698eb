package code

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

// Landings dates the commits of a repository. What was found is kept: many deployments share their history.
type Landings struct {
	graph *Graph
	// ahead is from when on commit times are passed over; zero: never.
	ahead time.Time
	// height counts the commits along first parents, 0 where that is not known yet; latest is the one with the latest time.
	height []int32
	latest []Node
}

// Landings dates commits whose head was last read at a time; zero: that is not known.
func (c *Unpacked) Landings(read time.Time) *Landings {
	l := &Landings{graph: c.Graph, height: make([]int32, len(c.Graph.Commits)), latest: make([]Node, len(c.Graph.Commits))}
	if !read.IsZero() {
		l.ahead = read.Add(clocksDiffer)
	}
	return l
}

// Of is when a commit landed, and how many were on the line by then.
func (l *Landings) Of(n Node) (at time.Time, height int32) {
	var line []Node
	below := NoNode
	for at := n; l.graph.Known(at); {
		if l.height[at] != 0 {
			below = at
			break
		}
		line = append(line, at)
		l.height[at] = -1 // a line that closes, which git cannot make, ends there
		parents := l.graph.Commits[at].Parents
		if len(parents) == 0 {
			break
		}
		at = parents[0]
	}
	latest := NoNode
	if below != NoNode && l.height[below] > 0 {
		latest, height = l.latest[below], l.height[below]
	}
	for _, c := range slices.Backward(line) {
		committed := l.graph.Commits[c].Committed
		if (l.ahead.IsZero() || !committed.After(l.ahead)) && (latest == NoNode || committed.After(l.graph.Commits[latest].Committed)) {
			latest = c
		}
		height++
		l.height[c], l.latest[c] = height, latest
	}
	if latest == NoNode { // no time is to be believed, not even its own
		latest = n
	}
	return l.graph.Commits[latest].Committed, l.height[n]
}
