package main_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

// badRows are what one row of a store can hold that is no event.
var badRows = map[string]string{
	"a body that nobody can read": `UPDATE events SET body = x'01ffff' WHERE sequence = %d`,
	"a kind of a newer version":   `UPDATE events SET kind = 'sprint' WHERE sequence = %d`,
	"a body of nothing":           `UPDATE events SET body = '' WHERE sequence = %d`,
	"a version that is no number": `UPDATE events SET updated = 'now' WHERE sequence = %d`,
}

// said is what the data source answers while a row is bad, beside the row.
func (p *process) said(from backend.PluginContext) (services, facts string, health string) {
	p.Helper()
	status, text, err := p.call(from, "GET", "v1/services", nil, nil)
	require.NoError(p, err)
	require.Equal(p, http.StatusOK, status, string(text))
	status, lines, err := p.call(from, "GET", "v1/facts", nil, nil)
	require.NoError(p, err)
	require.Equal(p, http.StatusOK, status, string(lines))
	_, health = p.health(from)
	return string(text), string(lines), health
}

// One bad row is met while the plugin runs, by the one that follows the feed, and by one that starts. It costs what it held.
func TestABadRowOfTheStoreCostsOneRow(t *testing.T) {
	for name, spoil := range badRows {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dora.db")
			datasettest.Fill(t, path, "1/ci", datasettest.Events()...)
			log := &said{}
			p := startWith(t, exec.Command(program), log)
			from := of(1, source("ci", fmt.Sprintf(`{"sources":[{"id":"github","type":"webhook"}],"store":{"path":%q}}`, path), 1))
			from.DataSourceInstanceSettings.DecryptedSecureJSONData = map[string]string{"webhooks.secret": hookSecret}
			services, facts, health := p.said(from)
			require.Contains(t, facts, `"kind":"deployment"`)
			require.NotContains(t, health, "cannot be read")

			added := &dora.Incident{Header: dora.Header{Source: "github", ID: "incident:late", Updated: time.Now()}, Title: "late", Opened: time.Now()}
			datasettest.Fill(t, path, "1/ci", added)
			db, err := sql.Open("sqlite", path)
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			var last int
			require.NoError(t, db.QueryRow(`SELECT max(sequence) FROM events`).Scan(&last))
			_, err = db.Exec(fmt.Sprintf(spoil+`; UPDATE events SET sequence = sequence + 1 WHERE sequence = %d`, last, last))
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				_, says := p.health(from)
				return strings.Contains(says, "One row of the store cannot be read and is left out")
			}, patience, glance)
			assert.Equal(t, "1", p.column(from, "unreadable"))
			nowServices, nowFacts, says := p.said(from)
			assert.Equal(t, services, nowServices)
			assert.Equal(t, facts, nowFacts)
			assert.Contains(t, says, "Collect its source again", "what to do")
			p.Close()
			assert.NotContains(t, log.String(), "panic")

			p = startWith(t, exec.Command(program), io.Discard)
			nowServices, nowFacts, says = p.said(from)
			assert.Equal(t, services, nowServices, "after a start")
			assert.Equal(t, facts, nowFacts)
			assert.Contains(t, says, "One row of the store cannot be read and is left out")
		})
	}
}

// An earlier version kept what a signed webhook said of the year -1200.
func TestATimeThatCannotHaveBeenPoisonsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/ci", datasettest.Events()...)
	from := of(1, source("ci", fmt.Sprintf(`{"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/*"]},{"id":"ci","type":"webhook"}],"store":{"path":%q},"collect":{"backfill":"3650d"}}`, quiet(t), path), 1))
	from.DataSourceInstanceSettings.DecryptedSecureJSONData["webhooks.secret"] = hookSecret
	p := start(t)
	before := p.figures(from)
	p.Close()

	for i, at := range []time.Time{time.Date(-1200, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		datasettest.Fill(t, path, "1/ci", &dora.Deployment{
			Header:     dora.Header{Source: "github", ID: fmt.Sprintf("example-health/booking:deployment:%d", 9000+i), Updated: datasettest.At("Jan 20 00:00")},
			Repository: "example-health/booking", Number: int64(9000 + i), Environment: "production", SHA: fmt.Sprintf("%040d", i),
			Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
		})
	}
	p = start(t)
	assert.Equal(t, before, p.figures(from), "rows that are there already")
	assert.Equal(t, "3", p.column(from, "unreadable"))

	for _, at := range []string{"0001-01-01T00:00:01Z", "0000-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"} {
		hooked := webhook("github", "deployment_status", fmt.Sprintf(`{"action":"created","deployment_status":{"id":7,"state":"success","created_at":%[1]q},
			"deployment":{"id":4242,"node_id":"DE_42","sha":"5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e","ref":"main","task":"deploy","environment":"production","created_at":"2026-01-02T09:00:00Z","updated_at":"2026-01-02T09:05:00Z"},
			"repository":{"full_name":"example-health/booking","default_branch":"main"}}`, at))
		delete(hooked.header, "X-Live-Dora-Secret")
		status, answer, err := p.call(from, "POST", hooked.path, hooked.header, hooked.body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, status, "%s: %s", at, answer)
		assert.Regexp(t, `"field":"(statuses\[0\]\.at|deployment_status\.created_at)"`, string(answer))
	}
	assert.Equal(t, before, p.figures(from), "and none comes in")
}
