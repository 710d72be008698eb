package plugin_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/plugin"
	"github.com/livedora/dora-datasource/pkg/query"
)

// everyQuestion is a query of every type, in every form that is laid out in a way of its own, with filters.
func everyQuestion(t *testing.T, filters string) []string {
	t.Helper()
	var questions []string
	add := func(format string, args ...any) {
		questions = append(questions, strings.TrimSuffix(fmt.Sprintf(format, args...), "}")+`,"filters":`+filters+`}`)
	}
	for _, form := range []string{"time_series", "numeric", "table", "distribution"} {
		add(`{"metric":"lead_time","format":%q}`, form)
		if form != "distribution" {
			add(`{"queryType":"stages","format":%q}`, form)
			add(`{"queryType":"signals","bucket":"week","format":%q}`, form)
		}
	}
	for _, spread := range query.Spread("").Allowed() {
		add(`{"queryType":"spread","metric":"lead_time","spread":%q}`, spread)
	}
	for _, events := range query.Events("").Allowed() {
		add(`{"queryType":"events","events":%q}`, events)
	}
	for _, events := range []string{"deployments", "incidents", "failures", "recoveries"} {
		add(`{"queryType":"annotations","events":%q}`, events)
	}
	for _, standing := range query.Standing("").Allowed() {
		add(`{"queryType":"standing","standing":%q}`, standing)
	}
	for _, field := range []string{"service", "team", "environment", "repository"} {
		add(`{"queryType":"values","field":%q}`, field)
	}
	questions = append(questions, `{"queryType":"collection"}`)
	types := map[string]bool{}
	for _, question := range questions {
		var q struct{ QueryType string }
		require.NoError(t, json.Unmarshal([]byte(question), &q), question)
		types[q.QueryType] = true
	}
	require.Len(t, types, len(query.Type("").Allowed()), "every type is asked for")
	return questions
}

const (
	all     = `[]`
	deleted = `[{"field":"service","values":["deleted-last-week"]}]`
)

// TestNoAnswerIsEmptyWithoutAWord asks every query where there is nothing to be seen: each says why, or what to do.
func TestNoAnswerIsEmptyWithoutAWord(t *testing.T) {
	t.Parallel() // it waits for what is tried again
	for circumstance, c := range map[string]struct {
		filters string
		made    func(*testing.T, *grafana) *plugin.Instance
		// wordless are the questions, by a part of their text, that need no word: what they are about is not missing.
		wordless []string
		says     string
	}{
		"of a deleted service": {
			deleted,
			func(t *testing.T, g *grafana) *plugin.Instance {
				_, url, services := invented(t)
				i := g.save("dora", settings(url, services))
				g.waitFor(i, "ok")
				return i
			},
			[]string{`"unmatched"`, `"corrections"`, `"collection"`, `"last_success"`, `"failed_runs"`, `"limit_left"`},
			"warning: No service matches the filters. Choose other values, or remove a filter.",
		},
		"of a data source without sources": {
			all,
			func(_ *testing.T, g *grafana) *plugin.Instance { return g.save("dora", `{}`) },
			nil, "sources: no source is configured; add one in the data source's settings",
		},
		"before the first collection has ended": {
			all,
			func(t *testing.T, g *grafana) *plugin.Instance {
				i := g.save("dora", settings(silent(t)))
				g.waitFor(i, "collecting")
				return i
			},
			[]string{`"collection"`}, "info: github is not read yet: its first reading is under way (0 %), and figures are not complete.",
		},
		"of a store that cannot be opened": {
			all,
			func(t *testing.T, g *grafana) *plugin.Instance {
				return g.save("dora", settings(silent(t), `"store":{"type":"sqlite","path":"`+t.TempDir()+`"}`))
			},
			nil, "the data source's settings need attention: store.path",
		},
		"of a store that has failed": {all, failedStore, nil, "error: The store cannot be read; this shows what was read before. "},
	} {
		t.Run(circumstance, func(t *testing.T) {
			g := start(t)
			i := c.made(t, g)
			for _, question := range everyQuestion(t, c.filters) {
				answer := g.ask(i, question)["A"]
				told := fmt.Sprint(answer.Error)
				if answer.Error == nil {
					require.NotEmpty(t, answer.Frames, question)
					told = notices(answer.Frames)
				}
				if !slices.ContainsFunc(c.wordless, func(part string) bool { return strings.Contains(question, part) }) {
					assert.Contains(t, told, c.says, question)
				}
			}
		})
	}
}

// failedStore is a data source that has read its store, of which the tables are gone since.
func failedStore(t *testing.T, g *grafana) *plugin.Instance {
	t.Helper()
	i, lose := readStore(t, g)
	lose()
	return i
}

// readStore is a data source that has read its store, and how the store's tables are lost.
func readStore(t *testing.T, g *grafana) (i *plugin.Instance, lose func()) {
	t.Helper()
	jsonData := stored(t)
	var read struct{ Store struct{ Path string } }
	require.NoError(t, json.Unmarshal([]byte(jsonData), &read))
	i = g.save("dora", jsonData)
	require.NotEmpty(t, g.one(i, `{"queryType":"events"}`)[0].Fields)
	return i, func() {
		db, err := sql.Open("sqlite", "file:"+read.Store.Path+"?_pragma=busy_timeout(10000)")
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		_, err = db.ExecContext(t.Context(), `ALTER TABLE events RENAME TO lost`)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return g.health(i).Status == backend.HealthStatusError }, time.Minute, 50*time.Millisecond)
	}
}

func TestWhoFollowsAPanelIsToldThatTheStoreFailed(t *testing.T) {
	t.Parallel() // it waits for what is tried again
	g := start(t)
	i, lose := readStore(t, g)
	l := g.listen(i, g.invited(i, `{"metric":"lead_time",`+allTheYear+`}`))
	const failed = "The store cannot be read; this shows what was read before."
	require.NotContains(t, notices(data.Frames{l.next(t)}), failed)
	lose()
	for !strings.Contains(notices(data.Frames{l.next(t)}), failed) {
	}
}

func TestASeverityThatNobodyUsesIsToldWithThoseThatThereAre(t *testing.T) {
	g, i := tiny(t)
	for _, question := range []string{`{"queryType":"events","events":"incidents"`, `{"metric":"recovery_time","definition":{"recovery":"incident"}`} {
		frames := g.one(i, question+`,"filters":[{"field":"severity","values":["7"]}]}`)
		assert.Contains(t, notices(frames), "warning: No incident has the severity 7. There are: 2.", question)
		frames = g.one(i, question+`,"filters":[{"field":"severity","values":["2"]}]}`)
		assert.NotContains(t, notices(frames), "severity", question)
	}
}

// TestARangeInWhichNothingHappenedIsNoFault holds that a table may be empty because all is well.
func TestARangeInWhichNothingHappenedIsNoFault(t *testing.T) {
	g := start(t)
	_, url, services := invented(t)
	i := g.save("dora", settings(url, services))
	g.waitFor(i, "ok")
	for _, events := range query.Events("").Allowed() {
		frames := g.one(i, fmt.Sprintf(`{"queryType":"events","events":%q}`, events)) // the invented organisation is younger
		assert.Empty(t, notices(frames), events)
	}
}
