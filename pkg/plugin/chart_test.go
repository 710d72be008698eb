package plugin_test

import (
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/plugin"
)

// fromThursday begins within a week, and ends within one.
var fromThursday = backend.TimeRange{From: datasettest.At("Jan 02 00:00"), To: datasettest.At("Jan 30 00:00")}

// chart is the one frame of a query for a chart, by the names of its legend.
func (g *grafana) chart(i *plugin.Instance, query string) map[string]*data.Field {
	g.Helper()
	answered := g.askOver(i, fromThursday, query)["A"]
	require.NoError(g, answered.Error, query)
	require.Len(g, answered.Frames, 1, query)
	fields, identities := map[string]*data.Field{}, map[string]bool{}
	for _, field := range answered.Frames[0].Fields[1:] {
		fields[field.Config.DisplayNameFromDS] = field
		identities[field.Name+field.Labels.String()] = true
	}
	assert.Len(g, identities, len(answered.Frames[0].Fields)-1, "alerting tells them apart")
	return fields
}

// values are a field's figures; -1 where there is none.
func values(field *data.Field) (all []float64) {
	for row := range field.Len() {
		if v := field.At(row).(*float64); v != nil {
			all = append(all, *v)
		} else {
			all = append(all, -1)
		}
	}
	return all
}

func TestAWeekThatIsNotWholeStandsApart(t *testing.T) {
	g, i := tiny(t)
	fields := g.chart(i, `{"format":"chart","bucket":"week"}`)
	require.Contains(t, fields, "deployments")
	together := values(g.askOver(i, fromThursday, `{"bucket":"week"}`)["A"].Frames[0].Fields[1])
	whole, part, leading := values(fields["deployments"]), values(fields["deployments, in part"]), values(fields["deployments, leading to it"])
	last := len(together) - 1
	for week, value := range together {
		if week == 0 || week == last {
			assert.Equal(t, -1.0, whole[week])
			assert.Equal(t, value, part[week])
		} else {
			assert.Equal(t, value, whole[week])
			assert.Equal(t, -1.0, part[week])
		}
	}
	assert.Equal(t, together[:2], leading[:2])
	assert.Equal(t, together[last-1:], leading[last-1:])
	assert.Equal(t, -1.0, leading[2], "a line leads to what is next to it alone")
	hidden := func(name, where string) bool {
		return fields[name].Config.Custom["hideFrom"].(map[string]any)[where].(bool)
	}
	assert.True(t, hidden("deployments, in part", "legend"))
	assert.False(t, hidden("deployments, in part", "tooltip"), "whoever points at it is told")
	assert.True(t, hidden("deployments, leading to it", "tooltip"))
	assert.NotEmpty(t, fields["deployments, in part"].Config.Links, "it leads to what is behind it")
}

func TestChartsOfOneMetricShareAnAxisInAUnitThatReadsRound(t *testing.T) {
	g, i := tiny(t)
	for query, named := range map[string]string{
		`{"format":"chart","bucket":"week","metric":"lead_time"}`:                       "median, hours",
		`{"format":"chart","bucket":"week","metric":"lead_time","statistic":"min"}`:     "minimum, hours",
		`{"format":"chart","bucket":"week","metric":"lead_time","groupBy":["service"]}`: "booking, median, hours",
		`{"format":"chart","bucket":"week","metric":"recovery_time"}`:                   "median, hours",
		`{"format":"chart","bucket":"week","queryType":"stages","statistic":"mean"}`:    "deploy, hours",
	} {
		fields := g.chart(i, query)
		require.Contains(t, fields, named, query)
		assert.Equal(t, "suffix:h", fields[named].Config.Unit, query)
	}
	hours := values(g.chart(i, `{"format":"chart","bucket":"month","metric":"lead_time"}`)["median, hours, in part"])
	seconds := values(g.askOver(i, fromThursday, `{"bucket":"month","metric":"lead_time"}`)["A"].Frames[0].Fields[1])
	require.Positive(t, seconds[0])
	assert.InDelta(t, seconds[0]/3600, hours[0], 1e-9)
}

func TestAChartCallsCountsAndSharesByWhatTheyAre(t *testing.T) {
	g, i := tiny(t)
	for query, named := range map[string]string{
		`"metric":"deployment_frequency"`:                       "deployments",
		`"metric":"deployment_frequency","statistic":"per_day"`: "per day",
		`"metric":"lead_time","statistic":"n"`:                  "changes",
		`"metric":"change_failure_rate"`:                        "share failed",
		`"metric":"change_failure_rate","statistic":"k"`:        "of which failed",
		`"metric":"rework_rate"`:                                "share unplanned",
		`"metric":"rework_rate","statistic":"k"`:                "of which unplanned",
		`"metric":"change_failure_rate","groupBy":["service"]`:  "booking",
	} {
		assert.Contains(t, g.chart(i, `{"format":"chart","bucket":"week",`+query+`}`), named)
	}
}

func TestLimitsOfAChartAreInItsUnit(t *testing.T) {
	g, i := tiny(t)
	ask := func(format string) map[string][]float64 {
		limits := map[string][]float64{}
		for _, field := range g.ask(i, `{"format":"`+format+`","bucket":"day","limits":true,"metric":"deployment_frequency"}`)["A"].Frames[0].Fields[1:] {
			if name := field.Labels["limit"]; name != "" {
				limits[name] = values(field)[:1]
			}
		}
		return limits
	}
	require.Len(t, ask("time_series"), 3)
	assert.Equal(t, ask("time_series"), ask("chart"), "counts have one")
}
