package dora_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// changesOf are the changes of the nth deployment of some facts, from 0.
func changesOf(f *dora.Facts, n int) []*dora.ChangeFact { return f.Shipments().Of(f.Deployments[n]) }

// contents lists what the nth deployment shipped: #12 for a pull request, a commit's message for a plain one.
func contents(f *dora.Facts, n int) []string {
	list := []string{}
	for _, c := range changesOf(f, n) {
		if c.Number != 0 {
			list = append(list, fmt.Sprintf("#%d", c.Number))
		} else {
			list = append(list, c.Title)
		}
	}
	return list
}

func TestASquashShipsItsPullRequest(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	c := repo.squash(11, "x")
	c.Commits = []dora.ChangeCommit{{SHA: sha("x1"), Authored: hour(0.5)}, {SHA: sha("x2"), Authored: hour(-3)}}
	repo.deployAll("base", "x")
	f := repo.facts()
	d := f.Deployments[1]
	assert.Equal(t, []string{"#11"}, contents(f, 1))
	assert.Equal(t, 23*time.Hour, changesOf(f, 1)[0].Lead, "from the earliest authored commit of its own, before the squash")
	assert.Equal(t, 1, d.Commits)
}

func TestAMergeShipsItsPullRequestOnce(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.branch("x1", "base")
	repo.branch("x2", "x1")
	repo.commit("merge", "x2")
	repo.pull(11, "merge").Commits = []dora.ChangeCommit{{SHA: sha("x1"), Authored: monday}, {SHA: sha("x2"), Authored: monday}}
	repo.deployAll("base", "merge")
	f := repo.facts()
	assert.Equal(t, []string{"#11"}, contents(f, 1))
	assert.Equal(t, 3, f.Deployments[1].Commits)
}

func TestARebaseIsOneChangeHoweverManyCommitsItLanded(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.commit("before")
	own := []dora.ChangeCommit{}
	for i, name := range []string{"one", "two", "three"} {
		at := hour(float64(i))
		repo.commit("landed " + name).Authored = at
		own = append(own, dora.ChangeCommit{SHA: sha("own " + name), Authored: at})
	}
	repo.commits["before"].Authored = hour(-1)
	pull := repo.pull(11, "landed three")
	pull.Commits, pull.Opened = own, monday
	repo.deployAll("base", "landed three")
	assert.Equal(t, []string{"before", "#11"}, contents(repo.facts(), 1))

	repo.deploy("production", "landed two", hour(5))
	facts := repo.facts()
	assert.Equal(t, []string{"base", "before"}, contents(facts, 0), "its last commit has not landed there")
}

func TestARebaseLandsNothingThatWasThereBeforeItWasOpened(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	there, landed := repo.commit("there already"), repo.commit("landed")
	there.Authored, there.Committed = hour(-3), hour(-2)
	landed.Authored, landed.Committed = hour(1), hour(2)
	pull := repo.pull(11, "landed")
	pull.Commits = []dora.ChangeCommit{{SHA: sha("a copy of what was there"), Authored: hour(-3)}, {SHA: sha("own"), Authored: hour(1)}}
	repo.deployAll("base", "landed")
	assert.Equal(t, []string{"there already", "#11"}, contents(repo.facts(), 1), "the branch has a copy of it, and it is a change of its own")
}

func TestARebaseIsFoundWhenItsCommitsArriveOneByOne(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	first, second := repo.commit("landed one"), repo.commit("landed two")
	first.Authored, second.Authored = hour(-2), hour(-1)
	pull := repo.pull(11, "landed two")
	pull.Opened = monday
	pull.Commits = []dora.ChangeCommit{{SHA: sha("own one"), Authored: hour(-2)}, {SHA: sha("own two"), Authored: hour(-1)}}
	repo.deployAll("base", "landed two")

	h := dora.NewHistory(repo.mapping)
	h.Apply(&dora.Repository{Header: repo.header("repository"), Name: repo.repository, DefaultBranch: "main", HeadSHA: sha("landed two")})
	for _, e := range repo.events {
		if e != dora.Event(first) {
			h.Apply(e)
		}
	}
	h.Derive(repo.def) // the commit below the last that landed is not known yet
	h.Apply(first)
	assert.Equal(t, []string{"#11"}, contents(h.Derive(repo.def).Services[0], 1))
}

func TestTrunkBasedCommitsAreChanges(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.commit("one").Authored = hour(3)
	repo.branch("side", "base").Authored = hour(1)
	repo.commit("two", "side").Authored = hour(4)
	repo.deployAll("base", "two")
	f := repo.facts()
	assert.Equal(t, []string{"one", "two"}, contents(f, 1))
	assert.Equal(t, 17*time.Hour, changesOf(f, 1)[0].Lead)
	assert.Equal(t, 19*time.Hour, changesOf(f, 1)[1].Lead, "a merge by hand begins with the earliest commit that it brought in")

	repo.def.Unit = dora.UnitPullRequest
	assert.Empty(t, changesOf(repo.facts(), 1))

	repo.def.Unit, repo.def.LeadTimeStart = dora.UnitCommit, dora.StartOpened
	f = repo.facts()
	assert.Equal(t, []string{"one", "side"}, contents(f, 1), "each commit that is no merge")
	assert.Equal(t, 19*time.Hour, changesOf(f, 1)[1].Lead, "from its authored time, whatever changes begin with")
}

