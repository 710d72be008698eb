package main_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

const (
	hookSecret  = "a-secret-of-webhooks"
	hooksSecond = 50
)

// call calls a resource as Grafana does, for a service account that may only view unless someone else is named.
func (p *process) call(from backend.PluginContext, method, path string, headers http.Header, body []byte) (status int, answer []byte, err error) {
	if from.User == nil {
		from.User = &backend.User{Login: "sa-1-github", Role: "Viewer"}
	}
	bare, _, _ := strings.Cut(path, "?")
	stream, err := p.Resource.CallResource(p.Context(), backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: from, Method: method, Path: bare, URL: path, Headers: headers, Body: body,
	}))
	if err != nil {
		return 0, nil, err
	}
	for {
		part, err := stream.Recv()
		if err != nil {
			if status == 0 {
				return 0, nil, err
			}
			return status, answer, nil
		}
		if status == 0 {
			status = int(part.Code)
		}
		answer = append(answer, part.Body...)
	}
}

func hook(n int) (http.Header, []byte) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second).Format(time.RFC3339)
	body := fmt.Appendf(nil, `{"action":"created","deployment_status":{"id":%[1]d,"state":"success","created_at":%[2]q},
		"deployment":{"id":%[1]d,"node_id":"DE_%[1]d","sha":"%040[1]x","ref":"main","task":"deploy","environment":"production","created_at":%[2]q,"updated_at":%[2]q,"payload":%[3]q},
		"repository":{"full_name":"example-health/api-%[4]d","default_branch":"main"}}`, n, at, strings.Repeat("x", 8<<10), n%20)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write(body)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("X-GitHub-Event", "deployment_status")
	header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return header, body
}

// loadTime is how long webhooks come in: seconds, unless LIVEDORA_LOAD says otherwise, such as 60s.
func loadTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("LIVEDORA_LOAD")
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}

// resident is how much memory a process has, in MB; 0 where the system does not say.
func resident(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return float64(pages) * float64(os.Getpagesize()) / 1e6
}

func TestEveryWebhookThatWasAcceptedOutlivesAKill(t *testing.T) {
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(func() { close(over); silent.Close() })
	path := filepath.Join(t.TempDir(), "dora.db")
	from := source("dora", settings(silent.URL, `,"store":{"path":"`+path+`"}`), 1)
	from.DataSourceInstanceSettings.DecryptedSecureJSONData["webhooks.secret"] = hookSecret
	p := start(t)
	header, body := hook(1)
	status, answer, err := p.call(from, "POST", "webhooks?source=github", header, body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
	before := resident(p.PID())

	var (
		mu       sync.Mutex
		accepted = []int{1}
		took     []time.Duration
		refused  []string // before the kill
		underWay int      // at the kill
		killed   atomic.Bool
		work     sync.WaitGroup
	)
	count := int(loadTime(t).Seconds() * hooksSecond)
	peak, begun := before, time.Now()
	tick := time.NewTicker(time.Second / hooksSecond)
	defer tick.Stop()
	for n := 2; n <= count; n++ {
		<-tick.C
		if n%hooksSecond == 0 {
			peak = max(peak, resident(p.PID()))
		}
		work.Go(func() {
			header, body := hook(n)
			began := time.Now()
			status, answer, err := p.call(from, "POST", "webhooks?source=github", header, body)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && status == http.StatusOK && bytes.Contains(answer, []byte(`"stored":1`)):
				accepted = append(accepted, n)
				took = append(took, time.Since(began))
			case killed.Load():
				underWay++
			default:
				refused = append(refused, fmt.Sprintf("webhook %d: %d %s %v", n, status, answer, err))
			}
		})
	}
	lasted := time.Since(begun)
	killed.Store(true)
	victim, err := os.FindProcess(p.PID())
	require.NoError(t, err)
	require.NoError(t, victim.Kill()) // with the last ones under way
	work.Wait()
	assert.Empty(t, refused, "as long as it lives, it takes them all")
	require.Equal(t, count, len(accepted)+len(refused)+underWay)
	slices.Sort(took)
	t.Logf("%d of %d accepted in %s, %d under way when it was killed; answered after p50 %s, p99 %s, at most %s; %.0f MB before, %.0f MB at most",
		len(accepted), count, lasted.Round(time.Millisecond), underWay, took[len(took)/2], took[len(took)*99/100], took[len(took)-1], before, peak)

	kept, err := sqlite.Open(t.Context(), path, "1/dora")
	require.NoError(t, err)
	stored := map[string]bool{}
	for change, err := range kept.Changes(t.Context(), 0) {
		require.NoError(t, err)
		if d, ok := change.Event.(*dora.Deployment); ok && !d.Finished().IsZero() {
			stored[d.ID] = true
		}
	}
	require.NoError(t, kept.Close())
	for _, n := range accepted {
		assert.True(t, stored[fmt.Sprintf("example-health/api-%d:deployment:%d", n%20, n)], "webhook %d was accepted and is gone", n)
	}

	again := start(t)
	status, answer, err = again.call(from, "GET", "v1/environments", nil, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, string(answer), fmt.Sprintf(`"deployments":%d`, len(stored)))
}
