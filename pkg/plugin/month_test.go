package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/plugin"
	"github.com/livedora/dora-datasource/pkg/world"
)

// lives is what a process lives of, once all that can go is gone.
type lives struct {
	heap       float64 // MB
	goroutines int
}

func measure() lives {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
		runtime.ReadMemStats(&m)
	}
	return lives{float64(m.HeapAlloc) / 1e6, runtime.NumGoroutine()}
}

func (l lives) String() string { return fmt.Sprintf("%.1f MB in %d goroutines", l.heap, l.goroutines) }

// settled waits for goroutines to end that were told to: where it is known how many stay, for as long as a busy machine
// takes. Each time it closes connections that wait to be used again, since one may have been in use the time before.
func settled(atMost int, closeIdle func()) lives {
	turns := 100
	if atMost > 0 {
		turns = 1200
	}
	for range turns {
		closeIdle()
		if runtime.NumGoroutine() <= atMost {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return measure()
}

// A month of hourly refreshes, in which the settings change every day, panels are looked at and live ones are followed:
// the memory is what a process takes that just started on the same store, and no goroutine is left behind.
func TestAMonthLeavesNothingBehind(t *testing.T) {
	days := 3
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		days = 30
	}
	w := world.New(world.Options{Seed: 11, Months: 3, Now: time.Now().AddDate(0, 0, -days-15)})
	server := httptest.NewServer(nil)
	t.Cleanup(server.Close)
	url := server.URL
	server.Config.Handler = w.Handler(token)
	store, err := json.Marshal(map[string]string{"path": filepath.Join(t.TempDir(), "dora.db")})
	require.NoError(t, err)
	at := func(day int) string { // the settings of a day: of each kind, something changes
		definition := []string{"pull_request", "commit"}[day%2]
		window := 24 + day
		labels := []string{`["incident"]`, `["incident","outage"]`}[day/2%2]
		return fmt.Sprintf(`{"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/*"],"incidents":{"labels":%s}}],
			"store":%s,"definition":{"unit":%q,"incidentWindow":"%dh"},"production":"prod","collect":{"every":"%dh"}}`, url, labels, store, definition, window, 1+day%3)
	}
	g := start(t)
	i := g.save("dora", at(0))
	viewer, _, admin := programs(t, i)
	runs := func() (succeeded, failed int) {
		var collection struct {
			Items []struct {
				State string
				Runs  struct{ Succeeded, Failed int }
			}
		}
		viewer.get("v1/collection").is(http.StatusOK, &collection)
		return collection.Items[0].Runs.Succeeded, collection.Items[0].Runs.Failed
	}
	read := func(after int) {
		require.Eventually(t, func() bool {
			succeeded, failed := runs()
			require.Zero(t, failed)
			return succeeded > after
		}, 60*time.Second, 2*time.Millisecond)
	}
	read(0)

	other := func(n int) string { // panels with definitions of their own, of which each keeps its facts
		return fmt.Sprintf(`{"metric":"lead_time","definition":{"incidentWindow":"%dh"}}`, 500+n%3)
	}
	measured := func(atMost int) lives { // without connections that wait to be used again
		for n := range 3 {
			g.one(i, other(n))
		}
		return settled(atMost, server.CloseClientConnections)
	}
	var warm lives
	refreshes := 0
	for day := 1; day <= days; day++ {
		before := i
		i = g.save("dora", at(day))
		before.Dispose()
		viewer.instance, admin.instance = i, i
		g.one(i, `{"metric":"lead_time"}`) // opens it
		read(0)
		for range 24 {
			w.Pass(time.Hour)
			succeeded, _ := runs()
			admin.post("v1/refresh?source=github", "").is(http.StatusAccepted, nil)
			read(succeeded)
			if refreshes++; refreshes%500 == 0 { // the next hour's limit: the server counts by the wall clock
				server.Config.Handler = w.Handler(token)
			}
			g.one(i, `{"metric":"change_failure_rate","groupBy":["service"]}`)
			g.one(i, other(refreshes))
		}
		ctx, leave := context.WithCancel(t.Context())
		follow := invitedTo(g, i)
		ended := make(chan error, 1)
		go func() { // the live panel, until it is left
			ended <- i.RunStream(ctx, &backend.RunStreamRequest{Path: follow.path, Data: follow.data, PluginContext: backend.PluginContext{OrgID: 1}}, backend.NewStreamSender(discarded{}))
		}()
		time.Sleep(10 * time.Millisecond)
		leave()
		require.NoError(t, <-ended)
		if day == 2 {
			warm = measured(0)
		}
	}
	w.Pass(10 * 24 * time.Hour)
	succeeded, _ := runs()
	admin.post("v1/refresh?source=github", "").is(http.StatusAccepted, nil)
	read(succeeded)
	end := measured(warm.goroutines)
	assert.LessOrEqual(t, end.goroutines, warm.goroutines)
	g.process.Close()

	g = start(t)
	i = g.save("dora", at(days))
	viewer.instance = i
	read(0)
	again := measured(warm.goroutines)
	t.Logf("%d refreshes, %d settings: after two days %s, after %d %s, started anew %s", refreshes, days+1, warm, days, end, again)
	assert.Less(t, end.heap, 1.15*again.heap+3)
}

// invitedTo is the way to a live panel.
func invitedTo(g *grafana, i *plugin.Instance) invitation {
	return g.invited(i, `{"metric":"deployment_frequency","format":"numeric",`+allTheYear+`}`)
}

// discarded takes what a stream sends.
type discarded struct{}

func (discarded) Send(*backend.StreamPacket) error { return nil }
