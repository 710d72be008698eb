package dataset_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/deliver"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/sink/influxdb"
	"github.com/livedora/dora-datasource/pkg/sink/influxdbtest"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/world"
)

// delivered is an organisation whose figures go to InfluxDB.
type delivered struct {
	*testing.T
	server   *influxdbtest.Server
	database string
	github   string
	store    string // the settings' store, in JSON
}

func delivers(t *testing.T) *delivered {
	t.Helper()
	c := &delivered{T: t, server: influxdbtest.ForTest(t, influxdbtest.Options{})}
	var err error
	c.database, err = c.server.Database(t.Context())
	require.NoError(t, err)
	github := httptest.NewServer(world.New(world.Options{Seed: 2, Months: 2}).Handler(token))
	t.Cleanup(github.Close)
	c.github = github.URL
	c.store = fmt.Sprintf(`{"path":%q}`, filepath.Join(t.TempDir(), "dora.db"))
	return c
}

// settings are those of the organisation, with more keys of the sink and of the settings.
func (c *delivered) settings(ofSink, more string) settings.Settings {
	c.Helper()
	object, err := strict.Object(fmt.Appendf(nil, `{
		"sources": [
			{"id": "github", "type": "github", "url": %q, "repositories": ["example-health/*"], "incidents": {"labels": ["incident"]}},
			{"id": "told", "type": "webhook"}
		],
		"sinks": [{"id": "influx", "type": "influxdb", "url": %q, "database": %q, "levels": ["all", "team", "service", "environment"], "timezone": "Europe/London"%s}],
		"collect": {"backfill": "100d"}, "store": %s%s}`, c.github, c.server.URL, c.database, ofSink, c.store, more))
	require.NoError(c, err)
	s, err := settings.Parse(systems.All, object, map[string]string{"sources.github.token": token}, systems.Sinks...)
	require.NoError(c, err)
	return s
}

func (c *delivered) open(s settings.Settings) *dataset.Dataset {
	c.Helper()
	d, err := dataset.Open(c.Context(), options(c.T, "1/dora", s))
	require.NoError(c, err)
	return d
}

// once collects and delivers, and gives how many points were written.
func (c *delivered) once(s settings.Settings) int64 {
	c.Helper()
	d := c.open(s)
	defer func() { require.NoError(c, d.Close()) }()
	_, err := d.Once(c.Context())
	require.NoError(c, err)
	state := d.Deliveries()[0]
	require.Equal(c, deliver.Current, state.Status)
	require.Empty(c, c.differs(d))
	return state.Points
}

// point is a figure, as InfluxDB or a query has it.
type point struct {
	value             float64
	n, k              int
	partial, immature bool
}

// there are the points in InfluxDB, by their tags and times.
func (c *delivered) there() map[string]point {
	c.Helper()
	all, err := c.server.Query(c.Context(), c.database, `SELECT "value", "n", "k", "partial", "immature", "withdrawn" FROM "dora" GROUP BY *`)
	require.NoError(c, err)
	found := map[string]point{}
	for _, s := range all {
		for _, row := range s.Values {
			if row[6].(bool) {
				continue
			}
			p := point{value: row[1].(float64), n: int(row[2].(float64)), partial: row[4].(bool), immature: row[5].(bool)}
			if k, ok := row[3].(float64); ok {
				p.k = int(k)
			}
			key := named(s.Tags["level"], s.Tags["bucket"], s.Tags["metric"], s.Tags["statistic"], s.Tags["service"], s.Tags["team"], s.Tags["environment"], int64(row[0].(float64)))
			if _, twice := found[key]; twice {
				require.Fail(c, "there twice: "+key)
			}
			found[key] = p
		}
	}
	return found
}

func named(level, bucket, metric, statistic, service, team, environment string, at int64) string {
	return fmt.Sprintf("%s %s %s %s %q %q %q %s", level, bucket, metric, statistic, service, team, environment, time.Unix(at, 0).UTC().Format(time.RFC3339))
}

