package plugin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/discover"
)

func TestAnAdministratorLooksAroundAndCorrectsWhatIsProposed(t *testing.T) {
	_, url, _ := invented(t)
	viewer, editor, admin := programs(t, start(t).save("dora", settings(url)))
	viewer.get("v1/discover").refused(http.StatusForbidden, "", "needs the role Admin")
	editor.post("v1/discover", "").refused(http.StatusForbidden, "", "needs the role Admin")
	var report discover.Report
	admin.get("v1/discover").is(http.StatusOK, &report)
	assert.Equal(t, discover.None, report.State)
	admin.post("v1/discover/proposal", `{}`).refused(http.StatusConflict, "", "look around first")
	admin.post("v1/discover?source=nobody", "").refused(http.StatusNotFound, "source", `there is no saved source "nobody"`)

	admin.post("v1/discover?source=github", "").is(http.StatusAccepted, &report)
	require.Eventually(t, func() bool {
		admin.get("v1/discover").is(http.StatusOK, &report)
		return report.State == discover.Done
	}, time.Minute, 20*time.Millisecond)
	require.Empty(t, report.Problems)
	choices := report.Proposal.Choices
	require.NotEmpty(t, choices)
	first := choices[0]
	assert.Equal(t, "deployments", first.Deployments.From)

	var proposal discover.Proposal
	admin.post("v1/discover/proposal", `{"corrections":[{"source":"github","repository":"`+first.Repository+`","team":"tills"}]}`).is(http.StatusOK, &proposal)
	assert.Equal(t, []string{"tills"}, proposal.Choices[0].Services[0].Teams)
	assert.Contains(t, proposal.YAML, "team: tills")
	admin.post("v1/discover/proposal", `{"corrections":[{"source":"github","repository":"acme/none","team":"tills"}]}`).refused(http.StatusUnprocessableEntity, "corrections", "none of the repositories that were looked at")
	admin.post("v1/discover/proposal", `{"corrections":[{"source":"github","repository":"`+first.Repository+`","from":"pigeons"}]}`).refused(http.StatusUnprocessableEntity, "corrections", "it offers: ")
	admin.post("v1/discover/proposal", `{"corrections":[{"colour":"red"}]}`).refused(http.StatusUnprocessableEntity, "corrections[0].colour", "allowed")
}
