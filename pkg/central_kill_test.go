package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/world"
)

// shared writes a settings file of a store in a database.
func shared(t *testing.T, url string, d postgres.Database) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"apiVersion": 1, "datasources": []any{map[string]any{
		"name": "DORA", "type": "livedora-dora-datasource", "uid": "dora",
		"jsonData": map[string]any{
			"sources": []any{map[string]any{
				"id": "github", "type": "github", "url": url, "repositories": []string{"example-health/*"}, "incidents": map[string]any{"labels": []string{"incident"}},
			}},
			"store": map[string]any{"address": d.Address, "database": d.Name, "user": d.User, "tls": "disable"}, "collect": map[string]any{"backfill": "3650d"},
		},
		"secureJsonData": map[string]any{"sources.github.token": token},
	}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "dora.yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// stricken is what is killed in the middle of a back-fill.
var stricken = map[string]struct{ leader, database bool }{
	"the leader":   {leader: true},
	"the database": {database: true},
	"both at once": {leader: true, database: true},
}

// A back-fill into a database that others share is killed wherever it may be, or its database is, or both, and goes on.
// Whenever one comes through, its facts are held against those of a run that nobody disturbed, and the next one begins.
func TestABackfillWhoseLeaderOrDatabaseIsKilledAgainAndAgainHasTheSameFacts(t *testing.T) {
	const seed = 22
	github := countedGitHub(t, world.Options{Seed: 8, Months: times(6, 3), Others: times(30, 8), Now: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)})
	server := postgrestest.ForTest(t)
	fresh := func() (postgres.Database, string) {
		d, err := server.Database(t.Context())
		require.NoError(t, err)
		return d, shared(t, github.url, d)
	}
	_, undisturbed := fresh()
	command(t, "collect", "--settings", undisturbed, "--once")
	requests := github.requests.Load()
	want := command(t, "facts", "--settings", undisturbed)
	require.NotEmpty(t, want)

	for name, strikes := range stricken {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			kills, completed := 0, 0
			began := time.Now()
			for wanted := times(100, 2); kills < wanted || completed == 0; completed++ {
				d, file := fresh()
				for done := false; !done; {
					before := github.requests.Load()
					ctx, kill := context.WithCancel(t.Context()) // kills with SIGKILL
					life := exec.CommandContext(ctx, program, "collect", "--settings", file, "--once")
					var log bytes.Buffer
					life.Stderr = &log
					require.NoError(t, life.Start())
					ended := make(chan struct{})
					go func() { // the process, until it ends or is killed
						defer close(ended)
						_ = life.Wait() // how it ended is asked below
					}()
					struck := false
					if kills < wanted {
						github.until(before+random.Int64N(max(1, requests/8)), ended)
						select {
						case <-time.After(time.Duration(random.Int64N(int64(60 * time.Millisecond)))): // anywhere before, in or after the next answer
							struck = true
						case <-ended:
						}
					}
					if struck {
						kills++
						if strikes.leader {
							kill()
						}
						if strikes.database {
							require.NoError(t, server.Kill())
							require.NoError(t, server.Run(t.Context()))
						}
					}
					<-ended
					kill()
					done = life.ProcessState.Success()
					if !done {
						require.True(t, struck, log.String())
						// A minute passes: who was killed, or could not reach the database, could not give back its right to collect.
						err := server.Exec(t.Context(), d.Name, `UPDATE livedora_leases SET until = clock_timestamp()`)
						if err != nil { // killed before it had made a store: then there are no leases
							require.ErrorContains(t, err, "does not exist")
						}
					}
				}
				require.True(t, want == command(t, "facts", "--settings", file), "back-fill %d has other facts, after %d kills", completed, kills)
			}
			t.Logf("%d kills of %s over %d back-fills of %d requests, %d bytes of facts each, in %s (seed %d)",
				kills, name, completed, requests, len(want), time.Since(began).Round(time.Second), seed)
			assert.GreaterOrEqual(t, kills, times(100, 2))
		})
	}
}
