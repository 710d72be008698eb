package gitlab_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// read collects a small history over both interfaces, which tell the same.
func read(t *testing.T, r *replay, own gitlab.Settings) *sourcetest.Ledger {
	t.Helper()
	var all []*sourcetest.Ledger
	for _, api := range []gitlab.API{gitlab.APIAuto, gitlab.APIREST} {
		own.API = api
		l := sourcetest.NewLedger()
		require.NoError(t, l.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
		all = append(all, l)
	}
	sourcetest.Same(t, all[0], all[1])
	assert.Empty(t, r.Stats().Unsupported)
	return all[0]
}

// leads are the lead times of what a deployment shipped, by number; commits without a merge request are 0.
func leads(f *facts.Service, number int64) map[int]float64 {
	found := map[int]float64{}
	for _, d := range f.Deployments {
		if d.Event.Number != number {
			continue
		}
		for _, c := range f.Shipments().Of(d) {
			found[c.Number] = c.Lead.Seconds()
		}
	}
	return found
}

// chain is three commits of which the second's deployment was held back until the third's had gone out.
func chain(t *testing.T) *dataset {
	d := newDataset(t)
	d.commit("a", "", "02 08:00")
	d.commit("b", "a", "02 09:00")
	d.commit("c", "b", "02 10:00")
	d.request(1, "merge", "main", "b", "b", "02 09:00", "02 09:30")
	d.deploy(101, "a", "production", "02 09:55", "success@02T10:00", true)
	d.deploy(102, "b", "production", "02 10:05", "waiting@02T10:05 success@02T15:00", true)
	d.deploy(103, "c", "production", "02 11:50", "success@02T12:00", true)
	return d
}

func TestAJobThatWasHeldBackTakesProductionBackWhenItRuns(t *testing.T) {
	t.Parallel()
	f := factsOf(read(t, chain(t).replay(), incidents("health/api")), "^production$")
	require.Len(t, f.Deployments, 3)
	assert.Equal(t, []int64{101, 103, 102}, []int64{f.Deployments[0].Event.Number, f.Deployments[1].Event.Number, f.Deployments[2].Event.Number}, "in the order of their ends")
	assert.True(t, f.Deployments[2].Rollback)
	failed := f.Deployments[1]
	require.Len(t, failed.Evidence, 1)
	assert.Equal(t, dora.EvidenceRollback, failed.Evidence[0].Kind)
	require.NotNil(t, failed.Recovered)
	assert.Equal(t, 10800.0, failed.Recovered.At.Sub(failed.Finished).Seconds())
	assert.Equal(t, map[int]float64{1: 10800, 0: 7200}, leads(f, 103))
	assert.Empty(t, leads(f, 102), "a rollback ships nothing")
}

func TestADeploymentIsOneRowWhateverPipelineRanIt(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.deploy(104, "c", "production", "03 09:00", "waiting@03T09:00", true)
	d.deploy(105, "c", "production", "03 10:00", "success@03T10:10 failure@03T11:00", true)
	d.deploy(106, "c", "production", "03 12:00", "failure@03T12:10 success@03T12:30", true)
	r := d.replay()
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 6)
	assert.LessOrEqual(t, l.Last().Requests, 11, "none is asked for by itself, nor its pipeline")
}

func TestASquashedMergeRequestStartsAtItsOwnFirstCommit(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"17.2.0", "19.2.0"} {
		d := newDataset(t)
		d.commit("base", "", "01 08:00")
		d.commit("own1", "base", "02 09:00")
		d.commit("own2", "own1", "02 15:00")
		d.commit("squash", "base", "03 10:00")
		d.request(7, "squash", "main", "own1 own2", "squash", "02 09:30", "03 10:00")
		d.deploy(1, "base", "production", "01 09:00", "success@01T10:00", true)
		d.deploy(2, "squash", "production", "03 11:00", "success@03T12:00", true)
		l := read(t, d.replay("--gitlab-version", version), incidents("health/api"))
		assert.Equal(t, map[int]float64{7: 97200}, leads(factsOf(l, "^production$"), 2))
	}
}

