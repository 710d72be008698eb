package azuredevops_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// counting are the deployments that were not withdrawn, by repository and run.
func counting(l *sourcetest.Ledger) (found []string) {
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		if !d.Withdrawn {
			found = append(found, fmt.Sprintf("%s %d", d.Repository, d.Number))
		}
	}
	slices.Sort(found)
	return found
}

// One project's API is deployed by stages without environments, its site into environments.
func TestRepositoriesOfOneProjectAreDeployedInWaysOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	p.repositories = append(p.repositories, &tinyRepository{id: "p1-r2", name: "web", commits: p.repositories[0].commits})
	p.deploy(103, "02 10:00", "succeeded")
	p.stages(102, "02 11:00", "Deploy_production succeeded", "Ship_production succeeded")
	p.stages(104, "02 12:00", "Deploy_production succeeded")
	for _, run := range []int64{103, 104} {
		p.builds[run]["repository"] = row{"id": "p1-r2", "type": "TfsGit"}
	}
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	rule := func(repository string, habit azuredevops.Habit) azuredevops.Rule {
		return azuredevops.Rule{Repositories: []string{repository}, Habit: habit}
	}
	read := func(rules ...azuredevops.Rule) []string {
		t.Helper()
		for range 2 { // a second reading changes nothing
			require.NoError(t, g.reads(t, l, afterAll, func(s *azuredevops.Settings) {
				s.Repositories, s.Deployments.Rules = []string{"health/*"}, rules
			}))
		}
		return counting(l)
	}
	stages := func(pattern string) azuredevops.Habit {
		return azuredevops.Habit{From: azuredevops.FromStages, Stage: dora.MustPattern(pattern)}
	}
	assert.Equal(t, []string{"health/api 101", "health/web 103"}, read())
	assert.Equal(t, []string{"health/api 102", "health/web 103"}, read(rule("health/API", stages("^Deploy_(.+)$")), rule("health/api", stages("^no"))), "the first rule that fits wins")
	assert.Equal(t, []string{"health/api 102", "health/api 102", "health/web 104"}, read(rule("health/*", stages("^(?:Deploy|Ship)_(.+)$"))))
	assert.Equal(t, []string{"health/api 102", "health/web 103"}, read(rule("health/api", stages("^Deploy_(.+)$"))), "a stage that is not chosen any more is none")
	assert.Equal(t, []string{"health/api 101"}, read(rule("health/web", azuredevops.Habit{Pipeline: dora.MustPattern("^another")})))
	p.records = []row{} // Azure DevOps has discarded what it recorded
	assert.Equal(t, []string{"health/api 101", "health/web 103"}, read(), "what counted before is there again")
}

func TestARuleHasAReleaseHeard(t *testing.T) {
	t.Parallel()
	const release = `{"eventType":"ms.azure-devops-release.deployment-completed-event","resource":{},"resourceContainers":{"project":{"id":"p1"}}}`
	own := azuredevops.Settings{URL: "https://dev.azure.com/org", Repositories: []string{"health/*"}}
	own.Deployments.Rules = []azuredevops.Rule{{Repositories: []string{"health/batch"}, Habit: azuredevops.Habit{From: azuredevops.FromReleases}}}
	received, err := open(given(), own).Receive(http.Header{"X-Live-Dora-Secret": {hookSecret}}, []byte(release))
	require.NoError(t, err)
	assert.NotEmpty(t, received.Refresh)
}
