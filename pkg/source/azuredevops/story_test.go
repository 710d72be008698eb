package azuredevops_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func deployment(t *testing.T, l *sourcetest.Ledger, id string) *dora.Deployment {
	t.Helper()
	d := sourcetest.Of[*dora.Deployment](l)[id]
	require.NotNil(t, d, id)
	return d
}

func TestTheJobsAndAttemptsOfAStageAreOneDeployment(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.deploy(102, "02 10:00", "succeeded", "skipped", "succeededWithIssues") // 10:03
	p.deploy(103, "02 11:00", "succeeded", "failed")
	p.stage(103, 2, "02 12:00", "succeeded") // the failed job again: 12:01
	p.stage(103, 3, "02 13:00", "failed")
	p.deploy(104, "02 14:00", "skipped", "skipped")
	p.deploy(105, "02 15:00", "succeeded", "")
	p.deploy(106, "02 16:00", "succeeded")
	p.builds[106]["reason"] = "pullRequest"
	p.deploy(107, "02 17:00", "canceled")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	for range 2 {
		require.NoError(t, g.reads(t, l, afterAll, nil))
		finished := map[int64]time.Time{}
		for _, d := range sourcetest.Of[*dora.Deployment](l) {
			finished[d.Number] = d.Finished()
		}
		assert.Equal(t, map[int64]time.Time{101: when("02 09:01"), 102: when("02 10:03"), 103: when("02 12:01"), 104: {}, 105: {}, 107: {}}, finished)
	}
	d := deployment(t, l, "health/api:deployment:1:Deploy:103")
	assert.Equal(t, when("02 11:02"), d.Statuses[2].At, "the first attempt failed when its last job ended")
	assert.Equal(t, dora.StateFailure, d.Statuses[2].State)
	assert.Equal(t, "main", d.Ref)
	assert.Equal(t, "deploy", d.Task)
	assert.True(t, deployment(t, l, "health/api:deployment:1:Deploy:104").Failed().Equal(when("02 14:02")), "a stage that was skipped entered nothing")
}

func TestWhatWasDeployedWhileNobodyReadForMonthsIsRead(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-03T00:00:00Z", nil))
	p.deploy(102, "04 09:00", "succeeded")
	require.NoError(t, g.reads(t, l, "2027-03-01T00:00:00Z", nil))
	assert.Equal(t, when("04 09:01"), deployment(t, l, "health/api:deployment:1:Deploy:102").Finished())
}

func TestAnEnvironmentThatIsRenamedIsOneWithOneHistory(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.deploy(102, "29 09:00", "succeeded") // of late, and the other long ago
	p.records[1]["queueTime"] = when("01 00:00").AddDate(-1, 0, 0)
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, nil))
	p.environment = "live"
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.Equal(t, []string{"live", "live"}, []string{deployment(t, l, "health/api:deployment:1:Deploy:101").Environment, deployment(t, l, "health/api:deployment:1:Deploy:102").Environment})
}

func TestAnAttemptWhoseBeginningIsOutOfSightKeepsItsFirstSuccess(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-03T00:00:00Z", nil))
	p.stage(101, 2, "29 09:00", "succeeded")
	p.records = p.records[:1] // those before are too old to be shown
	require.NoError(t, g.reads(t, l, "2026-12-30T00:00:00Z", nil))
	assert.Equal(t, when("02 09:01"), deployment(t, l, "health/api:deployment:1:Deploy:101").Finished())

	fresh := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, fresh, "2026-12-30T00:00:00Z", nil))
	d := deployment(t, fresh, "health/api:deployment:1:Deploy:101")
	assert.True(t, d.Retried, "when it first succeeded is not known, and not guessed")
	assert.True(t, d.Finished().IsZero())
}

