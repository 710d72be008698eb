package figures_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones' rules must not depend on the machine

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Zones whose clocks changed at midnight, over midnight, or that left out a whole day.
var oddZones = []struct {
	name string
	year int
}{
	{"Europe/London", 2026},
	{"America/Sao_Paulo", 2017}, // midnight did not exist
	{"Asia/Beirut", 2022},       // likewise
	{"Atlantic/Azores", 2026},   // midnight came twice
	{"Pacific/Apia", 2011},      // 30 December did not exist
	{"America/Havana", 2025},    // both
	{"Australia/Lord_Howe", 2026},
	{"UTC", 2026},
}

var calendarBuckets = []figures.Bucket{figures.Day, figures.Week, figures.Month, figures.Quarter}

func TestBucketsCoverTheRangeWithoutGapOrOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.SampledFrom(oddZones).Draw(t, "zone")
		zone, err := time.LoadLocation(odd.name)
		require.NoError(t, err)
		bucket := rapid.SampledFrom(calendarBuckets).Draw(t, "bucket")
		from := time.Date(odd.year, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(-50, 370*24*60).Draw(t, "from")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(1, 120*24*60).Draw(t, "minutes")) * time.Minute)
		spans := bucket.Spans(from, to, zone)
		require.NotEmpty(t, spans)
		assert.True(t, spans[0].Start.Equal(from), "begins at %s, not %s", spans[0].Start, from)
		assert.True(t, spans[len(spans)-1].End.Equal(to), "ends at %s, not %s", spans[len(spans)-1].End, to)
		for i, span := range spans {
			assert.True(t, span.Start.Before(span.End), "%s – %s is empty", span.Start, span.End)
			if i == 0 {
				continue
			}
			assert.True(t, spans[i-1].End.Equal(span.Start), "gap or overlap at %s", span.Start)
			last, first := spans[i-1].End.Add(-time.Nanosecond).In(zone), span.Start.In(zone)
			assert.NotEqual(t, last.Format(time.DateOnly), first.Format(time.DateOnly), "a day is cut in two at %s", first)
			switch bucket {
			case figures.Week:
				// Where a Monday does not exist the week begins with its first day.
				_, lastWeek := last.ISOWeek()
				_, firstWeek := first.ISOWeek()
				assert.NotEqual(t, lastWeek, firstWeek)
			case figures.Month:
				assert.NotEqual(t, last.Month(), first.Month())
			case figures.Quarter:
				assert.NotEqual(t, (last.Month()-1)/3, (first.Month()-1)/3)
			}
			if i < len(spans)-1 && bucket == figures.Day {
				assert.False(t, span.Cut)
				end := span.End.Add(-time.Nanosecond).In(zone)
				assert.Equal(t, first.Format(time.DateOnly), end.Format(time.DateOnly), "two days in one")
			}
		}
	})
}

func TestNoZoneLosesOrDoublesADeployment(t *testing.T) {
	for _, odd := range oddZones {
		t.Run(odd.name, func(t *testing.T) {
			zone, err := time.LoadLocation(odd.name)
			require.NoError(t, err)
			repo := doratest.NewRepo(t)
			repo.Commit("a")
			begin := time.Date(odd.year, 1, 1, 0, 0, 0, 0, time.UTC)
			want := map[string]float64{}
			for at := begin.Add(24 * time.Hour); at.Year() == odd.year; at = at.Add(25 * time.Minute * 11) {
				repo.Deploy("production", "a", at)
				want[at.In(zone).Format(time.DateOnly)]++
			}
			q := figures.Question{
				Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: begin.AddDate(2, 0, 0),
				Spans: figures.Day.Spans(begin, begin.AddDate(1, 0, 2), zone),
			}
			got := map[string]float64{}
			for _, p := range figures.Ask(repo.Snapshot(), q)[0].Points {
				if p.Value != nil && *p.Value > 0 {
					got[p.Start.In(zone).Format(time.DateOnly)] += *p.Value
				}
			}
			require.Equal(t, want, got)
		})
	}
}
