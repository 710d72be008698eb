package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/plugin"
	"github.com/livedora/dora-datasource/pkg/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "a-token-that-stays-secret"

// grafana is a process of the plugin, as Grafana sees it.
type grafana struct {
	*testing.T
	process *plugin.Plugin
}

func start(t *testing.T) *grafana {
	t.Helper()
	t.TempDir() // the test's directory goes after what is open in it
	g := &grafana{T: t, process: &plugin.Plugin{}}
	t.Cleanup(g.process.Close)
	return g
}

// save makes the instance that Grafana makes after a data source's settings were saved.
func (g *grafana) save(uid, jsonData string) *plugin.Instance {
	g.Helper()
	return g.saveWith(uid, jsonData, map[string]string{"sources.github.token": token})
}

func (g *grafana) saveWith(uid, jsonData string, secrets map[string]string) *plugin.Instance {
	g.Helper()
	ctx := backend.WithPluginContext(context.Background(), backend.PluginContext{OrgID: 1})
	made, err := g.process.NewInstance(ctx, backend.DataSourceInstanceSettings{
		UID: uid, Name: uid, Type: "livedora-dora-datasource", JSONData: []byte(jsonData), DecryptedSecureJSONData: secrets,
	})
	require.NoError(g, err)
	return made.(*plugin.Instance)
}

// year is the range of all that happens in the tiny organisation.
var year = backend.TimeRange{From: datasettest.At("Jan 01 00:00"), To: datasettest.At("Apr 01 00:00")}

// ask puts queries A, B, C… over the year.
func (g *grafana) ask(i *plugin.Instance, queries ...string) map[string]backend.DataResponse {
	g.Helper()
	return g.askOver(i, year, queries...)
}

func (g *grafana) askOver(i *plugin.Instance, r backend.TimeRange, queries ...string) map[string]backend.DataResponse {
	g.Helper()
	request := &backend.QueryDataRequest{}
	for n, text := range queries {
		request.Queries = append(request.Queries, backend.DataQuery{RefID: string(rune('A' + n)), JSON: []byte(text), TimeRange: r})
	}
	answered, err := i.QueryData(g.Context(), request)
	require.NoError(g, err)
	require.Len(g, answered.Responses, len(queries))
	text, err := json.Marshal(answered)
	require.NoError(g, err)
	assert.NotContains(g, string(text), token)
	return answered.Responses
}

// one is the answer to one query that must succeed.
func (g *grafana) one(i *plugin.Instance, query string) data.Frames {
	g.Helper()
	r := g.ask(i, query)["A"]
	require.NoError(g, r.Error, query)
	require.NotEmpty(g, r.Frames, query)
	for _, frame := range r.Frames {
		assert.Equal(g, "A", frame.RefID)
	}
	return r.Frames
}

func (g *grafana) health(i *plugin.Instance) *backend.CheckHealthResult {
	g.Helper()
	h, err := i.CheckHealth(g.Context(), &backend.CheckHealthRequest{})
	require.NoError(g, err)
	assert.NotContains(g, h.Message+string(h.JSONDetails), token)
	assert.NotContains(g, h.Message, "\n")
	return h
}

// silent is a GitHub that takes requests and never answers, so that nothing changes while a test asks.
func silent(t *testing.T) string {
	t.Helper()
	over := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-over })
	t.Cleanup(func() { close(over) })
	return url
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// settings are a data source's, with the sources at an address; more are further keys.
func settings(url string, more ...string) string {
	return fmt.Sprintf(`{%s}`, strings.Join(append([]string{fmt.Sprintf(
		`"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/*"],"incidents":{"labels":["incident"]}}]`, url)}, more...), ","))
}

// stored are settings whose store holds the tiny organisation, as dataset 1/dora.
func stored(t *testing.T, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	store, err := json.Marshal(map[string]string{"type": "sqlite", "path": path})
	require.NoError(t, err)
	return settings(silent(t), append([]string{`"store":` + string(store), `"services":` + datasettest.Services, `"collect":{"backfill":"3650d"}`}, more...)...)
}

// tiny is a data source over the tiny organisation.
func tiny(t *testing.T) (*grafana, *plugin.Instance) {
	t.Helper()
	g := start(t)
	return g, g.save("dora", stored(t))
}

// invented is the invented organisation with its services mapped, behind GitHub's API.
func invented(t *testing.T) (*world.World, string, string) {
	t.Helper()
	w := world.New(world.Options{Seed: 11, Months: 3})
	url := serve(t, w.Handler(token).ServeHTTP)
	var services []map[string]any
	for _, s := range w.Services() {
		services = append(services, map[string]any{
			"name": s.Name, "team": s.Team,
			"deployments": []any{map[string]any{"source": "github", "repository": s.Repository, "environment": "^" + s.Production + "$", "tagPrefix": s.TagPrefix}},
			"incidents":   []any{map[string]any{"source": "github", "repository": s.Repository, "labels": s.IncidentLabels}},
		})
	}
	text, err := json.Marshal(services)
	require.NoError(t, err)
	return w, url, `"services":` + string(text)
}