func TestRequestsThatPromoteBetweenEnvironmentBranchesAreNoChanges(t *testing.T) {
	t.Parallel()
	d := newDataset(t)
	d.commit("a", "", "02 08:00")
	d.commit("f", "a", "02 09:00")
	d.commit("M1", "a f", "02 10:00")
	d.commit("S1", "a M1", "03 09:00")
	d.commit("P1", "a S1", "04 09:00")
	d.request(1, "merge", "main", "f", "M1", "02 09:10", "02 10:00")
	d.request(2, "merge", "staging", "f M1", "S1", "03 08:50", "03 09:00")
	d.request(3, "merge", "production", "f M1 S1", "P1", "04 08:50", "04 09:00")
	d.deploy(1, "a", "production", "02 08:20", "success@02T08:30", true)
	d.deploy(2, "P1", "production", "04 09:30", "success@04T10:00", true)
	d.head = "M1"
	f := factsOf(read(t, d.replay(), incidents("health/api")), "^production$")
	assert.Equal(t, map[int]float64{1: 176400}, leads(f, 2))
	assert.Equal(t, 2, f.Unmeasured[facts.ReasonPromotion])
}

func TestEachRegionsJobIsADeploymentOfItsOwnEnvironment(t *testing.T) {
	t.Parallel()
	d := newDataset(t)
	d.commit("a", "", "02 08:00")
	d.commit("b", "a", "02 09:00")
	for i, region := range []struct{ name, end string }{{"prod-eu", "10:00"}, {"prod-us", "11:00"}, {"prod-uk", "14:00"}} {
		d.deploy(1+i, "a", region.name, "02 08:10", "success@02T08:30", true)
		d.deploy(11+i, "b", region.name, "02 09:30", "success@02T"+region.end, true)
	}
	l := read(t, d.replay(), incidents("health/api"))
	var found []float64
	for i, region := range []string{"prod-eu", "prod-us", "prod-uk"} {
		f := factsOf(l, "^"+region+"$")
		require.Len(t, f.Deployments, 2)
		found = append(found, leads(f, int64(11+i))[0])
	}
	slices.Sort(found)
	assert.Equal(t, []float64{3600, 7200, 18000}, found)
	h := facts.NewDeriver(dora.Mapping{})
	h.Apply(l.All()...)
	preview := h.Preview(dora.Mapping{Services: []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "gitlab", Environment: dora.MustPattern("^prod-")}}}}})
	assert.Equal(t, 6, preview.Services[0].Deployments[0].Count)
}

func TestADeploymentThatWasReportedEndsWhenItWasFirstSeenToSucceed(t *testing.T) {
	t.Parallel()
	d := newDataset(t)
	d.commit("a", "", "02 08:00")
	d.deploy(1, "a", "production", "02 08:20", "in_progress@02T08:25 success@02T08:30", false)
	r := d.replay()
	l := read(t, r, incidents("health/api"))
	for _, deployment := range sourcetest.Of[*dora.Deployment](l) {
		assert.Equal(t, when("02 08:30"), deployment.Finished(), "its last change is all that REST tells")
		assert.Equal(t, dora.RefBranch, deployment.RefKind)
	}
}

