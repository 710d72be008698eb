package dashboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
)

var now = time.Date(2026, time.March, 19, 15, 4, 5, 0, time.UTC) // a Thursday

// source answers each query with what the story says of its refId, and remembers what it was asked.
type source struct {
	answers map[string]backend.DataResponse
	asked   []backend.DataQuery
}

func (s *source) Ask(_ context.Context, queries []backend.DataQuery) (backend.Responses, error) {
	s.asked = append(s.asked, queries...)
	responses := backend.Responses{}
	for _, q := range queries {
		if a, ok := s.answers[q.RefID]; ok {
			responses[q.RefID] = a
		}
	}
	return responses, nil
}

// query is what was asked under a refId, as JSON.
func (s *source) query(t *testing.T, refID string) (backend.DataQuery, map[string]any) {
	t.Helper()
	for _, q := range s.asked {
		if q.RefID == refID {
			object := map[string]any{}
			require.NoError(t, json.Unmarshal(q.JSON, &object))
			return q, object
		}
	}
	require.Fail(t, "nothing was asked", "refId %s", refID)
	return backend.DataQuery{}, nil
}

func frames(all ...*data.Frame) backend.DataResponse {
	return backend.DataResponse{Frames: all, Status: backend.StatusOK}
}

func names(values ...string) backend.DataResponse {
	return frames(data.NewFrame("", data.NewField("value", nil, values)))
}

// series is one frame as alerting reads it, a value a day.
func series(values ...float64) *data.Frame {
	times := make([]time.Time, len(values))
	for i := range times {
		times[i] = now.AddDate(0, 0, i)
	}
	value := data.NewField("lead_time", nil, values)
	value.Config = &data.FieldConfig{Unit: "s"}
	f := data.NewFrame("", data.NewField("time", nil, times), value)
	f.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: data.FrameTypeVersion{0, 1}}
	return f
}

