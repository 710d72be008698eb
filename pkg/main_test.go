package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/demo"
	"github.com/livedora/dora-datasource/pkg/world"
)

const token = "a-token-that-stays-secret"

// program is the plugin as it is built for Grafana.
var program string

// storeRoot is the variable that says where stores may lie.
const storeRoot = "GF_PLUGIN_STORE_ROOT"

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "livedora")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "gpx_livedora")
	if err := os.Setenv(storeRoot, os.TempDir()); err != nil { // where the tests' folders are
		panic(err)
	}
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the plugin cannot be built: %s\n%s\n", err, out)
		return 1
	}
	return m.Run()
}

// patience is how long collecting may take, glance how often it is looked at.
const (
	patience = 20 * time.Second
	glance   = 20 * time.Millisecond
)

// process is the plugin's, driven over Grafana's own protocol.
type process struct {
	*testing.T
	*demo.Connection
}

func start(t *testing.T) *process {
	t.Helper()
	return startWith(t, exec.Command(program), io.Discard)
}

// startWith starts a program whose log goes somewhere.
func startWith(t *testing.T, command *exec.Cmd, log io.Writer) *process {
	t.Helper()
	t.TempDir() // the test's directory goes after what is open in it
	connection, err := demo.Connect(command, log)
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return &process{t, connection}
}

// source is a data source as Grafana knows it.
func source(uid, jsonData string, updated int64) backend.PluginContext {
	return backend.PluginContext{
		OrgID: 1, PluginID: "livedora-dora-datasource", GrafanaConfig: config.NewGrafanaCfg(map[string]string{}),
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: int64(len(uid)), UID: uid, Name: uid, Type: "livedora-dora-datasource", JSONData: []byte(jsonData),
			DecryptedSecureJSONData: map[string]string{"sources.github.token": token}, Updated: time.Unix(updated, 0),
		},
	}
}

func (p *process) ask(from backend.PluginContext, headers map[string]string, query string) data.Frames {
	p.Helper()
	answer, err := p.Data.QueryData(p.Context(), backend.ToProto().QueryDataRequest(&backend.QueryDataRequest{
		PluginContext: from, Headers: headers, Queries: []backend.DataQuery{{
			RefID: "A", JSON: []byte(query), TimeRange: backend.TimeRange{From: datasettest.At("Jan 01 00:00"), To: datasettest.At("Feb 01 00:00")},
		}},
	}))
	require.NoError(p, err)
	response, err := backend.FromProto().QueryDataResponse(answer)
	require.NoError(p, err)
	require.NoError(p, response.Responses["A"].Error)
	text, err := json.Marshal(response)
	require.NoError(p, err)
	require.NotContains(p, string(text), token)
	return response.Responses["A"].Frames
}

// collection is the state of the only source and how many of its events are stored.
func (p *process) collection(from backend.PluginContext) (state string, events int64) {
	frame := p.ask(from, nil, `{"queryType":"collection"}`)[0]
	states, _ := frame.FieldByName("state")
	count, _ := frame.FieldByName("events")
	return states.At(0).(string), count.At(0).(int64)
}

func (p *process) waitUntilRead(from backend.PluginContext) int64 {
	p.Helper()
	var events int64
	require.Eventually(p, func() bool {
		var state string
		state, events = p.collection(from)
		return state == "ok" && events > 0
	}, patience, glance)
	return events
}

func github(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(world.New(world.Options{Seed: 8, Months: 2}).Handler(token))
	t.Cleanup(server.Close)
	return server.URL
}

func settings(url, more string) string {
	return fmt.Sprintf(`{"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/*"]}]%s}`, url, more)
}

func TestTheBuiltPluginAnswersGrafana(t *testing.T) {
	p := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/tiny", datasettest.Events()...)
	tiny := source("tiny", settings(github(t), `,"store":{"path":"`+path+`"},"collect":{"backfill":"3650d"},"services":`+datasettest.Services), 1)
	for _, headers := range []map[string]string{nil, {backend.FromAlertHeaderName: "true"}} {
		frames := p.ask(tiny, headers, `{"metric":"change_failure_rate","format":"numeric","groupBy":["service"]}`)
		require.Len(t, frames, 2)
		for i, want := range []struct {
			service string
			rate    float64
		}{{"booking", 0.4}, {"records", 0}} {
			assert.Equal(t, data.FrameTypeNumericMulti, frames[i].Meta.Type)
			assert.Equal(t, data.FrameTypeVersion{0, 1}, frames[i].Meta.TypeVersion)
			assert.Equal(t, want.service, frames[i].Fields[0].Labels["service"])
			assert.InDelta(t, want.rate, *frames[i].Fields[0].At(0).(*float64), 0)
		}
	}
}

func TestSettingsChangeAndNothingIsLost(t *testing.T) {
	p, url := start(t), github(t)
	before := source("dora", settings(url, ""), 1)
	had := p.waitUntilRead(before)

	after := source("dora", settings(url, `,"definition":{"unit":"commit"}`), 2)
	_, has := p.collection(after)
	assert.GreaterOrEqual(t, has, had, "even in memory")
	assert.GreaterOrEqual(t, p.waitUntilRead(after), has)

	_, others := p.collection(source("another", settings(url, `,"collect":{"every":"2h"}`), 1))
	assert.Less(t, others, had, "another data source reads for itself")
}

func TestHealthOfTheBuiltPlugin(t *testing.T) {
	p, url := start(t), github(t)
	for uid, c := range map[string]struct {
		jsonData string
		status   backend.HealthStatus
		says     string
	}{
		"good":  {settings(url, ""), backend.HealthStatusOk, "The source answers."},
		"wrong": {settings(url, `,"production":"("`), backend.HealthStatusError, `The settings need attention. Production (production): "("`},
		"none":  {`{}`, backend.HealthStatusError, "No source is configured."},
	} {
		h, err := p.Diagnostics.CheckHealth(t.Context(), &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(source(uid, c.jsonData, 1))})
		require.NoError(t, err)
		assert.Equal(t, c.status, backend.HealthStatus(h.Status), uid)
		assert.True(t, strings.HasPrefix(h.Message, c.says), h.Message)
		assert.NotContains(t, h.Message, token)
	}
}

func TestANewProcessGoesOnAtOnceWhereTheOldOneEnded(t *testing.T) {
	url := github(t)
	dora := source("dora", settings(url, `,"store":{"path":"`+filepath.Join(t.TempDir(), "dora.db")+`"}`), 1)
	first := start(t)
	had := first.waitUntilRead(dora)
	first.Close()

	second := start(t)
	_, has := second.collection(dora)
	assert.GreaterOrEqual(t, has, had)
	second.waitUntilRead(dora) // the old one gave back its right to collect, or this would take a minute
}
