package dora

import (
	"cmp"
	"slices"
	"time"
)

// lane is one service's deployments from one repository into one environment, in order. Contents, rollbacks and
// remedies are worked out within a lane: what runs there is one version after another.
type lane struct {
	repository  *repository
	spelling    spelling // of the environment
	deployments []*DeploymentFact
	runs        unfinished
	gathering   gathering // until it is sorted out
	// entries are those of the service's that match any of its deployments and runs. It is shared where all of them have
	// paths, by which the service tells its own from others'.
	entries []*DeploymentRule
	shared  bool
	// shipped is, for each node, 1 + the index of the deployment that shipped it first; 0 if none did. The index is
	// that within the pipeline, of which kept is the one within the service's own deployments, or notKept.
	shipped []int32
	kept    []int32
	reading int // of which definition
}

// unfinished are runs that entered nothing.
type unfinished struct {
	failed    []FailedRun    // never succeeded
	undecided []UndecidedRun // have said neither success nor failure
}

// add takes a run that has not succeeded.
func (u *unfinished) add(d *Deployment) {
	if failed := d.Failed(); !failed.IsZero() {
		u.failed = append(u.failed, FailedRun{d, failed})
	} else {
		u.undecided = append(u.undecided, UndecidedRun{d, d.LastWord()})
	}
}

func (u *unfinished) join(other unfinished) {
	u.failed, u.undecided = append(u.failed, other.failed...), append(u.undecided, other.undecided...)
}

// sort puts the runs in order of time.
func (u *unfinished) sort() {
	slices.SortFunc(u.failed, func(a, b FailedRun) int {
		return cmp.Or(a.Failed.Compare(b.Failed), cmp.Compare(a.Event.Number, b.Event.Number), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
	})
	slices.SortFunc(u.undecided, func(a, b UndecidedRun) int {
		return cmp.Or(a.LastWord.Compare(b.LastWord), cmp.Compare(a.Event.Number, b.Event.Number), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
	})
}

// byFinish orders deployments by (finished, the vendor's number); landings of one moment as they lie on the line.
func byFinish(a, b *DeploymentFact) int {
	if order := cmp.Or(a.Finished.Compare(b.Finished), cmp.Compare(a.height, b.height), cmp.Compare(a.Event.Number, b.Event.Number)); order != 0 {
		return order
	}
	return cmp.Compare(a.Event.FullID(), b.Event.FullID())
}

// lanes sorts a service's deployments, and the runs that have not succeeded, into lanes. Runs where nothing ever succeeded
// have none. What people said to ignore is as if it had never been, and so is a run of which it cannot be told when it
// succeeded; both are counted.
func (h *History) lanes(s *Service, f *Facts) (lanes []*lane, laneless unfinished, apart []leftOut) {
	type laneKey struct {
		repository  *repository
		environment string
	}
	byKey := map[laneKey]*lane{}
	for _, r := range h.repositoriesOf(s) {
		for _, d := range r.deployments {
			if !h.serves(s, d) {
				if d.RefKind == RefLost && h.mayServe(s, d) {
					apart = append(apart, leftOut{d, ReasonUnknownRef})
				}
				continue
			}
			key := laneKey{r, folded(d.Environment)}
			l := byKey[key]
			if l == nil {
				l = &lane{repository: r, reading: h.reading}
				byKey[key] = l
			}
			l.spelling.take(d)
			l.enter(s, d, h.mapping.Production)
			l.gathering.add(d)
		}
	}
	for _, l := range byKey {
		for i := range l.gathering.all {
			if left := h.sortOut(l, &l.gathering.all[i], f); left.reason != "" {
				apart = append(apart, left)
			}
		}
		l.gathering = gathering{}
		if len(l.deployments) == 0 {
			laneless.join(l.runs)
			continue
		}
		l.shared = !slices.ContainsFunc(l.entries, func(entry *DeploymentRule) bool { return len(entry.Paths) == 0 })
		lanes = append(lanes, l)
	}
	slices.SortFunc(lanes, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(a.spelling.text, b.spelling.text),
			cmp.Compare(a.repository.key.source, b.repository.key.source), cmp.Compare(a.repository.key.name, b.repository.key.name))
	})
	for i, l := range lanes {
		slices.SortFunc(l.deployments, byFinish)
		for _, d := range l.deployments {
			d.lane = i
		}
	}
	return lanes, laneless, apart
}

// leftOut is a deployment or run that is counted as left out and as nothing else.
type leftOut struct {
	event  *Deployment
	reason Reason
}

// at is when it would have counted: when it succeeded, else when it failed, else when it was last heard of.
func (l leftOut) at() time.Time {
	for _, at := range []time.Time{l.event.Finished(), l.event.Failed()} {
		if !at.IsZero() {
			return at
		}
	}
	return l.event.LastWord()
}

