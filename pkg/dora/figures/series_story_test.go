package figures_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

func TestPercentilesInterpolateBetweenOrderStatistics(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Deploy("production", "base", doratest.Hour(1))
	for i, lead := range []float64{40, 10, 20, 30} { // hours
		name := string(rune('a' + i))
		repo.Squash(11+i, name).Commits[0].Authored = doratest.Hour(100 - lead)
	}
	repo.Deploy("production", "d", doratest.Hour(100))
	for statistic, hours := range map[dora.Statistic]float64{
		dora.Median: 25, dora.P75: 32.5, dora.P90: 37, dora.P95: 38.5, dora.Mean: 25, dora.Min: 10, dora.Max: 40,
	} {
		assert.InDelta(t, hours*3600, doratest.Total(t, repo.Snapshot(), dora.LeadTime, statistic), 1e-6, "%s", statistic)
	}
	assert.InDelta(t, 4, doratest.Total(t, repo.Snapshot(), dora.LeadTime, dora.N), 0)
}

// days are the first days of the story.
func days(n int) []figures.Span {
	return figures.Day.Spans(doratest.Monday, doratest.Monday.AddDate(0, 0, n), time.UTC)
}

// values are a series' figures: nil where there is none.
func values(series figures.Series) []any {
	list := make([]any, len(series.Points))
	for i, p := range series.Points {
		if p.Value != nil {
			list[i] = *p.Value
		}
	}
	return list
}

func TestAnEmptyBucketIsZeroForCountsAndNothingForTheRest(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Hour(30))
	repo.Deploy("production", "V2", doratest.Hour(78))
	ask := func(metric dora.Metric, statistic dora.Statistic) []any {
		return values(figures.Ask(repo.Snapshot(), figures.Question{Metric: metric, Statistic: statistic, Spans: days(5), Now: doratest.Monday.AddDate(0, 0, 30)})[0])
	}
	assert.Equal(t, []any{nil, 1.0, 0.0, 1.0, 0.0}, ask(dora.DeploymentFrequency, dora.CountOf), "the first day is before anything is known")
	assert.Equal(t, []any{nil, 1.0, 0.0, 1.0, 0.0}, ask(dora.DeploymentFrequency, dora.PerDay))
	assert.Equal(t, []any{nil, nil, nil, 78 * 3600.0, nil}, ask(dora.LeadTime, dora.Median))
	assert.Equal(t, []any{nil, 0.0, nil, 0.0, nil}, ask(dora.ChangeFailureRate, dora.RatioOf))
	assert.Equal(t, []any{nil, nil, nil, nil, nil}, ask(dora.RecoveryTime, dora.Median))
	assert.Equal(t, []any{nil, 0.0, nil, 0.0, nil}, ask(dora.ReworkRate, dora.RatioOf))
}

func TestBucketsThatTheRangeCutsOrThatAreUnderWayArePartial(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Monday)
	points := figures.Ask(repo.Snapshot(), figures.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: doratest.Hour(4 * 24),
		Spans: figures.Day.Spans(doratest.Hour(12), doratest.Hour(5*24-1), time.UTC),
	})[0].Points
	require.Len(t, points, 5)
	assert.True(t, points[0].Partial, "cut by the range's start")
	assert.False(t, points[1].Partial)
	assert.False(t, points[3].Partial, "just complete")
	assert.True(t, points[4].Partial, "under way, and cut by the range's end")
}

func TestABucketThatBeginsBeforeCollectionIsPartial(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Hour(30))
	points := figures.Ask(repo.Snapshot(), figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: doratest.Hour(400), Spans: days(3)})[0].Points
	assert.Equal(t, []bool{true, true, false}, []bool{points[0].Partial, points[1].Partial, points[2].Partial})
}