// answered are the same points, as panels are answered.
func (c *delivered) answered(d *dataset.Dataset) map[string]point {
	c.Helper()
	s, now := d.Settings(), time.Now()
	shape := s.Sinks[0].Shape
	zone := shape.Timezone.Location
	since := now.Add(-time.Duration(s.Collect.Backfill))
	found := map[string]point{}
	for _, level := range shape.Levels {
		groupBy := map[sink.Level][]string{sink.All: {}, sink.Team: {"team"}, sink.Service: {"service"}, sink.Environment: {"service", "environment"}}[level]
		for _, bucket := range shape.Buckets {
			from, next := figures.Bucket(bucket).Cover(since, since, zone)
			if from.Before(since) {
				from = next
			}
			_, to := figures.Bucket(bucket).Cover(now, now, zone)
			for _, kind := range sink.Kinds {
				if !shape.Delivers(kind) {
					continue
				}
				text, err := json.Marshal(map[string]any{"metric": kind.Metric, "statistic": kind.Statistic, "bucket": bucket, "timezone": zone.String(), "groupBy": groupBy})
				require.NoError(c, err)
				q, err := query.Parse(text, s.Definition)
				require.NoError(c, err)
				for _, series := range query.Answer(q, d.Snapshot(), query.Range{From: from, To: to}, now).Report().Series {
					for _, p := range series.Points {
						if p.Value == nil {
							continue
						}
						one := point{value: *p.Value, n: p.N, partial: p.Partial, immature: p.Immature}
						if p.K != nil {
							one.k = *p.K
						}
						labels := series.Labels
						found[named(string(level), string(bucket), string(kind.Metric), string(kind.Statistic), influxdb.Text(labels["service"]), influxdb.Text(labels["team"]), labels["environment"], p.Start.Unix())] = one
					}
				}
			}
		}
	}
	return found
}

// differs holds what is in InfluxDB against what panels are answered, point by point, and gives the first that differs.
func (c *delivered) differs(d *dataset.Dataset) string {
	c.Helper()
	want, have := c.answered(d), c.there()
	require.Greater(c, len(want), 300)
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got, there := have[key]; !there || got != want[key] {
			return fmt.Sprintf("%s: want %+v, there %t: %+v", key, want[key], there, got)
		}
	}
	for key := range have {
		if _, wanted := want[key]; !wanted {
			return key + " is there, and is nothing"
		}
	}
	return ""
}

// drawn has every query of the dashboard that comes with the documentation find something, for what its variables stand for.
func (c *delivered) drawn() {
	c.Helper()
	text, err := os.ReadFile("../../docs/influxdb-dashboard.json")
	require.NoError(c, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Query string }
		}
	}
	require.NoError(c, json.Unmarshal(text, &dashboard))
	asked := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			asked++
			filled := strings.NewReplacer("$timeFilter", "time > 0", "$bucket", "month", "$team", ".*").Replace(target.Query)
			series, err := c.server.Query(c.Context(), c.database, filled)
			require.NoError(c, err, panel.Title)
			require.NotEmpty(c, series, "%s: %s", panel.Title, filled)
			if level := "'all'"; strings.Contains(filled, level) {
				require.Len(c, series, 1, "one line: %s", filled)
			}
			require.Contains(c, filled, `"withdrawn" = false`)
		}
	}
	require.Equal(c, 12, asked)
}

