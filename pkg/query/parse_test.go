package query_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/strict"
)

func parse(t *testing.T, text string) query.Query {
	t.Helper()
	q, err := query.Parse([]byte(text), dora.DefaultDefinition())
	require.NoError(t, err, text)
	return q
}

func TestAQueryThatSaysNothingAsksForDeploymentFrequency(t *testing.T) {
	for _, text := range []string{``, `{}`, `null`, `{"refId":"A","queryType":"","metric":null}`} {
		q := parse(t, text)
		assert.Equal(t, query.Query{
			Version: 1, Type: query.TypeMetric, Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Bucket: figures.Auto,
			Timezone: query.Zone{Location: time.UTC}, Format: query.TimeSeries, Compare: query.CompareNone, Benchmark: figures.NoBenchmark, Direction: query.AnyDirection,
			Definition: dora.DefaultDefinition(), Events: query.EventsDeployments, Field: dora.ByService, Stage: query.StageAll, Spread: query.SpreadQuartiles, Standing: query.OpenIncident,
		}, q, text)
	}
}

func TestAQueryIsReadWhole(t *testing.T) {
	q := parse(t, `{"version":1,"queryType":"metric","metric":"lead_time","statistic":"p90","bucket":"week","groupBy":["team","service"],
		"filters":[{"field":"service","op":"not_in","values":["a","b"]},{"field":"team","values":[]}],"timezone":"Europe/London","format":"numeric",
		"compare":"previous","definition":{"leadTimeStart":"merged"},"events":"failures","field":"team"}`)
	assert.Equal(t, dora.LeadTime, q.Metric)
	assert.Equal(t, dora.P90, q.Statistic)
	assert.Equal(t, figures.Week, q.Bucket)
	assert.Equal(t, []dora.Field{dora.ByTeam, dora.ByService}, q.GroupBy)
	assert.Equal(t, "Europe/London", q.Timezone.String())
	assert.Equal(t, query.Numeric, q.Format)
	assert.Equal(t, query.ComparePrevious, q.Compare)
	assert.Equal(t, query.EventsFailures, q.Events)
	assert.Equal(t, dora.ByTeam, q.Field)
	assert.Equal(t, []dora.Filter{{Field: dora.ByService, Not: true, Values: []string{"a", "b"}}}, q.DomainFilters(), "a filter without values restricts nothing")
}

func TestEachMetricHasADefaultStatistic(t *testing.T) {
	for metric, want := range map[string]dora.Statistic{
		"deployment_frequency": "count", "lead_time": "p50", "change_failure_rate": "ratio", "recovery_time": "p50", "rework_rate": "ratio",
	} {
		assert.Equal(t, want, parse(t, fmt.Sprintf(`{"metric":%q}`, metric)).Statistic)
	}
	assert.Equal(t, dora.Median, parse(t, `{"queryType":"stages"}`).Statistic)
	assert.Equal(t, dora.P75, parse(t, `{"queryType":"stages","metric":"rework_rate","statistic":"p75"}`).Statistic, "stages are of lead time, whatever the metric says")
	parse(t, `{"queryType":"events","statistic":"p50"}`) // what another query type left behind does no harm
}

