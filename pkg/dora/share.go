package dora

import (
	"container/heap"
	"slices"
	"time"
)

// Where services share a repository's deployments and tell each other apart by paths, a lane holds every deployment of
// the pipeline at first: contents are worked out on all of them. Then the service keeps those that are its own, and
// everything else is worked out on these.

// share leaves in a lane that services share what is the service's own.
func (l *lane) share(def *Definition, f *Facts) {
	l.countUnknown(def, f)
	l.keep(f)
}

// touch says whether a commit belongs to a change that touches the lane's paths. A commit of several pull requests is
// that one's with the fewest commits; one that a change brought to the main line is that change's.
func (l *lane) touch(n node) touch {
	r := l.repository
	if !l.shared {
		return touches
	}
	if landed := r.byMerge.of(n); len(landed) > 0 {
		all := touchesNot
		for _, c := range landed {
			if !c.promotion { // what it brings is touched by what it is
				all = all.or(l.touched(c.event.Files))
			}
		}
		return all
	}
	if owners := r.ownersOf(n); len(owners) > 0 {
		smallest := slices.MinFunc(owners, func(a, b *change) int { return len(a.event.Commits) - len(b.event.Commits) })
		return l.touched(smallest.event.Files)
	}
	if _, on := r.main.position(n); on {
		return l.touched(r.graph.files[n])
	}
	if r.main.contains(n) {
		return l.touch(r.main.landed[r.main.bringer[n]-1])
	}
	return unknownTouch
}

// touched says whether files match the paths of any entry.
func (l *lane) touched(files *Files) touch {
	all := touchesNot
	for _, entry := range l.entries {
		all = all.or(touched(entry.Paths, files))
	}
	return all
}

// touchOf is touch for a change.
func (l *lane) touchOf(s *shippedChange) touch {
	if l.shared && s.change != nil {
		return l.touched(s.change.event.Files)
	}
	return l.touch(s.node)
}

// moves says whether a step from one version to another, in either direction, has a commit that touches the paths.
func (l *lane) moves(from, to node) touch {
	g := l.repository.graph
	if !g.known(from) || !g.known(to) {
		return unknownTouch
	}
	all := touchesNot
	g.between(from, to, func(n node) bool {
		if g.known(n) {
			all = all.or(l.touch(n))
		} else {
			all = all.or(unknownTouch)
		}
		return all != touches
	})
	return all
}

// own decides which deployments of the pipeline are the service's: the first; a repetition of one that is; and each
// that brings or takes away something of its paths, compared with the one before.
func (l *lane) own() []touch {
	of := make([]touch, len(l.deployments))
	for i, d := range l.deployments {
		at := l.repository.graph.name(d.Event.SHA)
		switch {
		case i == 0:
			of[i] = touches
		case d.Event.SHA == l.deployments[i-1].Event.SHA:
			of[i] = of[i-1]
		default:
			of[i] = l.moves(l.repository.graph.name(l.deployments[i-1].Event.SHA), at)
		}
	}
	return of
}

// keep leaves the service's own deployments and runs in the lane. It counts those of which it cannot be told.
func (l *lane) keep(f *Facts) {
	of := l.own()
	l.runs.failed = slices.DeleteFunc(l.runs.failed, func(run FailedRun) bool {
		found := l.tried(run.Event, run.Failed, of)
		if found == unknownTouch {
			f.leave(ReasonUnknownContents, len(f.lanes), run.Failed, 1) // the lane comes next
		}
		return found != touches
	})
	l.runs.undecided = slices.DeleteFunc(l.runs.undecided, func(run UndecidedRun) bool { // it may say more, and its commit come
		return l.tried(run.Event, run.LastWord, of) == touchesNot
	})
	l.kept = make([]int32, len(l.deployments))
	var own []*DeploymentFact
	for i, d := range l.deployments {
		l.kept[i] = notKept
		switch of[i] {
		case touches:
			l.kept[i] = int32(len(own))
			own = append(own, d)
		case unknownTouch:
			f.leave(ReasonUnknownContents, d.lane, d.Finished, 1)
		}
	}
	l.deployments = own
}

const notKept = -1

// tried says whether a run that has not succeeded was to bring or take away something of the paths, compared with what ran
// at a time. It is asked before the lane keeps its own.
func (l *lane) tried(run *Deployment, at time.Time, of []touch) touch {
	before := -1
	for i, d := range l.deployments {
		if !d.Finished.After(at) {
			before = i
		}
	}
	switch {
	case before < 0:
		return touches
	case run.SHA == l.deployments[before].Event.SHA:
		return of[before]
	}
	return l.moves(l.repository.graph.name(l.deployments[before].Event.SHA), l.repository.graph.name(run.SHA))
}

// between walks over the commits that one of two reaches and the other does not, themselves included, until visit says
// that it is enough. It walks from the youngest generation down, where every commit comes after all that lead to it.
func (g *graph) between(a, b node, visit func(node) (more bool)) {
	if a == b {
		return
	}
	const fromA, fromB, fromBoth = 1, 2, 3
	g.number()
	marks := map[node]uint8{a: fromA, b: fromB}
	queue := &byGeneration{graph: g, nodes: []node{a, b}}
	heap.Init(queue)
	single := 2 // of those in the queue that only one reaches, as far as is known
	for single > 0 && queue.Len() > 0 {
		n := heap.Pop(queue).(node)
		if marks[n] != fromBoth {
			single--
			if !visit(n) {
				return
			}
		}
		for _, p := range g.commits[n].parents {
			before, after := marks[p], marks[p]|marks[n]
			if after == before {
				continue
			}
			marks[p] = after
			if before == 0 {
				heap.Push(queue, p)
			}
			if after != fromBoth {
				single++
			} else if before != 0 {
				single--
			}
		}
	}
}

// byGeneration is a heap of commits, the youngest generation first.
type byGeneration struct {
	graph *graph
	nodes []node
}

func (q *byGeneration) Len() int { return len(q.nodes) }

func (q *byGeneration) Less(i, j int) bool {
	return q.graph.commits[q.nodes[i]].generation > q.graph.commits[q.nodes[j]].generation
}

func (q *byGeneration) Swap(i, j int) { q.nodes[i], q.nodes[j] = q.nodes[j], q.nodes[i] }

func (q *byGeneration) Push(n any) { q.nodes = append(q.nodes, n.(node)) }

func (q *byGeneration) Pop() any {
	last := len(q.nodes) - 1
	n := q.nodes[last]
	q.nodes = q.nodes[:last]
	return n
}

// countUnknown counts the units of which it is not known whose they are, but for those of the first deployment, of which
// nothing is measured. It leaves in each deployment's count of commits those of the service's changes.
func (l *lane) countUnknown(def *Definition, f *Facts) {
	for i, d := range l.deployments {
		d.Commits = 0
		for _, n := range d.contents {
			switch l.touch(n) {
			case touches:
				d.Commits++
			case unknownTouch:
				if i > 0 && def.Unit == UnitCommit && !l.repository.graph.merge(n) {
					f.leave(ReasonUnknownFiles, d.lane, d.Finished, 1)
				}
			}
		}
		if i == 0 || def.Unit == UnitCommit {
			continue
		}
		for _, s := range l.shippedBy(d) {
			if l.touchOf(&s) == unknownTouch && (s.change != nil || def.Unit == UnitChange) {
				f.leave(ReasonUnknownFiles, d.lane, d.Finished, 1)
			}
		}
	}
}
