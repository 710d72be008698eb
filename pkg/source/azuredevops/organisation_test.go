package azuredevops_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
	"github.com/livedora/dora-datasource/pkg/world"
)

// TestPipelinesOverFiveHundredRepositoriesAreReadByFewRequests reads two months of what one project's pipelines deploy, in the
// short form of a hundred. Azure DevOps counts what requests cost it, which nobody can simulate; so they are counted.
func TestPipelinesOverFiveHundredRepositoriesAreReadByFewRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("histories take seconds to grow")
	}
	t.Parallel()
	repositories := 100
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		repositories = 500
	}
	now := time.Date(2026, 6, 11, 12, 0, 0, 0, time.UTC)
	w := world.New(world.Options{Seed: 7, Months: 2, Now: now, Others: repositories, OthersBy: "azuredevops"})
	speaks, asked := w.AzureDevOps(replayToken), 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked++
		speaks.ServeHTTP(rw, r)
	}))
	defer server.Close()
	source := open(given(), azuredevops.Settings{
		URL: server.URL + "/" + world.Organization, Repositories: []string{"Diagnostics/*"}, GitHub: []string{world.Organization + "/*"},
	}, azuredevops.WithPace(standintest.AtTime(now)))
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), source, time.Time{}))
	first, deployments, deployed := asked, 0, map[string]bool{}
	for _, e := range l.All() {
		if d, is := e.(*dora.Deployment); is {
			deployments++
			deployed[d.Repository] = true
		}
	}
	t.Logf("%d repositories: %d requests for %d deployments", len(deployed), first, deployments)
	assert.Greater(t, len(deployed), repositories*9/10)
	assert.Less(t, first, 10+deployments/50)

	require.NoError(t, l.Collect(t.Context(), source, time.Time{}))
	t.Logf("nothing changed: %d requests", asked-first)
	assert.Less(t, asked-first, 10+deployments/500)
}
