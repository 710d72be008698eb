package facts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// ChangesOf are the changes of the nth deployment of some facts, from 0.
func ChangesOf(f *facts.Service, n int) []*facts.Change { return f.Shipments().Of(f.Deployments[n]) }

// contents lists what the nth deployment shipped: #12 for a pull request, a commit's message for a plain one.
func contents(f *facts.Service, n int) []string {
	list := []string{}
	for _, c := range ChangesOf(f, n) {
		if c.Number != 0 {
			list = append(list, fmt.Sprintf("#%d", c.Number))
		} else {
			list = append(list, c.Title)
		}
	}
	return list
}

func TestASquashShipsItsPullRequest(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	c := repo.Squash(11, "x")
	c.Commits = []dora.ChangeCommit{{SHA: doratest.SHA("x1"), Authored: doratest.Hour(0.5)}, {SHA: doratest.SHA("x2"), Authored: doratest.Hour(-3)}}
	repo.DeployAll("base", "x")
	f := repo.Facts()
	d := f.Deployments[1]
	assert.Equal(t, []string{"#11"}, contents(f, 1))
	assert.Equal(t, 23*time.Hour, ChangesOf(f, 1)[0].Lead, "from the earliest authored commit of its own, before the squash")
	assert.Equal(t, 1, d.Commits)
}

func TestAMergeShipsItsPullRequestOnce(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Branch("x1", "base")
	repo.Branch("x2", "x1")
	repo.Commit("merge", "x2")
	repo.Pull(11, "merge").Commits = []dora.ChangeCommit{{SHA: doratest.SHA("x1"), Authored: doratest.Monday}, {SHA: doratest.SHA("x2"), Authored: doratest.Monday}}
	repo.DeployAll("base", "merge")
	f := repo.Facts()
	assert.Equal(t, []string{"#11"}, contents(f, 1))
	assert.Equal(t, 3, f.Deployments[1].Commits)
}

func TestARebaseIsOneChangeHoweverManyCommitsItLanded(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Commit("before")
	own := []dora.ChangeCommit{}
	for i, name := range []string{"one", "two", "three"} {
		at := doratest.Hour(float64(i))
		repo.Commit("landed " + name).Authored = at
		own = append(own, dora.ChangeCommit{SHA: doratest.SHA("own " + name), Authored: at})
	}
	repo.Commits["before"].Authored = doratest.Hour(-1)
	pull := repo.Pull(11, "landed three")
	pull.Commits, pull.Opened = own, doratest.Monday
	repo.DeployAll("base", "landed three")
	assert.Equal(t, []string{"before", "#11"}, contents(repo.Facts(), 1))

	repo.Deploy("production", "landed two", doratest.Hour(5))
	facts := repo.Facts()
	assert.Equal(t, []string{"base", "before"}, contents(facts, 0), "its last commit has not landed there")
}

func TestARebaseLandsNothingThatWasThereBeforeItWasOpened(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	there, landed := repo.Commit("there already"), repo.Commit("landed")
	there.Authored, there.Committed = doratest.Hour(-3), doratest.Hour(-2)
	landed.Authored, landed.Committed = doratest.Hour(1), doratest.Hour(2)
	pull := repo.Pull(11, "landed")
	pull.Commits = []dora.ChangeCommit{{SHA: doratest.SHA("a copy of what was there"), Authored: doratest.Hour(-3)}, {SHA: doratest.SHA("own"), Authored: doratest.Hour(1)}}
	repo.DeployAll("base", "landed")
	assert.Equal(t, []string{"there already", "#11"}, contents(repo.Facts(), 1), "the branch has a copy of it, and it is a change of its own")
}

func TestARebaseIsFoundWhenItsCommitsArriveOneByOne(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	first, second := repo.Commit("landed one"), repo.Commit("landed two")
	first.Authored, second.Authored = doratest.Hour(-2), doratest.Hour(-1)
	pull := repo.Pull(11, "landed two")
	pull.Opened = doratest.Monday
	pull.Commits = []dora.ChangeCommit{{SHA: doratest.SHA("own one"), Authored: doratest.Hour(-2)}, {SHA: doratest.SHA("own two"), Authored: doratest.Hour(-1)}}
	repo.DeployAll("base", "landed two")

	h := facts.NewDeriver(repo.Mapping)
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA("landed two")})
	for _, e := range repo.Events {
		if e != dora.Event(first) {
			h.Apply(e)
		}
	}
	h.Derive(repo.Def) // the commit below the last that landed is not known yet
	h.Apply(first)
	assert.Equal(t, []string{"#11"}, contents(h.Derive(repo.Def).Services[0], 1))
}

func TestTrunkBasedCommitsAreChanges(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Commit("one").Authored = doratest.Hour(3)
	repo.Branch("side", "base").Authored = doratest.Hour(1)
	repo.Commit("two", "side").Authored = doratest.Hour(4)
	repo.DeployAll("base", "two")
	f := repo.Facts()
	assert.Equal(t, []string{"one", "two"}, contents(f, 1))
	assert.Equal(t, 17*time.Hour, ChangesOf(f, 1)[0].Lead)
	assert.Equal(t, 19*time.Hour, ChangesOf(f, 1)[1].Lead, "a merge by hand begins with the earliest commit that it brought in")

	repo.Def.Unit = dora.UnitPullRequest
	assert.Empty(t, ChangesOf(repo.Facts(), 1))

	repo.Def.Unit, repo.Def.LeadTimeStart = dora.UnitCommit, dora.StartOpened
	f = repo.Facts()
	assert.Equal(t, []string{"one", "side"}, contents(f, 1), "each commit that is no merge")
	assert.Equal(t, 19*time.Hour, ChangesOf(f, 1)[1].Lead, "from its authored time, whatever changes begin with")
}

