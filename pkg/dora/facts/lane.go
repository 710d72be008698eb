package facts

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// lane is one service's deployments of one repository's code into one environment, in order. Contents, rollbacks and
// remedies are worked out within a lane: what runs there is one version after another.
type lane struct {
	repository  *history.Repository
	spelling    dora.Spelling // of the environment
	deployments []*Deployment
	unfinished  unfinished
	runsOf      history.Runs // until they are sorted out
	// entries are those of the service's that match any of its deployments and runs. It is shared where all of them have
	// paths, by which the service tells its own from others'.
	entries []*dora.DeploymentRule
	shared  bool
	// shipped is, for each node, 1 + the index of the deployment that shipped it first; 0 if none did. The index is
	// that within the pipeline, of which kept is the one within the service's own deployments, or notKept.
	shipped []int32
	kept    []int32
	reading int // of which definition
	// named are the commits of the versions that some of its deployments and runs have in place of a sha.
	named map[string]code.Node
}

// byFinish orders deployments by (finished, the vendor's number); landings of one moment as they lie on the line.
func byFinish(a, b *Deployment) int {
	if order := cmp.Or(a.Finished.Compare(b.Finished), cmp.Compare(a.height, b.height), cmp.Compare(a.Event.Number, b.Event.Number)); order != 0 {
		return order
	}
	return cmp.Compare(a.Event.FullID(), b.Event.FullID())
}

// lanes sorts a service's deployments, and the runs that have not succeeded, into lanes. Runs where nothing ever succeeded
// have none. What people said to ignore is as if it had never been, and so is a run of which it cannot be told when it
// succeeded; both are counted.
func (d *Deriver) lanes(s *dora.Service, f *Service) (lanes []*lane, laneless unfinished, apart []leftOut) {
	type laneKey struct {
		repository  *history.Repository
		environment string
	}
	byKey := map[laneKey]*lane{}
	for _, r := range d.RepositoriesOf(s) {
		lender := d.CodeOf(s, r)
		for _, event := range r.Deployments {
			if !d.Serves(s, event) {
				if event.RefKind == dora.RefLost && event.Unseen == 0 && d.MayServe(s, event) {
					apart = append(apart, leftOut{event, ReasonUnknownRef})
				}
				continue
			}
			key := laneKey{lender, dora.FoldEnvironment(event.Environment)}
			l := byKey[key]
			if l == nil {
				l = &lane{repository: lender, reading: d.reading}
				byKey[key] = l
			}
			if event.Unseen > 0 {
				if d.words.OnDeployment(event, nil, s.Name).Says(dora.VerdictIgnored) {
					apart = append(apart, leftOut{event, ReasonIgnored})
				} else {
					l.unfinished.unseen = append(l.unfinished.unseen, UnseenRuns{event})
				}
				continue
			}
			l.spelling.Take(event)
			l.enter(s, event, d.Production())
			l.runsOf.Add(event)
		}
	}
	for _, l := range byKey {
		l.runsOf.JoinTold()
		for i := range l.runsOf.All {
			if left := d.sortOut(l, &l.runsOf.All[i], f); left.reason != "" {
				apart = append(apart, left)
			}
		}
		l.runsOf = history.Runs{}
		if len(l.deployments) == 0 {
			laneless.join(l.unfinished)
			continue
		}
		l.shared = !slices.ContainsFunc(l.entries, func(entry *dora.DeploymentRule) bool { return len(entry.Paths) == 0 })
		lanes = append(lanes, l)
	}
	slices.SortFunc(lanes, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(a.spelling.Text, b.spelling.Text),
			cmp.Compare(a.repository.Key.Source, b.repository.Key.Source), cmp.Compare(a.repository.Key.Name, b.repository.Key.Name))
	})
	for i, l := range lanes {
		slices.SortFunc(l.deployments, byFinish)
		for _, one := range l.deployments {
			one.lane = i
		}
	}
	return lanes, laneless, apart
}