func read(t *testing.T, text string) *dashboard.Dashboard {
	t.Helper()
	path := filepath.Join(t.TempDir(), "board.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	d, err := dashboard.Read(path)
	require.NoError(t, err)
	return d
}

// services is a dashboard with a data source, a service and a team to choose, and panels in and out of a row.
const services = `{"uid": "board", "title": "Board", "time": {"from": "now-90d", "to": "now"},
	"templating": {"list": [
		{"name": "datasource", "type": "datasource", "query": "livedora-dora-datasource"},
		{"name": "service", "type": "query", "query": {"refId": "S", "queryType": "values", "field": "service"}},
		{"name": "team", "type": "query", "multi": true, "includeAll": true, "query": {"refId": "T", "queryType": "values", "field": "team"}},
		{"name": "stage", "type": "custom", "query": "Live : prod, Try : test", "current": {"value": "prod"}}]},
	"annotations": {"list": [
		{"name": "Grafana's", "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "target": {"refId": "G"}},
		{"name": "Incidents", "datasource": {"type": "livedora-dora-datasource", "uid": "${datasource}"}, "target": {"refId": "I", "queryType": "annotations"}}]},
	"panels": [
		{"type": "text", "title": "Words"},
		{"type": "stat", "title": "One", "datasource": {"type": "livedora-dora-datasource", "uid": "${datasource}"}, "targets": [
			{"refId": "A", "queryType": "metric", "timezone": "browser", "filters": [
				{"field": "service", "op": "in", "values": ["$service", "${service}-${stage}", "$gone"]},
				{"field": "team", "op": "in", "values": ["$team"]},
				{"field": "team", "op": "not_in", "values": ["[[team]]"]}]},
			{"refId": "H", "hide": true}]},
		{"type": "row", "title": "Row", "panels": [
			{"type": "timeseries", "title": "Inner", "datasource": {"type": "livedora-dora-datasource", "uid": "$datasource"}, "targets": [{"refId": "B", "queryType": "metric"}]},
			{"type": "timeseries", "title": "Other's", "datasource": {"type": "prometheus", "uid": "p"}, "targets": [{"refId": "P"}]}]}]}`

func answered() *source {
	return &source{answers: map[string]backend.DataResponse{
		"S": names("booking", "consent"), "T": names("appointments", "records"), "I": frames(data.NewFrame("annotations")),
		"A": frames(series(1, 2)), "B": frames(series(1, 2)),
	}}
}

func TestADashboardAsksWhatABrowserWouldAsk(t *testing.T) {
	t.Parallel()
	s := answered()
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	result, err := dashboard.Run(t.Context(), read(t, services), s, dashboard.Options{Now: now, Zone: london})
	require.NoError(t, err)
	assert.Empty(t, result.Problems())
	assert.Equal(t, map[string][]string{"service": {"booking"}, "team": {"appointments", "records"}, "stage": {"prod"}}, result.Values)

	q, asked := s.query(t, "A")
	assert.Equal(t, "metric", q.QueryType)
	assert.Equal(t, now.AddDate(0, 0, -90), q.TimeRange.From.UTC())
	assert.Equal(t, now, q.TimeRange.To.UTC())
	assert.Equal(t, "Europe/London", asked["timezone"])
	assert.Equal(t, []any{
		map[string]any{"field": "service", "op": "in", "values": []any{"booking", "booking-prod", "$gone"}},
		map[string]any{"field": "team", "op": "in", "values": []any{}}, // All lifts the restriction
		map[string]any{"field": "team", "op": "not_in", "values": []any{"appointments", "records"}},
	}, asked["filters"])
	var refIDs, titles []string
	for _, each := range s.asked {
		refIDs = append(refIDs, each.RefID)
	}
	assert.Equal(t, []string{"S", "T", "I", "A", "B"}, refIDs, "hidden targets and others' data sources are not asked")
	for _, a := range result.Answers {
		titles = append(titles, string(a.Kind)+" "+a.Title)
	}
	assert.Subset(t, titles, []string{"variable service", "annotations Incidents", "panel One", "panel Inner"})
}

func TestAPersonChoosesOtherValues(t *testing.T) {
	t.Parallel()
	s := answered()
	_, err := dashboard.Run(t.Context(), read(t, services), s, dashboard.Options{Now: now, Values: map[string][]string{"service": {"consent"}, "team": {"records"}}})
	require.NoError(t, err)
	_, asked := s.query(t, "A")
	filters := asked["filters"].([]any)
	assert.Equal(t, []any{"consent", "consent-prod", "$gone"}, filters[0].(map[string]any)["values"])
	assert.Equal(t, []any{"records"}, filters[1].(map[string]any)["values"])
}

func TestWhatIsWrongWithAnAnswerIsSaid(t *testing.T) {
	t.Parallel()
	missing := data.NewField("lead_time", nil, []*float64{nil})
	missing.Config = &data.FieldConfig{Unit: "s"}
	nothing := data.NewFrame("", data.NewField("time", nil, []time.Time{now}), missing)
	nothing.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide}
	unordered := series(1, 2)
	unordered.Fields[0].Set(1, now.AddDate(0, 0, -1))
	unitless := series(1)
	unitless.Fields[1].Config = nil
	twice := series(1)
	twice.Fields = append(twice.Fields, twice.Fields[1])
	uneven := series(1)
	uneven.Fields = append(uneven.Fields, data.NewField("n", nil, []float64{}))
	for _, story := range []struct {
		problem  string
		response backend.DataResponse
	}{
		{"no metric of that name", backend.ErrDataResponse(backend.StatusBadRequest, "no metric of that name")},
		{"is empty", frames(nothing)},
		{"is empty", frames()},
		{"row 1 is not after the one before", frames(unordered)},
		{"lead_time: has no unit", frames(unitless)},
		{"is there twice", frames(twice)},
		{"is there twice", frames(series(1), series(2))},
		{"its columns differ in length", frames(uneven)},
	} {
		s := answered()
		s.answers["B"] = story.response
		result, err := dashboard.Run(t.Context(), read(t, services), s, dashboard.Options{Now: now})
		require.NoError(t, err)
		assert.ErrorContains(t, errors.Join(result.Problems()...), `board: panel "Inner": target B: `)
		assert.ErrorContains(t, errors.Join(result.Problems()...), story.problem)
	}
	s := answered()
	delete(s.answers, "B")
	result, err := dashboard.Run(t.Context(), read(t, services), s, dashboard.Options{Now: now})
	require.NoError(t, err)
	assert.ErrorContains(t, errors.Join(result.Problems()...), `panel "Inner": target B: has no answer`)
}

