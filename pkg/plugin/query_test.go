package plugin_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/plugin"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestFramesAreAsTheyWere(t *testing.T) {
	g, i := tiny(t)
	for name, query := range map[string]string{
		"metric_time_series":      `{"metric":"deployment_frequency","bucket":"month","groupBy":["service"]}`,
		"metric_time_series_rate": `{"metric":"change_failure_rate","bucket":"month","timezone":"Europe/London"}`,
		"metric_numeric":          `{"metric":"lead_time","statistic":"p90","format":"numeric","groupBy":["team"]}`,
		"metric_numeric_compare":  `{"metric":"lead_time","format":"numeric","compare":"previous"}`,
		"metric_table":            `{"metric":"rework_rate","format":"table","bucket":"quarter","groupBy":["service","environment"]}`,
		"metric_rolling":          `{"metric":"deployment_frequency","bucket":"month","rolling":"28 days","filters":[{"field":"service","values":["booking"]}],"timezone":"Europe/London"}`,
		"metric_limits":           `{"metric":"deployment_frequency","bucket":"week","limits":true}`,
		"metric_table_limits":     `{"metric":"change_failure_rate","bucket":"month","limits":true,"format":"table"}`,
		"metric_severity":         `{"metric":"recovery_time","format":"numeric","definition":{"recovery":"incident"},"groupBy":["severity"]}`,
		"metric_benchmark":        `{"metric":"lead_time","format":"numeric","benchmark":"2024"}`,
		"signals_numeric":         `{"queryType":"signals","bucket":"week","groupBy":["service"],"format":"numeric","metric":"deployment_frequency","direction":"worse"}`,
		"signals_time_series":     `{"queryType":"signals","bucket":"week","metric":"deployment_frequency","format":"time_series"}`,
		"events_recoveries":       `{"queryType":"events","events":"recoveries"}`,
		"events_at":               `{"queryType":"events","events":"changes","at":"2024-01-08T00:00:00Z","bucket":"week"}`,
		"stages_numeric":          `{"queryType":"stages","format":"numeric","filters":[{"field":"service","values":["booking"]}]}`,
		"stages_table":            `{"queryType":"stages","format":"table","bucket":"quarter","groupBy":["service"]}`,
		"events_deployments":      `{"queryType":"events"}`,
		"events_changes":          `{"queryType":"events","events":"changes"}`,
		"events_incidents":        `{"queryType":"events","events":"incidents"}`,
		"annotations_deployments": `{"queryType":"annotations"}`,
		"annotations_incidents":   `{"queryType":"annotations","events":"incidents"}`,
		"values":                  `{"queryType":"values","field":"service"}`,
	} {
		t.Run(name, func(t *testing.T) {
			answer := backend.DataResponse{Frames: g.one(i, query)}
			for _, frame := range answer.Frames {
				if frame.Meta != nil {
					frame.Meta.Notices = nil // they depend on how far collection is; other tests read them
				}
			}
			experimental.CheckGoldenJSONResponse(t, "testdata", name, &answer, *update)
		})
	}
}

func TestEveryMetricStatisticAndFormatIsAsAlertingNeedsIt(t *testing.T) {
	g, i := tiny(t)
	for _, metric := range dora.Metrics {
		for _, statistic := range metric.Statistics {
			for _, format := range []string{"time_series", "numeric", "table"} {
				query := fmt.Sprintf(`{"metric":%q,"statistic":%q,"format":%q,"bucket":"week","groupBy":["service","team"]}`, metric.Key, statistic, format)
				frames := g.one(i, query)
				unit := map[dora.Measure]string{dora.Count: "short", dora.Seconds: "s", dora.Ratio: "percentunit"}[statistic.UnitOf(metric.Unit)]
				seen := map[string]bool{}
				for _, frame := range frames {
					switch format {
					case "time_series":
						assert.Equal(t, data.FrameTypeTimeSeriesWide, frame.Meta.Type, query)
						require.Len(t, frame.Fields, 3, query)
						assertAscending(t, frame.Fields[0])
						assert.Equal(t, "time", frame.Fields[0].Name)
					case "numeric":
						assert.Equal(t, data.FrameTypeNumericMulti, frame.Meta.Type, query)
						require.Len(t, frame.Fields, 1, query)
						assert.Equal(t, 1, frame.Rows())
					default:
						assert.Equal(t, data.VisTypeTable, string(frame.Meta.PreferredVisualization))
						name := string(metric.Key) + "_" + string(statistic)
						if statistic == dora.CountOf || statistic == dora.RatioOf {
							name = string(metric.Key)
						}
						value, _ := frame.FieldByName(name)
						require.NotNil(t, value, query)
						assert.Equal(t, unit, value.Config.Unit, query)
						continue
					}
					assert.Equal(t, data.FrameTypeVersion{0, 1}, frame.Meta.TypeVersion)
					for _, field := range frame.Fields {
						if field.Type() == data.FieldTypeTime {
							continue
						}
						assert.Equal(t, data.FieldTypeNullableFloat64, field.Type(), query)
						assert.Equal(t, unit, field.Config.Unit, query)
						assert.NotEmpty(t, field.Config.DisplayNameFromDS)
						assert.Len(t, field.Labels, 2)
						assert.False(t, seen[field.Labels.String()], "%s: %s twice", query, field.Labels)
						seen[field.Labels.String()] = true
					}
				}
			}
		}
	}
}

func assertAscending(t *testing.T, field *data.Field) {
	t.Helper()
	for row := 1; row < field.Len(); row++ {
		assert.True(t, field.At(row).(time.Time).After(field.At(row-1).(time.Time)))
	}
}