// sortOut puts what one run did where it belongs, or gives it back with the reason why it is left out.
func (h *History) sortOut(l *lane, run *legs, f *Facts) leftOut {
	d := run.speaker()
	if len(run.more) > 0 {
		f.legs[d] = run.list()
	}
	finished := d.Finished()
	switch {
	case h.said.onDeployment(d, f).says(VerdictIgnored):
		return leftOut{d, ReasonIgnored}
	case finished.IsZero() && run.retried():
		return leftOut{d, ReasonRetriedRun}
	case finished.IsZero():
		l.runs.add(d)
	default:
		l.deployments = append(l.deployments, &DeploymentFact{Event: d, Finished: finished, blamed: -1, working: &working{}})
	}
	return leftOut{}
}

func (h *History) serves(s *Service, d *Deployment) bool {
	for i := range s.Deployments {
		if s.Deployments[i].Matches(d, h.mapping.Production) {
			return true
		}
	}
	return false
}

// mayServe says whether a deployment of which it is not known what it was made of would be the service's, had it the tag.
func (h *History) mayServe(s *Service, d *Deployment) bool {
	return slices.ContainsFunc(s.Deployments, func(rule DeploymentRule) bool {
		told := rule.TagPrefix != ""
		rule.TagPrefix = ""
		return told && rule.Matches(d, h.mapping.Production)
	})
}

// enter notes which entries a deployment of the lane matches.
func (l *lane) enter(s *Service, d *Deployment, production Pattern) {
	if len(l.entries) == len(s.Deployments) {
		return
	}
	for i := range s.Deployments {
		entry := &s.Deployments[i]
		if !slices.Contains(l.entries, entry) && entry.Matches(d, production) {
			l.entries = append(l.entries, entry)
		}
	}
}

// fill works out what each deployment shipped first: the commits reachable from it and from no earlier one.
func (l *lane) fill() {
	g := l.repository.graph
	commits := l.versions()
	l.shipped = make([]int32, len(g.commits))
	reached := make([]bool, len(g.commits))
	for i, d := range l.deployments {
		at := commits[i]
		if at == noNode {
			d.unknown = true
			continue
		}
		if !g.known(at) {
			g.commits[at].gap = true
		}
		d.unknown = !g.reach(at, reached, func(n node) {
			l.shipped[n] = int32(i) + 1
			d.contents = append(d.contents, n)
		}) || !g.known(at)
		d.noBase = i > 0 && !d.unknown && l.isolated(d.contents, int32(i)+1)
		d.Commits = len(d.contents)
	}
}

// isolated says whether commits that a deployment shipped are a history of their own, with nothing below that was there.
func (l *lane) isolated(contents []node, shipped int32) bool {
	for _, n := range slices.Backward(contents) { // the last that was reached lies next to what was there
		for _, p := range l.repository.graph.commits[n].parents {
			if l.shipped[p] != shipped {
				return false
			}
		}
	}
	return len(contents) > 0
}

// versions are the commits of the lane's deployments.
func (l *lane) versions() []node {
	commits := make([]node, len(l.deployments))
	for i, d := range l.deployments {
		commits[i] = l.repository.graph.name(d.Event.SHA)
	}
	return commits
}

// compare tells the first deployment, redeploys and rollbacks from the rest.
func (l *lane) compare() {
	commits := l.versions()
	for i, d := range l.deployments {
		d.First = i == 0
		if i > 0 && commits[i] != noNode {
			d.Redeploy = commits[i-1] == commits[i]
			d.Rollback = l.repository.graph.isAncestor(commits[i], commits[i-1])
		}
		if d.Rollback {
			d.blamed = l.undone(i, commits)
		}
	}
}

// undone finds what a rollback blames: the deployment that directly follows the last earlier one whose version is the
// restored one or an ancestor of it. -1: there is none.
func (l *lane) undone(rollback int, commits []node) int {
	restored := commits[rollback]
	for j := rollback - 1; j >= 0; j-- {
		if commits[j] == restored || l.repository.graph.isAncestor(commits[j], restored) {
			return j + 1
		}
	}
	return -1
}

// shipper is the deployment that shipped a commit of the service's first.
func (l *lane) shipper(n node) (index int, ok bool) {
	if !l.ships(n) || l.touch(n) != touches {
		return 0, false
	}
	index = int(l.shipped[n]) - 1
	if l.shared {
		index = int(l.kept[index])
	}
	return index, index != notKept
}

// ships says whether the pipeline has shipped a commit.
func (l *lane) ships(n node) bool {
	return n != noNode && int(n) < len(l.shipped) && l.shipped[n] > 0
}
