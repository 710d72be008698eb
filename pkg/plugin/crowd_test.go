package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/plugin"
	"github.com/livedora/dora-datasource/pkg/query"
)

// crowded is a data source over many services.
func crowded(t *testing.T, services int) (*grafana, *plugin.Instance) {
	t.Helper()
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	var events []dora.Event
	for e := range (large.Size{Services: services, Deployments: 30, Changes: 3, Months: 24, Every: 3}).Events() {
		events = append(events, e)
	}
	datasettest.Fill(t, path, "1/dora", events...)
	store, err := json.Marshal(map[string]string{"path": path})
	require.NoError(t, err)
	return g, g.save("dora", strings.Replace(settings(silent(t), `"store":`+string(store), `"collect":{"backfill":"36500d"}`), "example-health/", "example/", 1))
}

var decades = backend.TimeRange{From: large.Begin.AddDate(-20, 0, 0), To: large.Begin.AddDate(2, 0, 0)}

// everyQuery is one of each type, and of each kind of rows.
func everyQuery() (all []string) {
	for _, queryType := range query.Type("").Allowed() {
		all = append(all, fmt.Sprintf(`{"queryType":%q}`, queryType))
	}
	for _, events := range query.Events("").Allowed() {
		all = append(all, fmt.Sprintf(`{"queryType":"events","events":%q}`, events))
	}
	for _, events := range []string{"changes", "incidents", "failures", "recoveries"} {
		all = append(all, fmt.Sprintf(`{"queryType":"annotations","events":%q}`, events))
	}
	for _, standing := range query.Standing("").Allowed() {
		all = append(all, fmt.Sprintf(`{"queryType":"standing","standing":%q}`, standing))
	}
	return append(all,
		`{"metric":"lead_time","bucket":"day","rolling":"3660 buckets"}`, `{"metric":"lead_time","format":"table","bucket":"day","groupBy":["service"]}`,
		`{"statistic":"median_days_per_week","bucket":"day","rolling":"3660 buckets"}`, `{"metric":"lead_time","format":"distribution","groupBy":["service"]}`,
		`{"queryType":"stages","bucket":"day","rolling":"3660 days"}`, `{"queryType":"stages","stage":"longest"}`, `{"queryType":"signals","bucket":"day","format":"time_series"}`,
	)
}

func TestEveryQueryCostsInProportionToWhatItReadsAndAnswers(t *testing.T) {
	few, many := 4, 16
	_, small := crowded(t, few)
	_, big := crowded(t, many)
	for _, text := range everyQuery() {
		q := backend.DataQuery{RefID: "A", JSON: []byte(text), TimeRange: decades}
		before, err := small.Steps(t.Context(), q)
		require.NoError(t, err, text)
		after, err := big.Steps(t.Context(), q)
		require.NoError(t, err, text)
		assert.LessOrEqual(t, after, before*int64(many/few)+1000, "%s: four times the services cost at most four times as much", text)
	}
}

func TestAQueryEndsWithItsContext(t *testing.T) {
	g, i := crowded(t, 4)
	require.NoError(t, g.ask(i, `{}`)["A"].Error) // the dataset is open
	ctx, leave := context.WithCancel(t.Context())
	leave()
	for _, text := range everyQuery() {
		response, err := i.QueryData(ctx, &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(text), TimeRange: decades}}})
		require.NoError(t, err)
		assert.Equal(t, backend.StatusTimeout, response.Responses["A"].Status, text)
	}
}

// leaving is the context of someone who leaves after it was looked so often whether they still wait.
type leaving struct {
	context.Context
	looks    atomic.Int64
	patience int64
}

func (l *leaving) Err() error {
	if l.looks.Add(1) > l.patience {
		return context.Canceled
	}
	return l.Context.Err()
}

func TestAQueryThatNobodyWaitsForAnyMoreIsLeftUndone(t *testing.T) {
	g, i := crowded(t, 16)
	require.NoError(t, g.ask(i, `{}`)["A"].Error) // the dataset is open
	ask := func(who *leaving, text string) backend.DataResponse {
		response, err := i.QueryData(who, &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(text), TimeRange: decades}}})
		require.NoError(t, err)
		return response.Responses["A"]
	}
	const heavy = `{"metric":"lead_time","bucket":"day","rolling":"3660 buckets","groupBy":["service"]}`
	for _, text := range append(everyQuery(), heavy) {
		stays := &leaving{Context: t.Context(), patience: math.MaxInt64}
		require.NoError(t, ask(stays, text).Error, text)
		whole := stays.looks.Load()
		if text == heavy {
			require.Greater(t, whole, int64(40), "while it is worked on it is looked whether someone waits")
		}
		for _, patience := range []int64{min(3, whole-1), min(4, whole-1), whole / 4, whole / 2, whole - 1} {
			leaves := &leaving{Context: t.Context(), patience: patience}
			require.Equal(t, backend.StatusTimeout, ask(leaves, text).Status, "%s: after %d looks of %d", text, patience, whole)
			if text == heavy && patience <= whole/4 {
				assert.Less(t, leaves.looks.Load(), whole/2, "and otherwise the rest is left undone")
			}
		}
	}
}

