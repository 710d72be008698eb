package facts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func TestCommitsOfAReleaseBranchThatBelongToNoChangeAreCounted(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Squash(11, "x")
	repo.Branch("picked", "base").Authored = doratest.Hour(3)
	repo.Branch("picked too", "picked").Authored = doratest.Hour(4)
	repo.Branch("release", "picked too", "x") // main merged into the branch brings nothing of its own
	repo.DeployAll("base", "release")
	derived := repo.Facts()
	assert.Equal(t, []string{"#11"}, contents(derived, 1))
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonOutsideChanges])
	assert.Equal(t, map[facts.Reason]int{facts.ReasonOutsideChanges: 2}, repo.Snapshot().Unmeasured(nil, doratest.Hour(20), doratest.Hour(21), doratest.Hour(99)))

	repo.Def.Unit = dora.UnitCommit
	derived = repo.Facts()
	assert.ElementsMatch(t, []string{"picked", "picked too", "x"}, contents(derived, 1), "they are units like any other")
	assert.Zero(t, derived.Unmeasured[facts.ReasonOutsideChanges])
}

func TestACommitOfARequestIntoAReleaseBranchIsNotOutside(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Branch("own", "base")
	repo.Branch("landed", "base", "own")
	repo.Merged(11, "release", 3, "landed", "own")
	repo.DeployAll("base", "landed")
	derived := repo.Facts()
	assert.Equal(t, []string{"#11"}, contents(derived, 1))
	assert.Zero(t, derived.Unmeasured[facts.ReasonOutsideChanges])
}

func TestARewrittenHistoryHasNoBase(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Squash(11, "x")
	repo.Head = ""
	repo.Commit("base again")
	repo.Squash(12, "x again").Labels = []string{"hotfix"}
	repo.Squash(13, "y")
	repo.DeployAll("base", "x", "x again", "y")
	derived := repo.Facts()
	assert.Equal(t, []string{"#11"}, contents(derived, 1))
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonNoBase], "all of it seems new, and is not")
	assert.Empty(t, doratest.Reworked(derived), "nor does it mend anything")
	assert.Empty(t, doratest.Failed(derived))
	assert.False(t, derived.Deployments[2].Rollback)
	assert.Equal(t, []string{"#13"}, contents(derived, 3))
	assert.Empty(t, ChangesOf(derived, 3)[0].Excluded, "what comes after it has a base again")
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonFirstDeployment]+derived.Unmeasured[facts.ReasonOutsideChanges], "of the history before")

	repo.Deploy("production", "x", doratest.Hour(50))
	derived = repo.Facts()
	assert.False(t, derived.Deployments[4].Rollback, "neither is an ancestor of the other")
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonNoBase], "its history was there")
}

func TestAllThatIsLeftOutIsInExactlyOneCount(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		mapping, def, w := doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		read := newNaive(mapping, def, w.Events)
		for _, f := range doratest.SnapshotOf(mapping, def, w.Events).Services {
			if slices.ContainsFunc(f.Service.Deployments, func(r dora.DeploymentRule) bool { return len(r.Paths) > 0 }) {
				continue // what touches none of its paths is another service's, and not left out
			}
			b := &books{TB: t, read: read, def: def, facts: f, counted: f.UnmeasuredBy(doratest.WorldStart.AddDate(1, 0, 0)), shipped: map[string]set{}}
			b.runs()
			b.units()
			b.commits()
			b.changes()
		}
	})
}

// books compare what was read of a service with what is measured, and what is counted as left out.
type books struct {
	rapid.TB
	read    *naive
	def     dora.Definition
	facts   *facts.Service
	counted map[facts.Reason]int
	shipped map[string]set // by repository and environment
}

func (b *books) runs() {
	lanes := map[string]*naiveLane{}
	for _, d := range b.read.deployments {
		if !d.Withdrawn && d.Unseen == 0 && slices.ContainsFunc(b.facts.Service.Deployments, func(r dora.DeploymentRule) bool { return r.Matches(d, b.read.mapping.Production) }) {
			if lanes[place(d)] == nil {
				lanes[place(d)] = &naiveLane{}
			}
			lanes[place(d)].leg(d)
		}
	}
	runs, incidents := 0, 0
	for _, l := range lanes {
		runs += len(l.legs)
	}
	for _, i := range b.read.incidents {
		mapped := slices.ContainsFunc(b.facts.Service.Incidents, func(r dora.IncidentRule) bool { return r.Matches(i) })
		if mapped && !i.Withdrawn && i.Change == "" && b.read.said(i.FullID(), b.facts.Service).Verdict == dora.VerdictIgnored {
			incidents++
		}
	}
	require.Equal(b, runs, len(b.facts.Deployments)+b.counted[facts.ReasonFailedRun]+b.counted[facts.ReasonUnreportedRun]+b.counted[facts.ReasonIgnored]-incidents,
		"a run is a deployment, or counted")
	records := 0
	for _, i := range b.read.incidents {
		records += oneIf(!i.Withdrawn && i.Change == "" && slices.ContainsFunc(b.facts.Service.Incidents, func(r dora.IncidentRule) bool { return r.Matches(i) }))
	}
	attributed := 0 // by a person's word alone
	for _, e := range b.toldOf() {
		attributed += oneIf(!slices.ContainsFunc(b.facts.Service.Incidents, func(r dora.IncidentRule) bool { return r.Matches(e) }))
	}
	require.Equal(b, records, len(b.facts.Incidents)+b.counted[facts.ReasonPartOfAnother]+incidents-attributed, "a record is an incident, or counted")
}

