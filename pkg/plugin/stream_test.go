package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/plugin"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// allTheYear is what a live query says of its range where the dashboard stands at the tiny organisation's year.
var allTheYear = fmt.Sprintf(`"live":true,"range":{"from":%q,"to":%q}`, year.From.Format(time.RFC3339), year.To.Format(time.RFC3339))

// invitation is what an answer says on how to follow it.
type invitation struct {
	path string
	data json.RawMessage
	etag string
}

// invited is the invitation in the answer to a live query.
func (g *grafana) invited(i *plugin.Instance, query string) invitation {
	g.Helper()
	frames := g.one(i, query)
	require.Len(g, frames, 1, "one channel carries one frame")
	live := liveOf(g.T, frames[0])
	path, found := strings.CutPrefix(live.Channel, "ds/dora/")
	require.True(g, found, live.Channel)
	return invitation{path, live.Query, live.Etag}
}

// liveOf is meta.custom.live as the frontend reads it.
func liveOf(t *testing.T, frame *data.Frame) plugin.Live {
	t.Helper()
	text, err := json.Marshal(frame.Meta.Custom)
	require.NoError(t, err)
	var custom struct{ Live plugin.Live }
	require.NoError(t, json.Unmarshal(text, &custom))
	return custom.Live
}

// listener is one who follows a channel. Like the frontend, it passes over a frame that is the one before.
type listener struct {
	frames  chan *data.Frame
	ended   chan error
	stop    context.CancelFunc
	packets atomic.Int64 // with those that are passed over
	etag    string
}

func (l *listener) Send(packet *backend.StreamPacket) error {
	frame := &data.Frame{}
	if err := json.Unmarshal(packet.Data, frame); err != nil {
		return err
	}
	l.packets.Add(1)
	text, err := json.Marshal(frame.Meta.Custom)
	if err != nil {
		return err
	}
	var custom struct{ Live plugin.Live }
	if err := json.Unmarshal(text, &custom); err != nil || custom.Live.Etag == l.etag {
		return err
	}
	l.etag = custom.Live.Etag
	l.frames <- frame
	return nil
}

// listen runs a stream until the test ends.
func (g *grafana) listen(i *plugin.Instance, to invitation) *listener {
	g.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &listener{frames: make(chan *data.Frame, 100), ended: make(chan error, 1), stop: stop}
	var running sync.WaitGroup
	running.Go(func() {
		l.ended <- i.RunStream(ctx, &backend.RunStreamRequest{Path: to.path, Data: to.data}, backend.NewStreamSender(l))
	})
	g.Cleanup(func() { stop(); running.Wait() })
	return l
}

// next is the next frame of a channel.
func (l *listener) next(t *testing.T) *data.Frame {
	t.Helper()
	select {
	case frame := <-l.frames:
		return frame
	case err := <-l.ended:
		require.Fail(t, "the stream ended", "%v", err)
	case <-time.After(20 * time.Second):
		require.Fail(t, "nothing was sent")
	}
	return nil
}

// ends is what the stream returns.
func (l *listener) ends(t *testing.T) error {
	t.Helper()
	select {
	case err := <-l.ended:
		return err
	case <-time.After(20 * time.Second):
		require.Fail(t, "the stream goes on")
	}
	return nil
}

// living is a data source over the tiny organisation, and its store, which others write to.
func living(t *testing.T, more ...string) (g *grafana, i *plugin.Instance, write func(...dora.Event)) {
	t.Helper()
	g = start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	i = g.save("dora", inFile(t, path, more...))
	require.Eventually(t, func() bool { // from then on, nothing is news that was not written by the test
		state, _ := g.one(i, `{"queryType":"collection"}`)[0].FieldByName("state")
		return state.At(0) == "collecting"
	}, 20*time.Second, 5*time.Millisecond)
	return g, i, writer(t, path)
}

func inFile(t *testing.T, path string, more ...string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"type": "sqlite", "path": path})
	require.NoError(t, err)
	return settings(silent(t), append([]string{`"store":` + string(text), `"services":` + datasettest.Services, `"collect":{"backfill":"3650d"}`}, more...)...)
}

