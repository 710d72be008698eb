package rule_test

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

	"github.com/livedora/dora-datasource/pkg/demo/rule"
)

var now = time.Date(2026, time.March, 19, 16, 0, 0, 0, time.UTC)

// source answers every query the same.
type source struct {
	response backend.DataResponse
	asked    backend.DataQuery
}

func (s *source) Ask(_ context.Context, queries []backend.DataQuery) (backend.Responses, error) {
	s.asked = queries[0]
	return backend.Responses{queries[0].RefID: s.response}, nil
}

func number(service string, v *float64) *data.Frame {
	f := data.NewFrame("age", data.NewField("age", data.Labels{"service": service}, []*float64{v}))
	f.Meta = &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: data.FrameTypeVersion{0, 1}}
	return f
}

func wide(labels data.Labels, values ...*float64) *data.Frame {
	times := make([]time.Time, len(values))
	for i := range times {
		times[i] = now.AddDate(0, 0, i)
	}
	f := data.NewFrame("rate", data.NewField("time", nil, times), data.NewField("rate", labels, values))
	f.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: data.FrameTypeVersion{0, 1}}
	return f
}

func v(value float64) *float64 { return &value }

// read is a rule that asks A and applies these expressions to it, of which the last is its condition.
func read(t *testing.T, expressions ...string) rule.Rule {
	t.Helper()
	text := `
groups:
  - orgId: 1
    name: Group
    folder: Folder
    interval: 1m
    rules:
      - uid: told
        title: Told
        condition: ` + string(rune('A'+len(expressions))) + `
        data:
          - refId: A
            datasourceUid: livedora
            relativeTimeRange: { from: 3600, to: 60 }
            model: { queryType: standing, standing: open_incident }
`
	for i, e := range expressions {
		text += "          - { refId: " + string(rune('B'+i)) + ", datasourceUid: __expr__, model: " + e + " }\n"
	}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "rules.yaml"), []byte(text), 0o600))
	rules, err := rule.ReadFolder(folder)
	require.NoError(t, err)
	require.Len(t, rules, 1)
	return rules[0]
}

const above = `{ type: threshold, expression: A, conditions: [{ evaluator: { type: gt, params: [10] } }] }`

func TestARuleSaysForEachServiceWhetherItFires(t *testing.T) {
	s := &source{response: backend.DataResponse{Frames: data.Frames{number("booking", v(11)), number("consent", v(10)), number("records", nil)}}}
	instances, err := rule.Run(t.Context(), read(t, above), s, now)
	require.NoError(t, err)
	assert.Equal(t, []rule.Instance{
		{Labels: data.Labels{"service": "booking"}, Value: v(11), State: rule.Firing},
		{Labels: data.Labels{"service": "consent"}, Value: v(10), State: rule.Normal},
		{Labels: data.Labels{"service": "records"}, State: rule.NoData},
	}, instances)
	assert.Equal(t, backend.TimeRange{From: now.Add(-time.Hour), To: now.Add(-time.Minute)}, s.asked.TimeRange)
	assert.Equal(t, "standing", s.asked.QueryType)
	asked := map[string]any{}
	require.NoError(t, json.Unmarshal(s.asked.JSON, &asked))
	assert.Equal(t, "open_incident", asked["standing"])
}

func TestASeriesIsReducedBeforeItIsJudged(t *testing.T) {
	s := &source{response: backend.DataResponse{Frames: data.Frames{wide(data.Labels{"service": "booking"}, v(2), v(30), nil)}}}
	for reducer, want := range map[string]rule.State{"last": rule.Firing, "max": rule.Firing, "mean": rule.Firing, "min": rule.Normal, "sum": rule.Firing} {
		instances, err := rule.Run(t.Context(), read(t, `{ type: reduce, expression: A, reducer: `+reducer+` }`,
			`{ type: threshold, expression: B, conditions: [{ evaluator: { type: gt, params: [10] } }] }`), s, now)
		require.NoError(t, err)
		require.Len(t, instances, 1)
		assert.Equal(t, want, instances[0].State, reducer)
	}
	_, err := rule.Run(t.Context(), read(t, above), s, now)
	assert.ErrorContains(t, err, `told: the condition "B" is a series and no number: reduce it first`)
}