func TestEveryMistakeNamesItsFieldAndWhatIsAllowed(t *testing.T) {
	const fields = "version, queryType, metric, statistic, bucket, rolling, groupBy, filters, timezone, format, compare, limits, benchmark, direction, definition, events, at, field, standing, live, range, stage"
	const bySeverity = `severity is a field of incidents: it goes with metric recovery_time and definition.recovery "incident" or "acknowledgement", and with rows of incidents; allowed here: service, team, environment, repository`
	const narrow = "windows that overlap move little, so that limits would be too narrow"
	for text, want := range map[string]string{
		`{"metrik":"lead_time"}`:                                   "metrik: there is no such key; allowed: " + fields,
		`{"version":2}`:                                            "version: 2 is of a later Live DORA; allowed: 1; update the plugin, or write the query anew",
		`{"version":0}`:                                            "version: 0 is not allowed; allowed: 1",
		`{"version":"one"}`:                                        `version: "one" is not allowed; allowed: a whole number`,
		`{"queryType":"ranking"}`:                                  `queryType: "ranking" is not allowed; allowed: metric, stages, spread, events, annotations, signals, values, collection, standing`,
		`{"metric":"velocity"}`:                                    `metric: "velocity" is not allowed; allowed: deployment_frequency, lead_time, change_failure_rate, recovery_time, rework_rate`,
		`{"metric":"lead_time","statistic":"ratio"}`:               `statistic: "ratio" is not allowed for metric lead_time; allowed: p50, p75, p90, p95, mean, min, max, n`,
		`{"statistic":"p50"}`:                                      `statistic: "p50" is not allowed for metric deployment_frequency; allowed: count, per_day, median_days_per_week`,
		`{"metric":"rework_rate","statistic":"p50"}`:               `statistic: "p50" is not allowed for metric rework_rate; allowed: ratio, k, n`,
		`{"queryType":"stages","statistic":"min"}`:                 `statistic: "min" is not allowed for stages; allowed: p50, p75, p90, p95, mean`,
		`{"statistic":"p42"}`:                                      `statistic: "p42" is not allowed`,
		`{"bucket":"hour"}`:                                        `bucket: "hour" is not allowed; allowed: auto, day, week, month, quarter`,
		`{"groupBy":["author"]}`:                                   `groupBy[0]: "author" is not allowed; allowed: service, team, environment, repository, severity`,
		`{"groupBy":["severity"]}`:                                 "groupBy[0]: " + bySeverity,
		`{"metric":"recovery_time","groupBy":["team","severity"]}`: "groupBy[1]: " + bySeverity,
		`{"queryType":"stages","definition":{"recovery":"incident"},"groupBy":["severity"]}`: "groupBy[0]: " + bySeverity,
		`{"queryType":"events","filters":[{"field":"severity","values":["1"]}]}`:             "filters[0].field: " + bySeverity,
		`{"bucket":"day","statistic":"median_days_per_week"}`:                                "bucket: day is not allowed with statistic median_days_per_week, which needs complete weeks; allowed: auto, week, month, quarter",
		`{"rolling":"28d"}`:                                              `rolling: "28d" is not allowed; allowed: a number of days or buckets, such as 28 days or 3 buckets`,
		`{"rolling":"0 days"}`:                                           `rolling: "0 days" is not allowed; allowed: from 1 to 3660 days or buckets`,
		`{"rolling":"9999 days"}`:                                        `rolling: "9999 days" is not allowed; allowed: from 1 to 3660 days or buckets`,
		`{"rolling":["28 days"]}`:                                        `rolling: a list is not allowed; allowed: text`,
		`{"rolling":"3 buckets","format":"numeric"}`:                     "rolling: 3 buckets is not allowed with format numeric, which has no buckets; allowed: days, such as 28 days",
		`{"queryType":"signals","rolling":"7 days"}`:                     "rolling: 7 days is not allowed with queryType signals: " + narrow + "; allowed: empty",
		`{"limits":"yes"}`:                                               `limits: "yes" is not allowed; allowed: true, false`,
		`{"limits":true,"rolling":"7 days"}`:                             "limits: true is not allowed with rolling 7 days: " + narrow + "; allowed: without rolling",
		`{"limits":true,"format":"numeric"}`:                             "limits: true is not allowed with format numeric, which has no buckets; allowed: with formats time_series, table",
		`{"benchmark":"2022"}`:                                           `benchmark: "2022" is not allowed; allowed: none, 2024, 2023`,
		`{"benchmark":2024,"metric":"rework_rate"}`:                      "benchmark: 2024 is not allowed for metric rework_rate, of which that report has no levels; allowed: none",
		`{"benchmark":"2024","metric":"lead_time","statistic":"p95"}`:    "benchmark: 2024 is not allowed with statistic p95; allowed: with p50",
		`{"direction":"up"}`:                                             `direction: "up" is not allowed; allowed: any, worse, better`,
		`{"queryType":"signals","metric":"velocity"}`:                    `metric: "velocity" is not allowed; allowed: all, deployment_frequency, lead_time, change_failure_rate, recovery_time, rework_rate`,
		`{"metric":"all"}`:                                               `metric: "all" is not allowed; allowed: deployment_frequency, lead_time, `,
		`{"queryType":"signals","statistic":"p90"}`:                      `statistic: "p90" is not allowed with all metrics; allowed: with one metric`,
		`{"queryType":"events","at":"monday"}`:                           `at: "monday" is not allowed; allowed: a time such as 2026-03-02T00:00:00Z, or milliseconds since 1970`,
		`{"groupBy":"service"}`:                                          `groupBy: "service" is not allowed; allowed: a list`,
		`{"groupBy":["service","team","service"]}`:                       "groupBy[2]: service is there twice",
		`{"filters":[{"values":["a"]}]}`:                                 "filters[0].field: is missing; allowed: service, team, environment, repository, severity",
		`{"filters":[{"field":"sha"}]}`:                                  `filters[0].field: "sha" is not allowed; allowed: service, team, environment, repository, severity`,
		`{"filters":[{"field":"team","op":"like"}]}`:                     `filters[0].op: "like" is not allowed; allowed: in, not_in`,
		`{"filters":[{"field":"team","values":"a"}]}`:                    `filters[0].values: "a" is not allowed; allowed: a list`,
		`{"filters":[{"field":"team","value":["a"]}]}`:                   "filters[0].value: there is no such key; allowed: field, op, values",
		`{"timezone":"Mars/Olympus"}`:                                    `timezone: "Mars/Olympus" is no time zone; allowed: the IANA name of one, such as Europe/London, or UTC`,
		`{"timezone":"browser"}`:                                         `timezone: "browser" is no time zone; allowed: the IANA name of one, such as Europe/London, or UTC`,
		`{"timezone":"Local"}`:                                           `timezone: "Local" is no time zone; allowed: the IANA name of one, such as Europe/London, or UTC`,
		`{"timezone":"../../etc/passwd"}`:                                `timezone: "../../etc/passwd" is no time zone`,
		`{"format":"logs"}`:                                              `format: "logs" is not allowed; allowed: time_series, numeric, table`,
		`{"compare":"last_year"}`:                                        `compare: "last_year" is not allowed; allowed: none, previous`,
		`{"compare":"previous"}`:                                         "compare: previous is not allowed with format time_series; allowed: with formats numeric, tile",
		`{"compare":"previous","format":"table"}`:                        "compare: previous is not allowed with format table; allowed: with formats numeric, tile",
		`{"definition":{"unit":"story"}}`:                                `definition.unit: "story" is not allowed; allowed: change, pull_request, commit`,
		`{"definition":{"evidence":["hunch"]}}`:                          `definition.evidence[0]: "hunch" is not allowed; allowed: explicit, rollback, remedy, incident`,
		`{"definition":{"incidentWindow":"0h"}}`:                         "definition.incidentWindow: 0",
		`{"definition":{"bots":{"pattern":"("}}}`:                        `definition.bots.pattern: "(" is not a regular expression`,
		`{"definition":{"units":"x"}}`:                                   "definition.units: there is no such key; allowed: unit, leadTimeStart, ",
		`{"events":"commits"}`:                                           `events: "commits" is not allowed; allowed: deployments, changes, incidents, failures, recoveries, open, failing, waiting`,
		`{"queryType":"annotations","events":"open"}`:                    `events: open is not allowed for annotations; allowed: deployments, changes, incidents, failures, recoveries`,
		`{"format":"distribution"}`:                                      `format: distribution is not allowed for metric deployment_frequency; allowed: for metrics that are lengths of time`,
		`{"queryType":"stages","format":"distribution"}`:                 `format: distribution is not allowed for stages`,
		`{"queryType":"spread","format":"tile"}`:                         `format: tile is not allowed for queryType spread; allowed: time_series, numeric, table, chart`,
		`{"queryType":"spread","groupBy":["service"]}`:                   `groupBy: is not allowed for queryType spread, which tells of services and names none; allowed: empty, and filters`,
		`{"queryType":"spread","format":"numeric","compare":"previous"}`: `compare: previous is not allowed for queryType spread; allowed: none`,
		`{"queryType":"spread","limits":true}`:                           `limits: true is not allowed for queryType spread; allowed: false`,
		`{"queryType":"spread","spread":"names"}`:                        `spread: "names" is not allowed; allowed: quartiles, counted`,
		`{"queryType":"stages","stage":"testing"}`:                       `stage: "testing" is not allowed; allowed: all, longest`,
		`{"queryType":"signals","format":"distribution"}`:                `format: distribution is not allowed for queryType signals; allowed: table, time_series, numeric`,
		`{"metric":"lead_time","format":"distribution","limits":true}`:   "limits: true is not allowed with format distribution",
		`{"field":"sha"}`:                                                `field: "sha" is not allowed; allowed: service, team, environment, repository, severity`,
		`[]`:                                                             "the query: not a JSON object: it is a list",
		`{"a`:                                                            "the query: not a JSON object: unexpected end of JSON input",
	} {
		_, err := query.Parse([]byte(text), dora.DefaultDefinition())
		var mistake *strict.Error
		if assert.ErrorAs(t, err, &mistake, text) {
			assert.True(t, strings.HasPrefix(err.Error(), want), "%s\n got: %s\nwant: %s", text, err, want)
		}
	}
}

