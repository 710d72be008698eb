package dora_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// total is one figure over all time.
func total(t *testing.T, s *dora.Snapshot, metric dora.Metric, statistic dora.Statistic) float64 {
	t.Helper()
	series := s.Ask(dora.Question{
		Metric: metric, Statistic: statistic, Now: monday.AddDate(1, 0, 0),
		Spans: []dora.Span{{Start: monday.AddDate(-1, 0, 0), End: monday.AddDate(1, 0, 0)}},
	})
	require.Len(t, series, 1)
	require.NotNil(t, series[0].Points[0].Value)
	return *series[0].Points[0].Value
}

func TestPercentilesInterpolateBetweenOrderStatistics(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.deploy("production", "base", hour(1))
	for i, lead := range []float64{40, 10, 20, 30} { // hours
		name := string(rune('a' + i))
		repo.squash(11+i, name).Commits[0].Authored = hour(100 - lead)
	}
	repo.deploy("production", "d", hour(100))
	for statistic, hours := range map[dora.Statistic]float64{
		dora.Median: 25, dora.P75: 32.5, dora.P90: 37, dora.P95: 38.5, dora.Mean: 25, dora.Min: 10, dora.Max: 40,
	} {
		assert.InDelta(t, hours*3600, total(t, repo.snapshot(), dora.LeadTime, statistic), 1e-6, "%s", statistic)
	}
	assert.InDelta(t, 4, total(t, repo.snapshot(), dora.LeadTime, dora.N), 0)
}

// days are the first days of the story.
func days(n int) []dora.Span { return dora.Day.Spans(monday, monday.AddDate(0, 0, n), time.UTC) }

// values are a series' figures: nil where there is none.
func values(series dora.Series) []any {
	list := make([]any, len(series.Points))
	for i, p := range series.Points {
		if p.Value != nil {
			list[i] = *p.Value
		}
	}
	return list
}

func TestAnEmptyBucketIsZeroForCountsAndNothingForTheRest(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", hour(30))
	repo.deploy("production", "V2", hour(78))
	ask := func(metric dora.Metric, statistic dora.Statistic) []any {
		return values(repo.snapshot().Ask(dora.Question{Metric: metric, Statistic: statistic, Spans: days(5), Now: monday.AddDate(0, 0, 30)})[0])
	}
	assert.Equal(t, []any{nil, 1.0, 0.0, 1.0, 0.0}, ask(dora.DeploymentFrequency, dora.CountOf), "the first day is before anything is known")
	assert.Equal(t, []any{nil, 1.0, 0.0, 1.0, 0.0}, ask(dora.DeploymentFrequency, dora.PerDay))
	assert.Equal(t, []any{nil, nil, nil, 78 * 3600.0, nil}, ask(dora.LeadTime, dora.Median))
	assert.Equal(t, []any{nil, 0.0, nil, 0.0, nil}, ask(dora.ChangeFailureRate, dora.RatioOf))
	assert.Equal(t, []any{nil, nil, nil, nil, nil}, ask(dora.RecoveryTime, dora.Median))
	assert.Equal(t, []any{nil, 0.0, nil, 0.0, nil}, ask(dora.ReworkRate, dora.RatioOf))
}

func TestBucketsThatTheRangeCutsOrThatAreUnderWayArePartial(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", monday)
	points := repo.snapshot().Ask(dora.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: hour(4 * 24),
		Spans: dora.Day.Spans(hour(12), hour(5*24-1), time.UTC),
	})[0].Points
	require.Len(t, points, 5)
	assert.True(t, points[0].Partial, "cut by the range's start")
	assert.False(t, points[1].Partial)
	assert.False(t, points[3].Partial, "just complete")
	assert.True(t, points[4].Partial, "under way, and cut by the range's end")
}

func TestABucketThatBeginsBeforeCollectionIsPartial(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", hour(30))
	points := repo.snapshot().Ask(dora.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: hour(400), Spans: days(3)})[0].Points
	assert.Equal(t, []bool{true, true, false}, []bool{points[0].Partial, points[1].Partial, points[2].Partial})
}