func writer(t *testing.T, path string) func(...dora.Event) {
	t.Helper()
	opened, err := sqlite.Open(t.Context(), path, "1/dora")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return func(events ...dora.Event) {
		_, err := opened.Apply(t.Context(), store.Batch{Events: events})
		require.NoError(t, err)
	}
}

// deployed is one more deployment of a repository's first version.
func deployed(repository, sha string, number int64, at string) dora.Event {
	return &dora.Deployment{
		Header: dora.Header{Source: datasettest.Source, ID: fmt.Sprintf("%s:deployment:%d", repository, number), Updated: datasettest.At(at)}, Repository: repository,
		Number: number, Environment: "production", SHA: datasettest.SHA(sha), Created: datasettest.At(at),
		Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: datasettest.At(at)}},
	}
}

// figure is the only number of a frame with one row.
func figure(t *testing.T, frame *data.Frame) float64 {
	t.Helper()
	require.Len(t, frame.Fields, 1)
	require.Equal(t, 1, frame.Fields[0].Len())
	value, err := frame.Fields[0].NullableFloatAt(0)
	require.NoError(t, err)
	return *value
}

func deploymentsOf(service string) string {
	return fmt.Sprintf(`{"format":"numeric","compare":"previous","filters":[{"field":"service","values":[%q]}],%s}`, service, allTheYear)
}

func TestADeploymentChangesTheFiguresOfItsServiceAlone(t *testing.T) {
	g, i, write := living(t)
	booking := g.listen(i, g.invited(i, deploymentsOf("booking")))
	records := g.listen(i, g.invited(i, deploymentsOf("records")))
	assert.InDelta(t, 5, figure(t, booking.next(t)), 0)
	assert.InDelta(t, 2, figure(t, records.next(t)), 0)

	write(deployed(datasettest.Booking, "b2", 301, "Feb 10 09:00"))
	changed := booking.next(t)
	assert.InDelta(t, 6, figure(t, changed), 0)
	assert.Contains(t, fmt.Sprint(changed.Meta.Custom), "n:[6]", "what it rests on changes with it")

	write(deployed(datasettest.Records, "c1", 302, "Feb 11 09:00"))
	assert.InDelta(t, 3, figure(t, records.next(t)), 0, "the first thing it hears of is its own")
	assert.Empty(t, booking.frames)
}

func TestWhatIsTheSameIsNotSentAgain(t *testing.T) {
	g, i, write := living(t)
	everything := `{"format":"numeric","filters":[{"field":"service","values":["booking"]},{"field":"environment","values":["moon"]}],` + allTheYear + `}`
	moon := g.listen(i, g.invited(i, everything))
	moon.next(t)
	booking := g.listen(i, g.invited(i, deploymentsOf("booking")))
	booking.next(t)
	write(deployed(datasettest.Booking, "b2", 301, "Feb 10 09:00"))
	booking.next(t)
	write(deployed(datasettest.Booking, "b2", 302, "Feb 11 09:00"))
	booking.next(t)
	assert.LessOrEqual(t, moon.packets.Load(), int64(2), "its service was deployed twice, and its answer is the same: the first one, and once more for who was joining")
}

func TestWhatPassedSomeoneByWhoWasJoiningIsMadeGood(t *testing.T) {
	g, i, write := living(t)
	to := g.invited(i, deploymentsOf("booking"))
	l := g.listen(i, to)
	l.next(t)
	sent := func(l *listener, number int64) {
		require.Eventually(t, func() bool { return l.packets.Load() == number }, 20*time.Second, 5*time.Millisecond)
	}
	sent(l, 2) // what came with the first one's joining
	subscribe := func() {
		_, err := i.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{Path: to.path, Data: to.data})
		require.NoError(t, err)
	}
	subscribe()
	write(deployed(datasettest.Booking, "b2", 301, "Feb 10 09:00"))
	assert.InDelta(t, 6, figure(t, l.next(t)), 0)
	sent(l, 4)
	subscribe()
	records := g.listen(i, g.invited(i, deploymentsOf("records")))
	sent(records, 2) // as long after
	assert.Equal(t, int64(4), l.packets.Load(), "where nothing was sent, there is nothing to make good")
}

