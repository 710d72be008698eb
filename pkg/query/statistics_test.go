package query_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

func TestARollingFigureLooksBackFromItsBucketsEnd(t *testing.T) {
	middle := query.Range{From: datasettest.At("Jan 15 00:00"), To: datasettest.At("Jan 29 00:00")}
	f := answer(t, `{"metric":"deployment_frequency","bucket":"week","rolling":"14 days"}`, middle)
	require.Len(t, f.Series[0].Points, 2)
	assert.InDelta(t, 3, *f.Series[0].Points[0].Value, 0, "Jan 08 to 21: 103, 104, 106")
	assert.InDelta(t, 2, *f.Series[0].Points[1].Value, 0, "Jan 15 to 28")
	f = answer(t, `{"metric":"deployment_frequency","bucket":"week","rolling":"3 buckets"}`, middle)
	assert.InDelta(t, 6, *f.Series[0].Points[0].Value, 0, "back to the year's first day")
}

func TestOneRollingNumberIsOfTheDaysBeforeTheRangesEnd(t *testing.T) {
	f := answer(t, `{"metric":"deployment_frequency","rolling":"7 days","format":"numeric","compare":"previous"}`, january)
	p := one(t, f.Series)
	assert.Equal(t, datasettest.At("Jan 25 00:00"), p.Start)
	assert.InDelta(t, 0, *p.Value, 0)
	assert.Equal(t, datasettest.At("Jan 18 00:00"), f.Previous[0].Points[0].Start)
	assert.Equal(t, datasettest.At("Jan 25 00:00"), f.Previous[0].Points[0].End)
	assert.Equal(t, datasettest.At("Jan 25 00:00"), f.Range.From, "what could not be measured is counted there too")
}

func TestRollingAndMomentsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, text := range []string{"", "1 day", "28 days", "1 bucket", "12 buckets"} {
		q := parse(t, fmt.Sprintf(`{"rolling":%q}`, text))
		assert.Equal(t, text, q.Rolling.String())
	}
	q := parse(t, `{"queryType":"events","at":1772409600000,"rolling":"28 days"}`)
	text, err := json.Marshal(q)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"at":"2026-03-02T00:00:00Z"`)
	assert.Contains(t, string(text), `"rolling":"28 days"`)
	again := parse(t, `{"queryType":"events","at":"2026-03-02T01:00:00+01:00"}`)
	assert.True(t, q.At.Equal(again.At.Time))
}

func TestAMomentNarrowsTheRangeToWhatItsFigureRestsOn(t *testing.T) {
	r := query.Range{From: datasettest.At("Jan 03 12:00"), To: datasettest.At("Jan 31 12:00")}
	within := func(text string) string {
		q := parse(t, `{"queryType":"events",`+text+`}`)
		narrow := q.Within(r)
		return narrow.From.UTC().Format("Jan 02 15:04") + " – " + narrow.To.UTC().Format("Jan 02 15:04")
	}
	assert.Equal(t, "Jan 03 12:00 – Jan 31 12:00", within(`"bucket":"week"`))
	assert.Equal(t, "Jan 08 00:00 – Jan 15 00:00", within(`"bucket":"week","at":"2024-01-08T00:00:00Z"`))
	assert.Equal(t, "Jan 08 00:00 – Jan 15 00:00", within(`"bucket":"week","at":"2024-01-14T23:59:59Z"`))
	assert.Equal(t, "Jan 09 05:00 – Jan 10 05:00", within(`"bucket":"day","timezone":"America/New_York","at":"2024-01-09T12:00:00Z"`))
	assert.Equal(t, "Jan 03 12:00 – Jan 08 00:00", within(`"bucket":"week","at":"2024-01-03T12:00:00Z"`), "the range cuts the first")
	assert.Equal(t, "Jan 29 00:00 – Jan 31 12:00", within(`"bucket":"week","at":"2024-01-29T00:00:00Z"`), "and the last")
	assert.Equal(t, "Dec 18 00:00 – Jan 15 00:00", within(`"bucket":"week","rolling":"28 days","at":"2024-01-08T00:00:00Z"`), "a window looks back before the range")
	assert.Equal(t, "Jan 04 00:00 – Jan 05 00:00", within(`"at":"2024-01-04T00:00:00Z"`), "auto is what it is for the range")
}

func TestDaysPerWeekNeedWeeks(t *testing.T) {
	f := answer(t, `{"statistic":"median_days_per_week"}`, january)
	assert.Equal(t, figures.Week, f.Bucket, "auto would be days")
	assert.InDelta(t, 3, *f.Series[0].Points[0].Value, 0, "Jan 01 to 07: days 1, 3 and 5")
}

func TestWhatCouldNotBeMeasuredIsOfTheRange(t *testing.T) {
	f := answer(t, `{"metric":"lead_time"}`, january)
	assert.Equal(t, map[facts.Reason]int{facts.ReasonFirstDeployment: 2, facts.ReasonBot: 1, facts.ReasonFailedRun: 1}, f.Unmeasured)
	assert.Empty(t, answer(t, `{"metric":"lead_time"}`, february).Unmeasured)
}

func TestSeverityGroupsRecoveryFromIncident(t *testing.T) {
	f := answer(t, `{"metric":"recovery_time","format":"numeric","definition":{"recovery":"incident"},"groupBy":["severity"]}`, january)
	n := 0
	for _, series := range f.Series {
		assert.Contains(t, series.Labels, "severity")
		n += series.Points[0].N
	}
	whole := one(t, answer(t, `{"metric":"recovery_time","format":"numeric","definition":{"recovery":"incident"}}`, january).Series)
	assert.Equal(t, whole.N, n)
}

// fewer is a service that deploys five times on each Monday, and once in the last of thirteen weeks.
func fewer(t *testing.T) *facts.Snapshot {
	t.Helper()
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	number := int64(0)
	for week := range 13 {
		times := 5 - week%2
		if week == 12 {
			times = 0
		}
		for i := range times {
			number++
			at := datasettest.At("Jan 01 09:00").AddDate(0, 0, 7*week).Add(time.Duration(i) * time.Hour)
			h.Apply(&dora.Deployment{
				Header: dora.Header{Source: "github", ID: fmt.Sprintf("example-health/booking:deployment:%d", number)}, Repository: "example-health/booking",
				Number: number, Environment: "production", SHA: datasettest.SHA("b1"), Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
			})
		}
	}
	return h.Derive(dora.DefaultDefinition())
}

func watch(t *testing.T, text string, weeks int) query.Changes {
	t.Helper()
	from := datasettest.At("Jan 01 00:00")
	r := query.Range{From: from.AddDate(0, 0, -7), To: from.AddDate(0, 0, 7*weeks).Add(time.Hour)}
	return query.Watch(parse(t, text), fewer(t), r, r.To)
}

func TestASignalIsActiveInTheNewestCompleteMatureBucket(t *testing.T) {
	const frequency = `"queryType":"signals","metric":"deployment_frequency","bucket":"week"`
	c := watch(t, `{`+frequency+`}`, 14)
	require.Len(t, c.Watched, 1)
	w := c.Watched[0]
	require.NotNil(t, w.Limits)
	assert.Equal(t, 12, w.Limits.Buckets, "not those that begin before everything, nor that of which an hour is over")
	assert.Equal(t, 13, w.Newest, "the week from Mar 25, counted from the week before everything")
	require.Len(t, w.Signals, 1)
	assert.Equal(t, figures.Signal{Rule: figures.RuleOutside, Side: figures.Below, Bearing: dora.Worse, Points: []int{13}}, w.Signals[0])
	assert.InDelta(t, 1, *w.Active(w.Newest), 0)
	assert.InDelta(t, 0, *w.Active(w.Newest - 1), 0)
	assert.Nil(t, w.Active(w.Newest+1), "not over yet")
	assert.InDelta(t, 1, *watchOne(t, `{`+frequency+`,"direction":"worse"}`, 14), 0)
	assert.InDelta(t, 0, *watchOne(t, `{`+frequency+`,"direction":"better"}`, 14), 0)
	assert.Nil(t, watchOne(t, `{`+frequency+`}`, 7), "seven weeks are too few to tell")
}

func watchOne(t *testing.T, text string, weeks int) *float64 {
	t.Helper()
	c := watch(t, text, weeks)
	require.Len(t, c.Watched, 1)
	return c.Watched[0].Active(c.Watched[0].Newest)
}

func TestSignalsWatchAllFiveMetricsUnlessOneIsNamed(t *testing.T) {
	for _, text := range []string{`{"queryType":"signals","bucket":"week"}`, `{"queryType":"signals","metric":"all","bucket":"week"}`} {
		c := watch(t, text, 14)
		var metrics []string
		for _, w := range c.Watched {
			metrics = append(metrics, string(w.Metric))
			assert.Equal(t, w.Metric.Row().Statistics[0], w.Statistic)
		}
		assert.Equal(t, dora.Metric("").Allowed(), metrics)
	}
	assert.Equal(t, dora.P90, watch(t, `{"queryType":"signals","metric":"lead_time","statistic":"p90"}`, 14).Watched[0].Statistic)
}

func TestLimitsComeWithAMetricsSeries(t *testing.T) {
	q := parse(t, `{"bucket":"week","limits":true,"groupBy":["service"]}`)
	from := datasettest.At("Jan 01 00:00")
	f := query.Answer(q, fewer(t), query.Range{From: from, To: from.AddDate(0, 0, 91)}, later)
	require.Len(t, f.Limits, 1)
	assert.Equal(t, 12, f.Limits[0].Buckets)
	assert.Nil(t, query.Answer(parse(t, `{"bucket":"week"}`), fewer(t), query.Range{From: from, To: from.AddDate(0, 0, 91)}, later).Limits)
}
