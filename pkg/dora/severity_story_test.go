package dora_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// severe is an organisation with two deployments and incidents of two severities, and one without.
func severe(t *testing.T) *repo {
	t.Helper()
	repo := versions(t)
	repo.deployAll("V1", "V2")
	for _, told := range []struct {
		severity       string
		opened, lasted float64
	}{{"1", 21, 2}, {"1", 22, 4}, {"2", 30, 10}, {"", 400, 1}} {
		i := repo.incident(hour(told.opened), "")
		i.Severity, i.Resolved = told.severity, hour(told.opened+told.lasted)
	}
	repo.def.Recovery = dora.RecoveryOfIncident
	return repo
}

func recovery(repo *repo, change func(*dora.Question)) []dora.Series {
	q := dora.Question{
		Metric: dora.RecoveryTime, Statistic: dora.Mean, Now: monday.AddDate(1, 0, 0),
		Spans: []dora.Span{{Start: monday, End: monday.AddDate(0, 1, 0)}},
	}
	change(&q)
	return repo.snapshot().Ask(q)
}

func TestRecoveryFromIncidentIsToldApartBySeverity(t *testing.T) {
	series := recovery(severe(t), func(q *dora.Question) { q.GroupBy = []dora.Field{dora.BySeverity} })
	require.Len(t, series, 3)
	for i, want := range []struct {
		severity string
		hours    float64
		n        int
	}{{"", 1, 1}, {"1", 3, 2}, {"2", 10, 1}} {
		assert.Equal(t, map[string]string{"severity": want.severity}, series[i].Labels)
		assert.InDelta(t, want.hours*3600, *series[i].Points[0].Value, 0)
		assert.Equal(t, want.n, series[i].Points[0].N)
	}
}

func TestSeverityGoesTogetherWithOtherFields(t *testing.T) {
	repo := severe(t)
	series := recovery(repo, func(q *dora.Question) { q.GroupBy = []dora.Field{dora.ByService, dora.BySeverity} })
	require.Len(t, series, 3)
	assert.Equal(t, map[string]string{"service": "example-health/api", "severity": "1"}, series[1].Labels)
	series = recovery(repo, func(q *dora.Question) { q.GroupBy = []dora.Field{dora.BySeverity, dora.ByEnvironment} })
	require.Len(t, series, 3)
	assert.Nil(t, series[0].Points[0].Value, "the incident without a severity is linked to no environment")
	assert.InDelta(t, 3*3600, *series[1].Points[0].Value, 0)
}

func TestAFilterOnSeverityKeepsSomeIncidents(t *testing.T) {
	for _, c := range []struct {
		filter dora.Filter
		n      int
	}{
		{dora.Filter{Field: dora.BySeverity, Values: []string{"1"}}, 2},
		{dora.Filter{Field: dora.BySeverity, Values: []string{"1", "2"}}, 3},
		{dora.Filter{Field: dora.BySeverity, Values: []string{"1"}, Not: true}, 2},
	} {
		series := recovery(severe(t), func(q *dora.Question) { q.Filters = []dora.Filter{c.filter} })
		require.Len(t, series, 1)
		assert.Equal(t, c.n, series[0].Points[0].N)
		grouped := recovery(severe(t), func(q *dora.Question) {
			q.Filters, q.GroupBy = []dora.Filter{c.filter}, []dora.Field{dora.BySeverity}
		})
		total := 0
		for _, one := range grouped {
			total += one.Points[0].N
		}
		assert.Equal(t, c.n, total)
	}
	assert.Empty(t, recovery(severe(t), func(q *dora.Question) {
		q.Filters = []dora.Filter{{Field: dora.BySeverity, Values: []string{"9"}}}
	}))
}

func TestOnlyRecoveryFromIncidentHasSeverities(t *testing.T) {
	repo := severe(t)
	bySeverity := func(q *dora.Question) { q.GroupBy = []dora.Field{dora.BySeverity} }
	repo.def.Recovery = dora.RecoveryOfDeployment
	assert.Empty(t, recovery(repo, bySeverity))
	assert.Empty(t, recovery(severe(t), func(q *dora.Question) { bySeverity(q); q.Metric = dora.LeadTime }))
}

func TestSeveritiesCanBeListed(t *testing.T) {
	s := severe(t).snapshot()
	assert.Equal(t, []string{"1", "2"}, s.Values(dora.BySeverity, nil))
	assert.Equal(t, []string{"2"}, s.Values(dora.BySeverity, []dora.Filter{{Field: dora.BySeverity, Values: []string{"2"}}}))
	assert.Empty(t, s.Values(dora.BySeverity, []dora.Filter{{Field: dora.ByService, Values: []string{"nobody"}}}))
	assert.Equal(t, []string{"example-health/api"}, s.Values(dora.ByService, []dora.Filter{{Field: dora.BySeverity, Values: []string{"9"}}}), "services have no severity")
}

func TestSeveritiesAddUpToTheWhole(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		def := drawDefinition(draw)
		def.Recovery = dora.RecoveryOfIncident
		w := drawWorld(draw)
		for _, e := range w.events {
			if i, ok := e.(*dora.Incident); ok {
				i.Severity = oneOf(draw, "severity", "", "1", "2")
			}
		}
		snapshot := snapshotOf(drawMapping(draw), def, w.events)
		q := question(dora.RecoveryTime, dora.N)
		q.Spans = []dora.Span{{Start: worldStart.AddDate(-1, 0, 0), End: worldStart.AddDate(1, 0, 0)}}
		q.Now = worldStart.AddDate(2, 0, 0)
		whole := 0
		for _, one := range snapshot.Ask(q) {
			whole += one.Points[0].N
		}
		q.GroupBy = []dora.Field{dora.BySeverity}
		parts := 0
		for _, one := range snapshot.Ask(q) {
			parts += one.Points[0].N
		}
		require.Equal(t, whole, parts)
	})
}
