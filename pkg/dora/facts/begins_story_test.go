package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// firstDays are figures of the first six days of a story, those that are partial by themselves; nil stands for null.
func firstDays(s *facts.Snapshot, metric dora.Metric, statistic dora.Statistic) (values []any, partial []bool) {
	q := figures.Question{Metric: metric, Statistic: statistic, Now: day(20), Spans: figures.Day.Spans(day(0), day(6), time.UTC)}
	for _, p := range figures.Ask(s, q)[0].Points {
		var value any
		if p.Value != nil {
			value = *p.Value
		}
		values, partial = append(values, value), append(partial, p.Partial)
	}
	return values, partial
}

// shownSince is a service that is deployed every noon. The second deployment is rolled back by the third; the fifth breaks what a
// status page tells of, and so did the first, of which the page shows nothing any more.
func shownSince(t *testing.T) (*doratest.Repo, *facts.Deriver) {
	t.Helper()
	repo := doratest.Versions(t)
	for n, version := range []string{"V1", "V2", "V1", "V2", "V3", "V4"} {
		repo.Deploy("production", version, day(float64(n)+0.5))
	}
	repo.Record("status", "b", day(4.6), "").Resolved = day(4.7)
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
	h.Reach(map[string]time.Time{"github": day(0)})
	return repo, h
}

func TestWhereIncidentsAreNotKnownNoFailureIsNotNone(t *testing.T) {
	repo, h := shownSince(t)
	rate, partial := firstDays(h.Derive(repo.Def), dora.ChangeFailureRate, dora.RatioOf)
	assert.Equal(t, []any{0.0, 1.0, 0.0, 0.0, 1.0, 0.0}, rate, "all incidents are known")
	assert.Equal(t, make([]bool, 6), partial)

	assert.True(t, h.Begin(map[string]time.Time{"status": day(4), "another": day(9)}))
	assert.False(t, h.Begin(map[string]time.Time{"status": day(4), "another": day(9)}), "that is no news")
	s := h.Derive(repo.Def)
	before := []bool{true, true, true, true, false, false}
	for statistic, want := range map[dora.Statistic][]any{
		dora.RatioOf: {nil, 1.0, nil, nil, 1.0, 0.0},
		dora.K:       {nil, 1.0, nil, nil, 1.0, 0.0},
	} {
		failed, partial := firstDays(s, dora.ChangeFailureRate, statistic)
		assert.Equal(t, want, failed, "what a rollback tells is known: %s", statistic)
		assert.Equal(t, before, partial, statistic)
	}
	lengths, partial := firstDays(s, dora.RecoveryTime, dora.Median)
	assert.Equal(t, []any{nil, nil, (24 * time.Hour).Seconds(), nil, 0.2 * 24 * 3600, nil}, lengths)
	assert.Equal(t, before, partial)
	recovered, _ := firstDays(s, dora.RecoveryTime, dora.N)
	assert.Equal(t, []any{nil, nil, 1.0, nil, 1.0, 0.0}, recovered, "never 0 where nobody looked")

	for metric, statistic := range map[dora.Metric]dora.Statistic{
		dora.DeploymentFrequency: dora.CountOf, dora.ChangeFailureRate: dora.N, dora.ReworkRate: dora.RatioOf, dora.LeadTime: dora.Median,
	} {
		_, partial := firstDays(s, metric, statistic)
		assert.Equal(t, make([]bool, 6), partial, "%s (%s) does not rest on incidents", metric, statistic)
	}

	byIncident := repo.Def
	byIncident.Rework, byIncident.Recovery = dora.ReworkIncident, dora.RecoveryOfIncident
	rework, partial := firstDays(h.Derive(byIncident), dora.ReworkRate, dora.RatioOf)
	assert.Equal(t, []any{nil, nil, nil, nil, 0.0, 0.0}, rework)
	assert.Equal(t, before, partial)
	_, partial = firstDays(h.Derive(byIncident), dora.RecoveryTime, dora.Median)
	assert.Equal(t, before, partial)

	byItself := repo.Def
	byItself.Evidence = []dora.EvidenceKind{dora.EvidenceRollback, dora.EvidenceRemedy}
	rate, partial = firstDays(h.Derive(byItself), dora.ChangeFailureRate, dora.RatioOf)
	assert.Equal(t, []any{0.0, 1.0, 0.0, 0.0, 0.0, 0.0}, rate, "incidents are no evidence")
	assert.Equal(t, make([]bool, 6), partial)
}

func TestAServiceWhoseIncidentsAreAllKnownStaysWhole(t *testing.T) {
	repo, h := shownSince(t)
	h.Begin(map[string]time.Time{"another": day(4)})
	rate, partial := firstDays(h.Derive(repo.Def), dora.ChangeFailureRate, dora.RatioOf)
	assert.Equal(t, []any{0.0, 1.0, 0.0, 0.0, 1.0, 0.0}, rate)
	assert.Equal(t, make([]bool, 6), partial)
}

// A window that reaches back behind the beginning is partial; so is a group with one such service.
func TestWhatCoversTimesOfWhichIncidentsAreNotKnownIsPartial(t *testing.T) {
	repo, h := shownSince(t)
	repo.Mapping.Services = append(repo.Mapping.Services, dora.Service{Name: "other", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.Repository}}})
	h = restarted(t, h, repo.Mapping, repo.Def, false)
	h.Apply(repo.Events...)
	h.Reach(map[string]time.Time{"github": day(0)})
	h.Begin(map[string]time.Time{"status": day(4)})
	s := h.Derive(repo.Def)
	_, partial := firstDays(s, dora.ChangeFailureRate, dora.RatioOf)
	assert.Equal(t, []bool{true, true, true, true, false, false}, partial, "of both services")
	q := figures.Question{
		Metric: dora.ChangeFailureRate, Statistic: dora.RatioOf, Now: day(20), Spans: figures.Day.Spans(day(4), day(7), time.UTC),
		Rolling: figures.Window{Days: 2}, Bucket: figures.Day, GroupBy: []dora.Field{dora.ByService},
	}
	for _, one := range figures.Ask(s, q) {
		var rolled []bool
		for _, p := range one.Points {
			rolled = append(rolled, p.Partial)
		}
		assert.Equal(t, []bool{one.Labels["service"] != "other", false, false}, rolled, one.Labels)
	}
}
