package plugin_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// rows are the cells of some columns, row by row.
func rows(t *testing.T, frame *data.Frame, columns ...string) [][]any {
	t.Helper()
	var all [][]any
	for row := range frame.Rows() {
		var cells []any
		for _, name := range columns {
			field, _ := frame.FieldByName(name)
			require.NotNil(t, field, name)
			cell, _ := field.ConcreteAt(row)
			cells = append(cells, cell)
		}
		all = append(all, cells)
	}
	return all
}

func (g *grafana) list(events, more string) *data.Frame {
	g.Helper()
	_, i := tiny(g.T)
	return g.one(i, fmt.Sprintf(`{"queryType":"events","events":%q%s}`, events, more))[0]
}

func TestWhatIsMergedAndNotShippedWaits(t *testing.T) {
	g := start(t)
	waiting := g.list("waiting", "")
	assert.Equal(t, [][]any{{datasettest.At("Jan 30 09:00"), "booking", "#4", "Print a confirmation"}}, rows(t, waiting, "merged", "service", "number", "title"))
	waited, _ := waiting.FieldByName("waiting_for")
	seconds, _ := waited.ConcreteAt(0)
	assert.InDelta(t, time.Since(datasettest.At("Jan 30 09:00")).Seconds(), seconds, 60)
	assert.Equal(t, "s", waited.Config.Unit)
	assert.Empty(t, g.list("waiting", `,"filters":[{"field":"service","values":["records"]}]`).Fields, "records has shipped everything")
}

func TestAnIncidentIsOpenWithItsAgeUntilItIsResolved(t *testing.T) {
	open := start(t).list("open", "")
	assert.Equal(t, [][]any{{"booking", "A certificate ran out", "", "github:example-health/booking:incident:502"}}, rows(t, open, "service", "title", "linked_deployment", "id"))
	age, _ := open.FieldByName("open_for")
	seconds, _ := age.ConcreteAt(0)
	assert.InDelta(t, time.Since(datasettest.At("Jan 25 09:00")).Seconds(), seconds, 60)
}

func TestAnUnlinkedIncidentSaysWhy(t *testing.T) {
	g := start(t)
	late := "the last deployment before it is longer ago than the incident window"
	eight := (8 * 24 * time.Hour).Seconds()
	assert.Equal(t, [][]any{{"A certificate ran out", late, eight}}, rows(t, g.list("unlinked", ""), "title", "why", "since_deployment"))
	off := g.list("unlinked", `,"definition":{"evidence":["explicit"]}`)
	assert.Equal(t, [][]any{
		{"A certificate ran out", "the definition takes no evidence from time, and it names no deployment"},
		{"Searches time out", "the definition takes no evidence from time, and it names no deployment"},
	}, rows(t, off, "title", "why"))
}

func TestWhatIsNotMeasuredIsCountedWithItsMeaning(t *testing.T) {
	unmeasured := start(t).list("unmeasured", "")
	counted := map[any]any{}
	for _, row := range rows(t, unmeasured, "reason", "count", "meaning", "affects") {
		counted[row[0]] = row[1]
		assert.NotEmpty(t, row[2], "%v has a meaning", row[0])
		assert.NotEmpty(t, row[3], "%v affects something", row[0])
	}
	assert.Equal(t, map[any]any{"bot": 1.0, "failed_runs": 1.0, "first_deployment": 2.0}, counted)
}

func TestEnvironmentsThatNoServiceCountsAreListed(t *testing.T) {
	assert.Equal(t, [][]any{{"github", "example-health/booking", "staging", 1.0, datasettest.At("Jan 08 20:00")}},
		rows(t, start(t).list("unmatched", ""), "source", "repository", "environment", "deployments", "latest"))
}

func TestPeoplesWordsAreListedWithTheirReasons(t *testing.T) {
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	const deployment = "github:example-health/booking:deployment:103"
	datasettest.Fill(t, path, "1/dora", append(datasettest.Events(), &dora.Correction{
		Header: dora.Header{Source: dora.CorrectionsSource, ID: "1", Updated: datasettest.At("Jan 10 09:00")}, Verdict: dora.VerdictNotFailed,
		Deployment: deployment, Reason: "a supplier's outage", Author: "dev-02", Made: datasettest.At("Jan 10 09:00"),
	})...)
	i := g.save("dora", settings(silent(t), `"store":{"type":"sqlite","path":"`+path+`"}`, `"services":`+datasettest.Services, `"collect":{"backfill":"3650d"}`))
	corrections := g.one(i, `{"queryType":"events","events":"corrections"}`)[0]
	assert.Equal(t, [][]any{{datasettest.At("Jan 10 09:00"), "not_failed", "v1.2", "a supplier's outage", "dev-02", "in force"}},
		rows(t, corrections, "made", "verdict", "deployment", "reason", "author", "state"))
	assert.Equal(t, [][]any{{deployment, "https://github.example/example-health/booking/deployments/103"}}, rows(t, corrections, "deployment_id", "deployment_url"))
}

func TestCoverageCountsAndDoesNotCompare(t *testing.T) {
	assert.Equal(t, [][]any{
		{"booking", "access", 5.0, 1.0, 4.0, 2.0, 2.0, 1.0, 1.0},
		{"records", "care", 2.0, 0.0, 2.0, 1.0, 0.0, 0.0, 0.0},
	}, rows(t, start(t).list("coverage", ""), "service", "team", "deployments", "failed_runs", "changes", "measured", "incidents", "linked", "waiting"))
}

func TestADistributionCountsLengthsByStep(t *testing.T) {
	g, i := tiny(t)
	frame := g.one(i, `{"metric":"lead_time","format":"distribution"}`)[0]
	require.Len(t, frame.Fields, 2)
	counts := map[any]any{}
	for _, row := range rows(t, frame, "length", "count") {
		if row[1] != 0.0 {
			counts[row[0]] = row[1]
		}
	}
	// 12 h, 24 h and 48 h: a length belongs to the first step that it is shorter than
	assert.Equal(t, map[any]any{"12\u202fh – 1\u202fd": 1.0, "1\u202fd – 2\u202fd": 1.0, "2\u202fd – 4\u202fd": 1.0}, counts)
	assert.Equal(t, len(figures.Steps)+1, frame.Rows())
	assert.Len(t, g.one(i, `{"metric":"lead_time","format":"distribution","groupBy":["service"]}`)[0].Fields, 3)
}

func TestTheLongestStageIsNamed(t *testing.T) {
	g, i := tiny(t)
	frames := g.one(i, `{"queryType":"stages","stage":"longest","format":"numeric","compare":"previous"}`)
	require.Len(t, frames, 1)
	// of 84 h: deploy 15 h + 9 h + 24 h, review 3 h + 2 h + 21 h
	assert.Equal(t, "deploy", frames[0].Fields[0].Labels["stage"])
	assert.Contains(t, frames[0].Fields[0].Config.DisplayNameFromDS, "deploy · 3 changes")
}