func TestAnIncidentsSeverityIsGitLabsUnlessALabelSaysSo(t *testing.T) {
	t.Parallel()
	d := newDataset(t)
	d.commit("a", "", "02 08:00")
	d.deploy(1, "a", "production", "02 08:20", "success@02T08:30", true)
	d.issue(1, "02 09:00", "Sign-in fails", row{"event": "labeled", "createdAt": when("02 09:00"), "label": "sev2"}, row{"event": "closed", "createdAt": when("02 10:00")})
	d.issue(2, "02 11:00", "Slow")
	d.issue(3, "02 12:00", "False alarm", row{"event": "unlabeled", "createdAt": when("02 12:30"), "label": "incident"})
	r := d.replay()
	l := read(t, r, incidents("health/api"))
	found := sourcetest.Of[*dora.Incident](l)
	require.Len(t, found, 2)
	assert.Equal(t, "2", found["health/api:issue:1"].Severity)
	assert.Equal(t, when("02 10:00"), found["health/api:issue:1"].Resolved)
	assert.Empty(t, found["health/api:issue:2"].Severity, "one that nobody set is none")

	own := incidents("health/api")
	own.Incidents = gitlab.Incidents{From: gitlab.IncidentsByLabels, Labels: []string{"sev2", "sev1"}, Severity: dora.MustPattern(`^sev(\d)$`)}
	labelled := sourcetest.Of[*dora.Incident](read(t, r, own))
	require.Len(t, labelled, 1)
	assert.Equal(t, "2", labelled["health/api:issue:1"].Severity)
}

func TestADayInTheLifeOfAnIncidentIsFollowed(t *testing.T) {
	t.Parallel()
	d := newDataset(t)
	d.commit("a", "", "02 08:00")
	d.deploy(1, "a", "production", "02 08:20", "success@02T08:30", true)
	d.issue(1, "02 09:00", "Sign-in fails", row{"event": "closed", "createdAt": when("02 10:00")}, row{"event": "reopened", "createdAt": when("02 11:00")},
		row{"event": "closed", "createdAt": when("02 13:00")}, row{"event": "unlabeled", "createdAt": when("02 15:00"), "label": "incident"})
	r := d.replay()
	l := sourcetest.NewLedger()
	own := incidents("health/api")
	for _, step := range []struct {
		now      string
		resolved time.Time
		gone     bool
	}{
		{"2026-11-02T09:30:00Z", time.Time{}, false},
		{"2026-11-02T10:30:00Z", when("02 10:00"), false},
		{"2026-11-02T12:00:00Z", time.Time{}, false},
		{"2026-11-02T14:00:00Z", when("02 13:00"), false},
		{"2026-11-02T16:00:00Z", when("02 13:00"), true},
	} {
		r.Control(map[string]any{"now": step.now})
		require.NoError(t, l.Collect(t.Context(), r.source(own, at(step.now)), time.Time{}))
		incident, is := l.Events["incident health/api:issue:1"].(*dora.Incident)
		require.True(t, is, step.now)
		assert.Equal(t, step.resolved, incident.Resolved, step.now)
		assert.Equal(t, step.gone, incident.Withdrawn, step.now)
	}
}

func TestAServiceMayGoByTheTierOfEnvironments(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.deploy(201, "a", "prod-worker", "02 10:00", "success@02T10:30", true)
	d.deploy(301, "a", "review/x", "02 10:00", "success@02T10:40", true)
	r := d.replay()
	own := incidents("health/api")
	own.URL = r.URL
	byTier := given()
	byTier.Served = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "gitlab", Tier: "production", Environment: dora.MustPattern(".*")}}}}
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	for _, each := range sourcetest.Of[*dora.Deployment](l) {
		assert.Empty(t, each.Tier, "nothing is asked for that nobody needs")
	}
	require.NoError(t, l.Collect(t.Context(), open(byTier, own, at(afterAll)), time.Time{}))
	tiers := map[string]string{}
	for _, each := range sourcetest.Of[*dora.Deployment](l) {
		tiers[each.Environment] = each.Tier
	}
	assert.Equal(t, map[string]string{"production": "production", "prod-worker": "production", "review/x": "development"}, tiers)
	require.NoError(t, l.Collect(t.Context(), open(byTier, own, at(afterAll)), time.Time{}))
	assert.Equal(t, 6, l.Last().Requests, "and the environments")

	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction, Services: []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "gitlab", Tier: "Production"}}}}})
	h.Apply(l.All()...)
	assert.Len(t, h.Derive(dora.DefaultDefinition()).Services[0].Deployments, 4)
}
