package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

func preview(r *doratest.Repo, m dora.Mapping) history.Preview {
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(r.Events...)
	return h.Preview(m)
}

func TestAPersonSeesWhatAnEntryWouldMatch(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Deploy("prod-worker", "V2", doratest.Hour(30))
	repo.Deploy("staging", "V3", doratest.Hour(31))
	repo.Incident(doratest.Hour(32), "Errors").Labels = []string{"service:worker"}
	repo.Incident(doratest.Hour(33), "Errors")
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
	at := func(environment string, n int) history.Tally {
		return history.Tally{Source: "github", Repository: "example-health/api", Environment: environment, Deployments: n}
	}
	assert.Equal(t, history.ServicePreview{
		Name: "api", Team: "back", Deployments: []history.DeploymentsMatch{{Count: 2, Places: []history.Tally{at("production", 2)}}}, Incidents: []int{},
	}, p.Services[0])
	assert.Equal(t, history.ServicePreview{
		Name: "worker", Deployments: []history.DeploymentsMatch{{Count: 1, Places: []history.Tally{at("prod-worker", 1)}}, {Places: []history.Tally{}}}, Incidents: []int{1},
	}, p.Services[1], "an entry that matches nothing is seen as such")
	assert.Equal(t, []history.Tally{at("staging", 1)}, p.Unmatched)
	assert.Equal(t, 1, p.Incidents, "one is nobody's")
}

func TestWithoutServicesEveryRepositoryIsOne(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	p := preview(repo, dora.Mapping{Production: dora.MustPattern("^live$")})
	require.Len(t, p.Services, 1)
	assert.Equal(t, "example-health/api", p.Services[0].Name)
	assert.Zero(t, p.Services[0].Deployments[0].Count)
	assert.Equal(t, "production", p.Unmatched[0].Environment, "what is production must be said otherwise")
}
