package dora_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func preview(r *repo, m dora.Mapping) dora.Preview {
	h := dora.NewHistory(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(r.events...)
	return h.Preview(m)
}

func TestAPersonSeesWhatAnEntryWouldMatch(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2")
	repo.deploy("prod-worker", "V2", hour(30))
	repo.deploy("staging", "V3", hour(31))
	repo.incident(hour(32), "Errors").Labels = []string{"service:worker"}
	repo.incident(hour(33), "Errors")
	m := dora.Mapping{Production: dora.DefaultProduction, Services: []dora.Service{
		{Name: "api", Team: "back", Deployments: []dora.DeploymentRule{{Source: "github", Repository: "Example-Health/API"}}},
		{
			Name:        "worker",
			Deployments: []dora.DeploymentRule{{Source: "github", Environment: dora.MustPattern("worker$")}, {Source: "github", TagPrefix: "none-"}},
			Incidents:   []dora.IncidentRule{{Source: "github", Labels: []string{"service:worker"}}},
		},
	}}
	p := preview(repo, m)
	require.Len(t, p.Services, 2)
	at := func(environment string, n int) dora.Tally {
		return dora.Tally{Source: "github", Repository: "example-health/api", Environment: environment, Deployments: n}
	}
	assert.Equal(t, dora.ServicePreview{
		Name: "api", Team: "back", Deployments: []dora.DeploymentsMatch{{Count: 2, Places: []dora.Tally{at("production", 2)}}}, Incidents: []int{},
	}, p.Services[0])
	assert.Equal(t, dora.ServicePreview{
		Name: "worker", Deployments: []dora.DeploymentsMatch{{Count: 1, Places: []dora.Tally{at("prod-worker", 1)}}, {Places: []dora.Tally{}}}, Incidents: []int{1},
	}, p.Services[1], "an entry that matches nothing is seen as such")
	assert.Equal(t, []dora.Tally{at("staging", 1)}, p.Unmatched)
	assert.Equal(t, 1, p.Incidents, "one is nobody's")
}

func TestWithoutServicesEveryRepositoryIsOne(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1")
	p := preview(repo, dora.Mapping{Production: dora.MustPattern("^live$")})
	require.Len(t, p.Services, 1)
	assert.Equal(t, "example-health/api", p.Services[0].Name)
	assert.Zero(t, p.Services[0].Deployments[0].Count)
	assert.Equal(t, "production", p.Unmatched[0].Environment, "what is production must be said otherwise")
}
