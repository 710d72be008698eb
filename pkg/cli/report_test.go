package cli_test

import (
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
)

func TestTheReportAsJSONKeepsItsContract(t *testing.T) {
	code, out, log := run(t, tiny(t), "report --settings FILE --metric change_failure_rate --group-by service --from 2024-01-01 --to 2024-02-01 --format json")
	require.Zero(t, code, log)
	var report map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.ElementsMatch(t, []string{"definition", "series", "unmeasured"}, keys(report))
	assert.JSONEq(t, `[
		{"metric":"change_failure_rate","statistic":"ratio","unit":"ratio","labels":{"service":"booking"},"points":[
			{"start":"2024-01-01T00:00:00Z","end":"2024-02-01T00:00:00Z","value":0.4,"n":5,"k":2,"partial":true,"immature":false}]},
		{"metric":"change_failure_rate","statistic":"ratio","unit":"ratio","labels":{"service":"records"},"points":[
			{"start":"2024-01-01T00:00:00Z","end":"2024-02-01T00:00:00Z","value":0,"n":1,"k":0,"partial":true,"immature":false}]}]`, string(report["series"]))
	assert.JSONEq(t, `{"bot":1,"failed_runs":1,"first_deployment":2}`, string(report["unmeasured"]))
	_, definition, _ := run(t, "", "report --definition")
	assert.JSONEq(t, definition, string(report["definition"]))
}

func TestAllMetricsByDefaultOverAllData(t *testing.T) {
	code, out, _ := run(t, tiny(t), "report --settings FILE --format json")
	require.Zero(t, code)
	var report struct {
		Series []struct {
			Metric, Statistic, Unit string
			Labels                  map[string]string
			Points                  []struct {
				Start, End string
				Value      *float64
				N          int
				K          *int
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Series, 5)
	for i, want := range []struct {
		metric, statistic, unit string
		january                 float64
		february                *float64
	}{
		{"deployment_frequency", "count", "count", 6, new(1.0)}, {"lead_time", "p50", "s", 64800, new(172800.0)},
		{"change_failure_rate", "ratio", "ratio", 2.0 / 6, new(0.0)}, {"recovery_time", "p50", "s", 50400, nil}, {"rework_rate", "ratio", "ratio", 1.0 / 6, new(0.0)},
	} {
		s := report.Series[i]
		assert.Equal(t, want.metric, s.Metric)
		assert.Equal(t, want.statistic, s.Statistic)
		assert.Equal(t, want.unit, s.Unit)
		assert.Empty(t, s.Labels)
		require.Len(t, s.Points, 2, "January and February")
		assert.Equal(t, "2024-01-01T00:00:00Z", s.Points[0].Start)
		assert.Equal(t, "2024-03-01T00:00:00Z", s.Points[1].End)
		assert.InDelta(t, want.january, *s.Points[0].Value, 1e-9, want.metric)
		if want.february == nil {
			assert.Nil(t, s.Points[1].Value, want.metric)
		} else {
			assert.InDelta(t, *want.february, *s.Points[1].Value, 1e-9, want.metric)
		}
		assert.Equal(t, want.unit == "ratio", s.Points[0].K != nil, want.metric)
	}
}

func TestDatesAreReadInTheZone(t *testing.T) {
	file := tiny(t)
	points := func(options string) string {
		code, out, log := run(t, file, "report --settings FILE --metric deployment_frequency --bucket total --format csv "+options)
		require.Zero(t, code, log)
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		require.NoError(t, err)
		require.Equal(t, []string{"metric", "statistic", "start", "end", "value", "unit", "n", "k", "partial", "immature"}, rows[0])
		require.Len(t, rows, 2)
		return strings.Join(rows[1][2:5], " ")
	}
	assert.Equal(t, "2024-01-03T00:00:00Z 2024-01-06T00:00:00Z 2", points("--from 2024-01-03 --to 2024-01-06"))
	assert.Equal(t, "2024-01-03T00:00:00+13:00 2024-01-05T00:00:00+13:00 1", points("--from 2024-01-03 --to 2024-01-05 --timezone Pacific/Auckland"))
	assert.Equal(t, "2024-01-03T09:00:00Z 2024-01-05T09:00:00Z 1", points("--from 2024-01-03T09:00 --to 2024-01-05T09:00:00Z"), "from is in, to is out")
}

func TestTheReportForPeople(t *testing.T) {
	file := tiny(t)
	const options = "report --settings FILE --metric lead_time --statistic max --bucket quarter --service booking,records --group-by team,service --format "
	code, out, _ := run(t, file, options+"table")
	assert.Zero(t, code)
	assert.Equal(t, strings.Join([]string{
		"metric      statistic         service  team    start                 end                   value   unit  n  k  partial  immature",
		"lead_time   max               booking  access  2024-01-01T00:00:00Z  2024-04-01T00:00:00Z  86400   s     2     true     false",
		"lead_time   max               records  care    2024-01-01T00:00:00Z  2024-04-01T00:00:00Z  172800  s     1     true     false",
		"unmeasured  bot               1",
		"unmeasured  failed_runs       1",
		"unmeasured  first_deployment  2",
	}, "\n"), strings.TrimRight(out, "\n"))
	_, out, _ = run(t, file, options+"markdown")
	assert.Equal(t, `| metric | statistic | service | team | start | end | value | unit | n | k | partial | immature |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| lead_time | max | booking | access | 2024-01-01T00:00:00Z | 2024-04-01T00:00:00Z | 86400 | s | 2 |  | true | false |
| lead_time | max | records | care | 2024-01-01T00:00:00Z | 2024-04-01T00:00:00Z | 172800 | s | 1 |  | true | false |
`, out)
}

func TestTheReportRollsAndHasLimits(t *testing.T) {
	file := tiny(t)
	rows := func(options ...string) [][]string {
		code, out, log := runArgs(t, file, append([]string{"report", "--settings", "FILE", "--metric", "deployment_frequency", "--format", "csv"}, options...))
		require.Zero(t, code, log)
		all, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		require.NoError(t, err)
		return all
	}
	rolled := rows("--bucket", "week", "--rolling", "14 days", "--from", "2024-01-15", "--to", "2024-01-22")
	assert.Equal(t, "3", rolled[1][4], "Jan 08 to 21")
	limited := rows("--bucket", "day", "--limits", "--from", "2024-01-02", "--to", "2024-01-12")
	assert.Equal(t, []string{"partial", "immature", "mean", "lower", "upper"}, limited[0][8:])
	assert.Equal(t, []string{"0.3", "0"}, limited[1][10:12], "three in ten days")
}

func TestAnEmptyStoreHasNoFigures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	datasettest.Fill(t, path, "1/dora")
	file := write(t, map[string]any{"sources": sourceAt("https://github.invalid", "a/b"), "store": map[string]any{"path": path}}, token)
	for _, options := range []string{"", " --from 2024-01-01", " --to 2024-01-01", " --bucket total"} {
		code, out, log := run(t, file, "report --settings FILE --format json"+options)
		require.Zero(t, code, log)
		assert.Equal(t, "Nothing of source github is stored, because it has not been collected: collect --once reads it into the store.\n", log)
		var report map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(out), &report))
		assert.JSONEq(t, `[]`, string(report["series"]), options)
		assert.JSONEq(t, `{}`, string(report["unmeasured"]), options)
	}
}

func keys[V any](m map[string]V) []string {
	var all []string
	for key := range m {
		all = append(all, key)
	}
	return all
}
