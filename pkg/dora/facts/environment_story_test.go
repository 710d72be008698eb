package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

func TestAnEnvironmentIsOneHoweverItIsWritten(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Hour(10))
	repo.Deploy("Production", "V2", doratest.Hour(20))
	repo.Deploy("PRODUCTION", "V2", doratest.Hour(30))
	repo.Deploy("Production", "V1", doratest.Hour(40))
	s := repo.Snapshot()
	f := s.Services[0]
	assert.True(t, f.Deployments[0].First)
	for _, d := range f.Deployments[1:] {
		assert.False(t, d.First)
	}
	assert.True(t, f.Deployments[2].Redeploy)
	assert.True(t, f.Deployments[3].Rollback)
	assert.Equal(t, "Production", f.Environment(f.Deployments[0]), "as it was written last")
	assert.Equal(t, []string{"Production"}, figures.Values(s, dora.ByEnvironment, nil))
	byEnvironment := figures.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, GroupBy: []dora.Field{dora.ByEnvironment}, Now: doratest.Hour(100),
		Spans:   []figures.Span{{Start: doratest.Hour(0), End: doratest.Hour(50)}},
		Filters: []dora.Filter{{Field: dora.ByEnvironment, Values: []string{"pRoDuCtIoN"}}},
	}
	series := figures.Ask(s, byEnvironment)
	assert.Len(t, series, 1)
	assert.Equal(t, map[string]string{"environment": "Production"}, series[0].Labels)
	assert.Equal(t, 4, series[0].Points[0].N)
	byEnvironment.Filters[0].Not = true
	assert.Empty(t, figures.Ask(s, byEnvironment))
	assert.Equal(t, map[facts.Reason]int{facts.ReasonFirstDeployment: 1}, s.Unmeasured([]dora.Filter{{Field: dora.ByEnvironment, Values: []string{"PRODUCTION"}}}, time.Time{}, time.Time{}, doratest.Hour(50)))
}

func TestServicesThatWriteAnEnvironmentDifferentlyAreOneGroup(t *testing.T) {
	api, web := doratest.Versions(t), doratest.Versions(t)
	web.Repository = "example-health/web"
	api.Deploy("production", "V1", doratest.Hour(10))
	for _, e := range web.Events {
		switch e := e.(type) {
		case *dora.Commit:
			e.Repository, e.ID = web.Repository, web.Repository+e.SHA
		case *dora.Change:
			e.Repository = web.Repository
		}
	}
	web.Deploy("Production", "V1", doratest.Hour(20))
	h := facts.NewDeriver(api.Mapping)
	h.Apply(api.Events...)
	h.Apply(web.Events...)
	s := h.Derive(api.Def)
	series := figures.Ask(s, figures.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, GroupBy: []dora.Field{dora.ByEnvironment}, Now: doratest.Hour(100), Spans: []figures.Span{{Start: doratest.Hour(0), End: doratest.Hour(50)}},
	})
	assert.Len(t, series, 1)
	assert.Equal(t, map[string]string{"environment": "Production"}, series[0].Labels)
	assert.Equal(t, 2, series[0].Points[0].N)
	assert.Equal(t, []string{"Production"}, figures.Values(s, dora.ByEnvironment, nil))
}

func TestAPatternMatchesAllSpellingsOfAnEnvironmentOrNone(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("eu-Live", "V1", doratest.Hour(10))
	repo.Deploy("EU-LIVE", "V2", doratest.Hour(20))
	repo.Deploy("eu-live", "V3", doratest.Hour(30))
	repo.Deploy("eu-live-test", "V3", doratest.Hour(40))
	repo.Mapping.Production = dora.MustPattern(`^eu-Live$`)
	assert.Len(t, repo.Facts().Deployments, 3)
	preview := func() history.Preview {
		h := facts.NewDeriver(repo.Mapping)
		h.Apply(repo.Events...)
		return h.Preview(repo.Mapping)
	}()
	assert.Equal(t, []history.Tally{{Source: "github", Repository: repo.Repository, Environment: "eu-live", Deployments: 3}}, preview.Services[0].Deployments[0].Places)
	assert.Equal(t, "eu-live-test", preview.Unmatched[0].Environment)
}
