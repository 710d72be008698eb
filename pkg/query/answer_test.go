package query_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
)

var (
	january  = query.Range{From: datasettest.At("Jan 01 00:00"), To: datasettest.At("Feb 01 00:00")}
	february = query.Range{From: datasettest.At("Feb 01 00:00"), To: datasettest.At("Mar 01 00:00")}
	later    = datasettest.At("Dec 01 00:00")
)

const hour = 3600.0

// answer asks the tiny organisation, under the query's own definition.
func answer(t *testing.T, text string, r query.Range) query.Figures {
	t.Helper()
	q := parse(t, text)
	return query.Answer(q, collected(t).Derive(q.Definition), r, later)
}

// history is what happened in the tiny organisation, and more.
func collected(t *testing.T, more ...dora.Event) *facts.Deriver {
	t.Helper()
	object, err := strict.Object([]byte(`{"sources":[{"id":"github","type":"github","repositories":["example-health/*"]}],"services":` + datasettest.Services + `}`))
	require.NoError(t, err)
	s, err := settings.Parse(systems.All, object, nil)
	require.NoError(t, err)
	history := facts.NewDeriver(s.Mapping())
	history.Apply(datasettest.Events()...)
	history.Apply(more...)
	return history
}

// one is the only figure of an answer.
func one(t *testing.T, series []figures.Series) figures.Point {
	t.Helper()
	require.Len(t, series, 1)
	require.Len(t, series[0].Points, 1)
	return series[0].Points[0]
}

func TestFiguresOfTheWholeRange(t *testing.T) {
	for _, c := range []struct {
		asks string
		want float64
		n, k int
	}{
		{`"metric":"deployment_frequency"`, 6, 6, 0},
		{`"metric":"deployment_frequency","statistic":"per_day"`, 6.0 / 31, 6, 0},
		{`"metric":"deployment_frequency","statistic":"median_days_per_week"`, 1.5, 6, 0},
		{`"metric":"lead_time"`, 18 * hour, 2, 0},
		{`"metric":"lead_time","statistic":"mean"`, 18 * hour, 2, 0},
		{`"metric":"lead_time","statistic":"min"`, 12 * hour, 2, 0},
		{`"metric":"lead_time","statistic":"max"`, 24 * hour, 2, 0},
		{`"metric":"lead_time","statistic":"p75"`, 21 * hour, 2, 0},
		{`"metric":"lead_time","statistic":"n"`, 2, 2, 0},
		{`"metric":"change_failure_rate"`, 2.0 / 6, 6, 2},
		{`"metric":"change_failure_rate","statistic":"k"`, 2, 6, 2},
		{`"metric":"change_failure_rate","statistic":"n"`, 6, 6, 2},
		{`"metric":"recovery_time"`, 14 * hour, 2, 0},
		{`"metric":"rework_rate"`, 1.0 / 6, 6, 1},
	} {
		p := one(t, answer(t, `{"format":"numeric",`+c.asks+`}`, january).Series)
		if assert.NotNil(t, p.Value, c.asks) {
			assert.InDelta(t, c.want, *p.Value, 1e-9, c.asks)
		}
		assert.Equal(t, c.n, p.N, c.asks)
		if c.k > 0 {
			assert.Equal(t, c.k, p.K, c.asks)
		}
	}
}

func TestAnOverriddenDefinitionGivesOtherFigures(t *testing.T) {
	p := one(t, answer(t, `{"format":"numeric","metric":"change_failure_rate","definition":{"evidence":["rollback"]}}`, january).Series)
	assert.Equal(t, 1, p.K)
	p = one(t, answer(t, `{"format":"numeric","metric":"lead_time","definition":{"bots":{"leadTime":"include"}}}`, january).Series)
	assert.Equal(t, 3, p.N)
	p = one(t, answer(t, `{"format":"numeric","metric":"recovery_time","definition":{"recovery":"incident"}}`, january).Series)
	assert.InDelta(t, 3*hour, *p.Value, 0)
}

func TestAFigureIsComparedWithThePeriodOfTheSameLengthBefore(t *testing.T) {
	half := query.Range{From: datasettest.At("Jan 08 00:00"), To: datasettest.At("Jan 15 00:00")}
	f := answer(t, `{"format":"numeric","metric":"lead_time","compare":"previous","groupBy":["service"]}`, half)
	require.Len(t, f.Series, 2)
	require.Len(t, f.Previous, 2)
	assert.Equal(t, map[string]string{"service": "booking"}, f.Series[0].Labels)
	assert.Equal(t, f.Series[0].Labels, f.Previous[0].Labels)
	assert.InDelta(t, 12*hour, *f.Series[0].Points[0].Value, 0)
	assert.InDelta(t, 24*hour, *f.Previous[0].Points[0].Value, 0)
	assert.Equal(t, datasettest.At("Jan 01 00:00"), f.Previous[0].Points[0].Start)
	assert.Nil(t, f.Series[1].Points[0].Value, "records shipped nothing with a lead time")
	assert.Nil(t, answer(t, `{"format":"numeric"}`, half).Previous)
}

