package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

// times is how often something is done: so often in the long form, which go tool mage torture runs, or a few times only.
func times(long, short int) int {
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		return long
	}
	return short
}

// counted is a GitHub that tells of each request that comes in.
type counted struct {
	url      string
	requests atomic.Int64
	heard    chan struct{} // holds one
}

func (c *counted) tell() {
	c.requests.Add(1)
	select {
	case c.heard <- struct{}{}:
	default:
	}
}

// until waits for a number of requests since the beginning, or for the end.
func (c *counted) until(number int64, ended <-chan struct{}) {
	for c.requests.Load() < number {
		select {
		case <-c.heard:
		case <-ended:
			return
		}
	}
}

func countedGitHub(t *testing.T, options world.Options) *counted {
	t.Helper()
	c := &counted{heard: make(chan struct{}, 1)}
	invented := world.New(options).Handler(token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.tell()
		invented.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// provisioned writes a settings file with a store of its own.
func provisioned(t *testing.T, url, store string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"apiVersion": 1, "datasources": []any{map[string]any{
		"name": "DORA", "type": "livedora-dora-datasource", "uid": "dora",
		"jsonData": map[string]any{
			"sources": []any{map[string]any{
				"id": "github", "type": "github", "url": url, "repositories": []string{"example-health/*"}, "incidents": map[string]any{"labels": []string{"incident"}},
			}},
			"store": map[string]any{"path": store}, "collect": map[string]any{"backfill": "3650d"},
		},
		"secureJsonData": map[string]any{"sources.github.token": token},
	}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "dora.yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// command runs the built program to its end and gives what it prints.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, log bytes.Buffer
	c := exec.Command(program, args...)
	c.Stdout, c.Stderr = &out, &log
	require.NoError(t, c.Run(), log.String())
	return out.String()
}

// expireLeases is a minute that passes: a process that was killed could not give back its right to collect.
func expireLeases(t *testing.T, store string) {
	t.Helper()
	db, err := sql.Open("sqlite", store)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), `PRAGMA busy_timeout = 10000; UPDATE leases SET until = 0`)
	if err != nil { // killed before it had made a store: then there are no leases
		require.ErrorContains(t, err, "no such table")
	}
}

// A back-fill is killed wherever it may be, and goes on. Whenever one comes through, its facts are held against those
// of a run that nobody disturbed, and the next one begins.
func TestABackfillThatIsKilledAgainAndAgainHasTheSameFacts(t *testing.T) {
	const seed = 20
	random := rand.New(rand.NewPCG(seed, 0))
	github := countedGitHub(t, world.Options{Seed: 8, Months: times(6, 3), Others: times(30, 8), Now: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)})

	undisturbed := provisioned(t, github.url, filepath.Join(t.TempDir(), "undisturbed.db"))
	begun := time.Now()
	command(t, "collect", "--settings", undisturbed, "--once")
	took, requests := time.Since(begun), github.requests.Load()
	want := command(t, "facts", "--settings", undisturbed)
	require.NotEmpty(t, want)

	kills, completed := 0, 0
	for wanted := times(200, 8); kills < wanted || completed == 0; completed++ {
		store := filepath.Join(t.TempDir(), fmt.Sprintf("killed-%d.db", completed))
		file := provisioned(t, github.url, store)
		for {
			before := github.requests.Load()
			ctx, kill := context.WithCancel(t.Context()) // kills with SIGKILL
			life := exec.CommandContext(ctx, program, "collect", "--settings", file, "--once")
			var log bytes.Buffer
			life.Stderr = &log
			require.NoError(t, life.Start())
			ended := make(chan struct{})
			var end error
			go func() { // the process, until it ends or is killed
				defer close(ended)
				end = life.Wait()
			}()
			if kills < wanted {
				github.until(before+random.Int64N(max(1, requests/8)), ended)
				select {
				case <-time.After(time.Duration(random.Int64N(int64(60 * time.Millisecond)))): // anywhere before, in or after the next answer
					kill()
				case <-ended:
				}
			}
			<-ended
			kill()
			if life.ProcessState.Success() {
				break
			}
			require.Equal(t, -1, life.ProcessState.ExitCode(), "%v: %s", end, log.String())
			kills++
			expireLeases(t, store)
		}
		require.True(t, want == command(t, "facts", "--settings", file), "back-fill %d has other facts, after %d kills", completed, kills)
	}
	t.Logf("undisturbed: %d requests in %s, %d bytes of facts; %d kills over %d back-fills (seed %d)", requests, took.Round(time.Millisecond), len(want), kills, completed, seed)
	assert.GreaterOrEqual(t, kills, times(200, 8))
}