func TestFiguresThatNobodyWaitsForAnyMoreAreNoAnswer(t *testing.T) {
	g, i := crowded(t, 16)
	require.NoError(t, g.ask(i, `{}`)["A"].Error) // the dataset is open
	ask := func(who *leaving) (status int) {
		from := backend.PluginContext{OrgID: 1, User: &backend.User{Login: "one", Role: "Viewer"}}
		require.NoError(t, i.CallResource(backend.WithPluginContext(who, from), &backend.CallResourceRequest{
			PluginContext: from, Method: http.MethodPost, Path: "v1/metrics", URL: "v1/metrics",
			Body: []byte(`{"metric":"lead_time","bucket":"day","rolling":"3660 buckets","groupBy":["service"],"from":"2006-01-01","to":"2025-12-31"}`),
		}, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
			status = max(status, r.Status)
			return nil
		})))
		return status
	}
	stays := &leaving{Context: t.Context(), patience: math.MaxInt64}
	require.Equal(t, http.StatusOK, ask(stays))
	assert.Equal(t, http.StatusServiceUnavailable, ask(&leaving{Context: t.Context(), patience: stays.looks.Load() / 2}), "figures that are not all worked out are none")
}

// occupied is a plugin whose gate is full of heavy work until it is let go.
func occupied(t *testing.T, g *grafana) (letGo func()) {
	t.Helper()
	var ends []func()
	for !g.process.Full() {
		leave, err := g.process.Gate().Enter(t.Context(), gate.Work{Party: "1/busy", Size: 2 * gate.LightSize})
		require.NoError(t, err)
		ends = append(ends, leave)
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

func TestTooManyHeavyQuestionsOfOneUserAreRefusedAndNobodyElsesAre(t *testing.T) {
	g, i := crowded(t, 16)
	const (
		heavy = `{"metric":"lead_time","format":"table","bucket":"day","groupBy":["service"]}`
		light = `{"metric":"lead_time","format":"numeric"}`
	)
	ask := func(ctx context.Context, login, text string) backend.DataResponse {
		from := backend.PluginContext{OrgID: 1, User: &backend.User{Login: login, Role: "Viewer"}}
		response, err := i.QueryData(ctx, &backend.QueryDataRequest{PluginContext: from, Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(text), TimeRange: decades}}})
		assert.NoError(t, err)
		return response.Responses["A"]
	}
	require.NoError(t, ask(t.Context(), "one", light).Error)
	letGo := occupied(t, g)
	ctx, leave := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range gate.QueueShare {
		waiting.Go(func() { ask(ctx, "one", heavy) })
	}
	require.Eventually(t, func() bool { return g.process.Gate().Waiting() == gate.QueueShare }, 20*time.Second, time.Millisecond)
	refused := ask(t.Context(), "one", heavy)
	require.ErrorContains(t, refused.Error, "too many of your questions wait for their answers: try again in a few seconds")
	assert.Equal(t, backend.StatusTooManyRequests, refused.Status)
	assert.NoError(t, ask(t.Context(), "stranger", light).Error, "a light question is answered at once")

	program := &program{T: t, instance: i, role: "Viewer", login: "one"}
	again := program.get("v1/metrics?q=" + `{"metric":"lead_time","bucket":"day","groupBy":["service"]}` + "&from=2010-01-01&to=2025-12-31")
	assert.Equal(t, http.StatusTooManyRequests, again.status)
	assert.Equal(t, "5", again.headers.Get("Retry-After"))
	assert.Equal(t, http.StatusOK, program.get("v1/services").status)

	leave()
	waiting.Wait()
	letGo()
	assert.NoError(t, ask(t.Context(), "one", heavy).Error)
}

func TestOneRequestTakesNoMoreThanOneAnswerMay(t *testing.T) {
	g, i := crowded(t, 16)
	var queries []string
	for range 20 {
		queries = append(queries, `{"metric":"lead_time","format":"table","bucket":"day","groupBy":["service"]}`)
	}
	answers := g.askOver(i, decades, queries...)
	require.NoError(t, answers["A"].Error)
	last := answers[string(rune('A'+len(queries)-1))]
	require.ErrorContains(t, last.Error, "larger than one answer may be; allowed: a longer bucket")
	assert.Equal(t, backend.StatusBadRequest, last.Status)
}

func TestAnAnswerHasFewerSeriesTheMorePointsTheyHave(t *testing.T) {
	g, i := crowded(t, 16)
	long := backend.TimeRange{From: large.Begin.AddDate(-50, 0, 0), To: large.Begin.AddDate(2, 0, 0)}
	frame := g.askOver(i, long, `{"bucket":"day","groupBy":["service"]}`)["A"].Frames[0]
	points, series := frame.Rows(), len(frame.Fields)-1
	assert.Less(t, series, 16)
	assert.Less(t, points*series, 300_000)
	assert.Contains(t, cautions(frame), fmt.Sprintf("%d series are left out: an answer has at most %d.", 16-series, series))

	viewer, _, _ := programs(t, i)
	var answer struct {
		Series  []json.RawMessage
		Omitted int
	}
	viewer.get(`v1/metrics?q={"bucket":"day","groupBy":["service"]}&from=2006-01-01&to=2025-12-31`).is(http.StatusOK, &answer)
	assert.Less(t, len(answer.Series), 16)
	assert.Equal(t, 16, len(answer.Series)+answer.Omitted)
}

