package dora_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestCommitsOfAReleaseBranchThatBelongToNoChangeAreCounted(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.squash(11, "x")
	repo.branch("picked", "base").Authored = hour(3)
	repo.branch("picked too", "picked").Authored = hour(4)
	repo.branch("release", "picked too", "x") // main merged into the branch brings nothing of its own
	repo.deployAll("base", "release")
	facts := repo.facts()
	assert.Equal(t, []string{"#11"}, contents(facts, 1))
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonOutsideChanges])
	assert.Equal(t, map[dora.Reason]int{dora.ReasonOutsideChanges: 2}, repo.snapshot().Unmeasured(nil, hour(20), hour(21), hour(99)))

	repo.def.Unit = dora.UnitCommit
	facts = repo.facts()
	assert.ElementsMatch(t, []string{"picked", "picked too", "x"}, contents(facts, 1), "they are units like any other")
	assert.Zero(t, facts.Unmeasured[dora.ReasonOutsideChanges])
}

func TestACommitOfARequestIntoAReleaseBranchIsNotOutside(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.branch("own", "base")
	repo.branch("landed", "base", "own")
	repo.merged(11, "release", 3, "landed", "own")
	repo.deployAll("base", "landed")
	facts := repo.facts()
	assert.Equal(t, []string{"#11"}, contents(facts, 1))
	assert.Zero(t, facts.Unmeasured[dora.ReasonOutsideChanges])
}

func TestARewrittenHistoryHasNoBase(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.squash(11, "x")
	repo.head = ""
	repo.commit("base again")
	repo.squash(12, "x again").Labels = []string{"hotfix"}
	repo.squash(13, "y")
	repo.deployAll("base", "x", "x again", "y")
	facts := repo.facts()
	assert.Equal(t, []string{"#11"}, contents(facts, 1))
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonNoBase], "all of it seems new, and is not")
	assert.Empty(t, reworked(facts), "nor does it mend anything")
	assert.Empty(t, failed(facts))
	assert.False(t, facts.Deployments[2].Rollback)
	assert.Equal(t, []string{"#13"}, contents(facts, 3))
	assert.Empty(t, changesOf(facts, 3)[0].Excluded, "what comes after it has a base again")
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonFirstDeployment]+facts.Unmeasured[dora.ReasonOutsideChanges], "of the history before")

	repo.deploy("production", "x", hour(50))
	facts = repo.facts()
	assert.False(t, facts.Deployments[4].Rollback, "neither is an ancestor of the other")
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonNoBase], "its history was there")
}

func TestAllThatIsLeftOutIsInExactlyOneCount(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		mapping, def, w := drawMapping(draw), drawDefinition(draw), drawWorld(draw)
		read := newNaive(mapping, def, w.events)
		for _, f := range snapshotOf(mapping, def, w.events).Services {
			if slices.ContainsFunc(f.Service.Deployments, func(r dora.DeploymentRule) bool { return len(r.Paths) > 0 }) {
				continue // what touches none of its paths is another service's, and not left out
			}
			b := &books{TB: t, read: read, def: def, facts: f, counted: f.UnmeasuredBy(worldStart.AddDate(1, 0, 0)), shipped: map[string]set{}}
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
	facts   *dora.Facts
	counted map[dora.Reason]int
	shipped map[string]set // by repository and environment
}

func (b *books) runs() {
	lanes := map[string]*naiveLane{}
	for _, d := range b.read.deployments {
		if slices.ContainsFunc(b.facts.Service.Deployments, func(r dora.DeploymentRule) bool { return r.Matches(d, b.read.mapping.Production) }) {
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
		if mapped && !i.Withdrawn && b.read.said(i.FullID(), b.facts.Service).Verdict == dora.VerdictIgnored {
			incidents++
		}
	}
	require.Equal(b, runs, len(b.facts.Deployments)+b.counted[dora.ReasonFailedRun]+b.counted[dora.ReasonUnreportedRun]+b.counted[dora.ReasonIgnored]-incidents,
		"a run is a deployment, or counted")
}

func (b *books) units() {
	excluded := map[dora.Reason]int{}
	shipments := b.facts.Shipments()
	for _, d := range b.facts.Deployments {
		for _, c := range shipments.Of(d) {
			excluded[c.Excluded]++
		}
	}
	for _, reason := range []dora.Reason{dora.ReasonFirstDeployment, dora.ReasonNoBase, dora.ReasonBot, dora.ReasonNegative, dora.ReasonNoStart} {
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
	require.Equal(b, unknown, b.counted[dora.ReasonUnknownCommit], "a deployment's history is known, or it is counted")
	if b.def.Unit == dora.UnitCommit {
		require.Equal(b, commits, b.told(false)-len(b.waiting(false)), "a commit is a unit")
		outside = 0
	}
	require.Equal(b, outside, b.counted[dora.ReasonOutsideChanges], "a commit belongs to a change, or is counted")
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
	counted := b.counted[dora.ReasonPromotion] + b.counted[dora.ReasonNoMergeCommit] + b.counted[dora.ReasonNotOnMainLine]
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

func (b *books) waiting(pulls bool) (found []dora.Waiting) {
	for _, c := range b.facts.Waiting {
		if (c.Number != 0) == pulls {
			found = append(found, c)
		}
	}
	return found
}

// place is a repository and an environment of it.
func place(d *dora.Deployment) string { return d.Repository + " " + strings.ToLower(d.Environment) }