// What panels are answered is in InfluxDB, and stays so: where nothing changed nothing is written, where a person corrects a day
// that day is, and where other settings make other figures these are there, and none of the others.
func TestASinkHasTheFiguresThatPanelsShow(t *testing.T) {
	c := delivers(t)
	first := c.once(c.settings("", ""))
	require.NotZero(t, first)
	assert.Zero(t, c.once(c.settings("", "")), "another start writes nothing again")

	page, err := os.ReadFile("../../docs/sinks.md")
	require.NoError(t, err)
	statement := regexp.MustCompile("(?s)```sql\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, statement)
	shown, err := c.server.Query(t.Context(), c.database, strings.Replace(string(statement[1]), "$timeFilter", "time > 0", 1))
	require.NoError(t, err)
	require.NotEmpty(t, shown, "the documentation's query finds teams")
	assert.NotEmpty(t, shown[0].Tags["team"])

	c.drawn()

	d := c.open(c.settings("", ""))
	failed := d.Snapshot().Services[0].Deployments[3]
	_, err = d.Correct(t.Context(), dora.Correction{Verdict: dora.VerdictIgnored, Deployment: failed.Event.FullID(), Reason: "a drill", Author: "a person"})
	require.NoError(t, err)
	require.NoError(t, d.Close())
	again := c.once(c.settings("", ""))
	assert.NotZero(t, again)
	assert.Less(t, again, first/10, "what did not change is not written again")

	for _, s := range []settings.Settings{
		c.settings("", `, "definition": {"unit": "commit", "leadTimeStart": "first_commit"}`),
		c.settings(`, "timezone": "Asia/Kathmandu"`, ""),
		c.settings(`, "statistics": ["count", "p95"], "levels": ["team", "all"], "buckets": ["day", "month"]`, ""),
		c.settings("", `, "services": [{"match": {"repository": "example-health/{service}"}, "team": "all of us"}], "otherRepositories": "leave_out"`),
	} {
		c.once(s)
	}
	c.once(c.settings("", ""))
}

// run has a dataset run until what it gives is called.
func (c *delivered) run(d *dataset.Dataset) (end func()) {
	ctx, stop := context.WithCancel(c.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }() // the dataset, until the test ends it
	return sync.OnceFunc(func() {
		stop()
		require.NoError(c, <-ended)
		require.NoError(c, d.Close())
	})
}

// told posts a deployment of some days ago.
func (c *delivered) told(d *dataset.Dataset, days int) {
	c.Helper()
	at := time.Now().UTC().Add(-time.Duration(days) * 24 * time.Hour).Truncate(time.Second)
	_, err := d.Post(c.Context(), &dora.Deployment{
		Header: dora.Header{Source: "told", ID: fmt.Sprintf("example-health/told:deployment:%d", days), Updated: at}, Repository: "example-health/told", Environment: "production",
		SHA: strings.Repeat(fmt.Sprint(days%10), 40), Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
	})
	require.NoError(c, err)
}

// Of two Grafanas that share a database one delivers, also what the other was told; when it ends, the other does.
func TestOfTwoGrafanasOneDelivers(t *testing.T) {
	c := delivers(t)
	server := postgrestest.ForTest(t)
	database, err := server.Database(t.Context())
	require.NoError(t, err)
	c.store = fmt.Sprintf(`{"address": %q, "database": %q, "user": %q, "tls": "disable"}`, database.Address, database.Name, database.User)
	first := c.open(c.settings("", ""))
	endFirst := c.run(first)
	defer endFirst()
	current := func(d *dataset.Dataset) func() bool {
		return func() bool { return d.Deliveries()[0].Status == deliver.Current && c.differs(d) == "" }
	}
	eventually(t, func() bool { return !first.State()[0].LastSuccess.IsZero() && len(first.Snapshot().Services) > 0 })
	eventually(t, current(first))
	second := c.open(c.settings("", ""))
	defer c.run(second)()
	eventually(t, func() bool { return second.Deliveries()[0].Status == deliver.Elsewhere })
	state := second.Deliveries()[0]
	assert.Equal(t, "Another instance delivers; this one waits.", state.Sentence(time.Now()))

	c.told(second, 1)
	eventually(t, func() bool { return slices.ContainsFunc(first.Snapshot().Services, isTold) })
	eventually(t, current(first))
	assert.Equal(t, deliver.Elsewhere, second.Deliveries()[0].Status)
	assert.Zero(t, second.Deliveries()[0].Points)

	endFirst()
	c.told(second, 2)
	eventually(t, func() bool { return second.Deliveries()[0].Status == deliver.Current })
	eventually(t, current(second))
	assert.Less(t, second.Deliveries()[0].Points, int64(200), "it goes on where the first ended")
}

func isTold(f *facts.Service) bool { return f.Service.Name == "example-health/told" }

// A change arrives within seconds; while InfluxDB is away collecting goes on and it is told what is missing, and once it is back
// everything comes by itself.
func TestASinkCatchesUpByItself(t *testing.T) {
	c := delivers(t)
	d := c.open(c.settings("", ""))
	ctx := t.Context()
	defer c.run(d)()
	state := func() deliver.State { return d.Deliveries()[0] }
	read := func() bool {
		for _, s := range d.State() {
			if s.ID == "github" && s.LastSuccess.IsZero() {
				return false
			}
		}
		return true
	}
	current := func(after time.Time) func() bool {
		return func() bool { s := state(); return s.Status == deliver.Current && s.Delivered.After(after) }
	}
	eventually(t, read)
	d.Begun(ctx)
	eventually(t, func() bool { return current(time.Time{})() && c.differs(d) == "" })

	posted := time.Now()
	c.told(d, 1)
	eventually(t, func() bool {
		return slices.ContainsFunc(d.Snapshot().Services, isTold)
	})
	eventually(t, func() bool {
		all, err := c.server.Query(ctx, c.database, `SELECT "n" FROM "dora" WHERE "service" = 'example-health/told' AND "metric" = 'deployment_frequency' AND "bucket" = 'day' AND "level" = 'service' AND "n" = 1`)
		return err == nil && len(all) == 1
	})
	t.Logf("a changed day arrives within %s", time.Since(posted).Round(time.Millisecond))
	assert.Less(t, time.Since(posted), time.Minute)

	require.NoError(t, c.server.Kill())
	c.told(d, 2)
	eventually(t, func() bool { return state().Status == deliver.Failing })
	c.told(d, 3)
	eventually(t, func() bool { s := state(); return !s.Behind.IsZero() && s.Pending > 0 })
	s := state()
	assert.Contains(t, s.Sentence(time.Now()), "Figures are not delivered: InfluxDB")
	assert.Contains(t, s.Sentence(time.Now()), "catches up by itself")
	assert.Empty(t, d.State()[0].Failure, "collecting goes on")
	require.Len(t, d.CheckSinks(ctx), 1)
	require.NoError(t, c.server.Run(ctx))
	back := time.Now()
	eventually(t, current(back))
	t.Logf("caught up within %s", time.Since(back).Round(time.Millisecond))
	assert.Empty(t, c.differs(d))
	assert.Empty(t, d.CheckSinks(ctx))
}

// A database that keeps points for a month has a month's figures, and it is said that older ones are not delivered.
func TestASinkThatKeepsPointsForLessThanHistoryHasWhatItKeeps(t *testing.T) {
	c := delivers(t)
	require.NoError(t, c.server.Exec(t.Context(), "", fmt.Sprintf("CREATE RETENTION POLICY month ON %s DURATION 30d REPLICATION 1 DEFAULT", c.database)))
	d := c.open(c.settings("", ""))
	defer func() { require.NoError(t, d.Close()) }()
	_, err := d.Once(t.Context())
	require.NoError(t, err)
	state := d.Deliveries()[0]
	assert.Contains(t, state.Sentence(time.Now()), "It keeps points for 30 days, and history goes back 100 days: what is older is not delivered.")
	have, oldest := c.there(), time.Now().AddDate(0, 0, -30)
	days := 0
	for key, want := range c.answered(d) {
		at, err := time.Parse(time.RFC3339, key[strings.LastIndexByte(key, ' ')+1:])
		require.NoError(t, err)
		got, there := have[key]
		switch {
		case at.Before(oldest):
			require.False(t, there, key)
		case at.After(oldest.Add(25 * time.Hour)): // between is as the hour has it
			require.Equal(t, want, got, key)
			days++
		}
	}
	assert.Greater(t, days, 100)
}

// A ledger that was damaged in the store is begun anew: what is in the sink becomes what should be there.
func TestADamagedLedgerIsBegunAnew(t *testing.T) {
	c := delivers(t)
	all := c.once(c.settings("", ""))
	var store struct{ Path string }
	require.NoError(t, json.Unmarshal([]byte(c.store), &store))
	db, err := sql.Open("sqlite", store.Path)
	require.NoError(t, err)
	changed, err := db.ExecContext(t.Context(), `UPDATE cursors SET cursor = x'0102030405060708090a' WHERE source = 'sink:influx:7'`)
	require.NoError(t, err)
	rows, err := changed.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, rows)
	require.NoError(t, db.Close())
	assert.Equal(t, all, c.once(c.settings("", "")))
	assert.Zero(t, c.once(c.settings("", "")))
}
