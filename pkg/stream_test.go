package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

// quiet is a GitHub that takes requests and never answers: nothing happens but what a test writes into the store.
func quiet(t *testing.T) string {
	t.Helper()
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(func() { close(over); server.Close() })
	return server.URL
}

// tiny is a data source over the tiny organisation, in a file that others write to.
func tiny(t *testing.T) (path, jsonData string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	return path, settings(quiet(t), `,"store":{"path":"`+path+`"},"collect":{"backfill":"3650d"},"services":`+datasettest.Services)
}

// again is one more deployment of a version to production.
func again(repository, sha string, number int64) dora.Event {
	at := datasettest.At("Jan 28 09:00")
	return &dora.Deployment{
		Header: dora.Header{Source: datasettest.Source, ID: fmt.Sprintf("%s:deployment:%d", repository, number), Updated: at}, Repository: repository,
		Number: number, Environment: "production", SHA: datasettest.SHA(sha), Created: at,
		Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
	}
}

// subscription is what a panel's answer says on how to follow it.
type subscription struct {
	path string
	data json.RawMessage
}

func (p *process) subscription(to backend.PluginContext, service string) subscription {
	p.Helper()
	from, until := datasettest.At("Jan 01 00:00").Format(time.RFC3339), datasettest.At("Feb 01 00:00").Format(time.RFC3339)
	frames := p.ask(to, nil, fmt.Sprintf(`{"metric":"change_failure_rate","statistic":"n","format":"numeric","filters":[{"field":"service","values":[%q]}],
		"live":true,"range":{"from":%q,"to":%q}}`, service, from, until))
	text, err := json.Marshal(frames[0].Meta.Custom)
	require.NoError(p, err)
	var custom struct {
		Live struct {
			Channel string
			Query   json.RawMessage
		}
	}
	require.NoError(p, json.Unmarshal(text, &custom))
	path, found := strings.CutPrefix(custom.Live.Channel, "ds/dora/")
	require.True(p, found, string(text))
	return subscription{path, custom.Live.Query}
}

// channel is a stream as Grafana runs it, until the test ends.
type channel struct {
	stream pluginv2.Stream_RunStreamClient
	sent   chan *data.Frame
	ended  chan error
}

func (p *process) follow(from backend.PluginContext, to subscription) *channel {
	p.Helper()
	ctx, stop := context.WithCancel(context.Background())
	stream, err := p.Stream.RunStream(ctx, backend.ToProto().RunStreamRequest(&backend.RunStreamRequest{PluginContext: from, Path: to.path, Data: to.data}))
	require.NoError(p, err)
	c := &channel{stream: stream, sent: make(chan *data.Frame, 100), ended: make(chan error, 1)}
	done := make(chan struct{})
	go func() { // until the stream ends, at the latest with the test
		defer close(done)
		for {
			packet, err := stream.Recv()
			if err != nil {
				c.ended <- err
				return
			}
			frame := &data.Frame{}
			if err := json.Unmarshal(packet.Data, frame); err != nil {
				c.ended <- err
				return
			}
			c.sent <- frame
		}
	}()
	p.Cleanup(func() { stop(); <-done })
	return c
}

// until reads frames until one shows a figure, and gives all the figures before it.
func (c *channel) until(t *testing.T, want float64) (before []float64) {
	t.Helper()
	for {
		select {
		case frame := <-c.sent:
			if len(frame.Fields) == 0 {
				continue // of the service, nothing is known yet
			}
			value, err := frame.Fields[0].NullableFloatAt(0)
			require.NoError(t, err)
			if *value == want {
				return before
			}
			before = append(before, *value)
		case err := <-c.ended:
			require.Fail(t, "the stream ended", "%v", err)
		case <-time.After(20 * time.Second):
			require.Fail(t, "the figure did not come", "%v, seen %v", want, before)
		}
	}
}

func (c *channel) end(t *testing.T) error {
	t.Helper()
	for {
		select {
		case <-c.sent:
		case err := <-c.ended:
			return err
		case <-time.After(20 * time.Second):
			require.Fail(t, "the stream goes on")
		}
	}
}

func TestTheBuiltPluginSendsWhatHasChanged(t *testing.T) {
	p := start(t)
	path, jsonData := tiny(t)
	from := source("dora", jsonData, 1)
	booking, records := p.follow(from, p.subscription(from, "booking")), p.follow(from, p.subscription(from, "records"))
	booking.until(t, 5)
	records.until(t, 1)
	datasettest.Fill(t, path, "1/dora", again(datasettest.Booking, "b2", 301))
	assert.NotContains(t, booking.until(t, 6), 6.0)
	datasettest.Fill(t, path, "1/dora", again(datasettest.Records, "c0", 302))
	records.until(t, 2)
	for len(booking.sent) > 0 {
		value, _ := (<-booking.sent).Fields[0].NullableFloatAt(0)
		assert.InDelta(t, 6, *value, 0, "it does not hear of another service's deployments")
	}
}

func TestTheBuiltPluginRefusesAnotherQueryOnAChannel(t *testing.T) {
	p := start(t)
	_, jsonData := tiny(t)
	from := source("dora", jsonData, 1)
	booking, records := p.subscription(from, "booking"), p.subscription(from, "records")
	subscribe := func(s subscription) *pluginv2.SubscribeStreamResponse {
		response, err := p.Stream.SubscribeStream(t.Context(), backend.ToProto().SubscribeStreamRequest(&backend.SubscribeStreamRequest{PluginContext: from, Path: s.path, Data: s.data}))
		require.NoError(t, err)
		return response
	}
	welcome := subscribe(booking)
	assert.Equal(t, pluginv2.SubscribeStreamResponse_OK, welcome.Status)
	assert.Contains(t, string(welcome.Data), `"values":[[5]]`)
	assert.NotContains(t, string(welcome.Data), token)
	assert.Equal(t, pluginv2.SubscribeStreamResponse_PERMISSION_DENIED, subscribe(subscription{booking.path, records.data}).Status)
	require.ErrorContains(t, p.follow(from, subscription{booking.path, records.data}).end(t), "EOF")
}

func TestStreamsGoOnAfterNewSettingsAndAfterARestart(t *testing.T) {
	path, jsonData := tiny(t)
	before := source("dora", jsonData, 1)
	first := start(t)
	booking := first.subscription(before, "booking")
	open := first.follow(before, booking)
	open.until(t, 5)

	after := source("dora", strings.Replace(jsonData, `"collect":{`, `"definition":{"unit":"commit"},"collect":{`, 1), 2)
	first.ask(after, nil, `{}`)
	require.ErrorContains(t, open.end(t), "settings changed", "which is when Grafana opens it again, with new settings")
	open = first.follow(after, booking)
	open.until(t, 5)
	first.Close()
	require.Error(t, open.end(t))

	second := start(t)
	open = second.follow(after, booking)
	open.until(t, 5)
	datasettest.Fill(t, path, "1/dora", again(datasettest.Booking, "b2", 301))
	open.until(t, 6)
}
