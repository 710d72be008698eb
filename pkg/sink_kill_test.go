package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/sink/influxdbtest"
	"github.com/livedora/dora-datasource/pkg/world"
)

// delivery is an organisation whose figures the built program delivers to InfluxDB.
type delivery struct {
	*testing.T
	server           *influxdbtest.Server
	database, github string
	store            string
	from, to         time.Time // what is compared
}

// delivered is a figure, as InfluxDB or the command report has it.
type delivered struct {
	value             float64
	n, k              int
	partial, immature bool
}

// settings writes a file under a definition and a zone.
func (d *delivery) settings(name, definition, zone string) string {
	d.Helper()
	text := fmt.Appendf(nil, `{"apiVersion": 1, "datasources": [{"name": "DORA", "type": "livedora-dora-datasource", "uid": "dora", "jsonData": {
		"sources": [{"id": "github", "type": "github", "url": %q, "repositories": ["example-health/*"], "incidents": {"labels": ["incident"]}}],
		"sinks": [{"id": "influx", "type": "influxdb", "url": %q, "database": %q, "timezone": %q, "buckets": ["day", "month"], "statistics": ["count", "p50", "ratio"]}],
		"definition": %s, "store": {"path": %q}, "collect": {"backfill": "100d"}}, "secureJsonData": {"sources.github.token": %q}}]}`,
		d.github, d.server.URL, d.database, zone, definition, d.store, token)
	path := filepath.Join(d.TempDir(), name+".yaml")
	require.NoError(d, os.WriteFile(path, text, 0o600))
	return path
}