func TestBucketsYoungerThanTheIncidentWindowAreImmature(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Monday)
	points := figures.Ask(repo.Snapshot(), figures.Question{Metric: dora.ChangeFailureRate, Statistic: dora.RatioOf, Now: doratest.Hour(4 * 24), Spans: days(4)})[0].Points
	var immature []bool
	for _, p := range points {
		immature = append(immature, p.Immature)
	}
	assert.Equal(t, []bool{false, false, false, true}, immature, "a failure may come to light for a day")
}

func TestABucketMaturesOnceNoIncidentCanFallIntoItsWindow(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Monday)
	repo.Def.IncidentWindow = dora.Duration(36 * time.Hour)
	immature := func(now time.Time) bool {
		return figures.Ask(repo.Snapshot(), figures.Question{Metric: dora.ChangeFailureRate, Statistic: dora.RatioOf, Now: now, Spans: days(1)})[0].Points[0].Immature
	}
	assert.True(t, immature(doratest.Hour(24+36).Add(-time.Nanosecond)))
	assert.False(t, immature(doratest.Hour(24+36)), "the bucket's end is not in it, so the window's end is not either")
}

func TestWhereNothingWasCollectedEveryBucketIsPartial(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Mapping.Services = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.Repository}}}}
	for _, p := range figures.Ask(repo.Snapshot(), figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: doratest.Hour(999), Spans: days(2)})[0].Points {
		assert.True(t, p.Partial)
		assert.Nil(t, p.Value)
	}
}

func TestDaysPerWeekIsTheMedianOverCompleteWeeks(t *testing.T) {
	repo := doratest.Versions(t)
	deployOn := func(days ...int) {
		for _, day := range days {
			repo.Deploy("production", "V1", doratest.Monday.AddDate(0, 0, day).Add(9*time.Hour))
		}
	}
	deployOn(0, 0, 1, 2) // three days of the first week
	deployOn(14, 15)     // none of the second, two of the third
	deployOn(21, 22, 23, 24, 25, 26)
	ask := func(from, to time.Time) []any {
		return values(figures.Ask(repo.Snapshot(), figures.Question{
			Metric: dora.DeploymentFrequency, Statistic: dora.DaysPerWeek, Now: doratest.Monday.AddDate(1, 0, 0), Spans: []figures.Span{{Start: from, End: to}},
		})[0])
	}
	assert.Equal(t, []any{2.0}, ask(doratest.Monday, doratest.Monday.AddDate(0, 0, 21)), "of 3, 0 and 2")
	assert.Equal(t, []any{1.0}, ask(doratest.Monday.AddDate(0, 0, 1), doratest.Monday.AddDate(0, 0, 25)), "of 0 and 2: the weeks at the edges are cut")
	assert.Equal(t, []any{nil}, ask(doratest.Monday.AddDate(0, 0, 1), doratest.Monday.AddDate(0, 0, 6)), "no complete week")
}

func TestALocalDayDecidesWhereADeploymentCounts(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	repo.Deploy("production", "V2", time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)) // 1 July in London
	count := func(zone *time.Location) []any {
		from := time.Date(2026, 6, 1, 0, 0, 0, 0, zone)
		return values(figures.Ask(repo.Snapshot(), figures.Question{
			Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: doratest.Monday.AddDate(1, 0, 0), Spans: figures.Month.Spans(from, from.AddDate(0, 2, 0), zone),
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
	for _, span := range figures.Day.Spans(from, from.AddDate(0, 0, 3), london) {
		hours = append(hours, span.End.Sub(span.Start).Hours())
	}
	assert.Equal(t, []float64{24, 23, 24}, hours)
}

func TestAnUnknownServiceHasNoSeries(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	q := figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Spans: days(2), Now: doratest.Hour(99)}
	q.Filters = []dora.Filter{{Field: dora.ByService, Values: []string{"nobody"}}}
	assert.Empty(t, figures.Ask(repo.Snapshot(), q))
	q.Filters[0].Not = true
	assert.Len(t, figures.Ask(repo.Snapshot(), q), 1)
}