func TestBucketsYoungerThanTheIncidentWindowAreImmature(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", monday)
	points := repo.snapshot().Ask(dora.Question{Metric: dora.ChangeFailureRate, Statistic: dora.RatioOf, Now: hour(4 * 24), Spans: days(4)})[0].Points
	var immature []bool
	for _, p := range points {
		immature = append(immature, p.Immature)
	}
	assert.Equal(t, []bool{false, false, false, true}, immature, "a failure may come to light for a day")
}

func TestABucketMaturesOnceNoIncidentCanFallIntoItsWindow(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", monday)
	repo.def.IncidentWindow = dora.Duration(36 * time.Hour)
	immature := func(now time.Time) bool {
		return repo.snapshot().Ask(dora.Question{Metric: dora.ChangeFailureRate, Statistic: dora.RatioOf, Now: now, Spans: days(1)})[0].Points[0].Immature
	}
	assert.True(t, immature(hour(24+36).Add(-time.Nanosecond)))
	assert.False(t, immature(hour(24+36)), "the bucket's end is not in it, so the window's end is not either")
}

func TestWhereNothingWasCollectedEveryBucketIsPartial(t *testing.T) {
	for _, p := range versions(t).snapshot().Ask(dora.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: hour(999), Spans: days(2)})[0].Points {
		assert.True(t, p.Partial)
		assert.Nil(t, p.Value)
	}
}

func TestDaysPerWeekIsTheMedianOverCompleteWeeks(t *testing.T) {
	repo := versions(t)
	deployOn := func(days ...int) {
		for _, day := range days {
			repo.deploy("production", "V1", monday.AddDate(0, 0, day).Add(9*time.Hour))
		}
	}
	deployOn(0, 0, 1, 2) // three days of the first week
	deployOn(14, 15)     // none of the second, two of the third
	deployOn(21, 22, 23, 24, 25, 26)
	ask := func(from, to time.Time) []any {
		return values(repo.snapshot().Ask(dora.Question{
			Metric: dora.DeploymentFrequency, Statistic: dora.DaysPerWeek, Now: monday.AddDate(1, 0, 0), Spans: []dora.Span{{Start: from, End: to}},
		})[0])
	}
	assert.Equal(t, []any{2.0}, ask(monday, monday.AddDate(0, 0, 21)), "of 3, 0 and 2")
	assert.Equal(t, []any{1.0}, ask(monday.AddDate(0, 0, 1), monday.AddDate(0, 0, 25)), "of 0 and 2: the weeks at the edges are cut")
	assert.Equal(t, []any{nil}, ask(monday.AddDate(0, 0, 1), monday.AddDate(0, 0, 6)), "no complete week")
}

func TestALocalDayDecidesWhereADeploymentCounts(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	repo := versions(t)
	repo.deploy("production", "V1", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	repo.deploy("production", "V2", time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)) // 1 July in London
	count := func(zone *time.Location) []any {
		from := time.Date(2026, 6, 1, 0, 0, 0, 0, zone)
		return values(repo.snapshot().Ask(dora.Question{
			Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: monday.AddDate(1, 0, 0), Spans: dora.Month.Spans(from, from.AddDate(0, 2, 0), zone),
		})[0])
	}
	assert.Equal(t, []any{1.0, 0.0}, count(time.UTC))
	assert.Equal(t, []any{0.0, 1.0}, count(london))
}

func TestADayMayHaveTwentyThreeHours(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	from := time.Date(2026, 3, 28, 0, 0, 0, 0, london)
	var hours []float64
	for _, span := range dora.Day.Spans(from, from.AddDate(0, 0, 3), london) {
		hours = append(hours, span.End.Sub(span.Start).Hours())
	}
	assert.Equal(t, []float64{24, 23, 24}, hours)
}

func TestAnUnknownServiceHasNoSeries(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1")
	q := dora.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Spans: days(2), Now: hour(99)}
	q.Filters = []dora.Filter{{Field: dora.ByService, Values: []string{"nobody"}}}
	assert.Empty(t, repo.snapshot().Ask(q))
	q.Filters[0].Not = true
	assert.Len(t, repo.snapshot().Ask(q), 1)
}
