package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/goldentest"
	"github.com/livedora/dora-datasource/pkg/query"
)

func TestTheDocsTellTheSameModel(t *testing.T) {
	goldentest.Section("query.md", "model").Holds(t, modelInWords(), *update)
}

func TestEveryFieldOfAQueryIsTold(t *testing.T) {
	text := modelInWords()
	for _, field := range query.Fields() {
		assert.Contains(t, text, "| `"+field+"` |")
	}
}

func modelInWords() string {
	m := query.Describe()
	var b strings.Builder
	row := func(field, values, use string) { fmt.Fprintf(&b, "| `%s` | %s | %s |\n", field, values, use) }
	b.WriteString("\n| field | values, the default first | for |\n| --- | --- | --- |\n")
	row("version", fmt.Sprintf("`%d`, which is the newest; a query without one is of version 1, and earlier ones are read on", m.Version), "all")
	row("queryType", code(m.QueryTypes), "all")
	row("metric", code(keys(m.Metrics))+"; for signals `all` is the default", "metric, spread, signals")
	row("statistic", "see below", "metric, stages, spread, signals")
	row("bucket", code(m.Buckets), "metric, stages, spread, unless numeric or distribution; signals; events with `at`")
	row("rolling", "none; a number of days or buckets, such as "+code(m.Rolling), "metric, stages, spread; with numeric, days only")
	row("groupBy", "a list of "+code(m.GroupBy)+"; severity with recovery_time and `definition.recovery` `incident` or `acknowledgement`", "metric, stages, signals")
	row("filters", "a list of `{field, op, values}`: "+code(m.FilterFields)+"; "+code(m.FilterOps)+"; without values it restricts nothing", "all but collection and the lists that say so")
	row("timezone", "`UTC`, or the IANA name of a zone", "metric, stages, spread, signals; events with `at`")
	row("format", code(m.Formats)+"; for signals "+code(m.SignalFormats)+"; for collection "+code(m.CollectionFormats)+"; for spread "+code(m.SpreadFormats), "metric, stages, spread, signals, collection; `distribution` for lengths of time")
	row("compare", code(m.Compare), "metric, numeric or tile")
	row("limits", "`false`, `true`", "metric, stages; neither numeric, tile nor rolling")
	row("benchmark", code(m.Benchmarks), "metric, with its default statistic")
	row("direction", code(m.Directions), "signals")
	row("definition", "overrides of the data source's definition, key by key", "all but collection")
	row("events", code(m.Events), "events; annotations: "+code(m.Marks))
	row("at", "none; a time: only what the figure of its bucket or window rests on", "events")
	row("field", code(m.Values), "values")
	row("standing", code(standings(m.Standings)), "standing")
	row("live", "`false`, `true`: followed, and shown anew when it changes", strings.ReplaceAll(code(m.LiveTypes), "`", ""))
	row("range", "`{from, to, timezone}`, as the dashboard has it (`now-90d`); the browser writes it", "live")
	row("stage", code(m.Stages), "stages")
	row("spread", code(m.Spreads), "spread")
	b.WriteString("\n| metric | statistics, the default first | is |\n| --- | --- | --- |\n")
	for _, metric := range m.Metrics {
		row(string(metric.Key), code(metric.Statistics), metric.Description)
	}
	row("stages", code(m.StageStatistics), "How long changes spent in each stage of lead time.")
	b.WriteString("\n| standing | a number, or null, for each | is |\n| --- | --- | --- |\n")
	for _, standing := range m.Standings {
		row(string(standing.Key), string(standing.Per)+", in "+measures[standing.Unit], standing.Description)
	}
	b.WriteString("\n")
	return b.String()
}

var measures = map[dora.Measure]string{dora.Count: "runs", dora.Seconds: "seconds", dora.Ratio: "0 to 1"}

func standings(rows []query.StandingRow) []string {
	var all []string
	for _, row := range rows {
		all = append(all, string(row.Key))
	}
	return all
}

func keys(metrics []query.ModelMetric) []string {
	var all []string
	for _, metric := range metrics {
		all = append(all, string(metric.Key))
	}
	return all
}

func code[T ~string](values []T) string {
	var all []string
	for _, value := range values {
		all = append(all, "`"+string(value)+"`")
	}
	return strings.Join(all, ", ")
}
