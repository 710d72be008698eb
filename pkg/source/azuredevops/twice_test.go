package azuredevops_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// A pipeline of Azure DevOps that deploys what lies on GitHub makes deployments there, so that both tell of each.
func TestWhatGitHubAndPipelinesTellOfIsOneDeploymentOfOneService(t *testing.T) {
	t.Parallel()
	const now = "2023-12-01T00:00:00Z"
	s := overGitHub(tagged(""))
	h := s.History(t, standintest.Synthetic(t))
	at, err := time.Parse(time.RFC3339, now)
	require.NoError(t, err)
	pipelines := s.Fresh(t, s.Start(t, h, now), h, at).All()
	hub := standintest.JoinAt(t, h, now)
	service := func(name string, sources ...string) dora.Service {
		made := dora.Service{Name: name}
		for _, each := range sources {
			made.Deployments = append(made.Deployments, dora.DeploymentRule{Source: each, Repository: h.Name, Environment: dora.MustPattern("^prod$")})
		}
		return made
	}
	derive := func(events []dora.Event, services ...dora.Service) (*facts.Deriver, *facts.Service) {
		d := facts.NewDeriver(dora.Mapping{Services: services})
		d.Apply(events...)
		return d, d.Derive(dora.DefaultDefinition()).Services[0]
	}
	_, alone := derive(hub, service("api", "github"))
	together, both := derive(append(hub, pipelines...), service("api", "github", "azure"))
	require.Greater(t, len(alone.Deployments), 10)
	require.Len(t, both.Deployments, len(alone.Deployments), "each counts once")
	for i, d := range alone.Deployments {
		assert.True(t, d.Finished.Equal(both.Deployments[i].Finished), d.Event.ID)
		assert.Equal(t, d.Commits, both.Deployments[i].Commits, d.Event.ID)
		assert.Equal(t, d.Redeploy, both.Deployments[i].Redeploy, d.Event.ID)
	}
	assert.Len(t, both.FailedRuns, len(alone.FailedRuns))
	assert.Empty(t, together.ToldApart())

	apart, _ := derive(append(hub, pipelines...), service("api", "github"), service("api-pipeline", "azure"))
	told := apart.ToldApart()
	require.Len(t, told, 1, "where they are two services, it is said that they count the same")
	assert.Equal(t, [2][]string{{"github"}, {"azure"}}, told[0].Sources)
	assert.Contains(t, told[0].Text, "put both into the deployments of one service")
}
