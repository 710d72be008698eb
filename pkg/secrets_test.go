package main_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

// said is all that a program writes, from whichever of its goroutines.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// telltale is a GitHub on a bad day that repeats what it was sent, headers and all, wherever it has something to say.
// It gives its address and all that it hears.
func telltale(t *testing.T, token string) (address string, heard *said) {
	t.Helper()
	var requests atomic.Int64
	heard = &said{}
	invented := world.New(world.Options{Seed: 8, Months: 2}).Handler(token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		_, _ = fmt.Fprintln(heard, r.URL, r.Header, string(body))
		echo := r.Header.Get("Authorization")
		w.Header().Set("X-Echo", echo)
		switch requests.Add(1) % 7 {
		case 2:
			http.Error(w, "<html>bad gateway for "+echo, http.StatusBadGateway)
		case 4:
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"data":null,"errors":[{"type":"INTERNAL","message":"no answer for %s","path":[%q]}]}`, echo, echo)
		case 6:
			w.Header().Set("Location", "http://127.0.0.1:1/?"+url.QueryEscape(echo))
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			invented.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, heard
}

// firstFrame is what a panel is sent that begins to follow a question, by either way.
func (p *process) firstFrame(from backend.PluginContext, to subscription) string {
	p.Helper()
	joined, err := p.Stream.SubscribeStream(p.Context(), backend.ToProto().SubscribeStreamRequest(&backend.SubscribeStreamRequest{PluginContext: from, Path: to.path, Data: to.data}))
	require.NoError(p, err)
	require.Equal(p, pluginv2.SubscribeStreamResponse_OK, joined.Status)
	stream, err := p.Stream.RunStream(p.Context(), backend.ToProto().RunStreamRequest(&backend.RunStreamRequest{PluginContext: from, Path: to.path, Data: to.data}))
	require.NoError(p, err)
	packet, err := stream.Recv()
	require.NoError(p, err)
	require.Contains(p, string(packet.Data), " cannot be read")
	return string(joined.Data) + string(packet.Data)
}

// Secrets are planted wherever there is room for one, the sources fail in every other answer and repeat what they were
// sent, and everything that comes out of the program is searched.
func TestNoSecretComesOutOfTheBuiltProgram(t *testing.T) {
	planted := map[string]string{
		"sources.one.token": "ghp_planted-one-7261", "sources.two.token": "ghp_planted-two-9143", "webhooks.secret": "planted-webhook-5528",
		"sources.three.appPrivateKey": "-----BEGIN RSA PRIVATE KEY-----\nplanted-key-3317\n-----END RSA PRIVATE KEY-----",
		"basicAuthPassword":           "planted-password-8810",
	}
	one, hearsOne := telltale(t, planted["sources.one.token"])
	two, hearsTwo := telltale(t, planted["sources.two.token"])
	store := filepath.Join(t.TempDir(), "dora.db")
	text := fmt.Sprintf(`{"sources":[
		{"id":"one","type":"github","url":%q,"repositories":["example-health/*"],"incidents":{"labels":["incident"]}},
		{"id":"two","type":"github","url":%q,"api":"rest","repositories":["example-health/booking","example-health/nothing"]}],"store":{"path":%q}}`, one, two, store)
	from := source("dora", text, 1)
	from.User = &backend.User{Login: "admin", Role: "Admin"}
	from.DataSourceInstanceSettings.DecryptedSecureJSONData = planted

	log := &said{}
	p := startWith(t, exec.Command(program), log)
	var out bytes.Buffer
	queries := []string{`{"queryType":"collection"}`, `{"metric":"lead_time"}`, `{"queryType":"events"}`, `{"metric":"velocity"}`, `{"queryType":"standing","standing":"open_incident"}`,
		`{"queryType":"stages"}`, `{"queryType":"signals"}`, `{"queryType":"annotations"}`, `{"queryType":"values","field":"service"}`, `{"metric":"lead_time","format":"distribution"}`}
	ask := func() {
		request := &backend.QueryDataRequest{PluginContext: from}
		for i, q := range queries {
			request.Queries = append(request.Queries, backend.DataQuery{
				RefID: fmt.Sprint(i), JSON: []byte(q), TimeRange: backend.TimeRange{From: time.Now().AddDate(-1, 0, 0), To: time.Now()},
			})
		}
		answer, err := p.Data.QueryData(t.Context(), backend.ToProto().QueryDataRequest(request))
		require.NoError(t, err)
		for _, each := range answer.Responses {
			out.WriteString(each.Error)
			for _, frame := range each.Frames {
				out.Write(frame)
			}
			out.Write(each.JsonMeta)
		}
	}
	failed := func() bool { // both sources have come to grief, and said so
		return strings.Count(log.String(), "could not be read completely") >= 2
	}
	require.Eventually(t, func() bool { ask(); return failed() }, 2*patience, 10*glance)
	ask()
	wrong := source("wrong", strings.Replace(text, `"id":"two"`, `"id":"three","appId":"7","installationId":"42"`, 1), 1)
	wrong.DataSourceInstanceSettings.DecryptedSecureJSONData = planted
	for _, each := range []backend.PluginContext{from, wrong} {
		health, err := p.Diagnostics.CheckHealth(t.Context(), &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(each)})
		require.NoError(t, err)
		out.WriteString(health.Message)
		out.Write(health.JsonDetails)
	}
	for _, path := range []string{
		"v1/teams", "v1/corrections", `v1/metrics?q={"metric":"lead_time"}`, "v1/metrics?q={",
		"v1/collection", "v1/services", "v1/deployments", "v1/changes", "v1/incidents", "v1/facts", "v1/environments", "v1/openapi.json", "v1/check?source=one", "v1/check?source=two", "v1/nothing",
	} {
		_, answer, err := p.call(from, "GET", path, nil, nil)
		require.NoError(t, err)
		out.Write(answer)
	}
	for _, each := range []struct{ method, path, body string }{
		{"POST", "webhooks?source=one", `{}`},
		{"POST", "webhooks?source=one&secret=" + url.QueryEscape(planted["webhooks.secret"]), `{"malformed`}, // who knows it does not hear it
		{"POST", "v1/metrics", `{"queries":[{"metric":"lead_time"}]}`},
		{"POST", "v1/preview", `{"services":[{"name":"booking","deployments":[{"source":"one"}]}],"production":"^live$"}`},
		{"POST", "v1/preview", `{"services":[{"name":"booking","deployments":[{"source":"nobody"}]}]}`},
		{"POST", "v1/deployments?source=one", `{}`},
		{"POST", "v1/corrections", `{"verdict":"failed"}`},
		{"POST", "v1/refresh?source=one", `{}`},
	} {
		header := http.Header{"Content-Type": {"application/json"}, "X-Hub-Signature-256": {"sha256=00"}, "X-Github-Event": {"ping"}}
		status, answer, err := p.call(from, each.method, each.path, header, []byte(each.body))
		require.NoError(t, err)
		require.NotEqual(t, http.StatusNotFound, status, each.path)
		require.NotEmpty(t, answer, each.path)
		out.Write(answer)
	}
	out.WriteString(p.firstFrame(from, p.march(from, "example-health/booking")))
	metrics, err := p.Diagnostics.CollectMetrics(t.Context(), &pluginv2.CollectMetricsRequest{})
	require.NoError(t, err)
	require.Contains(t, string(metrics.Metrics.Prometheus), "livedora_source_errors_total")
	out.Write(metrics.Metrics.Prometheus)
	p.Close()
	for _, file := range []string{store, store + "-wal"} { // what rests on the disk
		content, err := os.ReadFile(file)
		if err == nil {
			out.Write(content)
		}
	}
	require.Greater(t, out.Len(), 100_000)
	require.Contains(t, log.String(), `"@level":"debug"`)

	everything := out.String() + log.String()
	for name, secret := range planted {
		for _, form := range []string{secret, strings.TrimPrefix(secret, "ghp_"), "planted-key-3317", url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if at := strings.Index(everything, form); at >= 0 {
				assert.Fail(t, name+" came out", "%.300q", everything[max(0, at-200):])
			}
		}
	}
	for name, each := range map[string]struct {
		heard *said
		own   string
	}{"one": {hearsOne, "sources.one.token"}, "two": {hearsTwo, "sources.two.token"}} {
		require.Contains(t, each.heard.String(), planted[each.own])
		for secret, value := range planted {
			if secret != each.own {
				assert.NotContains(t, each.heard.String(), value, "source %s was told %s", name, secret)
			}
		}
	}
	t.Logf("%d bytes of answers, metrics and store, %d bytes of logs", out.Len(), len(log.String()))
}