func TestADashboardThatIsTiedToOneInstallationIsWrong(t *testing.T) {
	t.Parallel()
	s := answered()
	result, err := dashboard.Run(t.Context(), read(t, `{"uid": "tied", "panels": [{"type": "stat", "title": "One", "targets": [
		{"refId": "A", "datasource": {"type": "livedora-dora-datasource", "uid": "P1234"}},
		{"refId": "B", "datasource": {"type": "livedora-dora-datasource", "uid": "${gone}"}}]}]}`), s, dashboard.Options{Now: now})
	require.NoError(t, err)
	problems := errors.Join(result.Problems()...)
	assert.ErrorContains(t, problems, `"P1234" is one installation's`)
	assert.ErrorContains(t, problems, `${gone} is no variable of type datasource`)
	assert.Equal(t, 6*time.Hour, result.Range.To.Sub(result.Range.From), "Grafana's range where none is said")
}

func TestRangesAreReadAsGrafanaWritesThem(t *testing.T) {
	t.Parallel()
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	for _, story := range []struct {
		times    dashboard.Times
		from, to time.Time
	}{
		{dashboard.Times{From: "now-1y", To: "now"}, now.AddDate(-1, 0, 0), now},
		{dashboard.Times{From: "now-2w/w", To: "now-1w/w"}, day(time.March, 2), day(time.March, 16).Add(-time.Millisecond)},
		{dashboard.Times{From: "now/M", To: "now/d"}, day(time.March, 1), day(time.March, 20).Add(-time.Millisecond)},
		{dashboard.Times{From: "now-1M-1d", To: "now-30m/h"}, now.AddDate(0, -1, -1), time.Date(2026, time.March, 19, 15, 0, 0, 0, time.UTC).Add(-time.Millisecond)},
		{dashboard.Times{From: "2026-03-01T00:00:00Z", To: "1773878400000"}, day(time.March, 1), day(time.March, 19)},
	} {
		d := read(t, `{"uid": "times", "panels": [{"type": "text"}]}`)
		d.Time = story.times
		result, err := dashboard.Run(t.Context(), d, answered(), dashboard.Options{Now: now})
		require.NoError(t, err)
		assert.Equal(t, []time.Time{story.from, story.to}, []time.Time{result.Range.From.UTC(), result.Range.To.UTC()}, "%v", story.times)
	}
	d := read(t, `{"uid": "times", "time": {"from": "yesterday", "to": "now"}, "panels": [{"type": "text"}]}`)
	_, err := dashboard.Run(t.Context(), d, answered(), dashboard.Options{Now: now})
	assert.ErrorContains(t, err, `times: time: from: "yesterday" is no time`)
}

func TestAFolderIsReadWhole(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, err := dashboard.ReadFolder(folder)
	require.ErrorContains(t, err, "has no dashboard")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "b.json"), []byte(services), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a.json"), []byte(`{"uid": "a", "panels": [{"type": "text"}]}`), 0o600))
	boards, err := dashboard.ReadFolder(folder)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "board"}, []string{boards[0].UID, boards[1].UID})
	require.NoError(t, os.WriteFile(filepath.Join(folder, "c.json"), []byte(`{"kind": "Dashboard"}`), 0o600))
	_, err = dashboard.ReadFolder(folder)
	assert.ErrorContains(t, err, "c.json is no classic dashboard")
}
