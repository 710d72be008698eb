package dora

import (
	"cmp"
	"slices"
	"strings"
)

// lane is one service's deployments from one repository into one environment, in order. Contents, rollbacks and
// remedies are worked out within a lane: what runs there is one version after another.
type lane struct {
	repository  *repository
	environment string
	deployments []*DeploymentFact
	// shipped is, for each node, 1 + the index of the deployment that shipped it first; 0 if none did.
	shipped []int32
}

// byFinish orders deployments by (finished, the vendor's number).
func byFinish(a, b *DeploymentFact) int {
	return cmp.Or(a.Finished.Compare(b.Finished), cmp.Compare(a.Event.Number, b.Event.Number), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
}

// lanes sorts a service's deployments into lanes, and sets the runs that never succeeded apart. What people said to
// ignore is as if it had never been; it is counted.
func (h *History) lanes(s *Service) (lanes []*lane, failed []FailedRun, ignored int) {
	type laneKey struct {
		repository  *repository
		environment string
	}
	byKey := map[laneKey]*lane{}
	for _, r := range h.repositories {
		if !s.deploysFrom(r.key) {
			continue
		}
		for _, d := range r.deployments {
			if !h.serves(s, d) {
				continue
			}
			finished, broken := d.Finished(), d.Failed()
			switch {
			case finished.IsZero() && broken.IsZero():
				continue
			case h.said.onDeployment(d, s.Name).says(VerdictIgnored):
				ignored++
				continue
			case finished.IsZero():
				failed = append(failed, FailedRun{d, broken})
				continue
			}
			key := laneKey{r, d.Environment}
			l := byKey[key]
			if l == nil {
				l = &lane{repository: r, environment: d.Environment}
				byKey[key] = l
				lanes = append(lanes, l)
			}
			l.deployments = append(l.deployments, &DeploymentFact{Event: d, Finished: finished, blamed: -1})
		}
	}
	slices.SortFunc(lanes, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(a.environment, b.environment),
			cmp.Compare(a.repository.key.source, b.repository.key.source), cmp.Compare(a.repository.key.name, b.repository.key.name))
	})
	for i, l := range lanes {
		slices.SortFunc(l.deployments, byFinish)
		for _, d := range l.deployments {
			d.lane = i
		}
	}
	slices.SortFunc(failed, func(a, b FailedRun) int {
		return cmp.Or(a.Failed.Compare(b.Failed), cmp.Compare(a.Event.Number, b.Event.Number), cmp.Compare(a.Event.FullID(), b.Event.FullID()))
	})
	return lanes, failed, ignored
}

// deploysFrom says whether any of a service's deployments may come from a repository.
func (s *Service) deploysFrom(key repositoryKey) bool {
	return slices.ContainsFunc(s.Deployments, func(rule DeploymentRule) bool {
		return rule.Source == key.source && (rule.Repository == "" || strings.EqualFold(rule.Repository, key.name))
	})
}

func (h *History) serves(s *Service, d *Deployment) bool {
	for i := range s.Deployments {
		if s.Deployments[i].Matches(d, h.mapping.Production) {
			return true
		}
	}
	return false
}

// fill works out what each deployment shipped first: the commits reachable from it and from no earlier one. It also
// tells redeploys and rollbacks from the rest.
func (l *lane) fill() {
	g := l.repository.graph
	commits := make([]node, len(l.deployments))
	for i, d := range l.deployments {
		commits[i] = g.name(d.Event.SHA)
	}
	l.shipped = make([]int32, len(g.commits))
	reached := make([]bool, len(g.commits))
	for i, d := range l.deployments {
		d.First = i == 0
		at := commits[i]
		if at == noNode {
			d.unknown = true
			continue
		}
		if !g.known(at) {
			g.commits[at].gap = true
		}
		again := reached[at]
		d.unknown = !g.reach(at, reached, func(n node) {
			l.shipped[n] = int32(i) + 1
			d.contents = append(d.contents, n)
		}) || !g.known(at)
		d.Commits = len(d.contents)
		if i > 0 {
			d.Redeploy = commits[i-1] == at
			d.Rollback = again && g.isAncestor(at, commits[i-1])
		}
	}
	for i, d := range l.deployments {
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

// shipper is the deployment that shipped a commit first.
func (l *lane) shipper(n node) (index int, ok bool) {
	if n == noNode || int(n) >= len(l.shipped) || l.shipped[n] == 0 {
		return 0, false
	}
	return int(l.shipped[n]) - 1, true
}