func TestARecordThatShowsUpLateBehindNewerOnesIsRead(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.deploy(102, "02 10:00", "succeeded")
	p.deploy(103, "02 11:00", "succeeded")
	late := p.records[1]
	p.records = []row{p.records[0], p.records[2]}
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-02T12:30:00Z", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 2)
	p.records = []row{p.records[0], late, p.records[1]}
	require.NoError(t, g.reads(t, l, "2026-11-02T16:00:00Z", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3)
}

func TestChangesetsOfTFVCCountAndShipNothingThatIsGuessed(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	for i, version := range []string{"943", "C950", "C943"} {
		id := int64(201 + i)
		p.deploy(id, fmt.Sprintf("03 1%d:00", i), "succeeded")
		p.builds[id]["sourceVersion"], p.builds[id]["sourceBranch"], p.builds[id]["repository"] = version, "$/health", row{"id": "$/", "type": "TfsVersionControl"}
	}
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, nil))
	found := sourcetest.Of[*dora.Deployment](l)
	assert.Len(t, found, 4)
	assert.Equal(t, "tfvc:943", found["health/$:deployment:1:Deploy:201"].SHA)
	assert.Equal(t, "tfvc:943", found["health/$:deployment:1:Deploy:203"].SHA)
	h := facts.NewDeriver(dora.Mapping{Services: []dora.Service{{Name: "old", Deployments: []dora.DeploymentRule{{Source: "azure", Repository: "health/$", Environment: dora.MustPattern("^production$")}}}}})
	h.Apply(l.All()...)
	s := h.Derive(dora.DefaultDefinition()).Services[0]
	require.Len(t, s.Deployments, 3)
	for _, d := range s.Deployments {
		assert.False(t, d.Rollback, "no rollback from numbers")
		assert.Zero(t, d.Commits)
	}
}

func TestWhatTheRetentionDeletedCountsAndIsNotMeasured(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.deploy(102, "02 10:00", "succeeded")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	delete(p.builds, 101) // before it was read
	require.NoError(t, g.reads(t, l, afterAll, nil))
	d := deployment(t, l, "health/api:deployment:1:Deploy:101")
	assert.Equal(t, "run:101", d.SHA)
	assert.Equal(t, dora.RefLost, d.RefKind)
	delete(p.builds, 102) // after it was read
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.Equal(t, sha("p1"), deployment(t, l, "health/api:deployment:1:Deploy:102").SHA)
}

func TestAPipelineWhoseRunsAreDeletedIsKnownByItsNewestRun(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.builds[150] = maps.Clone(p.builds[101]) // it only tests
	p.builds[150]["id"] = int64(150)
	delete(p.builds, 101)
	p.deploy(160, "03 09:00", "succeeded") // of a pipeline that has no run any more
	p.records[0]["definition"] = row{"id": 2, "name": "gone"}
	delete(p.builds, 160)
	p.deploy(170, "03 10:00", "succeeded") // of one that was deleted itself
	p.records[0]["definition"] = nil
	delete(p.builds, 170)
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.Equal(t, when("02 09:01"), deployment(t, l, "health/api:deployment:1:Deploy:101").Finished())
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1, "what it deployed is not guessed")
	asked := len(g.asked)
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.Equal(t, 8, len(g.asked)-asked, "neither is asked for again")
}

func TestARepositoryThatIsRenamedKeepsWhatAzureDevOpsHasForgotten(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.deploy(102, "02 10:00", "succeeded")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, nil))
	delete(p.builds, 101) // the retention has deleted a run, and the environment shows the other no more
	p.records = p.records[1:]
	p.repositories[0].name = "viewer"
	for range 2 {
		require.NoError(t, g.reads(t, l, afterAll, nil))
		for id, finished := range map[string]time.Time{"101": when("02 09:01"), "102": when("02 10:01")} {
			d := deployment(t, l, "health/viewer:deployment:1:Deploy:"+id)
			assert.Equal(t, sha("p1"), d.SHA)
			assert.Equal(t, finished, d.Finished())
		}
	}
}

func TestARunOfAPullRequestIsNoDeploymentWhoeverBeganIt(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.deploy(102, "02 10:00", "succeeded")
	p.builds[102]["reason"], p.builds[102]["sourceBranch"] = "manual", "refs/pull/7/merge"
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.NotContains(t, sourcetest.Of[*dora.Deployment](l), "health/api:deployment:1:Deploy:102")
}

func TestARunWithoutAnEnvironmentIsNoDeployment(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.builds[500] = p.builds[101] // green, its production stage skipped: the environment has no record of it
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1)
}

func TestPipelinesThatAreNotChosenAreLeftOut(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, func(s *azuredevops.Settings) { s.Deployments.Pipeline = dora.MustPattern("^release$") }))
	assert.Empty(t, sourcetest.Of[*dora.Deployment](l))
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1, "settings that change are followed")
}

