package figures_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// severe is an organisation with two deployments and incidents of two severities, and one without.
func severe(t *testing.T) *doratest.Repo {
	t.Helper()
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	for _, told := range []struct {
		severity       string
		opened, lasted float64
	}{{"1", 21, 2}, {"1", 22, 4}, {"2", 30, 10}, {"", 400, 1}} {
		i := repo.Incident(doratest.Hour(told.opened), "")
		i.Severity, i.Resolved = told.severity, doratest.Hour(told.opened+told.lasted)
	}
	repo.Def.Recovery = dora.RecoveryOfIncident
	return repo
}

func recovery(repo *doratest.Repo, change func(*figures.Question)) []figures.Series {
	q := figures.Question{
		Metric: dora.RecoveryTime, Statistic: dora.Mean, Now: doratest.Monday.AddDate(1, 0, 0),
		Spans: []figures.Span{{Start: doratest.Monday, End: doratest.Monday.AddDate(0, 1, 0)}},
	}
	change(&q)
	return figures.Ask(repo.Snapshot(), q)
}

func TestRecoveryFromIncidentIsToldApartBySeverity(t *testing.T) {
	series := recovery(severe(t), func(q *figures.Question) { q.GroupBy = []dora.Field{dora.BySeverity} })
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
	series := recovery(repo, func(q *figures.Question) { q.GroupBy = []dora.Field{dora.ByService, dora.BySeverity} })
	require.Len(t, series, 3)
	assert.Equal(t, map[string]string{"service": "example-health/api", "severity": "1"}, series[1].Labels)
	series = recovery(repo, func(q *figures.Question) { q.GroupBy = []dora.Field{dora.BySeverity, dora.ByEnvironment} })
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
		series := recovery(severe(t), func(q *figures.Question) { q.Filters = []dora.Filter{c.filter} })
		require.Len(t, series, 1)
		assert.Equal(t, c.n, series[0].Points[0].N)
		grouped := recovery(severe(t), func(q *figures.Question) {
			q.Filters, q.GroupBy = []dora.Filter{c.filter}, []dora.Field{dora.BySeverity}
		})
		total := 0
		for _, one := range grouped {
			total += one.Points[0].N
		}
		assert.Equal(t, c.n, total)
	}
	assert.Empty(t, recovery(severe(t), func(q *figures.Question) {
		q.Filters = []dora.Filter{{Field: dora.BySeverity, Values: []string{"9"}}}
	}))
}

func TestOnlyRecoveryFromIncidentHasSeverities(t *testing.T) {
	repo := severe(t)
	bySeverity := func(q *figures.Question) { q.GroupBy = []dora.Field{dora.BySeverity} }
	repo.Def.Recovery = dora.RecoveryOfDeployment
	assert.Empty(t, recovery(repo, bySeverity))
	assert.Empty(t, recovery(severe(t), func(q *figures.Question) { bySeverity(q); q.Metric = dora.LeadTime }))
}

func TestSeveritiesCanBeListed(t *testing.T) {
	s := severe(t).Snapshot()
	assert.Equal(t, []string{"1", "2"}, figures.Values(s, dora.BySeverity, nil))
	assert.Equal(t, []string{"2"}, figures.Values(s, dora.BySeverity, []dora.Filter{{Field: dora.BySeverity, Values: []string{"2"}}}))
	assert.Empty(t, figures.Values(s, dora.BySeverity, []dora.Filter{{Field: dora.ByService, Values: []string{"nobody"}}}))
	assert.Equal(t, []string{"example-health/api"}, figures.Values(s, dora.ByService, []dora.Filter{{Field: dora.BySeverity, Values: []string{"9"}}}), "services have no severity")
}

func TestSeveritiesAddUpToTheWhole(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		def := doratest.DrawDefinition(draw)
		def.Recovery = dora.RecoveryOfIncident
		w := doratest.DrawWorld(draw)
		for _, e := range w.Events {
			if i, ok := e.(*dora.Incident); ok {
				i.Severity = doratest.OneOf(draw, "severity", "", "1", "2")
			}
		}
		snapshot := doratest.SnapshotOf(doratest.DrawMapping(draw), def, w.Events)
		q := doratest.Question(dora.RecoveryTime, dora.N)
		q.Spans = []figures.Span{{Start: doratest.WorldStart.AddDate(-1, 0, 0), End: doratest.WorldStart.AddDate(1, 0, 0)}}
		q.Now = doratest.WorldStart.AddDate(2, 0, 0)
		whole := 0
		for _, one := range figures.Ask(snapshot, q) {
			whole += one.Points[0].N
		}
		q.GroupBy = []dora.Field{dora.BySeverity}
		parts := 0
		for _, one := range figures.Ask(snapshot, q) {
			parts += one.Points[0].N
		}
		require.Equal(t, whole, parts)
	})
}

func TestTimeToAcknowledgeIsToldApartBySeverity(t *testing.T) {
	repo := severe(t)
	repo.Def.Recovery = dora.RecoveryToAcknowledge
	var incidents []*dora.Incident
	for _, e := range repo.Events {
		if i, ok := e.(*dora.Incident); ok {
			incidents = append(incidents, i)
		}
	}
	incidents[0].Acknowledged = doratest.Hour(21.5)
	incidents[2].Acknowledged = doratest.Hour(31)
	incidents[2].Resolved = time.Time{} // acknowledged, and lasts
	incidents[3].Acknowledged = doratest.Hour(399)
	series := recovery(repo, func(q *figures.Question) { q.GroupBy = []dora.Field{dora.BySeverity} })
	require.Len(t, series, 3)
	assert.Nil(t, series[0].Points[0].Value, "acknowledged before it opened")
	assert.InDelta(t, 1800, *series[1].Points[0].Value, 0, "the other that nobody acknowledged is no 0")
	assert.Equal(t, 1, series[1].Points[0].N)
	assert.InDelta(t, 3600, *series[2].Points[0].Value, 0)
	f := repo.Facts()
	assert.Equal(t, 1, f.Unmeasured[facts.ReasonNotAcknowledged])
	assert.Equal(t, 1, f.Unmeasured[facts.ReasonNegativeRecovery])
	assert.InDelta(t, 2700, *recovery(repo, func(*figures.Question) {})[0].Points[0].Value, 0, "all together")
	for _, reading := range []dora.Recovery{dora.RecoveryOfIncident, dora.RecoveryOfDeployment} {
		repo.Def.Recovery = reading
		assert.Zero(t, repo.Facts().Unmeasured[facts.ReasonNotAcknowledged], "where that is not read it is missed by nobody")
	}
}
