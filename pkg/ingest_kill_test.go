package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// letter is one message of a pipeline, of GitHub or of an Alertmanager.
type letter struct {
	path   string
	header http.Header
	body   []byte
}

func webhook(source, kind, body string) letter {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(body))
	return letter{"webhooks?source=" + source, http.Header{
		"Content-Type": {"application/json"}, "X-Github-Event": {kind}, "X-Live-Dora-Secret": {hookSecret}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	}, []byte(body)}
}

func posted(kind, body string) letter {
	return letter{"v1/" + kind + "?source=ci", http.Header{"Content-Type": {"application/json"}}, []byte(body)}
}

// correspondence is what comes in about some releases of five services: by API what a pipeline knows, by webhooks what
// GitHub and an Alertmanager tell.
func correspondence(releases int) []letter {
	const services = 5
	sha := func(n int) string {
		if n <= 0 {
			return ""
		}
		return fmt.Sprintf("%040x", n)
	}
	var all []letter
	for n := 1; n <= releases; n++ {
		at := func(after time.Duration) string {
			return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(n)*time.Hour + after).Format(time.RFC3339)
		}
		service := n % services
		repository := fmt.Sprintf("example-health/api-%d", service)
		deployment := func(status string, after time.Duration, more string) letter {
			return posted("deployments", fmt.Sprintf(`{"id":"%d","repository":%q,"environment":"production","sha":%q,"branch":"main","created":%q,"status":%q,"at":%q%s}`,
				n, repository, sha(n), at(0), status, at(after), more))
		}
		all = append(all,
			posted("changes", fmt.Sprintf(`{"repository":%q,"number":%d,"title":"Change %d","author":"dev-01","opened":%q,"merged":%q,"mergeCommit":%q,"commits":[{"sha":%q,"authored":%q}]}`,
				repository, n, n, at(-5*time.Hour), at(-2*time.Hour), sha(n), sha(1_000_000+n), at(-7*time.Hour))),
			deployment("running", time.Minute, fmt.Sprintf(`,"commits":[{"sha":%q,"parents":%q,"authored":%q}]`, sha(n), sha(n-services), at(-2*time.Hour))),
			deployment("success", 10*time.Minute, ""))
		for i, state := range []string{"in_progress", "success"} { // GitHub tells of another service's
			all = append(all, webhook("github", "deployment_status", fmt.Sprintf(`{"action":"created","deployment_status":{"id":%d,"state":%q,"created_at":%q},
				"deployment":{"id":%d,"node_id":"DE_%d","sha":%q,"ref":"main","task":"deploy","environment":"production","created_at":%q,"updated_at":%q},
				"repository":{"full_name":"example-health/web-%d","default_branch":"main"}}`,
				2*n+i, state, at(time.Duration(i)*time.Minute), n, n, sha(n), at(0), at(time.Duration(i)*time.Minute), service)))
		}
		if n%3 == 0 {
			incident := fmt.Sprintf(`{"id":"INC-%d","service":"api-%d","title":"Searches time out","opened":%q,"severity":"2"`, n, service, at(20*time.Minute))
			all = append(all, posted("incidents", incident+`}`), posted("incidents", incident+fmt.Sprintf(`,"resolved":%q,"updated":%q}`, at(50*time.Minute), at(50*time.Minute))))
		}
		if n%4 == 0 {
			alert := `{"version":"4","status":%[1]q,"alerts":[{"status":%[1]q,"labels":{"alertname":"TooSlow","service":"web-%[2]d"},"startsAt":%[3]q,"endsAt":%[4]q,"fingerprint":"%[5]x"}]}`
			all = append(all,
				webhook("alerts", "", fmt.Sprintf(alert, "firing", service, at(15*time.Minute), "0001-01-01T00:00:00Z", n)),
				webhook("alerts", "", fmt.Sprintf(alert, "resolved", service, at(15*time.Minute), at(40*time.Minute), n)))
		}
	}
	return all
}

