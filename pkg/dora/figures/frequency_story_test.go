package figures_test

import (
	"slices"
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

// daysPerWeek is DORA's form of deployment frequency over a range, asked at a time.
func daysPerWeek(s *facts.Snapshot, from, to, now time.Time) *float64 {
	return figures.Ask(s, figures.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.DaysPerWeek, Now: now, Spans: []figures.Span{{Start: from, End: to}},
	})[0].Points[0].Value
}

func TestAWeekThatIsNotOverIsNotComplete(t *testing.T) {
	repo := doratest.Versions(t)
	for day := range 9 {
		repo.Deploy("production", "V1", doratest.Monday.AddDate(0, 0, day).Add(9*time.Hour))
	}
	s := repo.Snapshot()
	assert.InDelta(t, 7, *daysPerWeek(s, doratest.Monday, doratest.Monday.AddDate(0, 0, 14), doratest.Monday.AddDate(0, 0, 9)), 0, "the second week is under way")
	assert.InDelta(t, 4.5, *daysPerWeek(s, doratest.Monday, doratest.Monday.AddDate(0, 0, 14), doratest.Monday.AddDate(0, 0, 14)), 0, "the median of 7 and 2")
}

func TestOfAWeekBeforeEverythingNothingIsKnown(t *testing.T) {
	repo := doratest.Versions(t)
	for day := range 4 {
		repo.Deploy("production", "V1", doratest.Monday.AddDate(0, 0, 2+day).Add(9*time.Hour))
	}
	year := doratest.Monday.AddDate(1, 0, 0)
	assert.InDelta(t, 4, *daysPerWeek(repo.Snapshot(), doratest.Monday.AddDate(0, 0, -70), doratest.Monday.AddDate(0, 0, 7), year), 0, "not the median of eleven weeks, ten of them empty")
	assert.InDelta(t, 2, *daysPerWeek(repo.Snapshot(), doratest.Monday, doratest.Monday.AddDate(0, 0, 14), year), 0, "an empty week after is one")
}

func TestTheZoneDecidesOnWhichDayAndInWhichWeekADeploymentIs(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	require.NoError(t, err)
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Monday.Add(-time.Hour))     // Sunday in UTC, Monday in Auckland
	repo.Deploy("production", "V1", doratest.Monday.Add(13*time.Hour))   // Monday in UTC, Tuesday in Auckland
	repo.Deploy("production", "V1", doratest.Monday.Add(6*24*time.Hour)) // Sunday in both
	year := doratest.Monday.AddDate(1, 0, 0)
	assert.InDelta(t, 2, *daysPerWeek(repo.Snapshot(), doratest.Monday, doratest.Monday.AddDate(0, 0, 7), year), 0)
	local := time.Date(2026, 3, 2, 0, 0, 0, 0, auckland)
	assert.InDelta(t, 3, *daysPerWeek(repo.Snapshot(), local, local.AddDate(0, 0, 7), year), 0)
}

func TestPerDayCountsDaysByTheClockOnTheWall(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	repo := doratest.Versions(t)
	begin := time.Date(2026, 3, 28, 0, 0, 0, 0, london) // the clocks go forward on the 29th
	for i := range 6 {
		repo.Deploy("production", "V1", begin.Add(time.Duration(i)*11*time.Hour))
	}
	perDay := func(from, to time.Time) float64 {
		return *figures.Ask(repo.Snapshot(), figures.Question{
			Metric: dora.DeploymentFrequency, Statistic: dora.PerDay, Now: begin.AddDate(1, 0, 0), Spans: []figures.Span{{Start: from, End: to}},
		})[0].Points[0].Value
	}
	assert.InDelta(t, 2, perDay(begin, begin.AddDate(0, 0, 3)), 1e-12, "six in three days, one of which has 23 hours")
	assert.InDelta(t, 4/(1+0.5), perDay(begin, begin.AddDate(0, 0, 1).Add(23*time.Hour/2)), 1e-12, "half of the short day is half a day")
}

// The naive reading walks the calendar a day at a time.
func TestDaysPerWeekAgreesWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/London", "America/Sao_Paulo", "Pacific/Apia"}).Draw(rt, "zone"))
		require.NoError(rt, err)
		repo := doratest.Versions(t)
		begin := time.Date(2017, 9, 20, 0, 0, 0, 0, zone)
		finishes := rapid.SliceOfN(rapid.IntRange(0, 60*24), 1, 40).Draw(rt, "hours")
		for _, after := range finishes {
			repo.Deploy("production", "V1", begin.Add(time.Duration(after)*time.Hour))
		}
		from := begin.AddDate(0, 0, rapid.IntRange(-20, 30).Draw(rt, "from"))
		to := from.Add(time.Duration(rapid.IntRange(1, 50*24).Draw(rt, "length")) * time.Hour)
		now := begin.AddDate(0, 0, rapid.IntRange(0, 90).Draw(rt, "now"))

		type week struct{ year, number int }
		weekOf := func(at time.Time) week {
			year, number := at.In(zone).ISOWeek()
			return week{year, number}
		}
		days := map[week]map[string]bool{}
		for _, after := range finishes {
			at := begin.Add(time.Duration(after) * time.Hour)
			if days[weekOf(at)] == nil {
				days[weekOf(at)] = map[string]bool{}
			}
			days[weekOf(at)][at.In(zone).Format(time.DateOnly)] = true
		}
		first := begin.Add(time.Duration(slices.Min(finishes)) * time.Hour)
		cut, known := map[week]bool{}, map[week]bool{}
		for at := from.AddDate(0, 0, -8); at.Before(to.AddDate(0, 0, 8)); at = at.Add(time.Hour) {
			if at.Before(from) || !at.Before(to) || !at.Before(now) {
				cut[weekOf(at)] = true
			}
			if !at.Before(first) {
				known[weekOf(at)] = true
			}
		}
		var counts []float64
		for complete := range known {
			if !cut[complete] {
				counts = append(counts, float64(len(days[complete])))
			}
		}
		got := daysPerWeek(repo.Snapshot(), from, to, now)
		if len(counts) == 0 {
			require.Nil(rt, got)
			return
		}
		require.NotNil(rt, got)
		slices.Sort(counts)
		middle := len(counts) / 2
		want := counts[middle]
		if len(counts)%2 == 0 {
			want = (counts[middle-1] + counts[middle]) / 2
		}
		require.InDelta(rt, want, *got, 0)
	})
}
