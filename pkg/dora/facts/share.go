package facts

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
)

// Where services share a repository's deployments and tell each other apart by paths, a lane holds every deployment of
// the pipeline at first: contents are worked out on all of them. Then the service keeps those that are its own, and
// everything else is worked out on these.

// share leaves in a lane that services share what is the service's own.
func (l *lane) share(def *dora.Definition, f *Service) {
	l.countUnknown(def, f)
	l.keep(f)
}

// touch says whether a commit belongs to a change that touches the lane's paths. A commit of several pull requests is
// that one's with the fewest commits; one that a change brought to the main line is that change's.
func (l *lane) touch(n code.Node) touch {
	r := l.repository
	if !l.shared {
		return touches
	}
	if landed := r.ByMerge.Of(n); len(landed) > 0 {
		all := touchesNot
		for _, c := range landed {
			if !c.Promotion { // what it brings is touched by what it is
				all = all.or(l.touched(c.Event.Files))
			}
		}
		return all
	}
	if owners := r.OwnersOf(n); len(owners) > 0 {
		smallest := slices.MinFunc(owners, func(a, b *code.Change) int { return len(a.Event.Commits) - len(b.Event.Commits) })
		return l.touched(smallest.Event.Files)
	}
	if _, on := r.Main.Position(n); on {
		return l.touched(r.Graph.Files[n])
	}
	if r.Main.Contains(n) {
		return l.touch(r.Main.Landed[r.Main.Bringer[n]-1])
	}
	return unknownTouch
}

// touched says whether files match the paths of any entry.
func (l *lane) touched(files *dora.Files) touch {
	all := touchesNot
	for _, entry := range l.entries {
		all = all.or(touched(entry.Paths, files))
	}
	return all
}

// touchOf is touch for a change.
func (l *lane) touchOf(s *shippedChange) touch {
	if l.shared && s.change != nil {
		return l.touched(s.change.Event.Files)
	}
	return l.touch(s.node)
}

// moves says whether a step from one version to another, in either direction, has a commit that touches the paths.
func (l *lane) moves(from, to code.Node) touch {
	g := l.repository.Graph
	if !g.Known(from) || !g.Known(to) {
		return unknownTouch
	}
	all := touchesNot
	g.Between(from, to, func(n code.Node) bool {
		if g.Known(n) {
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
		at := l.commit(d.Event)
		switch {
		case i == 0:
			of[i] = touches
		case d.Event.SHA == l.deployments[i-1].Event.SHA:
			of[i] = of[i-1]
		default:
			of[i] = l.moves(l.commit(l.deployments[i-1].Event), at)
		}
	}
	return of
}

// keep leaves the service's own deployments and runs in the lane. It counts those of which it cannot be told.
func (l *lane) keep(f *Service) {
	of := l.own()
	l.unfinished.failed = slices.DeleteFunc(l.unfinished.failed, func(run FailedRun) bool {
		found := l.tried(run.Event, run.Failed, of)
		if found == unknownTouch {
			f.leave(ReasonUnknownContents, len(f.lanes), run.Failed, 1) // the lane comes next
		}
		return found != touches
	})
	l.unfinished.undecided = slices.DeleteFunc(l.unfinished.undecided, func(run UndecidedRun) bool { // it may say more, and its commit come
		return l.tried(run.Event, run.LastWord, of) == touchesNot
	})
	l.kept = make([]int32, len(l.deployments))
	var own []*Deployment
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
func (l *lane) tried(run *dora.Deployment, at time.Time, of []touch) touch {
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
	return l.moves(l.commit(l.deployments[before].Event), l.commit(run))
}

// countUnknown counts the units of which it is not known whose they are, but for those of the first deployment, of which
// nothing is measured. It leaves in each deployment's count of commits those of the service's changes.
func (l *lane) countUnknown(def *dora.Definition, f *Service) {
	for i, d := range l.deployments {
		d.Commits = 0
		for _, n := range d.contents {
			switch l.touch(n) {
			case touches:
				d.Commits++
			case unknownTouch:
				if i > 0 && def.Unit == dora.UnitCommit && !l.repository.Graph.Merge(n) {
					f.leave(ReasonUnknownFiles, d.lane, d.Finished, 1)
				}
			}
		}
		if i == 0 || def.Unit == dora.UnitCommit {
			continue
		}
		for _, s := range l.shippedBy(d) {
			if l.touchOf(&s) == unknownTouch && (s.change != nil || def.Unit == dora.UnitChange) {
				f.leave(ReasonUnknownFiles, d.lane, d.Finished, 1)
			}
		}
	}
}

// touch says whether something touches a service's paths.
type touch int

const (
	unknownTouch touch = iota // its files are not known, or only some of them, of which none matches
	touches
	touchesNot
)

// touched says whether files match any of the globs. Without globs everything matches.
func touched(globs []dora.Glob, files *dora.Files) touch {
	switch {
	case len(globs) == 0:
		return touches
	case files == nil:
		return unknownTouch
	case slices.ContainsFunc(files.Paths, func(path string) bool { return picks(globs, path) }):
		return touches
	case files.Cut:
		return unknownTouch
	}
	return touchesNot
}

// picks says whether a path matches a glob, and none that leaves out.
func picks(globs []dora.Glob, path string) bool {
	found := false
	for _, g := range globs {
		if g.Picks(path) {
			if g.Excludes() {
				return false
			}
			found = true
		}
	}
	return found
}

// or is what holds of several things together: one that touches is enough.
func (t touch) or(other touch) touch {
	switch {
	case t == touches || other == touches:
		return touches
	case t == unknownTouch || other == unknownTouch:
		return unknownTouch
	}
	return touchesNot
}