func TestBodiesAreAsSmallAsTheirQuestions(t *testing.T) {
	_, i := tiny(t)
	viewer, editor, _ := programs(t, i)
	long := strings.Repeat(" ", 2<<20)
	viewer.post("v1/metrics", "{"+long+"}").refused(http.StatusRequestEntityTooLarge, "", "longer than 128 kB")
	viewer.post("v1/preview", "{"+long+"}").refused(http.StatusRequestEntityTooLarge, "", "longer than 1 MB")
	editor.post("v1/corrections", "{"+long+"}").refused(http.StatusRequestEntityTooLarge, "", "longer than 16 kB")
	viewer.post("v1/preview", `{"services":[`+strings.Repeat(`{"name":"a"},`, 6000)+`{"name":"b"}]}`).refused(http.StatusBadRequest, "services", "6001 are too many; allowed: 5000")
}

// transport stands for a call over gRPC.
type transport struct{ grpc.ServerTransportStream }

func TestAPlaceIsKeptUntilTheAnswerIsHandedOver(t *testing.T) {
	g, i := crowded(t, 16)
	call, handedOver := context.WithCancel(grpc.NewContextWithServerTransportStream(t.Context(), transport{}))
	_, err := i.QueryData(call, &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: []byte(`{"metric":"lead_time","format":"table","bucket":"day","groupBy":["service"]}`), TimeRange: decades,
	}}})
	require.NoError(t, err)
	assert.Equal(t, 1, g.process.Gate().Working())
	handedOver()
	require.Eventually(t, func() bool { return g.process.Gate().Working() == 0 }, 5*time.Second, time.Millisecond)
}

func TestALargeMessageIsCountedUntilItHasLeft(t *testing.T) {
	g := start(t)
	codec := g.process.Codec()
	message := func(size int) *pluginv2.CallResourceResponse {
		return &pluginv2.CallResourceResponse{Body: make([]byte, size)}
	}
	large, err := codec.Marshal(message(1 << 20))
	require.NoError(t, err)
	assert.EqualValues(t, large.Len(), g.process.Gate().Taken())
	line := large.Reader() // as gRPC writes it
	large.Free()
	assert.Positive(t, g.process.Gate().Taken(), "it stands in the line of what is to be written")
	text, err := io.ReadAll(line)
	require.NoError(t, err)
	require.NoError(t, line.Close())
	assert.Zero(t, g.process.Gate().Taken())
	var read pluginv2.CallResourceResponse
	require.NoError(t, codec.Unmarshal(mem.BufferSlice{mem.SliceBuffer(text)}, &read))
	assert.Len(t, read.Body, 1<<20)

	small, err := codec.Marshal(message(1 << 10))
	require.NoError(t, err)
	assert.Zero(t, g.process.Gate().Taken(), "it is gone at once")
	small.Free()

	_, err = codec.Marshal(message(1 << 20))
	require.NoError(t, err)
	require.Eventually(t, func() bool { runtime.GC(); return g.process.Gate().Taken() == 0 }, 5*time.Second, time.Millisecond,
		"a connection that breaks forgets what was to be written")
}

func TestWhoCannotBeReadAllTheFactsForNowIsToldSoBeforeTheFirst(t *testing.T) {
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", slices.Collect((large.Size{Services: 40, Deployments: 140, Changes: 3, Months: 24, Every: 3}).Events())...)
	store, err := json.Marshal(map[string]string{"path": path})
	require.NoError(t, err)
	i := g.save("dora", strings.Replace(settings(silent(t), `"store":`+string(store), `"collect":{"backfill":"36500d"}`), "example-health/", "example/", 1))
	program := &program{T: t, instance: i, role: "Viewer", login: "one"}
	require.Equal(t, http.StatusOK, program.get("v1/facts").status)

	ctx, leave := context.WithCancel(t.Context())
	var others sync.WaitGroup
	defer others.Wait()
	defer leave()
	for range max(2, runtime.GOMAXPROCS(0)) { // who read for long
		_, err := g.process.Gate().Enter(ctx, gate.Work{Party: "1/busy", Long: true})
		require.NoError(t, err)
	}
	for range gate.QueueShare {
		others.Go(func() { _, _ = g.process.Gate().Enter(ctx, gate.Work{Party: "1/one", Long: true}) })
	}
	require.Eventually(t, func() bool { return g.process.Gate().Waiting() == gate.QueueShare }, 20*time.Second, time.Millisecond)
	refused := program.get("v1/facts")
	assert.Equal(t, http.StatusTooManyRequests, refused.status)
	assert.Contains(t, string(refused.body), "try again in a few seconds")
	assert.Equal(t, http.StatusOK, program.get("v1/facts?service="+large.Name(7)).status, "what is read in a moment is")
	assert.Equal(t, http.StatusOK, program.get("v1/metrics?q={}").status, "figures are not concerned")
}