func TestAutoBecomesTheBucketThatShowsARangeWell(t *testing.T) {
	f := answer(t, `{"metric":"deployment_frequency","timezone":"Europe/London"}`, january)
	assert.Equal(t, figures.Day, f.Bucket)
	require.Len(t, f.Series, 1)
	require.Len(t, f.Series[0].Points, 31)
	assert.InDelta(t, 1, *f.Series[0].Points[0].Value, 0)
	assert.InDelta(t, 0, *f.Series[0].Points[1].Value, 0, "a day without deployments is 0")
	f = answer(t, `{"metric":"lead_time","bucket":"month"}`, query.Range{From: january.From, To: february.To})
	require.Len(t, f.Series[0].Points, 2)
	assert.InDelta(t, 18*hour, *f.Series[0].Points[0].Value, 0)
	assert.InDelta(t, 48*hour, *f.Series[0].Points[1].Value, 0)
}

func TestStagesAreOneSeriesEach(t *testing.T) {
	f := answer(t, `{"queryType":"stages","format":"numeric","filters":[{"field":"service","values":["booking"]}]}`, query.Range{From: january.From, To: datasettest.At("Jan 07 00:00")})
	require.Len(t, f.Series, 4)
	for i, want := range []struct {
		stage string
		hours float64
	}{{"coding", 3}, {"pickup", 3}, {"review", 3}, {"deploy", 15}} {
		assert.Equal(t, map[string]string{"stage": want.stage}, f.Series[i].Labels)
		assert.Equal(t, dora.Seconds, f.Series[i].Unit)
		assert.InDelta(t, want.hours*hour, *f.Series[i].Points[0].Value, 0, want.stage)
	}
	f = answer(t, `{"queryType":"stages","format":"numeric","groupBy":["service"],"compare":"previous"}`, february)
	require.Len(t, f.Series, 8)
	assert.Len(t, f.Previous, 8)
	seen := map[string]bool{}
	for i, s := range f.Series {
		assert.Equal(t, s.Labels, f.Previous[i].Labels)
		seen[s.Labels["stage"]+" of "+s.Labels["service"]] = true
	}
	assert.Len(t, seen, 8)
}

func TestAnAnswerTellsWhatItRestsOn(t *testing.T) {
	for filters, want := range map[string]struct {
		services   int
		deployed   bool
		failedRuns int
	}{
		``:                                     {2, true, 1},
		`{"field":"team","values":["access"]}`: {1, true, 1},
		`{"field":"team","op":"not_in","values":["access"]}`:                                                     {1, true, 0},
		`{"field":"service","values":["nobody"]}`:                                                                {0, false, 0},
		`{"field":"environment","values":["production"]}`:                                                        {2, true, 1},
		`{"field":"environment","values":["moon"]}`:                                                              {0, false, 0},
		`{"field":"repository","values":["example-health/records"]}`:                                             {1, true, 0},
		`{"field":"service","values":["booking"]},{"field":"repository","values":["example-health/records"]}`:    {0, false, 0},
		`{"field":"service","values":[]},{"field":"environment","values":[]},{"field":"team","values":["care"]}`: {1, true, 0},
	} {
		f := answer(t, `{"format":"numeric","filters":[`+filters+`]}`, january)
		assert.Equal(t, want.services, f.Services, filters)
		assert.Equal(t, want.deployed, f.Deployed, filters)
		assert.Equal(t, want.failedRuns, f.Unmeasured[facts.ReasonFailedRun], filters)
	}
	f := answer(t, `{}`, january)
	assert.Equal(t, 1, f.Unmeasured[facts.ReasonBot])
}

func TestARangeWithoutLengthHasNoSeries(t *testing.T) {
	f := answer(t, `{"metric":"lead_time"}`, query.Range{From: january.From, To: january.From})
	assert.Empty(t, f.Series)
	p := one(t, answer(t, `{"metric":"lead_time","format":"numeric"}`, query.Range{From: january.From, To: january.From}).Series)
	assert.Nil(t, p.Value)
}

func TestARangeBeforeEverythingHasNoFigures(t *testing.T) {
	before := query.Range{From: january.From.Add(-1000 * time.Hour), To: january.From.Add(-500 * time.Hour)}
	for _, metric := range []string{"deployment_frequency", "lead_time", "change_failure_rate", "recovery_time", "rework_rate"} {
		p := one(t, answer(t, `{"format":"numeric","metric":"`+metric+`"}`, before).Series)
		assert.Nil(t, p.Value, "%s: nothing was collected then, so 0 would be a guess", metric)
	}
}