func TestListsOfWhatNoServiceCountsAreFollowedToo(t *testing.T) {
	g, i, write := living(t, `"otherRepositories":"leave_out"`)
	unmatched := g.listen(i, g.invited(i, `{"queryType":"events","events":"unmatched",`+allTheYear+`}`))
	before := unmatched.next(t).Rows()
	write(deployed("example-health/nobodys", "b2", 301, "Feb 10 09:00"))
	assert.Equal(t, before+1, unmatched.next(t).Rows())
}

func TestEveryKindOfQueryThatCanBeFollowedIs(t *testing.T) {
	g, i, write := living(t)
	open := map[string]*listener{}
	for _, query := range []string{
		`{"metric":"lead_time","bucket":"month","groupBy":["service"],` + allTheYear + `}`,
		`{"metric":"rework_rate","format":"numeric","groupBy":["service","team"],` + allTheYear + `}`,
		`{"metric":"change_failure_rate","format":"table","bucket":"month","definition":{"evidence":["rollback"]},` + allTheYear + `}`,
		`{"queryType":"stages","format":"numeric",` + allTheYear + `}`,
		`{"queryType":"events",` + allTheYear + `}`,
		`{"queryType":"events","events":"failures","filters":[{"field":"service","values":["records"]}],` + allTheYear + `}`,
		`{"queryType":"collection",` + allTheYear + `}`,
	} {
		to := g.invited(i, query)
		open[query] = g.listen(i, to)
		first := open[query].next(t)
		if !strings.Contains(query, "collection") { // which says other things at any time
			assert.Equal(t, to.etag, liveOf(t, first).Etag, "%s: the stream begins with what was answered", query)
		}
	}
	// booking ships what was waiting, and records goes back to its first version: its second one failed.
	write(deployed(datasettest.Booking, "b4", 301, "Feb 03 09:00"), deployed(datasettest.Records, "c0", 302, "Feb 03 09:00"))
	for query, l := range open {
		frame := l.next(t)
		assert.Empty(t, liveOf(t, frame).Channel, query)
		if strings.Contains(query, "failures") {
			assert.Equal(t, 1, frame.Rows(), "columns come with the first row")
		}
	}
}

func TestAnAnswerAndItsChannelAgree(t *testing.T) {
	g, i, _ := living(t)
	panel := g.invited(i, `{"refId":"A","datasource":{"uid":"dora"},"intervalMs":60000,"maxDataPoints":100,"metric":"lead_time",`+allTheYear+`}`)
	assert.Equal(t, panel, g.invited(i, `{"metric":"lead_time","refId":"Z","maxDataPoints":900,`+allTheYear+`}`), "two panels that ask the same share a channel")
	assert.LessOrEqual(t, len("1/ds/"+strings.Repeat("u", 40)+"/"+panel.path), 160)
	assert.Regexp(t, `^[A-Za-z0-9_\-/=.]+$`, panel.path)

	numeric := g.one(i, `{"metric":"lead_time","format":"numeric","groupBy":["service"],`+allTheYear+`}`)[0]
	assert.Equal(t, data.FrameTypeNumericWide, numeric.Meta.Type)
	assert.Equal(t, data.FrameTypeVersion{0, 1}, numeric.Meta.TypeVersion)
	require.Len(t, numeric.Fields, 2)
	assert.Equal(t, "records", numeric.Fields[1].Labels["service"])
	assert.Len(t, numeric.Meta.Custom.(plugin.Custom).Series, 2)

	for _, query := range []string{
		`{"metric":"lead_time"}`, `{"metric":"lead_time","live":true}`, // without a range there is nothing to ask again
		`{"queryType":"annotations",` + allTheYear + `}`, `{"queryType":"values",` + allTheYear + `}`,
		`{"live":true,"range":{"from":"now-90d","to":"now"}}`,      // the answer is over another range
		`{"live":true,"range":{"from":"now-1Q/fQ","to":"now/fQ"}}`, // a form that only browsers know
	} {
		frame := g.one(i, query)[0]
		if frame.Meta != nil {
			assert.Empty(t, liveOf(t, frame), query)
		}
	}
}