// mailed is a data source that lives of what it is told, with a store of its own, and the settings file of the same.
func mailed(t *testing.T, silent, store string) (from backend.PluginContext, file string) {
	t.Helper()
	var services []any
	for n := range 5 {
		services = append(services,
			map[string]any{
				"name": fmt.Sprintf("api-%d", n), "deployments": []any{map[string]any{"source": "ci", "repository": fmt.Sprintf("example-health/api-%d", n)}},
				"incidents": []any{map[string]any{"source": "ci", "service": fmt.Sprintf("api-%d", n)}},
			},
			map[string]any{
				"name": fmt.Sprintf("web-%d", n), "deployments": []any{map[string]any{"source": "github", "repository": fmt.Sprintf("example-health/web-%d", n)}},
				"incidents": []any{map[string]any{"source": "alerts", "service": fmt.Sprintf("web-%d", n)}},
			})
	}
	jsonData := map[string]any{
		"sources": []any{
			map[string]any{"id": "github", "type": "github", "url": silent, "repositories": []string{"example-health/*"}},
			map[string]any{"id": "ci", "type": "webhook"}, map[string]any{"id": "alerts", "type": "alertmanager"},
		},
		"services": services, "store": map[string]any{"path": store}, "collect": map[string]any{"backfill": "3650d"},
	}
	secrets := map[string]string{"sources.github.token": token, "webhooks.secret": hookSecret}
	text, err := json.Marshal(map[string]any{"apiVersion": 1, "datasources": []any{map[string]any{
		"name": "DORA", "type": "livedora-dora-datasource", "uid": "dora", "jsonData": jsonData, "secureJsonData": secrets,
	}}})
	require.NoError(t, err)
	file = filepath.Join(t.TempDir(), "dora.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	text, err = json.Marshal(jsonData)
	require.NoError(t, err)
	from = source("dora", string(text), 1)
	from.User = &backend.User{Login: "sa-pipeline", Role: "Editor"}
	from.DataSourceInstanceSettings.DecryptedSecureJSONData = secrets
	return from, file
}

// post hands letters over, four at a time, until nobody answers any more. It gives back what was not acknowledged, to be
// sent again, and how much of that was under way.
func post(t *testing.T, p *process, from backend.PluginContext, letters []letter, acknowledged *atomic.Int64) (left []letter, underWay int) {
	t.Helper()
	const senders = 4
	var (
		mu   sync.Mutex
		work sync.WaitGroup
		next atomic.Int64
	)
	for range senders {
		work.Go(func() {
			for gone := false; !gone; {
				n := int(next.Add(1)) - 1
				if n >= len(letters) {
					return
				}
				status, answer, err := p.call(from, "POST", letters[n].path, letters[n].header, letters[n].body)
				if err == nil && status == http.StatusOK {
					acknowledged.Add(1)
					continue
				}
				if err == nil { // refused: a fault of this test
					assert.Fail(t, "refused", "%d %s %s", status, answer, letters[n].body)
				}
				gone = true
				mu.Lock()
				left = append(left, letters[n])
				mu.Unlock()
			}
		})
	}
	work.Wait()
	underWay = len(left)
	return append(left, letters[min(int(next.Load()), len(letters)):]...), underWay
}

// The plugin is killed while it takes in what a pipeline posts and what webhooks tell, wherever in that it may be.
// Whoever sent something that was not acknowledged sends it again. Whenever all has come through, the facts are held
// against those of a plugin that nobody disturbed, and the next round begins.
func TestIngestionThatIsKilledAgainAndAgainHasTheSameFacts(t *testing.T) {
	const seed = 21
	random := rand.New(rand.NewPCG(seed, 0))
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(func() { close(over); silent.Close() })
	letters := correspondence(times(150, 30))

	from, undisturbed := mailed(t, silent.URL, filepath.Join(t.TempDir(), "undisturbed.db"))
	p := start(t)
	var acknowledged atomic.Int64
	began := time.Now()
	left, _ := post(t, p, from, letters, &acknowledged)
	require.Empty(t, left)
	each := time.Since(began) / time.Duration(len(letters))
	p.Close()
	want := command(t, "facts", "--settings", undisturbed)
	require.Contains(t, want, `"resolved"`)

	kills, rounds, again := 0, 0, 0
	for wanted := times(200, 6); kills < wanted || rounds == 0; rounds++ {
		store := filepath.Join(t.TempDir(), fmt.Sprintf("killed-%d.db", rounds))
		from, file := mailed(t, silent.URL, store)
		left := letters
		for len(left) > 0 {
			p := start(t)
			victim, err := os.FindProcess(p.PID())
			require.NoError(t, err)
			var acknowledged atomic.Int64
			ended := make(chan struct{})
			killed := make(chan bool, 1)
			if kills < wanted {
				mark, moment := random.Int64N(int64(max(1, len(letters)/8))), time.Duration(random.Int64N(int64(8*each)))
				go func() { // the killer: once so much was acknowledged, at some moment within the next letters
					for acknowledged.Load() < mark {
						select {
						case <-ended:
							killed <- false
							return
						case <-time.After(each / 4):
						}
					}
					time.Sleep(moment)
					killed <- victim.Kill() == nil
				}()
			} else {
				killed <- false
			}
			var underWay int
			left, underWay = post(t, p, from, left, &acknowledged)
			close(ended)
			if <-killed {
				kills++
				again += underWay
			}
			p.Close()
		}
		require.True(t, want == command(t, "facts", "--settings", file), "round %d has other facts, after %d kills", rounds, kills)
	}
	t.Logf("undisturbed: %d messages, %s each, %d bytes of facts; %d kills over %d rounds, with %d messages under way (seed %d)", len(letters), each.Round(time.Microsecond), len(want), kills, rounds, again, seed)
	assert.GreaterOrEqual(t, kills, times(200, 6))
}
