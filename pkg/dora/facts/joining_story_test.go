package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// toldElsewhere is a repository whose code one source reads, and whose deployments another tells, under a name: the first
// version, a pull request, and the first again.
func toldElsewhere(t *testing.T, repository string) (code, deployments []dora.Event, repo *doratest.Repo) {
	repo = doratest.NewRepo(t)
	repo.Commit("base")
	repo.Squash(11, "x")
	repo.Deploy("production", "base", doratest.Hour(10))
	repo.Deploy("production", "x", doratest.Hour(20))
	repo.Deploy("production", "base", doratest.Hour(22))
	for _, e := range repo.Events {
		if d, ok := e.(*dora.Deployment); ok {
			d.Source, d.ID, d.Repository = "ci", repository+":"+d.ID, repository
			deployments = append(deployments, d)
			continue
		}
		code = append(code, e)
	}
	code = append(code, &dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA("x")})
	return code, deployments, repo
}

func ofCI(rule dora.DeploymentRule) dora.Mapping {
	rule.Source = "ci"
	return dora.Mapping{Production: dora.DefaultProduction, Services: []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{rule}}}}
}

func deriveOf(m dora.Mapping, events ...dora.Event) *facts.Service {
	h := facts.NewDeriver(m)
	h.KeepUnpacked(0)
	h.Apply(events...)
	return h.Derive(dora.DefaultDefinition()).Services[0]
}

// assertJoined holds that what was deployed is known by the other source's code.
func assertJoined(t *testing.T, f *facts.Service) {
	t.Helper()
	require.Len(t, f.Deployments, 3)
	shipped := f.Shipments().Of(f.Deployments[1])
	require.Len(t, shipped, 1)
	assert.Equal(t, 11, shipped[0].Number)
	assert.Equal(t, doratest.Hour(20).Sub(doratest.Monday), shipped[0].Lead)
	assert.True(t, f.Deployments[2].Rollback)
	assert.Equal(t, []string{"2 by rollback"}, doratest.Failed(f))
	assert.Zero(t, f.Unmeasured[facts.ReasonNoHistory]+f.Unmeasured[facts.ReasonUnknownCommit])
}

func TestWhatOneSourceTellsOfJoinsTheCodeThatAnotherReads(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "example-health/api")
	all := append(append([]dora.Event{}, code...), deployments...)
	assertJoined(t, deriveOf(ofCI(dora.DeploymentRule{Repository: repo.Repository}), all...))
	assertJoined(t, deriveOf(ofCI(dora.DeploymentRule{}), all...))
	assertJoined(t, deriveOf(ofCI(dora.DeploymentRule{Repository: "Example-Health/API"}), all...))
}

func TestTheCodeMayComeAfterWhatWasDeployed(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "example-health/api")
	h := facts.NewDeriver(ofCI(dora.DeploymentRule{Repository: repo.Repository}))
	h.KeepUnpacked(0)
	h.Apply(deployments...)
	assert.Equal(t, 3, h.Derive(dora.DefaultDefinition()).Services[0].Unmeasured[facts.ReasonNoHistory])
	for _, e := range code { // one by one, as they come live
		h.Apply(e)
		h.Derive(dora.DefaultDefinition())
	}
	assertJoined(t, h.Derive(dora.DefaultDefinition()).Services[0])
}

func TestAServiceMaySayWhereItsCodeIs(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "deploys/api-job")
	all := append(append([]dora.Event{}, code...), deployments...)
	rule := dora.DeploymentRule{Repository: "deploys/api-job"}
	assert.Equal(t, 3, deriveOf(ofCI(rule), all...).Unmeasured[facts.ReasonNoHistory], "nothing of that name is read")
	rule.Code = &dora.Code{Source: "github", Repository: repo.Repository}
	assertJoined(t, deriveOf(ofCI(rule), all...))
	rule.Code = &dora.Code{Source: "github", Repository: "example-health/other"}
	assert.Equal(t, 3, deriveOf(ofCI(rule), all...).Unmeasured[facts.ReasonNoHistory], "it is not there")

	rule.Code = &dora.Code{Source: "github", Repository: repo.Repository}
	h := facts.NewDeriver(ofCI(rule))
	h.Apply(deployments...)
	h.Derive(dora.DefaultDefinition())
	for _, e := range code {
		h.Apply(e)
		h.Derive(dora.DefaultDefinition())
	}
	assertJoined(t, h.Derive(dora.DefaultDefinition()).Services[0])
}

