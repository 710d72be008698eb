package plugin_test

import (
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