// reported are the figures that the command report answers.
func (d *delivery) reported(file string) map[string]delivered {
	d.Helper()
	found := map[string]delivered{}
	for level, groupBy := range map[string]string{"all": "", "team": "team", "service": "service"} {
		for _, bucket := range []string{"day", "month"} {
			from := d.from
			if bucket == "month" {
				from = time.Date(from.Year(), from.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			}
			var report query.Report
			text := command(d.T, "report", "--settings", file, "--metric", "all", "--bucket", bucket, "--group-by", groupBy, "--from", from.Format(time.RFC3339), "--to", d.to.Format(time.RFC3339), "--format", "json")
			require.NoError(d, json.Unmarshal([]byte(text), &report))
			for _, s := range report.Series {
				for _, p := range s.Points {
					if p.Value == nil {
						continue
					}
					one := delivered{value: *p.Value, n: p.N, partial: p.Partial, immature: p.Immature}
					if p.K != nil {
						one.k = *p.K
					}
					found[fmt.Sprint(level, bucket, s.Metric, s.Statistic, s.Labels["team"], s.Labels["service"], p.Start.Unix())] = one
				}
			}
		}
	}
	return found
}

// there are the figures in InfluxDB.
func (d *delivery) there() map[string]delivered {
	d.Helper()
	all, err := d.server.Query(d.Context(), d.database, `SELECT "value", "n", "k", "partial", "immature", "withdrawn" FROM "dora" GROUP BY *`)
	require.NoError(d, err)
	found := map[string]delivered{}
	for _, s := range all {
		for _, row := range s.Values {
			if row[6].(bool) {
				continue
			}
			one := delivered{value: row[1].(float64), n: int(row[2].(float64)), partial: row[4].(bool), immature: row[5].(bool)}
			if k, ok := row[3].(float64); ok {
				one.k = int(k)
			}
			found[fmt.Sprint(s.Tags["level"], s.Tags["bucket"], s.Tags["metric"], s.Tags["statistic"], s.Tags["team"], s.Tags["service"], int64(row[0].(float64)))] = one
		}
	}
	return found
}

// same holds the one against the other, point by point.
func (d *delivery) same(file, when string) int {
	d.Helper()
	want, have := d.reported(file), d.there()
	require.Greater(d, len(want), 500)
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if have[key] != want[key] {
			require.Failf(d, "a point differs", "%s: %s is %+v and should be %+v", when, key, have[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, wanted := want[key]; !wanted {
			require.Failf(d, "a point is there that is none", "%s: %s is %+v", when, key, have[key])
		}
	}
	return len(want)
}

// minutePasses is what comes before another process may deliver: what the killed one had asked for is done or dropped, and its
// leases have run out.
func (d *delivery) minutePasses() {
	d.Helper()
	require.Eventually(d, func() bool {
		queries, err := d.server.Query(d.Context(), "", "SHOW QUERIES")
		if err != nil || len(queries) != 1 {
			return false
		}
		return len(queries[0].Values) == 1 && strings.Contains(fmt.Sprint(queries[0].Values[0]), "SHOW QUERIES")
	}, patience, glance)
	expireLeases(d.T, d.store)
}

// While figures of one definition and zone give way to those of another, and back, the built program and InfluxDB are killed at any
// moment. Whenever a life comes to its end, every figure that the program answers is in InfluxDB, and no other.
func TestDeliveringThatIsKilledAgainAndAgainEndsWithTheSamePoints(t *testing.T) {
	const seed = 23
	random := rand.New(rand.NewPCG(seed, 0))
	github := httptest.NewServer(world.New(world.Options{Seed: 8, Months: 3, Others: 4}).Handler(token))
	t.Cleanup(github.Close)
	d := &delivery{T: t, server: influxdbtest.ForTest(t, influxdbtest.Options{}), github: github.URL, store: filepath.Join(t.TempDir(), "dora.db")}
	var err error
	d.database, err = d.server.Database(t.Context())
	require.NoError(t, err)
	now := time.Now().UTC()
	d.from, d.to = now.AddDate(0, 0, -99).Truncate(24*time.Hour), now.AddDate(0, 0, 1).Truncate(24*time.Hour)
	plain := d.settings("plain", `{}`, "UTC")
	others := []string{
		plain, d.settings("commits", `{"unit": "commit", "redeploys": "exclude"}`, "UTC"), d.settings("elsewhere", `{"evidence": ["rollback"], "incidentWindow": "1h"}`, "Asia/Kathmandu"),
	}
	command(t, "collect", "--settings", plain, "--once")
	points := d.same(plain, "undisturbed")

	kills, ofDatabase, rounds := 0, 0, 0
	for wanted := times(100, 10); kills < wanted; rounds++ {
		for life := 0; life < times(10, 6) && kills < wanted; life++ {
			file := others[random.IntN(len(others))]
			ctx, kill := context.WithCancel(t.Context()) // kills with SIGKILL
			program := exec.CommandContext(ctx, program, "collect", "--settings", file, "--once")
			var log bytes.Buffer
			program.Stderr = &log
			require.NoError(t, program.Start())
			ended := make(chan struct{})
			go func() { // the process, until it ends or is killed
				defer close(ended)
				_ = program.Wait()
			}()
			select {
			case <-time.After(time.Duration(random.Int64N(int64(600 * time.Millisecond)))):
				if life%2 == 1 {
					require.NoError(t, d.server.Kill())
					ofDatabase++
					kills++
					time.Sleep(time.Duration(random.Int64N(int64(50 * time.Millisecond))))
					require.NoError(t, d.server.Run(t.Context()))
					time.Sleep(time.Duration(random.Int64N(int64(100 * time.Millisecond))))
				}
				kill()
			case <-ended:
			}
			<-ended
			kill()
			if program.ProcessState.ExitCode() == -1 {
				kills++
				d.minutePasses()
			}
			require.NotContains(t, log.String(), token)
		}
		command(t, "collect", "--settings", plain, "--once")
		require.Equal(t, points, d.same(plain, fmt.Sprintf("after %d kills", kills)))
	}
	t.Logf("%d points, %d kills, of which %d of InfluxDB, compared %d times (seed %d)", points, kills, ofDatabase, rounds+1, seed)
	assert.GreaterOrEqual(t, kills, times(100, 10))
	assert.Positive(t, ofDatabase)
}