func TestAPullRequestMergedIntoABranchShipsWithItsMergeCommit(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Branch("inner", "base")
	repo.Pull(11, "inner").Base = "topic"
	repo.DeployAll("base")
	derived := repo.Facts()
	assert.Empty(t, derived.Waiting)
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonNotOnMainLine])

	repo.Branch("more", "inner")
	repo.Commit("outer", "more")
	repo.Pull(12, "outer")
	derived = repo.Facts()
	require.Len(t, derived.Waiting, 2)
	assert.Equal(t, 11, derived.Waiting[0].Number, "it is on the main line now, whatever its base is called")
	assert.Equal(t, 12, derived.Waiting[1].Number)
	assert.Zero(t, derived.Unmeasured[facts.ReasonNotOnMainLine])

	repo.Deploy("production", "outer", doratest.Hour(20))
	derived = repo.Facts()
	assert.Equal(t, []string{"#11", "#12"}, contents(derived, 1))
	assert.Empty(t, derived.Waiting)
	assert.Zero(t, derived.Unmeasured[facts.ReasonNotOnMainLine])
}

func TestWhatWaitsStillWaitsWhenTheDefaultBranchIsRenamed(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Squash(11, "x").Base = "master"
	repo.DeployAll("base")
	derived := repo.Facts()
	require.Len(t, derived.Waiting, 1)
	assert.Equal(t, 11, derived.Waiting[0].Number)
	assert.Zero(t, derived.Unmeasured[facts.ReasonNotOnMainLine])
}

func TestTheFirstDeploymentHasNoLeadTimes(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Squash(11, "x").Labels = []string{"hotfix"}
	repo.DeployAll("x")
	derived := repo.Facts()
	assert.True(t, derived.Deployments[0].First)
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonFirstDeployment])
	for _, c := range ChangesOf(derived, 0) {
		assert.Equal(t, facts.ReasonFirstDeployment, c.Excluded)
	}
	assert.Empty(t, doratest.Reworked(derived))
	assert.InDelta(t, 1, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestAnUnknownCommitIsCountedAndNotGuessed(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.DeployAll("base", "nobody knows it")
	derived := repo.Facts()
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonUnknownCommit])
	assert.Empty(t, ChangesOf(derived, 1))
	assert.False(t, derived.Deployments[1].Rollback)
	assert.InDelta(t, 2, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestARunThatNeverSucceededEnteredNothing(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Squash(11, "x")
	repo.Deploy("production", "base", doratest.Hour(10))
	repo.Deploy("production", "x", doratest.Hour(11)).Statuses = []dora.DeploymentStatus{{State: dora.StateFailure, At: doratest.Hour(11)}}
	again := repo.Deploy("production", "x", doratest.Hour(12))
	again.Statuses = append(again.Statuses, dora.DeploymentStatus{State: dora.StateFailure, At: doratest.Hour(13)})
	derived := repo.Facts()
	require.Len(t, derived.Deployments, 2, "a later failure status revokes nothing")
	assert.Equal(t, []string{"#11"}, contents(derived, 1))
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonFailedRun])
	assert.Empty(t, doratest.Failed(derived))
}

func TestTwoServicesOfOneRepositoryShipApart(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Mapping.Services = []dora.Service{
		{Name: "x", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.Repository, TagPrefix: "x-v"}}},
		{Name: "y", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.Repository, TagPrefix: "y-v"}}},
	}
	repo.Commit("base")
	repo.Squash(11, "change")
	for i, name := range []string{"base", "change"} {
		repo.Deploy("production", name, doratest.Hour(float64(10+10*i))).Ref = fmt.Sprintf("x-v%d", i)
		repo.Deploy("production", name, doratest.Hour(float64(11+10*i))).Ref = fmt.Sprintf("y-v%d", i)
	}
	services := repo.Snapshot().Services
	for _, f := range services {
		require.Len(t, f.Deployments, 2)
		assert.Equal(t, []string{"#11"}, contents(f, 1))
	}
	assert.InDelta(t, 2, doratest.Total(t, repo.Snapshot(), dora.LeadTime, dora.N), 0, "one change in two services is two units")
}

func TestOneRunMayDeployToTwoEnvironments(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Mapping.Production = dora.MustPattern("^prod-")
	repo.Commit("base")
	first := repo.Deploy("prod-eu", "base", doratest.Hour(1))
	second := *first
	second.ID, second.Environment = first.ID+"/us", "prod-us"
	repo.Events = append(repo.Events, &second)
	assert.Len(t, repo.Facts().Deployments, 2, "a vendor's number need not be unique; its id is")
}

func TestALostMergeCommitIsCounted(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Pull(11, "x").MergeCommit = ""
	repo.DeployAll("base")
	derived := repo.Facts()
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonNoMergeCommit])
	assert.Empty(t, derived.Waiting)
}

func TestNothingIsOnTheMainLineUntilItsHeadIsKnown(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.DeployAll("base")
	repo.Commit("one")
	head := func(name string, updated time.Time) *dora.Repository {
		h := repo.Header("repository")
		h.Updated = updated
		return &dora.Repository{Header: h, Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(name)}
	}
	inPieces, atOnce := facts.NewDeriver(repo.Mapping), facts.NewDeriver(repo.Mapping)
	inPieces.Apply(append(repo.Events, head("one", doratest.Hour(1)))...)
	inPieces.Derive(repo.Def)
	inPieces.Apply(head("not told yet", doratest.Hour(2)))
	atOnce.Apply(append(repo.Events, head("one", doratest.Hour(1)), head("not told yet", doratest.Hour(2)))...)
	assert.Equal(t, tell(atOnce.Derive(repo.Def)), tell(inPieces.Derive(repo.Def)))
}