func TestAlertingTakesOneAnswerAtATime(t *testing.T) {
	_, i, _ := living(t)
	answered, err := i.QueryData(t.Context(), &backend.QueryDataRequest{
		Headers: map[string]string{backend.FromAlertHeaderName: "true"},
		Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(`{"format":"numeric","groupBy":["service"],` + allTheYear + `}`), TimeRange: year}},
	})
	require.NoError(t, err)
	frames := answered.Responses["A"].Frames
	require.Len(t, frames, 2)
	assert.Equal(t, data.FrameTypeNumericMulti, frames[0].Meta.Type)
	assert.Empty(t, liveOf(t, frames[0]))
}

func TestNobodyFeedsOthersAnotherQuery(t *testing.T) {
	g, i, _ := living(t)
	ours, theirs := g.invited(i, deploymentsOf("booking")), g.invited(i, deploymentsOf("records"))
	subscribe := func(path string, text string) *backend.SubscribeStreamResponse {
		response, err := i.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{Path: path, Data: []byte(text)})
		require.NoError(t, err)
		return response
	}
	welcome := subscribe(ours.path, string(ours.data))
	require.Equal(t, backend.SubscribeStreamStatusOK, welcome.Status)
	frame := &data.Frame{}
	require.NoError(t, json.Unmarshal(welcome.InitialData.Data(), frame))
	assert.InDelta(t, 5, figure(t, frame), 0, "one who comes late is told at once")

	for _, text := range []string{
		string(theirs.data), ``, `null`, `{}`, `[]`, `{"a`, `{"metric":"velocity"}`,
		strings.Replace(string(ours.data), `"live":true`, `"live":false`, 1), strings.Replace(string(ours.data), "2024", "2023", 1),
	} {
		assert.Equal(t, backend.SubscribeStreamStatusPermissionDenied, subscribe(ours.path, text).Status, text)
		l := g.listen(i, invitation{path: ours.path, data: []byte(text)})
		require.NoError(t, l.ends(t), "it can never be run, so that Grafana need not try again: %s", text)
		assert.Empty(t, l.frames)
	}
	published, err := i.PublishStream(t.Context(), &backend.PublishStreamRequest{Path: ours.path, Data: []byte(`{}`)})
	require.NoError(t, err)
	assert.Equal(t, backend.PublishStreamStatusPermissionDenied, published.Status)
}

func TestAStreamGoesOnUnderNewSettings(t *testing.T) {
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	before := g.save("dora", inFile(t, path))
	rate := g.invited(before, `{"metric":"change_failure_rate","format":"numeric","filters":[{"field":"service","values":["booking"]}],`+allTheYear+`}`)
	l := g.listen(before, rate)
	assert.InDelta(t, 0.4, figure(t, l.next(t)), 1e-9)

	after := g.save("dora", inFile(t, path, `"definition":{"evidence":["rollback"]}`))
	g.ask(after, `{}`)
	require.ErrorContains(t, l.ends(t), "settings changed", "so that Grafana opens it again")
	again := g.listen(after, rate)
	assert.InDelta(t, 0.2, figure(t, again.next(t)), 1e-9)

	after.Dispose()
	after.Dispose()
	require.Error(t, again.ends(t))
}

func TestAStreamThatNobodyFollowsEndsQuietly(t *testing.T) {
	g, i, _ := living(t)
	l := g.listen(i, g.invited(i, deploymentsOf("booking")))
	l.next(t)
	l.stop()
	assert.NoError(t, l.ends(t))
}

// broken cannot be written to.
type broken struct{}

func (broken) Send(*backend.StreamPacket) error { panic("a defect") }

func TestADefectInOneStreamDoesNotTouchTheOthers(t *testing.T) {
	g, i, write := living(t)
	to := g.invited(i, deploymentsOf("booking"))
	l := g.listen(i, to)
	l.next(t)
	err := i.RunStream(t.Context(), &backend.RunStreamRequest{Path: to.path, Data: to.data}, backend.NewStreamSender(broken{}))
	require.EqualError(t, err, "this stream hit a defect in Live DORA; Grafana's log has the details")
	_, err = (&plugin.Instance{}).SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{})
	require.Error(t, err)
	write(deployed(datasettest.Booking, "b2", 301, "Feb 10 09:00"))
	assert.InDelta(t, 6, figure(t, l.next(t)), 0)
}