func TestOfTwoThatHaveTheNameNeitherIsGuessed(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "example-health/api")
	all := append(append([]dora.Event{}, code...), deployments...)
	all = append(all, &dora.Repository{Header: dora.Header{Source: "gitlab", ID: repo.Repository}, Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA("z")})
	rule := dora.DeploymentRule{Repository: repo.Repository}
	assert.Equal(t, 3, deriveOf(ofCI(rule), all...).Unmeasured[facts.ReasonNoHistory])
	rule.Code = &dora.Code{Source: "github"}
	assertJoined(t, deriveOf(ofCI(rule), all...))
}

func TestCodeThatDoesNotCountIsNotBorrowed(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "example-health/api")
	m := ofCI(dora.DeploymentRule{Repository: repo.Repository})
	m.Selections = []dora.Selection{{Source: "github", Repositories: []string{"example-health/*", "!example-health/api"}}}
	assert.Equal(t, 3, deriveOf(m, append(code, deployments...)...).Unmeasured[facts.ReasonNoHistory])
}

func TestDeploymentsOfBothSourcesAreOneRow(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "example-health/api")
	own := *deployments[1].(*dora.Deployment)
	own.Source, own.ID, own.Number = "github", repo.Repository+":deployment:1", 1
	own.Statuses = []dora.DeploymentStatus{{State: dora.StateSuccess, At: doratest.Hour(15)}}
	m := ofCI(dora.DeploymentRule{Repository: repo.Repository})
	m.Services[0].Deployments = append(m.Services[0].Deployments, dora.DeploymentRule{Source: "github", Repository: repo.Repository})
	f := deriveOf(m, append(append(code, deployments...), &own)...)
	require.Len(t, f.Deployments, 4)
	assert.Len(t, f.Shipments().Of(f.Deployments[1]), 1, "the first that ships it")
	assert.True(t, f.Deployments[2].Redeploy)
}

func TestThePreviewGoesByTiers(t *testing.T) {
	_, deployments, _ := toldElsewhere(t, "example-health/api")
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	for i, e := range deployments {
		d := e.(*dora.Deployment)
		d.Environment = "live-eu"
		if i > 0 { // the environment got another tier
			d.Tier = "production"
		}
		h.Apply(d)
	}
	p := h.Preview(ofCI(dora.DeploymentRule{Tier: "production"}))
	assert.Equal(t, 2, p.Services[0].Deployments[0].Count)
	require.Len(t, p.Unmatched, 1)
	assert.Equal(t, 1, p.Unmatched[0].Deployments)
}

func TestThePreviewShowsWhatJoins(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "example-health/api")
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(append(code, deployments...)...)
	stray := *deployments[0].(*dora.Deployment)
	stray.ID, stray.Repository = "deploys/stray:deployment:1", "deploys/stray"
	h.Apply(&stray)
	places := h.Preview(ofCI(dora.DeploymentRule{})).Services[0].Deployments[0].Places
	require.Len(t, places, 2)
	assert.True(t, places[0].NoHistory)
	assert.Equal(t, "github: "+repo.Repository, places[1].Code)
	assert.False(t, places[1].NoHistory)
}

func TestWithoutServicesWhatSeveralSourcesTellUnderOneNameIsOneService(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, doratest.NewRepo(t).Repository)
	forwards := append(append([]dora.Event{}, code...), deployments...)
	backwards := append(append([]dora.Event{}, deployments...), code...)
	for _, events := range [][]dora.Event{forwards, backwards} {
		h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
		h.KeepUnpacked(0)
		for _, e := range events {
			h.Apply(e)
			h.Derive(dora.DefaultDefinition())
		}
		services := h.Derive(dora.DefaultDefinition()).Services
		require.Len(t, services, 1)
		assert.Equal(t, repo.Repository, services[0].Service.Name)
		assertJoined(t, services[0])
	}
}

func TestAChangeThatIsToldWithoutItsCommitsIsNoCode(t *testing.T) {
	code, deployments, repo := toldElsewhere(t, "example-health/api")
	told := &dora.Change{
		Header: dora.Header{Source: "ci", ID: "example-health/api:change:11", Updated: doratest.Hour(9)}, Repository: "example-health/api", Number: 11,
		Opened: doratest.Hour(8), Merged: doratest.Hour(9),
	}
	assertJoined(t, deriveOf(ofCI(dora.DeploymentRule{Repository: repo.Repository}), append(append(code, told), deployments...)...))
}