func TestAPullRequestThatIsRelabelledAfterItWasCompletedIsReadAgain(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.request(7, "02 08:30")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-03T00:00:00Z", nil))
	change := sourcetest.Of[*dora.Change](l)["health/api:pull_request:7"]
	assert.Empty(t, change.Labels)
	assert.Equal(t, []dora.Review{{Author: "dev-2", State: dora.ReviewApproved, At: when("02 07:30")}}, change.Reviews)
	p.repositories[0].requests[0]["labels"] = []row{{"name": "hotfix", "active": true}}
	require.NoError(t, g.reads(t, l, "2026-11-04T00:00:00Z", nil))
	assert.Equal(t, []string{"hotfix"}, sourcetest.Of[*dora.Change](l)["health/api:pull_request:7"].Labels)
}

func TestAWorkItemIsAnIncidentAsLongAsItHasTheTag(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.item(70, "02 12:00")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-03T00:00:00Z", nil))
	i := sourcetest.Of[*dora.Incident](l)["p1:work_item:70"]
	require.NotNil(t, i)
	assert.Equal(t, "It is down\nfor all & everybody", i.Body)
	assert.Equal(t, []string{"incident", "api"}, i.Labels)
	assert.Equal(t, "health/api", i.Repository, "the project has one repository")
	assert.Equal(t, "health", i.Service)
	set := func(key string, value any, at string) {
		p.items[0]["fields"].(row)[key], p.items[0]["fields"].(row)["System.ChangedDate"] = value, when(at)
		require.NoError(t, g.reads(t, l, "2026-11-0"+at[1:2]+"T23:00:00Z", nil))
	}
	p.items[0]["fields"].(row)["Microsoft.VSTS.Common.StateChangeDate"] = when("03 10:00")
	set("System.State", "Closed", "03 10:00")
	assert.Equal(t, when("03 10:00"), sourcetest.Of[*dora.Incident](l)["p1:work_item:70"].Resolved)
	set("System.State", "Active", "04 10:00")
	assert.True(t, sourcetest.Of[*dora.Incident](l)["p1:work_item:70"].Resolved.IsZero(), "reopened is open")
	set("System.Tags", "api", "05 10:00")
	assert.NotContains(t, sourcetest.Of[*dora.Incident](l), "p1:work_item:70")
	set("System.Tags", "incident", "06 10:00")
	assert.Contains(t, sourcetest.Of[*dora.Incident](l), "p1:work_item:70")
}

func TestAQueryThatWouldFindTooManyIsHalved(t *testing.T) {
	t.Parallel()
	r := startReplay(t, afterAll, "--data", "data/immunisation-fhir-api+synthetic", "--wiql-cap", "7", "--github-repository")
	capped, whole := sourcetest.NewLedger(), sourcetest.NewLedger()
	own := tagged(synthetic)
	own.Repositories = []string{synthetic + "/none"} // work items alone
	require.NoError(t, capped.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	r.Control(row{"wiql_cap": 20000})
	require.NoError(t, whole.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	assert.Greater(t, len(sourcetest.Of[*dora.Incident](whole)), 20)
	sourcetest.Same(t, whole, capped)
}

func TestAHeadThatIsGoneIsReadFromAnOlderOne(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.commit("b", "02 10:00")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-03T00:00:00Z", nil))
	p.repositories[0].commits = p.repositories[0].commits[1:] // a forced push
	p.commit("c", "02 11:00")
	require.NoError(t, g.reads(t, l, "2026-11-04T00:00:00Z", nil))
	assert.Equal(t, []string{sha("p1")}, sourcetest.Of[*dora.Commit](l)["health/api@"+sha("c")].Parents)
	assert.Equal(t, sha("c"), sourcetest.Of[*dora.Repository](l)["health/api"].HeadSHA)
}

func TestReadingsFromMonthToMonthEndWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	s := subject(tagged(""), "--records", "finished")
	s.Until = "2024-05-01T00:00:00Z"
	s.Steps(t, time.Date(2023, 9, 30, 12, 0, 0, 0, time.UTC), 23)
}

func TestWhatARefreshCosts(t *testing.T) {
	t.Parallel()
	const before, after = "2024-01-15T06:00:00Z", "2024-01-15T18:00:00Z" // in between, pull requests land and deployments end
	r := startReplay(t, before, "--data", "data/immunisation-fhir-api+synthetic")
	own, l := tagged(synthetic), sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), r.source(own, at(before)), time.Time{}))
	t.Logf("the first reading took %d requests", l.Last().Requests)
	require.NoError(t, l.Collect(t.Context(), r.source(own, at(before)), time.Time{}))
	t.Logf("%d requests where nothing changed", l.Last().Requests)
	assert.LessOrEqual(t, l.Last().Requests, 10, "the project, its repositories, the head, pull requests, environments and the records of each, and two queries")
	commits, changes, deployments := len(sourcetest.Of[*dora.Commit](l)), len(sourcetest.Of[*dora.Change](l)), len(sourcetest.Of[*dora.Deployment](l))
	idle := l.Last().Requests
	r.Control(row{"now": after})
	require.NoError(t, l.Collect(t.Context(), r.source(own, at(after)), time.Time{}))
	commits, changes, deployments = len(sourcetest.Of[*dora.Commit](l))-commits, len(sourcetest.Of[*dora.Change](l))-changes, len(sourcetest.Of[*dora.Deployment](l))-deployments
	t.Logf("%d requests for %d commits, %d pull requests and %d deployments", l.Last().Requests, commits, changes, deployments)
	assert.Positive(t, changes)
	assert.Positive(t, deployments)
	assert.LessOrEqual(t, l.Last().Requests, idle+1+commits+2*changes+3, "a comparison, each commit, two for each pull request, and what was built for each environment")
}

