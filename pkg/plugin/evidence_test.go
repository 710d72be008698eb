package plugin_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

// TestEvidenceHasTheNamesThatPeopleKnow and leads to what speaks.
func TestEvidenceHasTheNamesThatPeopleKnow(t *testing.T) {
	failures := start(t).list("failures", "")
	assert.Equal(t, [][]any{
		{"rolled back by deployment v1.2", "https://github.example/example-health/booking/deployments/106"},
		{"followed by incident #501", "https://github.example/example-health/booking/issues/501"},
	}, rows(t, failures, "evidence", "evidence_url"))
	evidence, _ := failures.FieldByName("evidence")
	require.Len(t, evidence.Config.Links, 1)
	assert.Equal(t, "${__data.fields.evidence_url}", evidence.Config.Links[0].URL)
}

// TestEvidenceHasTheKeysOfRecords, which people know, where their numbers are of use to machines alone.
func TestEvidenceHasTheKeysOfRecords(t *testing.T) {
	g := start(t)
	finished := datasettest.At("Jan 05 10:00")
	deployment := func(key string, finished time.Time) *dora.Deployment {
		return &dora.Deployment{
			Header: dora.Header{Source: datasettest.Source, ID: datasettest.Booking + ":deployment:" + key, Updated: finished}, Key: key,
			Repository: datasettest.Booking, Environment: "production", SHA: datasettest.SHA(key), Created: finished, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: finished}},
		}
	}
	broken, failed := deployment("CHG0030001", finished), deployment("CHG0030002", finished.Add(time.Hour))
	failed.Recovered = finished.Add(2 * time.Hour)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", broken, failed, &dora.Incident{
		Header: dora.Header{Source: datasettest.Source, ID: datasettest.Booking + ":issue:af3c", Updated: finished}, Repository: datasettest.Booking, Key: "INC0012345", Title: "Down",
		Opened: finished.Add(time.Minute), Names: []string{"CHG0030001"}, Labels: []string{"incident"},
	})
	i := g.save("dora", settings(silent(t), `"store":{"type":"sqlite","path":"`+path+`"}`, `"services":`+datasettest.Services, `"collect":{"backfill":"3650d"}`))
	failures := g.one(i, `{"queryType":"events","events":"failures"}`)[0]
	assert.Equal(t, [][]any{{"CHG0030002", "failed in production by its own record"}, {"CHG0030001", "named by incident INC0012345"}}, rows(t, failures, "version", "evidence"))
}

// TestEveryDeploymentAndIncidentInATableIsALink because what is named is what somebody wants to see.
func TestEveryDeploymentAndIncidentInATableIsALink(t *testing.T) {
	g := start(t)
	for list, columns := range map[string][]string{
		"deployments": {"version", "evidence"}, "failures": {"version", "evidence"}, "recoveries": {"version", "evidence"}, "changes": {"number", "deployment"},
		"incidents": {"title", "linked_deployment"}, "open": {"title", "linked_deployment"}, "unlinked": {"title"}, "waiting": {"number"}, "failing": {"deployment", "incident"},
	} {
		frame := g.list(list, "")
		for _, column := range columns {
			field, _ := frame.FieldByName(column)
			require.NotNil(t, field, "%s: %s", list, column)
			require.NotNil(t, field.Config, "%s: %s", list, column)
			assert.Len(t, field.Config.Links, 1, "%s: %s", list, column)
		}
	}
}

// TestAColumnThatSaysNothingGivesWay in panels; it stays in the data.
func TestAColumnThatSaysNothingGivesWay(t *testing.T) {
	hidden := func(frame *data.Frame, column string) bool {
		field, _ := frame.FieldByName(column)
		return field.Config != nil && field.Config.Custom["hideFrom"] != nil
	}
	g := start(t)
	open := g.list("open", "")
	assert.True(t, hidden(open, "linked_deployment"), "no incident that is open is held against a deployment")
	assert.False(t, hidden(open, "title"))
	deployments := g.list("deployments", "")
	assert.False(t, hidden(deployments, "evidence"), "one of them has some")
	assert.False(t, hidden(deployments, "id"), "corrections are made in it")
}
