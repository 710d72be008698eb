package cli_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/discover"
	"github.com/livedora/dora-datasource/pkg/world"
)

func TestAnOrganisationIsLookedAtAndSettingsAreProposed(t *testing.T) {
	t.Parallel()
	w := world.New(world.Options{Seed: 11, Months: 6, Estate: 60})
	server := httptest.NewServer(w.Handler(token))
	t.Cleanup(server.Close)
	file := write(t, map[string]any{"sources": []any{map[string]any{"id": "github", "type": "github", "url": server.URL, "repositories": []string{world.Organization + "/*"}}}}, token)

	code, out, log := run(t, file, "discover --settings FILE")
	assert.Zero(t, code, log)
	assert.Contains(t, out, "deployments (production)")
	assert.Contains(t, out, "workflow_runs (Deploy to production)")
	assert.Contains(t, out, "To be said: ")
	assert.Contains(t, log, "60 repositories were looked at, with ")
	assert.Contains(t, log, "custom properties of "+world.Organization+" cannot be read")

	_, out, _ = run(t, file, "discover --settings FILE --yaml")
	assert.Contains(t, out, `sources.github.token: "$GITHUB_TOKEN"`)

	_, out, _ = run(t, file, "discover --settings FILE --json")
	var report discover.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Equal(t, discover.Done, report.State)
	assert.Len(t, report.Proposal.Choices, 60)

	code, _, log = run(t, file, "discover --settings FILE --source gitlab")
	assert.Equal(t, 2, code)
	assert.Contains(t, log, `"gitlab" is no source's id; allowed: github`)
	code, _, log = run(t, write(t, map[string]any{"sources": sourceAt(server.URL, world.Organization+"/*")}, "wrong"), "discover --settings FILE")
	assert.Equal(t, 1, code)
	assert.Contains(t, log, "GitHub does not accept the token")
}