func TestAllMistakesAreToldTogether(t *testing.T) {
	_, err := query.Parse([]byte(`{"statistic":"p50","compare":"previous","groupBy":["team","team"]}`), dora.DefaultDefinition())
	var joined interface{ Unwrap() []error }
	require.True(t, errors.As(err, &joined))
	assert.Len(t, joined.Unwrap(), 3)
}

func TestOneQueryCarriesABoundedNumberOfValues(t *testing.T) {
	values := func(n int) string { return `"` + strings.Repeat(`a","`, n-1) + `a"` }
	parse(t, `{"filters":[{"field":"service","values":[`+values(1000)+`]}]}`)
	_, err := query.Parse([]byte(`{"filters":[{"field":"service","values":[`+values(1001)+`]}]}`), dora.DefaultDefinition())
	assert.EqualError(t, err, "filters[0].values: 1001 are too many; allowed: 1000")
	_, err = query.Parse([]byte(`{"filters":[`+strings.Repeat(`{"field":"team"},`, 50)+`{"field":"team"}]}`), dora.DefaultDefinition())
	assert.EqualError(t, err, "filters: 51 are too many; allowed: 50")
}

func TestGrafanasOwnKeysAreLeftAlone(t *testing.T) {
	parse(t, `{"refId":"A","datasource":{"type":"livedora-dora-datasource","uid":"x"},"datasourceId":1,"intervalMs":60000,"maxDataPoints":500,
		"hide":false,"key":"Q-1","queryCachingTTL":0,"timeRange":{"from":"now-1h","to":"now"},"resultAssertions":{},"metric":"lead_time"}`)
}

