package dora_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestAnEnvironmentIsOneHoweverItIsWritten(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", hour(10))
	repo.deploy("Production", "V2", hour(20))
	repo.deploy("PRODUCTION", "V2", hour(30))
	repo.deploy("Production", "V1", hour(40))
	s := repo.snapshot()
	f := s.Services[0]
	assert.True(t, f.Deployments[0].First)
	for _, d := range f.Deployments[1:] {
		assert.False(t, d.First)
	}
	assert.True(t, f.Deployments[2].Redeploy)
	assert.True(t, f.Deployments[3].Rollback)
	assert.Equal(t, "Production", f.Environment(f.Deployments[0]), "as it was written last")
	assert.Equal(t, []string{"Production"}, s.Values(dora.ByEnvironment, nil))
	byEnvironment := dora.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, GroupBy: []dora.Field{dora.ByEnvironment}, Now: hour(100),
		Spans:   []dora.Span{{Start: hour(0), End: hour(50)}},
		Filters: []dora.Filter{{Field: dora.ByEnvironment, Values: []string{"pRoDuCtIoN"}}},
	}
	series := s.Ask(byEnvironment)
	assert.Len(t, series, 1)
	assert.Equal(t, map[string]string{"environment": "Production"}, series[0].Labels)
	assert.Equal(t, 4, series[0].Points[0].N)
	byEnvironment.Filters[0].Not = true
	assert.Empty(t, s.Ask(byEnvironment))
	assert.Equal(t, map[dora.Reason]int{dora.ReasonFirstDeployment: 1}, s.Unmeasured([]dora.Filter{{Field: dora.ByEnvironment, Values: []string{"PRODUCTION"}}}, time.Time{}, time.Time{}, hour(50)))
}

func TestServicesThatWriteAnEnvironmentDifferentlyAreOneGroup(t *testing.T) {
	api, web := versions(t), versions(t)
	web.repository = "example-health/web"
	api.deploy("production", "V1", hour(10))
	for _, e := range web.events {
		switch e := e.(type) {
		case *dora.Commit:
			e.Repository, e.ID = web.repository, web.repository+e.SHA
		case *dora.Change:
			e.Repository = web.repository
		}
	}
	web.deploy("Production", "V1", hour(20))
	h := dora.NewHistory(api.mapping)
	h.Apply(api.events...)
	h.Apply(web.events...)
	s := h.Derive(api.def)
	series := s.Ask(dora.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, GroupBy: []dora.Field{dora.ByEnvironment}, Now: hour(100), Spans: []dora.Span{{Start: hour(0), End: hour(50)}},
	})
	assert.Len(t, series, 1)
	assert.Equal(t, map[string]string{"environment": "Production"}, series[0].Labels)
	assert.Equal(t, 2, series[0].Points[0].N)
	assert.Equal(t, []string{"Production"}, s.Values(dora.ByEnvironment, nil))
}

func TestAPatternMatchesAllSpellingsOfAnEnvironmentOrNone(t *testing.T) {
	repo := versions(t)
	repo.deploy("eu-Live", "V1", hour(10))
	repo.deploy("EU-LIVE", "V2", hour(20))
	repo.deploy("eu-live", "V3", hour(30))
	repo.deploy("eu-live-test", "V3", hour(40))
	repo.mapping.Production = dora.MustPattern(`^eu-Live$`)
	assert.Len(t, repo.facts().Deployments, 3)
	preview := func() dora.Preview {
		h := dora.NewHistory(repo.mapping)
		h.Apply(repo.events...)
		return h.Preview(repo.mapping)
	}()
	assert.Equal(t, []dora.Tally{{Source: "github", Repository: repo.repository, Environment: "eu-live", Deployments: 3}}, preview.Services[0].Deployments[0].Places)
	assert.Equal(t, "eu-live-test", preview.Unmatched[0].Environment)
}
