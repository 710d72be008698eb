package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

// ailment is what is wrong with a GitHub from some request on. It says whether it answered a request itself.
type ailment struct {
	cause  string
	says   []string // of what failed, and what to do
	strike func(w http.ResponseWriter, question string) bool
}

// patient is a GitHub that falls ill, and recovers.
type patient struct {
	url   string
	has   atomic.Pointer[ailment]
	after atomic.Int64 // how many requests it answers before it does
	gate  sync.RWMutex // while it is held, requests wait
}

func (p *patient) falls(ill *ailment, after int64) { p.after.Store(after); p.has.Store(ill) }

func (p *patient) recovers() { p.has.Store(nil) }

func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{}
	invented := world.New(world.Options{Seed: 8, Months: 3, Now: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)}).Handler(token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		r.Body = io.NopCloser(bytes.NewReader(question))
		p.gate.RLock()
		defer p.gate.RUnlock()
		if ill := p.has.Load(); ill != nil && p.after.Add(-1) < 0 && ill.strike(w, string(question)) {
			return
		}
		invented.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// always answers every request.
func always(status int, kind, body string) func(http.ResponseWriter, string) bool {
	return func(w http.ResponseWriter, _ string) bool {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// where answers the questions that have all of some words in them.
func where(body string, words ...string) func(http.ResponseWriter, string) bool {
	return func(w http.ResponseWriter, question string) bool {
		for _, word := range words {
			if !strings.Contains(question, word) {
				return false
			}
		}
		return always(http.StatusOK, "application/json", body)(w, question)
	}
}

var ailments = map[string]*ailment{
	"the token expired": {
		"credentials", []string{"github: GitHub does not accept the token: it is wrong, expired or revoked; enter a new one", "Bad credentials"},
		func(w http.ResponseWriter, question string) bool {
			w.Header().Set("X-Github-Request-Id", "C0FF:EE") // GitHub's own message may be repeated
			return always(http.StatusUnauthorized, "application/json", `{"message":"Bad credentials"}`)(w, question)
		},
	},
	"a repository vanished": {
		"not_found", []string{"github (example-health/booking): there is no repository example-health/booking, or the token may not see it: check its name and the token's access"},
		where(`{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"],"message":"Could not resolve to a Repository with the name 'example-health/booking'."}]}`, `"name":"booking"`),
	},
	"a login page answers in place of JSON": {
		"answer", []string{"github (example-health/", "what answers is not GitHub's GraphQL: check the address and look for a login page or proxy in between", "text/html"},
		always(http.StatusOK, "text/html", "<html><title>Sign in</title></html>"),
	},
	"deployments are closed to the token": { // which a health check, that asks for less, does not meet
		"permission", []string{"github (example-health/booking): the token may not read deployments: give it read access"},
		where(`{"data":{"repository":{"deployments":null}},"errors":[{"type":"FORBIDDEN","path":["repository","deployments"],"message":"Resource not accessible by personal access token"}]}`, `"name":"booking"`, "query Sync"),
	},
	"the address moved": {
		"configuration", []string{"github: the address redirects to another: enter the final one", "https://elsewhere.example"},
		func(w http.ResponseWriter, _ string) bool {
			w.Header().Set("Location", "https://elsewhere.example/graphql")
			w.WriteHeader(http.StatusMovedPermanently)
			return true
		},
	},
	"answers have another form": {
		"answer", []string{"github (example-health/booking): GitHub's answer has another form than its schema says: look for a proxy that alters answers"},
		where(`{"data":{"repository":{"nameWithOwner":7}}}`, `"name":"booking"`, "query Sync"),
	},
}

// figures are what the data source says of the year: all that is audited, and every metric's figures with their n and k.
func (p *process) figures(from backend.PluginContext) string {
	p.Helper()
	status, text, err := p.call(from, "GET", "v1/facts", nil, nil)
	require.NoError(p, err)
	require.Equal(p, http.StatusOK, status)
	for _, metric := range []string{"deployment_frequency", "lead_time", "change_failure_rate", "recovery_time", "rework_rate"} {
		frame := p.thisYear(from, fmt.Sprintf(`{"metric":%q,"format":"table","bucket":"month","groupBy":["service"]}`, metric))
		shown, err := data.FrameToJSON(frame, data.IncludeDataOnly)
		require.NoError(p, err)
		text = append(text, shown...)
	}
	return string(text)
}

// thisYear is the first frame over the year of the invented organisation.
func (p *process) thisYear(from backend.PluginContext, query string) *data.Frame {
	p.Helper()
	answer, err := p.Data.QueryData(p.Context(), backend.ToProto().QueryDataRequest(&backend.QueryDataRequest{
		PluginContext: from, Queries: []backend.DataQuery{{
			RefID: "A", JSON: []byte(query), TimeRange: backend.TimeRange{From: moment(p.T, "2025-01-01T00:00:00Z"), To: moment(p.T, "2026-01-01T00:00:00Z")},
		}},
	}))
	require.NoError(p, err)
	response, err := backend.FromProto().QueryDataResponse(answer)
	require.NoError(p, err)
	require.NoError(p, response.Responses["A"].Error)
	return response.Responses["A"].Frames[0]
}

// noticed are the notices of a frame with figures.
func (p *process) noticed(from backend.PluginContext) string {
	p.Helper()
	var texts []string
	for _, notice := range p.thisYear(from, `{"metric":"lead_time"}`).Meta.Notices {
		texts = append(texts, notice.Text)
	}
	return strings.Join(texts, "\n")
}

func (p *process) health(from backend.PluginContext) (backend.HealthStatus, string) {
	p.Helper()
	h, err := p.Diagnostics.CheckHealth(p.Context(), &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(from)})
	require.NoError(p, err)
	return backend.HealthStatus(h.Status), h.Message
}

// column is what the table of collection says of the only source.
func (p *process) column(from backend.PluginContext, name string) string {
	p.Helper()
	field, _ := p.ask(from, nil, `{"queryType":"collection"}`)[0].FieldByName(name)
	return fmt.Sprint(field.At(0))
}

// refreshes has the source read now, and waits until that is done with a result. Meanwhile is done while the run is on.
func (p *process) refreshes(from backend.PluginContext, github *patient, result string, meanwhile func()) {
	p.Helper()
	before := p.column(from, "runs")
	github.gate.Lock()
	release := sync.OnceFunc(github.gate.Unlock)
	defer release()
	from.User = &backend.User{Login: "admin", Role: "Admin"}
	status, answer, err := p.call(from, "POST", "v1/refresh?source=github", nil, nil)
	require.NoError(p, err)
	require.Equal(p, http.StatusAccepted, status, string(answer))
	require.Eventually(p, func() bool { return p.column(from, "state") == "collecting" }, time.Minute, glance)
	meanwhile()
	release()
	require.Eventually(p, func() bool { return p.column(from, "runs") != before && p.column(from, "state") == result }, time.Minute, glance)
}

// summary is the last line of a collection from the command line, and whether it succeeded.
func summary(t *testing.T, file string) (text string, ok bool) {
	t.Helper()
	var out, log bytes.Buffer
	run := exec.Command(program, "collect", "--settings", file, "--once")
	run.Stdout, run.Stderr = &out, &log
	err := run.Run()
	var told struct {
		OK      bool
		Sources []struct{ Errors []string }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &told), log.String())
	require.Equal(t, told.OK, err == nil, "the exit code says the same")
	require.Len(t, told.Sources, 1)
	return strings.Join(told.Sources[0].Errors, "\n"), told.OK
}

// A source fails in the middle of a run. Health, the notices of frames, the table of collection and the command line say
// which source, why and what to do, and go on saying so while it is tried again; the figures stay as they were. Once it is
// well again, nothing of it is left.
func TestASourceThatFailsMidwayIsToldEverywhereUntilItIsWellAgain(t *testing.T) {
	for name, ill := range ailments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			github := newPatient(t)
			jsonData := func(store string) string {
				return fmt.Sprintf(`{"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/patient-records","example-health/booking"],
					"incidents":{"labels":["incident"]}}],"store":{"path":%q},"collect":{"backfill":"3650d"}}`, github.url, store)
			}
			file := filepath.Join(t.TempDir(), "dora.yaml")
			provisioned := fmt.Sprintf(`{"apiVersion":1,"datasources":[{"name":"DORA","type":"livedora-dora-datasource","uid":"dora","jsonData":%s,"secureJsonData":{"sources.github.token":%q}}]}`,
				jsonData(filepath.Join(t.TempDir(), "commands.db")), token)
			require.NoError(t, os.WriteFile(file, []byte(provisioned), 0o600))
			p, from := start(t), source("dora", jsonData(filepath.Join(t.TempDir(), "dora.db")), 1)
			require.Eventually(t, func() bool { return p.column(from, "state") == "ok" }, time.Minute, glance)
			_, ok := summary(t, file)
			require.True(t, ok)
			figures, facts := p.figures(from), command(t, "facts", "--settings", file)
			require.Greater(t, len(facts), 10_000)

			tells := func(where, text string) {
				t.Helper()
				for _, each := range ill.says {
					assert.Contains(t, text, each, where)
				}
				assert.NotContains(t, text, token)
			}
			meanwhile := func() { assert.NotContains(t, p.noticed(from), "github") }
			for _, after := range []int64{1, 0} { // and again, while it is ill
				github.falls(ill, after)
				p.refreshes(from, github, "failing", meanwhile)
				meanwhile = func() { tells("notice, while it is tried again", p.noticed(from)) }
				tells("notice", p.noticed(from))
				assert.Regexp(t, `github cannot be (reached|read|read completely) since \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC; figures are as of \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC\. github`, p.noticed(from))
				status, message := p.health(from)
				want := backend.HealthStatusError
				if strings.Contains(p.noticed(from), "cannot be read completely") { // what is read in part is told, and not all red
					want = backend.HealthStatusOk
				}
				assert.Equal(t, want, status, message)
				tells("health", message)
				assert.Equal(t, "github", p.column(from, "source"))
				assert.Equal(t, ill.cause, p.column(from, "cause"))
				tells("collection", p.column(from, "error"))
				assert.Equal(t, figures, p.figures(from), "what was collected stays")
			}
			github.falls(ill, 1)
			said, ok := summary(t, file)
			require.False(t, ok)
			tells("summary", said)
			assert.Equal(t, facts, command(t, "facts", "--settings", file))

			github.recovers()
			p.refreshes(from, github, "ok", meanwhile)
			assert.NotContains(t, p.noticed(from), "github")
			status, message := p.health(from)
			assert.Equal(t, backend.HealthStatusOk, status, message)
			assert.Empty(t, p.column(from, "error")+p.column(from, "cause"))
			assert.Equal(t, figures, p.figures(from))
			said, ok = summary(t, file)
			assert.True(t, ok, said)
			assert.Empty(t, said)
			assert.Equal(t, facts, command(t, "facts", "--settings", file))
		})
	}
}