// toldOf are the records of which the service's incidents were made.
func (b *books) toldOf() (records []*dora.Incident) {
	for _, i := range b.facts.Incidents {
		records = append(records, i.Event)
	}
	for _, p := range b.facts.Parts {
		records = append(records, p.Event)
	}
	return records
}

func oneIf(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (b *books) units() {
	excluded := map[facts.Reason]int{}
	shipments := b.facts.Shipments()
	for _, d := range b.facts.Deployments {
		for _, c := range shipments.Of(d) {
			excluded[c.Excluded]++
		}
	}
	for _, reason := range []facts.Reason{facts.ReasonFirstDeployment, facts.ReasonNoBase, facts.ReasonBot, facts.ReasonNegative, facts.ReasonNoStart} {
		require.Equal(b, excluded[reason], b.counted[reason], "a unit is measured, or counted as %s", reason)
	}
}

func (b *books) commits() {
	commits, outside, unknown := 0, 0, 0
	for _, d := range b.facts.Deployments {
		r := b.read.repository("github", d.Event.Repository)
		if b.shipped[place(d.Event)] == nil {
			b.shipped[place(d.Event)] = set{}
		}
		whole := r.commits[d.Event.SHA] != nil
		for sha := range minus(r.reach(d.Event.SHA), b.shipped[place(d.Event)]) {
			b.shipped[place(d.Event)][sha] = true
			switch c := r.commits[sha]; {
			case c == nil:
				whole = false
			case len(c.Parents) < 2:
				commits++
				if !r.belongs(sha) {
					outside++
				}
			}
		}
		if !whole {
			unknown++
		}
	}
	require.Equal(b, unknown, b.counted[facts.ReasonUnknownCommit], "a deployment's history is known, or it is counted")
	if b.def.Unit == dora.UnitCommit {
		require.Equal(b, commits, b.told(false)-len(b.waiting(false)), "a commit is a unit")
		outside = 0
	}
	require.Equal(b, outside, b.counted[facts.ReasonOutsideChanges], "a commit belongs to a change, or is counted")
}

func (b *books) changes() {
	pulls, plain := 0, 0
	seen := map[string]bool{}
	for _, where := range sortedKeys(b.shipped) {
		name, _, _ := strings.Cut(where, " ")
		r := b.read.repository("github", name)
		for _, c := range slices.Concat(r.units, r.promotions) {
			times := 0 // it ships once in each environment, or waits once
			shippedHere, anywhere := false, false
			for _, other := range sortedKeys(b.shipped) {
				ships := strings.HasPrefix(other, name+" ") && b.shipped[other][c.landed] && r.commits[c.landed] != nil
				shippedHere, anywhere = shippedHere || ships && other == where, anywhere || ships
			}
			if shippedHere || !anywhere && !seen[name] {
				times = 1
			}
			if c.pull != nil {
				pulls += times
			} else {
				plain += times
			}
		}
		seen[name] = true
	}
	if b.def.Unit == dora.UnitCommit {
		return
	}
	counted := b.counted[facts.ReasonPromotion] + b.counted[facts.ReasonNoMergeCommit] + b.counted[facts.ReasonNotOnMainLine]
	require.Equal(b, pulls, b.told(true)+counted, "a pull request is a unit, waits, or is counted")
	if b.def.Unit == dora.UnitChange {
		require.Equal(b, plain, b.told(false), "another change is a unit, or waits")
	}
}

// told counts the units, and what waits, that are pull requests or are none.
func (b *books) told(pulls bool) int {
	n := len(b.waiting(pulls))
	shipments := b.facts.Shipments()
	for _, d := range b.facts.Deployments {
		for _, c := range shipments.Of(d) {
			if (c.Number != 0) == pulls {
				n++
			}
		}
	}
	return n
}

func (b *books) waiting(pulls bool) (found []facts.Waiting) {
	for _, c := range b.facts.Waiting {
		if (c.Number != 0) == pulls {
			found = append(found, c)
		}
	}
	return found
}

// place is a repository and an environment of it.
func place(d *dora.Deployment) string { return d.Repository + " " + strings.ToLower(d.Environment) }