func TestATilesLineTellsWhatItRestsOnAndHowItChanged(t *testing.T) {
	g, i := tiny(t)
	line := func(query string, from, to time.Time) []string {
		answered, err := i.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: []byte(`{"format":"numeric","compare":"previous",` + query + `}`), TimeRange: backend.TimeRange{From: from, To: to},
		}}})
		require.NoError(t, err)
		require.NoError(t, answered.Responses["A"].Error)
		var lines []string
		for _, frame := range answered.Responses["A"].Frames {
			lines = append(lines, frame.Fields[0].Config.DisplayNameFromDS)
		}
		return lines
	}
	january, february, march := year.From, year.From.AddDate(0, 1, 0), year.From.AddDate(0, 2, 0)
	second, third := year.From.AddDate(0, 0, 7), year.From.AddDate(0, 0, 14)
	assert.Equal(t, []string{"2 changes · no figure for the 31 days before"}, line(`"metric":"lead_time"`, january, february))
	assert.Equal(t, []string{"1 change · 167\u202f% longer than the 29 days before (18.0\u202fh)"}, line(`"metric":"lead_time"`, february, march))
	assert.Equal(t, []string{"1 change · 50\u202f% shorter than the 7 days before (1.0\u202fd)"}, line(`"metric":"lead_time"`, second, third))
	assert.Equal(t, []string{"80\u202f% less than the 29 days before (5)"}, line(`"metric":"deployment_frequency"`, february, march))
	assert.Equal(t, []string{"0 of 1 deployment · 40.0 points less than the 29 days before (40.0\u202f%)"}, line(`"metric":"change_failure_rate"`, february, march))
	assert.Equal(t, []string{"1 of 1 deployment · 100.0 points more than the 7 days before (0.0\u202f%)"}, line(`"metric":"change_failure_rate"`, second, third))
	assert.Equal(t, []string{"no recoveries · 14.0\u202fh in the 29 days before"}, line(`"metric":"recovery_time"`, february, march))
	assert.Equal(t, []string{"booking · 2 changes · no figure for the 31 days before", "records · no changes · no figure for the 31 days before"},
		line(`"metric":"lead_time","groupBy":["service"]`, january, february))
	stages := line(`"queryType":"stages"`, february, march)
	assert.Equal(t, []string{"coding", "pickup", "review", "deploy"}, firstWords(stages), "stages can be told apart")
	_ = g
}

func firstWords(lines []string) []string {
	var words []string
	for _, line := range lines {
		word, _, _ := strings.Cut(line, " · ")
		words = append(words, word)
	}
	return words
}

func TestTheQueryTypeMayBeGrafanasOwnField(t *testing.T) {
	_, i := tiny(t)
	for _, text := range []string{``, `null`, `{}`, `{"queryType":""}`} {
		answered, err := i.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
			{RefID: "A", QueryType: "collection", JSON: []byte(text), TimeRange: year},
		}})
		require.NoError(t, err)
		require.NoError(t, answered.Responses["A"].Error, text)
		assert.Equal(t, "collection", answered.Responses["A"].Frames[0].Name, text)
	}
}

func TestOneBadQueryDoesNotTouchTheOthers(t *testing.T) {
	g, i := tiny(t)
	answers := g.ask(i, `{"metric":"lead_time"}`, `{"metric":"velocity"}`, `{"queryType":"values"}`, `{"a`)
	require.NoError(t, answers["A"].Error)
	assert.NotEmpty(t, answers["A"].Frames)
	require.NoError(t, answers["C"].Error)
	for ref, want := range map[string]string{"B": `metric: "velocity" is not allowed; allowed: `, "D": "the query: not a JSON object: "} {
		assert.ErrorContains(t, answers[ref].Error, want)
		assert.Equal(t, backend.StatusBadRequest, answers[ref].Status)
		assert.Equal(t, backend.ErrorSourceDownstream, answers[ref].ErrorSource)
		assert.Empty(t, answers[ref].Frames)
	}
}

func TestADefectInOneQueryIsAnErrorOfThatQuery(t *testing.T) {
	answered, err := (&plugin.Instance{}).QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A"}, {RefID: "B"}}})
	require.NoError(t, err)
	for _, ref := range []string{"A", "B"} {
		r := answered.Responses[ref]
		require.EqualError(t, r.Error, "this query hit a defect in Live DORA; Grafana's log has the details")
		assert.Equal(t, backend.StatusInternal, r.Status)
		assert.Equal(t, backend.ErrorSourcePlugin, r.ErrorSource)
	}
}

func TestBadSettingsAreToldByEveryQuery(t *testing.T) {
	g := start(t)
	for jsonData, want := range map[string]string{
		`{"production":"("}`:   `the data source's settings need attention: production: "(" is not a regular expression`,
		`[]`:                   "the data source's settings need attention: jsonData: not a JSON object: it is a list",
		`{}`:                   "sources: no source is configured; add one in the data source's settings, such as GitHub with its repositories",
		``:                     "sources: no source is configured; add one",
		`null`:                 "sources: no source is configured; add one",
		`{"store":{"tpye":1}}`: "the data source's settings need attention: store.tpye: there is no such key; allowed: type, path, address, database, user, tls, use, dataset",
	} {
		answers := g.ask(g.save("dora", jsonData), `{}`, `{"queryType":"collection"}`)
		for _, ref := range []string{"A", "B"} {
			assert.ErrorContains(t, answers[ref].Error, want, jsonData)
			assert.Equal(t, backend.StatusBadRequest, answers[ref].Status, jsonData)
		}
	}
}
