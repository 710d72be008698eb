package azuredevops_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func byStages(s *azuredevops.Settings) {
	s.Deployments.From, s.Deployments.Stage = azuredevops.FromStages, dora.MustPattern("^Deploy_(.+)$")
}

// stages is a run with a stage for each of some results, which took five minutes; an empty result is one that goes on.
func (p *tinyProject) stages(id int64, at string, named ...string) {
	p.deploy(id, at)
	records := []row{}
	over := true
	for i, each := range named {
		name, result, _ := strings.Cut(each, " ")
		over = over && result != ""
		records = append(records, stageOf(name, i, 1, at, result)...)
	}
	p.builds[id]["queueTime"] = when(at)
	if over {
		p.builds[id]["finishTime"] = when(at).Add(30 * time.Minute)
	}
	if p.timelines == nil {
		p.timelines = map[string][]row{}
	}
	p.timelines[strconv.FormatInt(id, 10)] = records
}

// stageOf are the records of one attempt: the stage, its phase and two jobs of that, which come first.
func stageOf(name string, order, attempt int, at, result string) []row {
	id := name + strconv.Itoa(attempt)
	stage := row{"id": id, "type": "Stage", "name": name, "identifier": name, "attempt": attempt, "order": order, "result": nil, "startTime": when(at), "finishTime": nil}
	job := row{"id": id + "j", "parentId": id + "p", "type": "Job", "name": name, "startTime": when(at), "result": result}
	if result != "" {
		stage["result"], stage["finishTime"] = result, when(at).Add(5*time.Minute)
	}
	if result == "skipped" {
		job["startTime"] = nil
	}
	other := row{"id": id + "k", "parentId": id + "p", "type": "Job", "name": "Other " + name, "startTime": when(at), "result": "succeeded"}
	rows := []row{job, {"id": id + "p", "parentId": id, "type": "Phase", "name": name}, stage}
	if result != "skipped" {
		rows = append(rows, other)
	}
	return rows
}

func finishedBy(l *sourcetest.Ledger) map[string]time.Time {
	found := map[string]time.Time{}
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		found[strconv.FormatInt(d.Number, 10)+" "+d.Environment] = d.Finished()
	}
	return found
}

func TestAStageOfARunIsADeploymentByItsName(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	delete(p.builds, 101)
	p.stages(102, "02 10:00", "Build succeeded", "Deploy_test succeeded", "Deploy_production succeededWithIssues")
	p.stages(103, "02 11:00", "Deploy_test succeeded", "Deploy_production skipped") // green
	p.stages(104, "02 12:00", "Deploy_test partiallySucceeded", "Deploy_production failed")
	p.stages(105, "02 13:00", "Deploy_production succeeded")
	p.builds[105]["reason"] = "pullRequest"
	p.stages(106, "02 14:00", "Deploy_production canceled")
	for _, record := range p.timelines["106"] { // its approval was refused: no job began
		if record["type"] == "Job" {
			record["startTime"] = nil
		}
	}
	p.stages(107, "02 15:00", "Deploy_test succeeded", "Deploy_production ")
	p.stages(108, "02 16:00", "Deploy_production canceled")
	p.stages(109, "02 17:00")
	delete(p.timelines, "109") // it never began
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	want := map[string]time.Time{
		"102 test": when("02 10:05"), "102 production": when("02 10:05"), "103 test": when("02 11:05"), "104 test": when("02 12:05"), "104 production": {},
		"107 test": when("02 15:05"), "107 production": {}, "108 production": {},
	}
	require.NoError(t, g.reads(t, l, afterAll, byStages))
	assert.Equal(t, want, finishedBy(l), "a stage that was skipped, or whose approval was refused, deployed nothing and failed nothing")
	d := deployment(t, l, "health/api:deployment:0:Deploy_production:104")
	assert.False(t, d.Failed().IsZero())
	assert.Equal(t, sha("p1"), d.SHA)
	assert.Equal(t, "health/104", d.Run)
	assert.Equal(t, "deploy", d.Task)

	g.asked = nil
	require.NoError(t, g.reads(t, l, afterAll, byStages))
	asked := slices.DeleteFunc(g.asked, func(path string) bool { return !strings.Contains(path, "timeline") })
	assert.Equal(t, []string{"/p1/_apis/build/builds/107/timeline"}, asked, "what is over is not asked for again")
	p.stages(107, "02 15:00", "Deploy_test succeeded", "Deploy_production succeeded")
	p.builds[107]["finishTime"] = when("02 18:00")
	require.NoError(t, g.reads(t, l, afterAll, byStages))
	want["107 production"] = when("02 15:05")
	assert.Equal(t, want, finishedBy(l))
}

