package github_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

func TestAnInventedOrganisationIsReadFromItsOwnList(t *testing.T) {
	t.Parallel()
	w := world.New(world.Options{Seed: 3, Months: 6})
	server := httptest.NewServer(w.Handler("world-secret"))
	defer server.Close()
	config := configured{
		ID: "github", URL: server.URL,
		Repositories: []string{world.Organization + "/*"},
		Incidents:    &github.Incidents{Labels: []string{"incident"}},
		Secrets:      map[string]string{"token": "world-secret"},
	}
	s := open(config, server.Client(), github.WithRetries(1, time.Millisecond, time.Millisecond))
	require.NoError(t, s.Check(t.Context()))
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	t.Logf("%d requests, %d points", l.last.Requests, l.last.Points)

	assert.Len(t, of[*dora.Repository](l), len(w.Repositories()))
	deployments := of[*dora.Deployment](l)
	require.NotEmpty(t, deployments)
	commits := of[*dora.Commit](l)
	for _, d := range deployments {
		assert.Contains(t, commits, d.Repository+"@"+d.SHA, "what deployment %d brought", d.Number)
	}
	for _, c := range commits {
		for _, parent := range c.Parents {
			assert.Contains(t, commits, c.Repository+"@"+parent)
		}
	}
	assert.NotEmpty(t, of[*dora.Change](l))
	assert.NotEmpty(t, of[*dora.Incident](l))
}