func TestPullRequestsFromBeforeTheHistoryAreReadWhereTheyAreShippedWithin(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.commit("b", "02 10:00")
	p.request(7, "02 10:00")
	p.deploy(202, "04 09:00", "succeeded")
	p.builds[201] = maps.Clone(p.builds[202])
	p.builds[201]["id"], p.builds[201]["sourceVersion"] = int64(201), sha("p1")
	p.stage(201, 1, "03 09:00", "succeeded")
	p.request(8, "01 08:00") // long ago, and nobody's yet
	p.repositories[0].requests[0]["lastMergeCommit"] = row{"commitId": sha("p1")}
	g, l := &tiny{projects: []*tinyProject{p}, since: when("03 00:00")}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-05T00:00:00Z", nil))
	assert.Equal(t, []string{"health/api:pull_request:7"}, slices.Collect(maps.Keys(sourcetest.Of[*dora.Change](l))), "what the first deployment shipped is not measured, what came after it is")
	assert.True(t, sourcetest.Of[*dora.Change](l)["health/api:pull_request:7"].Early)
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 2)
	g.asked = nil
	require.NoError(t, g.reads(t, l, "2026-11-05T01:00:00Z", nil))
	assert.Len(t, g.asked, 8, "it is looked for once: %v", g.asked)
}

func TestOneListThatIsRefusedCostsNoOther(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.request(5, "02 08:30")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	g.before = func(w http.ResponseWriter, _ *http.Request, path string) bool {
		if path == "/p1/_apis/distributedtask/environments" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"typeKey":"UnauthorizedRequestException","message":"TF400813"}`))
			return true
		}
		return false
	}
	failure := failed(t, g.reads(t, l, afterAll, nil))
	assert.Equal(t, "health", failure.Part)
	assert.Contains(t, failure.Error(), "Environment: Read & manage")
	assert.Contains(t, sourcetest.Of[*dora.Change](l), "health/api:pull_request:5")
}

func TestCommitsBesideTheBranchAreReadOnceAServiceCountsTheirEnvironment(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.commit("hotfix", "02 10:00")
	p.deploy(102, "02 11:00", "succeeded")
	beside := p.repositories[0].commits
	p.repositories[0].beside = beside[:1]
	p.repositories[0].commits = beside[1:]
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	g.served = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "azure", Environment: dora.MustPattern("^live$")}}}}
	require.NoError(t, g.reads(t, l, "2026-11-03T00:00:00Z", nil))
	assert.NotContains(t, sourcetest.Of[*dora.Commit](l), "health/api@"+sha("hotfix"), "a preview's commits are nobody's")
	g.served = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "azure", Environment: dora.MustPattern("^production$")}}}}
	require.NoError(t, g.reads(t, l, "2026-11-04T00:00:00Z", nil))
	assert.Equal(t, []string{sha("p1")}, sourcetest.Of[*dora.Commit](l)["health/api@"+sha("hotfix")].Parents)
}