func TestTheFirstAttemptOfAStageThatSucceedsIsTheDeployment(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	delete(p.builds, 101)
	p.stages(102, "02 10:00", "Deploy_production failed")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, byStages))
	again := func(attempt int, at, result string) {
		before := p.timelines["102"]
		id := "102/t" + strconv.Itoa(attempt-1)
		p.timelines[id] = before
		records := stageOf("Deploy_production", 0, attempt, at, result)
		previous := []row{}
		for i := 1; i < attempt; i++ {
			previous = append(previous, row{"attempt": i, "timelineId": "t" + strconv.Itoa(i), "recordId": "Deploy_production" + strconv.Itoa(i)})
		}
		records[2]["previousAttempts"] = previous
		p.timelines["102"], p.builds[102]["finishTime"] = records, when(at).Add(10*time.Minute)
	}
	again(2, "02 12:00", "succeeded")
	again(3, "02 14:00", "failed")
	fresh := sourcetest.NewLedger()
	for _, each := range []*sourcetest.Ledger{l, fresh} {
		require.NoError(t, g.reads(t, each, afterAll, byStages))
		assert.Equal(t, map[string]time.Time{"102 production": when("02 12:05")}, finishedBy(each))
		assert.Contains(t, deployment(t, each, "health/api:deployment:0:Deploy_production:102").Statuses, dora.DeploymentStatus{State: dora.StateFailure, At: when("02 10:05")})
	}
	again(4, "02 16:00", "succeeded")
	require.NoError(t, g.reads(t, l, afterAll, byStages))
	assert.Equal(t, map[string]time.Time{"102 production": when("02 12:05")}, finishedBy(l))

	delete(p.timelines, "102/t1") // the attempts before are gone: when it first succeeded is not guessed
	delete(p.timelines, "102/t2")
	delete(p.timelines, "102/t3")
	gone := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, gone, afterAll, byStages))
	assert.True(t, deployment(t, gone, "health/api:deployment:0:Deploy_production:102").Retried)
}

func TestStagesGiveWhatEnvironmentsRecord(t *testing.T) {
	t.Parallel()
	const now = "2024-01-01T00:00:00Z"
	r := startReplay(t, now, "--data", "data/immunisation-fhir-api+synthetic")
	recorded, named := sourcetest.NewLedger(), sourcetest.NewLedger()
	own := tagged(synthetic)
	own.Repositories = []string{synthetic + "/" + synthetic}
	require.NoError(t, recorded.Collect(t.Context(), r.source(own, at(now)), time.Time{}))
	byStages(&own)
	require.NoError(t, named.Collect(t.Context(), r.source(own, at(now)), time.Time{}))
	first := named.Last().Requests
	require.NoError(t, named.Collect(t.Context(), r.source(own, at(now)), time.Time{}))
	t.Logf("%d requests by environments, %d by stages at first, %d where nothing changed", recorded.Last().Requests, first, named.Last().Requests)
	byRun := map[string]*dora.Deployment{}
	for _, d := range sourcetest.Of[*dora.Deployment](named) {
		byRun[d.Run] = d
	}
	assert.Len(t, byRun, len(sourcetest.Of[*dora.Deployment](recorded)))
	same := 0
	for _, d := range sourcetest.Of[*dora.Deployment](recorded) {
		other := byRun[d.Run]
		require.NotNil(t, other, d.ID)
		assert.Equal(t, []string{d.SHA, d.Ref, d.Repository}, []string{other.SHA, other.Ref, other.Repository})
		if !other.Retried { // the stand-in has no timelines of earlier attempts
			same++
			assert.Equal(t, []time.Time{d.Finished(), d.Failed()}, []time.Time{other.Finished(), other.Failed()}, d.ID)
		}
	}
	t.Logf("%d of %d with one attempt", same, len(byRun))
	assert.Greater(t, same, len(byRun)/2)
}

func TestWhatEachWayToDeployHadInTheLastMonthIsSaid(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.stages(102, "02 10:00", "Deploy_test succeeded")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "2026-11-05T00:00:00Z", nil))
	assert.Equal(t, "In the last 30 days health had 1 deployment into 1 environment, 1 pipeline run and deployments by classic releases that the token may not see.", l.Last().Remark)
	g.before = func(w http.ResponseWriter, r *http.Request, path string) bool {
		if !strings.HasSuffix(path, "/_apis/release/deployments") {
			return false
		}
		assert.Equal(t, "2026-10-07T01:00:00Z", r.URL.Query().Get("minModifiedTime"))
		w.Header().Set("X-MS-ContinuationToken", "3")
		list(w, []row{{"id": 1}, {"id": 2}})
		return true
	}
	require.NoError(t, g.reads(t, l, "2026-11-05T02:00:00Z", nil))
	assert.Contains(t, l.Last().Remark, "may not see", "once a day")
	require.NoError(t, g.reads(t, l, "2026-11-06T01:00:00Z", nil))
	assert.Contains(t, l.Last().Remark, "2 or more deployments by classic releases.")
	require.NoError(t, g.reads(t, l, "2026-11-06T01:00:00Z", byStages))
	assert.Equal(t, "In the last 30 days health had 1 environment that pipelines may deploy into, 1 pipeline run and 2 or more deployments by classic releases.", l.Last().Remark, "another choice is looked at at once")
}