func TestAUserHasAShareOfTheStreamsAndSoHasAnOrganisation(t *testing.T) {
	g, i, _ := living(t)
	numbered := func(n int) string {
		return fmt.Sprintf(`{"format":"numeric","filters":[{"field":"service","values":["booking","another-%d"]}],%s}`, n, allTheYear)
	}
	as := func(organisation int64, login string) backend.PluginContext {
		return backend.PluginContext{OrgID: organisation, User: &backend.User{Login: login, Role: "Viewer"}}
	}
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer func() { stop(); running.Wait() }()
	first, late := g.invited(i, numbered(0)), g.invited(i, numbered(1000))
	frames := make(chan *data.Frame, 1000)
	run := func(from, to int, by backend.PluginContext) {
		for n := from; n < to; n++ {
			of := g.invited(i, numbered(n))
			running.Go(func() {
				request := &backend.RunStreamRequest{PluginContext: by, Path: of.path, Data: of.data}
				assert.NoError(t, i.RunStream(ctx, request, backend.NewStreamSender(&listener{frames: frames})))
			})
		}
		for range to - from {
			(&listener{frames: frames}).next(t)
		}
	}
	subscribed := func(to invitation, by backend.PluginContext) backend.SubscribeStreamStatus {
		answer, err := i.SubscribeStream(ctx, &backend.SubscribeStreamRequest{PluginContext: by, Path: to.path, Data: to.data})
		require.NoError(t, err)
		return answer.Status
	}
	refused := func(by backend.PluginContext, why string) {
		err := i.RunStream(ctx, &backend.RunStreamRequest{PluginContext: by, Path: late.path, Data: late.data}, nil)
		require.EqualError(t, err, why)
		assert.Equal(t, backend.SubscribeStreamStatusPermissionDenied, subscribed(late, by))
		response, err := i.QueryData(backend.WithPluginContext(ctx, by), &backend.QueryDataRequest{PluginContext: by, Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(numbered(1000)), TimeRange: year}}})
		require.NoError(t, err)
		plain := response.Responses["A"].Frames[0]
		assert.Empty(t, liveOf(t, plain))
		assert.Contains(t, plain.Meta.Notices[len(plain.Meta.Notices)-1].Text, "This panel is not live: "+why)
		assert.Equal(t, backend.SubscribeStreamStatusOK, subscribed(first, by), "one more may follow what runs already")
	}

	run(0, 300, as(1, "one"))
	refused(as(1, "one"), "300 streams of yours are open, which is one user's share")
	assert.Equal(t, backend.SubscribeStreamStatusOK, subscribed(late, as(1, "stranger")))

	for n, login := range []string{"two", "three", "four"} {
		run(300*(n+1), min(300*(n+2), 1000), as(1, login))
	}
	refused(as(1, "stranger"), "1000 streams of your organisation are open, which is its share")
	assert.Equal(t, backend.SubscribeStreamStatusOK, subscribed(late, as(2, "stranger")))
}

func TestNoStreamIsOpenedWithoutAWorkingDataSource(t *testing.T) {
	g := start(t)
	i := g.save("dora", `{"production":"("}`)
	_, err := i.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{Path: "query/x"})
	require.ErrorContains(t, err, "production")
	err = i.RunStream(t.Context(), &backend.RunStreamRequest{Path: "query/x"}, nil)
	require.ErrorContains(t, err, "production", "Grafana tries again, with the settings of that time")
	assert.False(t, errors.Is(err, context.Canceled))
}

func TestFramesOfOneProcessCanBePutInOrder(t *testing.T) {
	g, i := tiny(t)
	const question = `{"metric":"deployment_frequency","format":"numeric",`
	answered := liveOf(t, g.one(i, question+allTheYear+`}`)[0])
	sent := liveOf(t, g.listen(i, g.invited(i, question+allTheYear+`}`)).next(t))
	assert.NotEmpty(t, answered.By)
	assert.Equal(t, answered.By, sent.By)
	assert.GreaterOrEqual(t, sent.At, answered.At)
}
