package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/plugin"
)

// screen is a panel that is followed: it shows the last frame that was sent, and opens its stream again when that ends
// with an error, as Grafana does.
type screen struct {
	mu    sync.Mutex
	shown string // the etag of the last frame
	stop  func()
}

func (s *screen) Send(packet *backend.StreamPacket) error {
	frame := &data.Frame{}
	if err := json.Unmarshal(packet.Data, frame); err != nil {
		return err
	}
	text, err := json.Marshal(frame.Meta.Custom)
	if err != nil {
		return err
	}
	var custom struct{ Live plugin.Live }
	if err := json.Unmarshal(text, &custom); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = custom.Live.Etag
	return nil
}

func (s *screen) shows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// open follows a question until it is closed. Each time it asks for the instance of that moment.
func open(to invitation, instance func() *plugin.Instance) *screen {
	s := &screen{}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			request := &backend.RunStreamRequest{Path: to.path, Data: to.data}
			if err := instance().RunStream(ctx, request, backend.NewStreamSender(s)); err == nil {
				return
			}
		}
	})
	s.stop = func() { stop(); running.Wait() }
	return s
}

// posted posts a deployment.
func posted(to *plugin.Instance, body string) error {
	from := backend.PluginContext{OrgID: 1, User: &backend.User{Login: "sa-editor", Role: "Editor"}}
	var refused error
	err := to.CallResource(backend.WithPluginContext(context.Background(), from), &backend.CallResourceRequest{
		PluginContext: from, Method: http.MethodPost, Path: "v1/deployments", URL: "v1/deployments?source=ci", Body: []byte(body),
	}, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
		if r.Status != 0 && r.Status != http.StatusOK {
			refused = fmt.Errorf("%d: %s", r.Status, r.Body)
		}
		return nil
	}))
	return errors.Join(err, refused)
}

// rounds is how often everything happens at once.
func rounds() int {
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		return 500
	}
	return 40
}

// Whatever happens at the same instant (events from several sides, streams that open and close, settings that change), in
// the end every screen shows what a fresh question is answered with. A wake-up that is lost would leave one behind.
func TestNoScreenIsLeftBehind(t *testing.T) {
	const seed = 4
	random := rand.New(rand.NewPCG(seed, 0))
	g := start(t)
	store, err := json.Marshal(map[string]string{"path": filepath.Join(t.TempDir(), "dora.db")})
	require.NoError(t, err)
	settled := func(more string) *plugin.Instance {
		return g.saveWith("dora", told(`"store":`+string(store), api1+more), map[string]string{"webhooks.secret": hookSecret})
	}
	definitions := []string{``, `,"definition":{"unit":"commit"}`, `,"definition":{"evidence":["rollback"]}`}
	var mu sync.Mutex
	current := settled(definitions[0])
	instance := func() *plugin.Instance {
		mu.Lock()
		defer mu.Unlock()
		return current
	}
	const march = `"live":true,"range":{"from":"2026-03-01T00:00:00Z","to":"2026-04-01T00:00:00Z"}`
	questions := []string{
		`{"format":"numeric","filters":[{"field":"service","values":["api"]}],%s}`, `{"queryType":"events",%s}`, `{"queryType":"events","events":"unmatched",%s}`,
		`{"metric":"change_failure_rate","bucket":"week","definition":{"evidence":["incident"]},%s}`, `{"queryType":"events","events":"corrections",%s}`,
	}
	ask := func(question string) invitation {
		response, err := instance().QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: []byte(question), TimeRange: backend.TimeRange{From: monday.AddDate(0, 0, -1).Truncate(24 * time.Hour), To: monday.AddDate(0, 0, 30).Truncate(24 * time.Hour)},
		}}})
		require.NoError(t, err)
		require.NoError(t, response.Responses["A"].Error)
		live := liveOf(t, response.Responses["A"].Frames[0])
		return invitation{path: live.Channel[len("ds/dora/"):], data: live.Query, etag: live.Etag}
	}

	screens := map[int]*screen{}
	defer func() {
		for _, s := range screens {
			s.stop()
		}
	}()
	number := 0
	for range rounds() {
		var work sync.WaitGroup
		for range 1 + random.IntN(3) { // pipelines that post
			after := time.Duration(random.IntN(20)) * time.Millisecond
			var bodies []string
			for range 1 + random.IntN(3) {
				number++
				body := success(fmt.Sprint(number), number, time.Duration(number)*time.Minute, "")
				if random.IntN(4) == 0 {
					body = fmt.Sprintf(`{"id":"%d","repository":"example-health/api","environment":"staging %d","sha":%q,"status":"success","at":%q}`, number, number, sha(number), at(0))
				}
				bodies = append(bodies, body)
			}
			to := instance()
			work.Go(func() {
				time.Sleep(after)
				for _, body := range bodies {
					assert.NoError(t, posted(to, body))
				}
			})
		}
		for range random.IntN(4) { // people who come and go
			n := random.IntN(len(questions))
			question := fmt.Sprintf(questions[n], march)
			if s := screens[n]; s != nil {
				s.stop()
				delete(screens, n)
			} else {
				screens[n] = open(ask(question), instance)
			}
		}
		if random.IntN(8) == 0 { // somebody who changes the settings
			old := instance()
			fresh := settled(definitions[random.IntN(len(definitions))])
			mu.Lock()
			current = fresh
			mu.Unlock()
			work.Go(old.Dispose)
		}
		work.Wait()
		for n, s := range screens {
			question := fmt.Sprintf(questions[n], march)
			var want string
			level := assert.Eventually(t, func() bool { want = ask(question).etag; return s.shows() == want }, 20*time.Second, 5*time.Millisecond)
			require.True(t, level, "%s was left behind (seed %d, after %d events): it shows %q, not %q", question, seed, number, s.shows(), want)
		}
	}
	require.Positive(t, number)
	t.Logf("%d events", number)
}
