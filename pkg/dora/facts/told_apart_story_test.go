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

// apart are the services of piped, one for each system that tells.
func apart(t *testing.T) (repo *doratest.Repo, pipeline func(name string, finished float64) *dora.Deployment) {
	repo, pipeline = piped(t)
	rules := repo.Mapping.Services[0].Deployments
	repo.Mapping.Services = []dora.Service{{Name: "api", Deployments: rules[:1:1]}, {Name: "api-pipeline", Deployments: rules[1:]}}
	return repo, pipeline
}

func toldApart(repo *doratest.Repo) []history.ToldApart {
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	return h.ToldApart()
}

func TestTwoServicesThatCountOneDeploymentAreToldOf(t *testing.T) {
	repo, pipeline := apart(t)
	repo.Deploy("production", "V1", doratest.Hour(10))
	pipeline("V1", 10.1)
	repo.Deploy("Production", "V2", doratest.Hour(20))
	pipeline("V2", 19.9)
	pipeline("V3", 30)
	told := toldApart(repo)
	require.Len(t, told, 1, "once, however many deployments")
	assert.Equal(t, history.ToldApart{
		Services: [2]string{"api", "api-pipeline"}, Sources: [2][]string{{"github"}, {"pipelines"}}, Environment: "Production", Deployments: 2,
		Text: "The services api and api-pipeline both count 2 deployments into Production, which have the same commits at about the same time, the one as told by github and the other by pipelines. " +
			"If two systems tell of one application, put both into the deployments of one service, which counts them once, or leave one out; if they are two, tell them apart by paths, tagPrefix or task.",
	}, told[0])
	assert.Equal(t, told, preview(repo, repo.Mapping).ToldApart, "and before it is saved")

	t.Run("until they are one service", func(t *testing.T) {
		services := repo.Mapping.Services
		repo.Mapping.Services = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{services[0].Deployments[0], services[1].Deployments[0]}}}
		assert.Empty(t, toldApart(repo))
		assert.NotNil(t, preview(repo, repo.Mapping).ToldApart)
	})
	t.Run("or one is left out", func(t *testing.T) {
		repo.Mapping.Services = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.Repository}}}}
		assert.Empty(t, toldApart(repo))
	})
}

func TestServicesThatShareACommitAreNotToldOf(t *testing.T) {
	for name, becomes := range map[string]func(repo *doratest.Repo, d *dora.Deployment){
		"at another time": func(_ *doratest.Repo, d *dora.Deployment) {
			d.Created, d.Statuses = doratest.Hour(15), []dora.DeploymentStatus{{State: dora.StateSuccess, At: doratest.Hour(15)}}
		},
		"with another commit": func(_ *doratest.Repo, d *dora.Deployment) { d.SHA = doratest.SHA("V2") },
		"with a version, no commit": func(repo *doratest.Repo, d *dora.Deployment) {
			d.SHA = dora.VersionSHA("1.2")
			repo.Deployment(1).SHA = d.SHA
		},
		"into another environment": func(_ *doratest.Repo, d *dora.Deployment) { d.Environment = "live" },
		"of the same system": func(repo *doratest.Repo, d *dora.Deployment) {
			d.Source = "github"
			repo.Mapping.Services[1].Deployments[0].Source = "github"
		},
		"told apart by task": func(repo *doratest.Repo, d *dora.Deployment) {
			d.Task = "worker"
			repo.Mapping.Services[1].Deployments[0].Task = "worker"
		},
		"told apart by paths": func(repo *doratest.Repo, _ *dora.Deployment) {
			repo.Mapping.Services[0].Deployments[0].Paths = []dora.Glob{dora.MustGlob("api/**")}
		},
		"each counted by its own systems": func(repo *doratest.Repo, _ *dora.Deployment) { both(repo) },
	} {
		repo, pipeline := apart(t)
		repo.Deploy("production", "V1", doratest.Hour(10))
		d := pipeline("V1", 10.1)
		require.NotEmpty(t, toldApart(repo))
		becomes(repo, d)
		assert.Empty(t, toldApart(repo), name)
	}
}

// both makes both services count what both systems tell.
func both(repo *doratest.Repo) {
	s := repo.Mapping.Services
	rules := []dora.DeploymentRule{s[0].Deployments[0], s[1].Deployments[0]}
	s[0].Deployments, s[1].Deployments = rules, rules
}

func TestARepositoryOfWhichTwoSystemsTellIsOneService(t *testing.T) {
	repo, pipeline := piped(t)
	repo.Mapping.Services = nil
	repo.Deploy("production", "V1", doratest.Hour(10))
	pipeline("V1", 10.1)
	pipeline("V2", 19.9)
	f := repo.Facts()
	assert.Equal(t, []float64{10, 19.9}, finishes(f), "what either tells, and each once")
	assert.Empty(t, toldApart(repo))
	shown := preview(repo, repo.Mapping).Services
	require.Len(t, shown, 1)
	assert.Equal(t, []int{1, 2}, []int{shown[0].Deployments[0].Count, shown[0].Deployments[1].Count})
}
