package plugin_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

// TestRunsThatNobodyReportsOnTellThemselves holds that thirty deployments without a status are no silent 0.
func TestRunsThatNobodyReportsOnTellThemselves(t *testing.T) {
	events := []dora.Event{&dora.Repository{Header: dora.Header{Source: datasettest.Source, ID: datasettest.Booking}, Name: datasettest.Booking, DefaultBranch: "main"}}
	for n := range 30 {
		created := datasettest.At(fmt.Sprintf("Jan %02d 09:00", n+1))
		events = append(events, &dora.Deployment{
			Header:     dora.Header{Source: datasettest.Source, ID: fmt.Sprintf("%s:deployment:%d", datasettest.Booking, n), Updated: created},
			Repository: datasettest.Booking, Number: int64(n), Environment: "production", SHA: datasettest.SHA("b0"), Created: created,
		})
	}
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", events...)
	i := g.save("dora", settings(silent(t), `"store":{"type":"sqlite","path":"`+path+`"}`, `"services":`+datasettest.Services, `"collect":{"backfill":"3650d"}`))
	for _, question := range []string{`{"metric":"deployment_frequency"}`, `{"metric":"lead_time"}`, `{"queryType":"events","events":"deployments"}`} {
		assert.Contains(t, notices(g.one(i, question)), "30 runs have told neither success nor failure for a week", question)
	}
	unmeasured := g.one(i, `{"queryType":"events","events":"unmeasured"}`)[0]
	assert.Equal(t, [][]any{{"unreported_runs", 30.0}}, rows(t, unmeasured, "reason", "count"))
	coverage := g.one(i, `{"queryType":"events","events":"coverage","filters":[{"field":"service","values":["booking"]}]}`)[0]
	assert.Equal(t, [][]any{{"booking", 0.0, 0.0, 30.0}}, rows(t, coverage, "service", "deployments", "failed_runs", "unreported_runs"))
}

// TestRunsThatNobodyCanSeeTellThemselves holds that what a source discarded is never taken for all that there was.
func TestRunsThatNobodyCanSeeTellThemselves(t *testing.T) {
	created := datasettest.At("Jan 03 09:00")
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora",
		&dora.Repository{Header: dora.Header{Source: datasettest.Source, ID: datasettest.Booking}, Name: datasettest.Booking, DefaultBranch: "main"},
		&dora.Deployment{
			Header:     dora.Header{Source: datasettest.Source, ID: datasettest.Booking + ":unseen:1", Updated: created},
			Repository: datasettest.Booking, Environment: "production", Created: created, Unseen: 12,
		})
	i := g.save("dora", settings(silent(t), `"store":{"type":"sqlite","path":"`+path+`"}`, `"services":`+datasettest.Services, `"collect":{"backfill":"3650d"}`))
	for _, question := range []string{`{"metric":"deployment_frequency"}`, `{"metric":"lead_time"}`, `{"queryType":"events","events":"deployments"}`} {
		assert.Contains(t, notices(g.one(i, question)), "12 runs can no longer be seen in the source", question)
	}
	unmeasured := g.one(i, `{"queryType":"events","events":"unmeasured"}`)[0]
	assert.Equal(t, [][]any{{"unseen_runs", 12.0}}, rows(t, unmeasured, "reason", "count"))
	coverage := g.one(i, `{"queryType":"events","events":"coverage","filters":[{"field":"service","values":["booking"]}]}`)[0]
	assert.Equal(t, [][]any{{"booking", 0.0, 0.0, 0.0, 12.0}}, rows(t, coverage, "service", "deployments", "failed_runs", "unreported_runs", "unseen_runs"))
}