// leftOut is a deployment or run that is counted as left out and as nothing else.
type leftOut struct {
	event  *dora.Deployment
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
func (d *Deriver) sortOut(l *lane, run *history.Run, f *Service) leftOut {
	event := run.Speaker()
	if len(run.More) > 0 {
		f.legs[event] = run.List()
	}
	finished := event.Finished()
	switch {
	case d.words.OnDeployment(event, f.legs[event], f.Service.Name).Says(dora.VerdictIgnored):
		return leftOut{event, ReasonIgnored}
	case finished.IsZero() && run.Retried():
		return leftOut{event, ReasonRetriedRun}
	case finished.IsZero():
		l.unfinished.add(event)
	default:
		l.deployments = append(l.deployments, &Deployment{Event: event, Finished: finished, blamed: -1, working: &working{}})
	}
	return leftOut{}
}

// enter notes which entries a deployment of the lane matches.
func (l *lane) enter(s *dora.Service, d *dora.Deployment, production dora.Pattern) {
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
	g := l.repository.Graph
	commits := l.versions()
	l.shipped = make([]int32, len(g.Commits))
	reached := make([]bool, len(g.Commits))
	noHistory := !l.repository.HasCode()
	for i, d := range l.deployments {
		at := commits[i]
		if at == code.NoNode {
			d.unknown, d.noHistory = true, noHistory
			continue
		}
		if !g.Known(at) {
			g.Commits[at].Gap = true
		}
		d.unknown = !g.Reach(at, reached, func(n code.Node) {
			l.shipped[n] = int32(i) + 1
			d.contents = append(d.contents, n)
		}) || !g.Known(at)
		d.noHistory = d.unknown && noHistory
		d.noBase = i > 0 && !d.unknown && l.isolated(d.contents, int32(i)+1)
		d.Commits = len(d.contents)
	}
}

// isolated says whether commits that a deployment shipped are a history of their own, with nothing below that was there.
func (l *lane) isolated(contents []code.Node, shipped int32) bool {
	for _, n := range slices.Backward(contents) { // the last that was reached lies next to what was there
		for _, p := range l.repository.Graph.Commits[n].Parents {
			if l.shipped[p] != shipped {
				return false
			}
		}
	}
	return len(contents) > 0
}

// versions are the commits of the lane's deployments.
func (l *lane) versions() []code.Node {
	commits := make([]code.Node, len(l.deployments))
	for i, d := range l.deployments {
		commits[i] = l.commit(d.Event)
	}
	return commits
}

// commit is what a deployment or run of the lane brought; noNode where that is not known.
func (l *lane) commit(d *dora.Deployment) code.Node {
	if version, is := dora.VersionOf(d.SHA); is {
		if n, known := l.named[version]; known {
			return n
		}
		return code.NoNode
	}
	return l.repository.Graph.Name(d.SHA)
}

// name finds the commits of what has a version in place of a sha.
func (l *lane) name() {
	var versions []string
	note := func(d *dora.Deployment) {
		if version, is := dora.VersionOf(d.SHA); is {
			versions = append(versions, version)
		}
	}
	for _, d := range l.deployments {
		note(d.Event)
	}
	for i := range l.unfinished.failed {
		note(l.unfinished.failed[i].Event)
	}
	for i := range l.unfinished.undecided {
		note(l.unfinished.undecided[i].Event)
	}
	if versions != nil {
		l.named = l.repository.Named(versions)
	}
}

// compare tells the first deployment, redeploys and rollbacks from the rest.
func (l *lane) compare() {
	commits := l.versions()
	for i, d := range l.deployments {
		d.First = i == 0
		if i > 0 && commits[i] != code.NoNode {
			d.Redeploy = commits[i-1] == commits[i]
			d.Rollback = l.repository.Graph.IsAncestor(commits[i], commits[i-1])
		}
		if d.Rollback {
			d.blamed = l.undone(i, commits)
		}
	}
}

// undone finds what a rollback blames: the deployment that directly follows the last earlier one whose version is the
// restored one or an ancestor of it. -1: there is none.
func (l *lane) undone(rollback int, commits []code.Node) int {
	restored := commits[rollback]
	for j := rollback - 1; j >= 0; j-- {
		if commits[j] == restored || l.repository.Graph.IsAncestor(commits[j], restored) {
			return j + 1
		}
	}
	return -1
}

// shipper is the deployment that shipped a commit of the service's first.
func (l *lane) shipper(n code.Node) (index int, ok bool) {
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
func (l *lane) ships(n code.Node) bool {
	return n != code.NoNode && int(n) < len(l.shipped) && l.shipped[n] > 0
}

// land dates the deployments of a lane that are landings, and puts the lane in order again.
func (l *lane) land() {
	var all *code.Landings
	for _, d := range l.deployments {
		if n := l.repository.Graph.Find(d.Event.SHA); d.Event.Landing && l.repository.Graph.Known(n) {
			if all == nil {
				all = l.repository.Landings(l.repository.LastRead())
			}
			d.Finished, d.height = all.Of(n)
		}
	}
	if all != nil {
		slices.SortFunc(l.deployments, byFinish)
	}
}
