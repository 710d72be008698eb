package plugin_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

func signature(body string) string {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

// deliver sends a webhook of the invented organisation as GitHub would, through Grafana.
func (p *program) deliver(h world.Webhook, form bool) answered {
	p.Helper()
	ask := h.Request
	if form {
		ask = h.FormRequest
	}
	r, err := ask(p.Context(), "http://grafana.example", hookSecret)
	require.NoError(p, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(p, err)
	p.headers = r.Header
	return p.send("POST", "webhooks?source=github", body)
}

// mailbox takes note of webhooks.
type mailbox struct {
	mu    sync.Mutex
	hooks []world.Webhook
}

func (l *mailbox) hear(h world.Webhook) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hooks = append(l.hooks, h)
}

func (l *mailbox) heard() []world.Webhook {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard := l.hooks
	l.hooks = nil
	return heard
}

// organised is a data source that has read the whole invented organisation.
func organised(t *testing.T, more ...string) (w *world.World, l *mailbox, viewer, admin *program) {
	t.Helper()
	w, url, services := invented(t)
	l = &mailbox{}
	w.Subscribe(l.hear)
	g := start(t)
	i := g.saveWith("dora", settings(url, append([]string{services, `"collect":{"every":"24h"}`}, more...)...), map[string]string{
		"sources.github.token": token, "sources.github.webhookSecret": hookSecret,
	})
	viewer, _, admin = programs(t, i)
	viewer.waitForMany("v1/collection", "state", "ok")
	return w, l, viewer, admin
}

func lasting(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(filepath.Join(t.TempDir(), "dora.db"))
	require.NoError(t, err)
	return `"store":{"path":` + string(text) + `}`
}

func TestAWebhookOfGitHubIsSeenAtOnceAndReconciled(t *testing.T) {
	for name, store := range map[string]string{"a file": lasting(t), "memory": `"store":{"type":"memory"}`} {
		t.Run(name, func(t *testing.T) {
			w, l, viewer, _ := organised(t, store)
			var before struct{ Items []struct{ Requests int } }
			viewer.get("v1/collection").is(http.StatusOK, &before)
			deployed, err := w.Deploy(w.Services()[0].Name)
			require.NoError(t, err)
			hooks := l.heard()
			require.NotEmpty(t, hooks)
			for n, h := range hooks {
				viewer.deliver(h, n%2 == 1).is(http.StatusOK, nil)
				viewer.deliver(h, false).is(http.StatusOK, nil) // again
			}
			id := fmt.Sprintf("github:%s:deployment:%d", deployed.Repository, deployed.ID)
			path := "v1/deployments?limit=1&service=" + deployed.Service
			viewer.headers = http.Header{}
			viewer.waitForMany(path, "id", id)
			viewer.waitFor("v1/changes?limit=50&service="+deployed.Service, func(a answered) bool { // what it ships is read because of the webhook
				shipped := slices.Index(a.listed("number"), fmt.Sprint(deployed.PullRequest))
				return shipped >= 0 && a.listed("deployment")[shipped] == id
			})
			var after struct{ Items []struct{ Requests int } }
			viewer.get("v1/collection").is(http.StatusOK, &after)
			assert.LessOrEqual(t, after.Items[0].Requests-before.Items[0].Requests, 6, "by a few requests for that repository")
		})
	}
}

func TestOnlyGenuineWebhooksAreLetIn(t *testing.T) {
	_, i := tiny(t)
	without, _, _ := programs(t, i)
	without.post("webhooks?source=github", `{}`).refused(http.StatusForbidden, "source", "set sources.github.webhookSecret or webhooks.secret")

	viewer, _, _ := pipelines(t, api1)
	body := `{"deployments":[` + success("1", 1, 0, "") + `]}`
	for name, headers := range map[string]map[string]string{
		"nothing":           {},
		"another secret":    {"X-Live-Dora-Secret": "guessed"},
		"a forged one":      {"X-Hub-Signature-256": "sha256=" + strings.Repeat("0", 64)},
		"of another body":   {"X-Hub-Signature-256": "sha256=" + signature(body+" ")},
		"without a prefix":  {"X-Hub-Signature-256": signature(body)},
		"Grafana's, forged": {"X-Grafana-Alerting-Signature": strings.Repeat("0", 64)},
	} {
		viewer.headers = http.Header{}
		for key, value := range headers {
			viewer.headers.Set(key, value)
		}
		answer := viewer.post("webhooks?source=ci", body)
		answer.refused(http.StatusUnauthorized, "", "must have the same secret")
		assert.NotContains(t, string(answer.body), hookSecret, name)
	}
	viewer.headers = http.Header{}
	viewer.post("webhooks?source=ci&secret=guessed", body).refused(http.StatusUnauthorized, "", "must have the same secret")
	viewer.post("webhooks?source=unheard", body).refused(http.StatusNotFound, "source", "allowed: ci, alerts")
	viewer.post("webhooks", body).refused(http.StatusBadRequest, "source", "is missing")
	assert.Empty(t, viewer.get("v1/environments").listed("name"))

	signed := func(off time.Duration) map[string]string {
		at := fmt.Sprint(time.Now().Add(off).Unix())
		return map[string]string{"X-Grafana-Alerting-Signature": signature(at + ":" + body), "X-Grafana-Alerting-Timestamp": at}
	}
	for _, headers := range []map[string]string{
		signed(-6 * time.Minute), signed(6 * time.Minute), signed(-200 * 365 * 24 * time.Hour),
		{"X-Grafana-Alerting-Signature": signature("soon:" + body), "X-Grafana-Alerting-Timestamp": "soon"},
		{"X-Grafana-Alerting-Signature": signature("9223372036854775807:" + body), "X-Grafana-Alerting-Timestamp": "9223372036854775807"},
	} {
		viewer.headers = http.Header{}
		for key, value := range headers {
			viewer.headers.Set(key, value)
		}
		viewer.post("webhooks?source=ci", body).refused(http.StatusUnauthorized, "X-Grafana-Alerting-Timestamp", "the clocks of sender and Grafana differ")
	}
	viewer.headers = http.Header{}
	viewer.headers.Set("X-Grafana-Alerting-Signature", signature(body))
	viewer.headers.Set("X-Grafana-Alerting-Timestamp", fmt.Sprint(time.Now().Unix()))
	viewer.post("webhooks?source=ci", body).refused(http.StatusUnauthorized, "", "must have the same secret")
	viewer.headers = http.Header{}
	assert.Empty(t, viewer.get("v1/environments").listed("name"))

	for _, headers := range []map[string]string{
		{"X-Live-Dora-Secret": hookSecret}, {"X-Hub-Signature-256": "sha256=" + signature(body)},
		{"X-Grafana-Alerting-Signature": signature(body)}, signed(0), signed(-4 * time.Minute), signed(4 * time.Minute),
	} {
		viewer.headers = http.Header{}
		for key, value := range headers {
			viewer.headers.Set(key, value)
		}
		viewer.post("webhooks?source=ci", body).is(http.StatusOK, nil)
	}
	viewer.headers = http.Header{}
	viewer.post("webhooks?source=ci&secret="+hookSecret, body).is(http.StatusOK, nil)
	viewer.waitForMany("v1/deployments", "id", "ci:deployment:1")
}

func TestAWebhookThatCannotBeReadSaysWhere(t *testing.T) {
	viewer, _, _ := pipelines(t, api1)
	viewer.headers.Set("X-Live-Dora-Secret", hookSecret)
	for _, c := range []struct {
		source, body string
		status       int
		field        string
		says         string
	}{
		{"ci", `{"deployments":[{"id":"1"}]}`, 400, "deployments[0].repository", "is missing"},
		{"ci", `{"releases":[]}`, 400, "releases", "allowed: deployments, changes, incidents"},
		{"ci", `{"deployments":`, 400, "the body", "cut off"},
		{"ci", `[]`, 400, "the body", "is no object"},
		{"ci", `{"deployments":[` + strings.Replace(success("1", 1, 0, ""), "example-health/api", "un/heard", 1) + `]}`, 422, "repository", "no service is deployed from"},
		{"alerts", `{"hello":"world"}`, 400, "alerts", "is missing: this is no notification"},
		{"alerts", `{"alerts":[{"status":"paused"}]}`, 400, "alerts[0].status", "allowed: firing, resolved"},
		{"alerts", `{"alerts":[{"status":"firing","fingerprint":"f","startsAt":"2999-01-01T00:00:00Z"}]}`, 400, "alerts[0].startsAt", "in the future"},
		{"alerts", `{"alerts":[{"status":"resolved","fingerprint":"f","startsAt":"2026-03-02T00:00:00Z","endsAt":"2026-03-01T00:00:00Z"}]}`, 400, "alerts[0].endsAt", "is before startsAt"},
	} {
		viewer.post("webhooks?source="+c.source, c.body).refused(c.status, c.field, c.says)
	}
	viewer.send("POST", "webhooks?source=ci", make([]byte, 9<<20)).refused(http.StatusRequestEntityTooLarge, "", "longer than 8 MB")
	viewer.headers.Set("Content-Type", "application/json; charset=utf-16")
	viewer.post("webhooks?source=ci", `{}`).refused(http.StatusUnsupportedMediaType, "Content-Type", "allowed: utf-8")
}

func TestAlertsAreIncidents(t *testing.T) {
	viewer, editor, _ := pipelines(t, api1)
	editor.post("v1/deployments?source=ci", success("1", 1, 0, "")).is(http.StatusOK, nil)
	viewer.headers.Set("X-Live-Dora-Secret", hookSecret)
	alert := func(status, ends string) string {
		return `{"version":"4","groupKey":"{}","status":"` + status + `","receiver":"live-dora","alerts":[{"status":"` + status + `","labels":{"alertname":"TooSlow","service":"api","severity":"critical"},
			"annotations":{"summary":"Searches take 9 s"},"startsAt":"` + at(time.Hour) + `","endsAt":"` + ends + `","generatorURL":"https://prometheus.example/graph","fingerprint":"c0ffee"}]}`
	}
	var receipt struct {
		Event          string
		Events, Stored int
	}
	viewer.post("webhooks?source=alerts", alert("firing", "0001-01-01T00:00:00Z")).is(http.StatusOK, &receipt)
	assert.Equal(t, []int{1, 1}, []int{receipt.Events, receipt.Stored})
	viewer.post("webhooks?source=alerts", alert("firing", "0001-01-01T00:00:00Z")).is(http.StatusOK, &receipt)
	assert.Equal(t, 0, receipt.Stored, "it fires on")
	viewer.headers = http.Header{}
	viewer.waitForMany("v1/incidents?state=open", "title", "Searches take 9 s")
	assert.Equal(t, []string{"ci:deployment:1"}, viewer.get("v1/deployments?status=failed").listed("id"))

	viewer.headers.Set("X-Live-Dora-Secret", hookSecret)
	viewer.post("webhooks?source=alerts", alert("resolved", at(2*time.Hour))).is(http.StatusOK, nil)
	viewer.post("webhooks?source=alerts", alert("firing", "0001-01-01T00:00:00Z")).is(http.StatusOK, &receipt)
	assert.Equal(t, 0, receipt.Stored, "what comes late does not open it again")
	viewer.headers = http.Header{}
	viewer.waitForMany("v1/incidents?state=resolved", "severity", "critical")
	viewer.waitForMany("v1/deployments?status=recovered", "id", "ci:deployment:1")
}

func TestAnAdministratorReadsAgainAndForgets(t *testing.T) {
	_, _, viewer, admin := organised(t, lasting(t))
	had := len(viewer.get("v1/services").listed("name"))
	require.Positive(t, had)
	first := viewer.get("v1/collection").listed("lastSuccess")[0]
	again := func() bool {
		c := viewer.get("v1/collection")
		return c.listed("state")[0] == "ok" && c.listed("lastSuccess")[0] != first
	}
	for _, path := range []string{"v1/refresh?source=github", "v1/collect?source=github&from=2020-01-01"} {
		admin.post(path, "").is(http.StatusAccepted, nil)
		require.Eventually(t, again, time.Minute, 20*time.Millisecond, path)
		first = viewer.get("v1/collection").listed("lastSuccess")[0]
	}
	admin.post("v1/refresh?source=github&repository=example-health/unheard-of", "").is(http.StatusAccepted, nil)
	admin.post("v1/collect?source=github&from=soon", "").refused(http.StatusBadRequest, "from", "is no time")
	admin.post("v1/collect?source=github&from=2190-01-01", "").refused(http.StatusBadRequest, "from", "in the future")
	admin.post("v1/collect?source=gitlab&from=2020-01-01", "").refused(http.StatusNotFound, "source", "allowed: github")

	stamp := viewer.get("v1/services").headers.Get("Etag")
	var asked struct{ Forgotten int }
	admin.send("DELETE", "v1/sources?source=github", nil).is(http.StatusOK, &asked)
	assert.Greater(t, asked.Forgotten, 1000)
	assert.NotEqual(t, stamp, viewer.get("v1/services").headers.Get("Etag"))
	require.Eventually(t, again, time.Minute, 20*time.Millisecond)
	assert.Len(t, viewer.get("v1/services").listed("name"), had, "it is still configured, and was read anew")
	admin.send("DELETE", "v1/sources?source=never-heard-of", nil).is(http.StatusOK, &asked)
	assert.Equal(t, 0, asked.Forgotten)
}