func TestAPullRequestMergedIntoABranchShipsWithItsMergeCommit(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.branch("inner", "base")
	repo.pull(11, "inner").Base = "topic"
	repo.deployAll("base")
	facts := repo.facts()
	assert.Empty(t, facts.Waiting)
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonNotOnMainLine])

	repo.branch("more", "inner")
	repo.commit("outer", "more")
	repo.pull(12, "outer")
	facts = repo.facts()
	require.Len(t, facts.Waiting, 2)
	assert.Equal(t, 11, facts.Waiting[0].Number, "it is on the main line now, whatever its base is called")
	assert.Equal(t, 12, facts.Waiting[1].Number)
	assert.Zero(t, facts.Unmeasured[dora.ReasonNotOnMainLine])

	repo.deploy("production", "outer", hour(20))
	facts = repo.facts()
	assert.Equal(t, []string{"#11", "#12"}, contents(facts, 1))
	assert.Empty(t, facts.Waiting)
	assert.Zero(t, facts.Unmeasured[dora.ReasonNotOnMainLine])
}

func TestWhatWaitsStillWaitsWhenTheDefaultBranchIsRenamed(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.squash(11, "x").Base = "master"
	repo.deployAll("base")
	facts := repo.facts()
	require.Len(t, facts.Waiting, 1)
	assert.Equal(t, 11, facts.Waiting[0].Number)
	assert.Zero(t, facts.Unmeasured[dora.ReasonNotOnMainLine])
}

func TestTheFirstDeploymentHasNoLeadTimes(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.squash(11, "x").Labels = []string{"hotfix"}
	repo.deployAll("x")
	facts := repo.facts()
	assert.True(t, facts.Deployments[0].First)
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonFirstDeployment])
	for _, c := range changesOf(facts, 0) {
		assert.Equal(t, dora.ReasonFirstDeployment, c.Excluded)
	}
	assert.Empty(t, reworked(facts))
	assert.InDelta(t, 1, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestAnUnknownCommitIsCountedAndNotGuessed(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.deployAll("base", "nobody knows it")
	facts := repo.facts()
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonUnknownCommit])
	assert.Empty(t, changesOf(facts, 1))
	assert.False(t, facts.Deployments[1].Rollback)
	assert.InDelta(t, 2, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestARunThatNeverSucceededEnteredNothing(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.squash(11, "x")
	repo.deploy("production", "base", hour(10))
	repo.deploy("production", "x", hour(11)).Statuses = []dora.DeploymentStatus{{State: dora.StateFailure, At: hour(11)}}
	again := repo.deploy("production", "x", hour(12))
	again.Statuses = append(again.Statuses, dora.DeploymentStatus{State: dora.StateFailure, At: hour(13)})
	facts := repo.facts()
	require.Len(t, facts.Deployments, 2, "a later failure status revokes nothing")
	assert.Equal(t, []string{"#11"}, contents(facts, 1))
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonFailedRun])
	assert.Empty(t, failed(facts))
}

func TestTwoServicesOfOneRepositoryShipApart(t *testing.T) {
	repo := newRepo(t)
	repo.mapping.Services = []dora.Service{
		{Name: "x", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.repository, TagPrefix: "x-v"}}},
		{Name: "y", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.repository, TagPrefix: "y-v"}}},
	}
	repo.commit("base")
	repo.squash(11, "change")
	for i, name := range []string{"base", "change"} {
		repo.deploy("production", name, hour(float64(10+10*i))).Ref = fmt.Sprintf("x-v%d", i)
		repo.deploy("production", name, hour(float64(11+10*i))).Ref = fmt.Sprintf("y-v%d", i)
	}
	services := repo.snapshot().Services
	for _, f := range services {
		require.Len(t, f.Deployments, 2)
		assert.Equal(t, []string{"#11"}, contents(f, 1))
	}
	assert.InDelta(t, 2, total(t, repo.snapshot(), dora.LeadTime, dora.N), 0, "one change in two services is two units")
}

func TestOneRunMayDeployToTwoEnvironments(t *testing.T) {
	repo := newRepo(t)
	repo.mapping.Production = dora.MustPattern("^prod-")
	repo.commit("base")
	first := repo.deploy("prod-eu", "base", hour(1))
	second := *first
	second.ID, second.Environment = first.ID+"/us", "prod-us"
	repo.events = append(repo.events, &second)
	assert.Len(t, repo.facts().Deployments, 2, "a vendor's number need not be unique; its id is")
}

func TestALostMergeCommitIsCounted(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.pull(11, "x").MergeCommit = ""
	repo.deployAll("base")
	facts := repo.facts()
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonNoMergeCommit])
	assert.Empty(t, facts.Waiting)
}

func TestNothingIsOnTheMainLineUntilItsHeadIsKnown(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.deployAll("base")
	repo.commit("one")
	head := func(name string, updated time.Time) *dora.Repository {
		h := repo.header("repository")
		h.Updated = updated
		return &dora.Repository{Header: h, Name: repo.repository, DefaultBranch: "main", HeadSHA: sha(name)}
	}
	inPieces, atOnce := dora.NewHistory(repo.mapping), dora.NewHistory(repo.mapping)
	inPieces.Apply(append(repo.events, head("one", hour(1)))...)
	inPieces.Derive(repo.def)
	inPieces.Apply(head("not told yet", hour(2)))
	atOnce.Apply(append(repo.events, head("one", hour(1)), head("not told yet", hour(2)))...)
	assert.Equal(t, tell(atOnce.Derive(repo.def)), tell(inPieces.Derive(repo.def)))
}
