package facts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// piped is a repository whose deployments GitHub tells, and a system of pipelines that tells of the same service.
func piped(t *testing.T) (repo *doratest.Repo, pipeline func(name string, finished float64) *dora.Deployment) {
	repo = doratest.Versions(t)
	repo.Mapping.Services = []dora.Service{{
		Name: "api", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.Repository}, {Source: "pipelines", Repository: repo.Repository}},
		Incidents: []dora.IncidentRule{{Source: "github", Repository: repo.Repository}},
	}}
	return repo, func(name string, finished float64) *dora.Deployment {
		d := repo.Deploy("Production", name, doratest.Hour(finished))
		d.Source, d.RefKind = "pipelines", ""
		return d
	}
}

// finishes are when the deployments of a service finished, in hours.
func finishes(f *facts.Service) (hours []float64) {
	for _, d := range f.Deployments {
		hours = append(hours, d.Finished.Sub(doratest.Monday).Hours())
	}
	return hours
}

func TestWhatTwoSystemsTellOfOneDeploymentIsOne(t *testing.T) {
	repo, pipeline := piped(t)
	repo.DeployAll("V1", "V2")
	first := pipeline("V1", 10.1)
	pipeline("V2", 19.9)
	f := repo.Facts()
	assert.Equal(t, []float64{10, 19.9}, finishes(f), "each at the first success")
	assert.Len(t, f.Legs(f.Deployments[0].Event), 2)
	assert.False(t, f.Deployments[1].Redeploy)

	t.Run("a name or a word of either is of both", func(t *testing.T) {
		repo.Incident(doratest.Hour(12), fmt.Sprintf("deployment %d", first.Number))
		assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(repo.Facts()))
		repo.Say(dora.VerdictNotFailed, first)
		assert.Empty(t, doratest.Failed(repo.Facts()))
	})
	t.Run("one that failed is a failed run only if none succeeds", func(t *testing.T) {
		first.Statuses = []dora.DeploymentStatus{{State: dora.StateFailure, At: doratest.Hour(10)}}
		assert.Empty(t, repo.Facts().FailedRuns)
		repo.Deployment(1).Statuses = first.Statuses
		assert.Len(t, repo.Facts().FailedRuns, 1)
	})
	t.Run("it is so after a restart", func(t *testing.T) {
		h := facts.NewDeriver(repo.Mapping)
		h.Apply(repo.Events...)
		want := tell(h.Derive(repo.Def))
		assert.Equal(t, want, tell(restarted(t, h, repo.Mapping, repo.Def, true).Derive(repo.Def)))
	})
}

func TestARedeployIsOneWhoeverTellsOfIt(t *testing.T) {
	repo, pipeline := piped(t)
	for _, at := range []float64{10, 10.5, 11} {
		repo.Deploy("production", "V1", doratest.Hour(at))
		pipeline("V1", at+0.05)
	}
	f := repo.Facts()
	assert.Equal(t, []float64{10, 10.5, 11}, finishes(f))
	assert.True(t, f.Deployments[1].Redeploy)
	repo.Deploy("production", "V1", doratest.Hour(11.4))
	assert.Equal(t, []float64{10, 10.5, 11, 11.4}, finishes(repo.Facts()), "that the pipelines do not tell of")
}

func TestWhatIsFarApartIsTwo(t *testing.T) {
	repo, pipeline := piped(t)
	repo.Deploy("production", "V1", doratest.Hour(10))
	late := pipeline("V1", 11.2)
	assert.Len(t, repo.Facts().Deployments, 2, "more than an hour after the other was over")
	late.Created = doratest.Hour(9.5) // it waited for an approval meanwhile
	assert.Len(t, repo.Facts().Deployments, 1, "they overlap")
}

func TestWhatIsNotAlikeIsTwo(t *testing.T) {
	for name, becomes := range map[string]func(repo *doratest.Repo, d *dora.Deployment){
		"another commit":      func(_ *doratest.Repo, d *dora.Deployment) { d.SHA = doratest.SHA("V2") },
		"of the same system":  func(_ *doratest.Repo, d *dora.Deployment) { d.Source = "github" },
		"another environment": func(_ *doratest.Repo, d *dora.Deployment) { d.Environment = "live" },
	} {
		repo, pipeline := piped(t)
		repo.Deploy("production", "V1", doratest.Hour(10))
		becomes(repo, pipeline("V1", 10.1))
		assert.Len(t, repo.Facts().Deployments, 2, name)
	}
	repo, pipeline := piped(t)
	repo.Deploy("production", "V1", doratest.Hour(10))
	pipeline("V1", 10.1)
	services := repo.Mapping.Services
	other := services[0]
	other.Name, other.Deployments = "other", other.Deployments[1:]
	services[0].Deployments = services[0].Deployments[:1]
	repo.Mapping.Services = []dora.Service{services[0], other}
	x, y := repo.Services()
	assert.Len(t, x.Deployments, 1)
	assert.Len(t, y.Deployments, 1, "in two services they are two")
}

func TestThreeSystemsTellOfOneDeployment(t *testing.T) {
	repo, pipeline := piped(t)
	repo.Mapping.Services[0].Deployments = append(repo.Mapping.Services[0].Deployments, dora.DeploymentRule{Source: "cluster", Repository: repo.Repository})
	repo.Deploy("production", "V1", doratest.Hour(10))
	pipeline("V1", 10.1)
	pipeline("V1", 10.2).Source = "cluster"
	assert.Equal(t, []float64{10}, finishes(repo.Facts()))
}

func TestThousandsOfRedeploysAreSortedOutAtOnce(t *testing.T) {
	repo, pipeline := piped(t)
	const many = 20_000
	for n := range many {
		at := 10 + float64(n)/3600
		repo.Deploy("production", "V1", doratest.Hour(at))
		pipeline("V1", at).Created = doratest.Hour(at).Add(-5*time.Minute + time.Millisecond)
	}
	require.Len(t, repo.Facts().Deployments, many)
}