func TestAQueryOverridesPartsOfTheDefinition(t *testing.T) {
	base := dora.DefaultDefinition()
	base.Hotfix.Labels = []string{"urgent"}
	q, err := query.Parse([]byte(`{"definition":{"evidence":["incident"],"incidentWindow":"2h","bots":{"leadTime":"include"},"hotfix":{"branches":"^fix/"}}}`), base)
	require.NoError(t, err)
	assert.Equal(t, []dora.EvidenceKind{dora.EvidenceIncident}, q.Definition.Evidence)
	assert.Equal(t, 2*time.Hour, time.Duration(q.Definition.IncidentWindow))
	assert.Equal(t, dora.Include, q.Definition.Bots.LeadTime)
	assert.True(t, q.Definition.Bots.Pattern.Match("renovate[bot]"), "the rest of the data source's stays")
	assert.Equal(t, []string{"urgent"}, q.Definition.Hotfix.Labels)
	assert.Equal(t, "^fix/", q.Definition.Hotfix.Branches.String())

	untouched := dora.DefaultDefinition()
	untouched.Hotfix.Labels = []string{"urgent"}
	assert.True(t, dora.Same(untouched, base), "the data source's own is not changed")
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"queryType":"stages","statistic":"p75"}`, `{"metric":"lead_time","groupBy":["team"],"timezone":"America/St_Johns"}`,
		`{"filters":[{"field":"team","op":"not_in","values":[1,true,null]}]}`, `{"version":1e99}`, `{"definition":{"bots":null,"evidence":[[]]}}`,
		`{"timezone":"\u0000"}`, `{"compare":"previous","format":"numeric"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := query.Parse(text, dora.DefaultDefinition())
		if err != nil {
			var mistake *strict.Error
			require.ErrorAs(t, err, &mistake)
			require.NotEmpty(t, mistake.Field)
			return
		}
		require.NotNil(t, q.Metric.Row())
		require.NotNil(t, q.Statistic.Row())
		require.NotNil(t, q.Timezone.Location)
	})
}