func TestEveryComparisonIsGrafanas(t *testing.T) {
	for evaluator, fires := range map[string][]float64{
		"gt": {11}, "lt": {9}, "gte": {10, 11}, "lte": {9, 10}, "within_range": {11}, "outside_range": {9},
	} {
		for _, value := range []float64{9, 10, 11} {
			s := &source{response: backend.DataResponse{Frames: data.Frames{number("booking", v(value))}}}
			instances, err := rule.Run(t.Context(), read(t, `{ type: threshold, expression: A, conditions: [{ evaluator: { type: `+evaluator+`, params: [10, 20] } }] }`), s, now)
			require.NoError(t, err)
			want := rule.Normal
			for _, f := range fires {
				if f == value {
					want = rule.Firing
				}
			}
			assert.Equal(t, want, instances[0].State, "%s %v", evaluator, value)
		}
	}
}

func TestFramesThatAlertingWouldMisreadAreProblems(t *testing.T) {
	untyped := number("booking", v(1))
	untyped.Meta = nil
	unversioned := number("booking", v(1))
	unversioned.Meta.TypeVersion = data.FrameTypeVersion{0, 0}
	backwards := wide(nil, v(1), v(2))
	backwards.Fields[0].Set(1, now.AddDate(0, 0, -1))
	words := number("booking", v(1))
	words.Fields[0] = data.NewField("age", nil, []string{"old"})
	for problem, response := range map[string]backend.DataResponse{
		"no data source":                      backend.ErrDataResponse(backend.StatusBadRequest, "no data source"),
		"the answer has no frames":            {},
		"the first frame has no type":         {Frames: data.Frames{untyped}},
		"or not version 0.1 of it":            {Frames: data.Frames{unversioned}},
		"age{service=booking} is there twice": {Frames: data.Frames{number("booking", v(1)), number("booking", v(2))}},
		"is of another type than the first":   {Frames: data.Frames{number("booking", v(1)), wide(nil, v(1))}},
		"row 1 is not after the one before":   {Frames: data.Frames{backwards}},
		"age is no number but string":         {Frames: data.Frames{words}},
	} {
		_, err := rule.Run(t.Context(), read(t, above), &source{response: response}, now)
		assert.ErrorContains(t, err, "told: A: ")
		assert.ErrorContains(t, err, problem)
	}
	none := data.NewFrame("age")
	none.Meta = &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: data.FrameTypeVersion{0, 1}}
	instances, err := rule.Run(t.Context(), read(t, above), &source{response: backend.DataResponse{Frames: data.Frames{none}}}, now)
	require.NoError(t, err)
	assert.Empty(t, instances, "a typed frame without fields is no data")
}

func TestARuleThatCannotWorkSaysWhy(t *testing.T) {
	s := &source{response: backend.DataResponse{Frames: data.Frames{number("booking", v(1))}}}
	for expression, problem := range map[string]string{
		`{ type: sql, expression: A }`:                                                  `type: "sql" is not allowed; allowed: reduce, threshold`,
		`{ type: threshold, expression: Z }`:                                            `expression: there is no "Z" before it`,
		`{ type: threshold, expression: A }`:                                            `conditions: 0 are not allowed; allowed: 1`,
		`{ type: reduce, expression: A, reducer: mode }`:                                `reducer: "mode" is not allowed`,
		`{ type: threshold, expression: A, conditions: [{ evaluator: { type: gt } }] }`: `conditions[0].evaluator: "gt" with [] is not allowed`,
	} {
		_, err := rule.Run(t.Context(), read(t, expression), s, now)
		assert.ErrorContains(t, err, "told: B: "+problem)
	}
	r := read(t, above)
	r.Condition = "Q"
	_, err := rule.Run(t.Context(), r, s, now)
	require.ErrorContains(t, err, `told: condition: there is no "Q"`)
	_, err = rule.Run(t.Context(), r, &failing{}, now)
	assert.ErrorIs(t, err, errGone)
}

type failing struct{}

var errGone = errors.New("gone")

func (*failing) Ask(context.Context, []backend.DataQuery) (backend.Responses, error) {
	return nil, errGone
}
