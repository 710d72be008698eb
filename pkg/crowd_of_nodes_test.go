package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/world"
)

// shows waits for a frame with a figure, and says whether one came.
func (c *channel) shows(want float64) bool {
	for {
		select {
		case frame := <-c.sent:
			if len(frame.Fields) > 0 {
				if value, err := frame.Fields[0].NullableFloatAt(0); err == nil && value != nil && *value == want {
					return true
				}
			}
		case <-c.ended: //nolint:errcheck // it has no figure any more, however it ended
			return false
		case <-time.After(time.Minute):
			return false
		}
	}
}

// spread is the median and the ninety-ninth percentile of times.
func spread(took []time.Duration) string {
	slices.Sort(took)
	return fmt.Sprintf("p50 %s, p99 %s of %d", took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), len(took))
}

// Twenty Grafanas have one database and fifty viewers each, of whom each follows a live panel and asks a question every half
// minute. One node collects; what any is told, all show. (Three nodes with four viewers in the short form.) Then the node
// that collects is killed, and another goes on.
func TestTwentyNodesOnOneDatabaseShowWhatOneIsTold(t *testing.T) {
	nodes, viewers, rounds := times(20, 3), times(50, 4), times(60, 2)
	server := postgrestest.ForTest(t, "max_connections=200")
	d, err := server.Database(t.Context())
	require.NoError(t, err)
	invented := httptest.NewServer(world.New(world.Options{Seed: 8, Months: times(12, 2)}).Handler(token))
	t.Cleanup(invented.Close)
	from := told(invented.URL, central(d, ""))
	first := start(t)
	first.waitUntilRead(from)
	all := []*process{first}
	for len(all) < nodes {
		all = append(all, start(t))
	}
	status, answer := first.hears(from, 20) // each is a deployment of api-0
	require.Equal(t, http.StatusOK, status, answer)

	screens := make([]*channel, nodes)
	for i, node := range all {
		screens[i] = node.follow(from, node.march(from, "example-health/api-0"))
		for viewer := range viewers - 1 {
			quietly := node.follow(from, node.march(from, fmt.Sprint("example-health/api-", viewer%20)))
			go func() { // whatever comes, until the stream ends
				for {
					select {
					case <-quietly.sent:
					case <-quietly.ended: //nolint:errcheck // however it ended
						return
					}
				}
			}()
		}
	}
	for i, screen := range screens {
		require.True(t, screen.shows(1), "node %d", i)
	}

	var (
		mu        sync.Mutex
		questions []time.Duration
		asking    sync.WaitGroup
	)
	over := make(chan struct{})
	for _, node := range all {
		asking.Go(func() {
			pause := time.NewTicker(30 * time.Second / time.Duration(viewers))
			defer pause.Stop()
			for {
				began := time.Now()
				node.thisYear(from, `{"metric":"lead_time","bucket":"week","groupBy":["service"]}`)
				mu.Lock()
				questions = append(questions, time.Since(began))
				mu.Unlock()
				select {
				case <-over:
					return
				case <-pause.C:
				}
			}
		})
	}
	var frames []time.Duration
	for round := range rounds {
		teller := round % nodes
		began := time.Now()
		status, answer := all[teller].hears(from, 20*(round+2))
		require.Equal(t, http.StatusOK, status, answer)
		var showing sync.WaitGroup
		for i, screen := range screens {
			showing.Go(func() {
				shown := assert.True(t, screen.shows(float64(round+2)), "node %d, round %d", i, round)
				mu.Lock()
				defer mu.Unlock()
				if shown && i != teller {
					frames = append(frames, time.Since(began))
				}
			})
		}
		showing.Wait()
		select {
		case <-time.After(time.Duration(times(1000, 1)) * time.Millisecond):
		case <-t.Context().Done():
		}
	}
	close(over)
	asking.Wait()

	conn, err := pgx.Connect(t.Context(), fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=%s sslmode=disable", server.Port, d.Name))
	require.NoError(t, err)
	var connections int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'livedora'`).Scan(&connections))
	require.NoError(t, conn.Close(t.Context()))
	assert.LessOrEqual(t, connections, 5*nodes)
	var memory []float64
	for _, node := range all {
		memory = append(memory, resident(node.PID()))
	}
	slices.Sort(memory)
	_, events := first.collection(from)
	load, _ := os.ReadFile("/proc/loadavg") //nolint:errcheck // only some systems have it
	t.Logf("%d nodes with %d viewers each, %d events: from a webhook to another node's frame %s; a question %s; %d connections; %.0f MB in the median, %.0f at most; load %s",
		nodes, viewers, events, spread(frames), spread(questions), connections, memory[len(memory)/2], memory[len(memory)-1], strings.TrimSpace(string(load)))
}

// The node that collects is killed with SIGKILL while others wait: one of them goes on once its lease has ended, which is a
// minute after it was last renewed. That takes as long as it says, so it is part of the long form alone.
func TestALeaderThatIsKilledIsReplacedWithinItsLease(t *testing.T) {
	if times(1, 0) == 0 {
		t.Skip("takes minutes; go tool mage torture runs it")
	}
	server := postgrestest.ForTest(t)
	d, err := server.Database(t.Context())
	require.NoError(t, err)
	from := told(github(t), central(d, ""))
	leads, others := start(t), []*process{start(t), start(t)}
	leads.waitUntilRead(from)
	waits := func(node *process) bool { return node.column(from, "state") == "waiting" }
	for range 5 {
		for _, node := range others {
			require.Eventually(t, func() bool { return waits(node) }, time.Minute, glance)
		}
		began := time.Now()
		require.NoError(t, kill(leads))
		next := -1
		require.Eventually(t, func() bool {
			next = slices.IndexFunc(others, func(node *process) bool { return !waits(node) })
			return next >= 0
		}, 2*time.Minute, glance)
		t.Logf("a leader that is killed is replaced after %s", time.Since(began).Round(100*time.Millisecond))
		leads, others = others[next], append(slices.Delete(slices.Clone(others), next, next+1), start(t))
		state, says := leads.health(from)
		assert.Equal(t, backend.HealthStatusOk, state, says)
	}
}

// kill kills a process with SIGKILL.
func kill(p *process) error {
	running, err := os.FindProcess(p.PID())
	if err != nil {
		return err
	}
	return running.Kill()
}
