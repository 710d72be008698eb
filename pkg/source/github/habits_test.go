package github_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// counting are the deployments that a ledger has and that were not withdrawn, of one repository.
func counting(l *ledger, repository string) map[string]*dora.Deployment {
	found := of[*dora.Deployment](l)
	maps.DeleteFunc(found, func(_ string, d *dora.Deployment) bool { return d.Withdrawn || d.Repository != repository })
	return found
}

// One organisation deploys its library by tags and its service by GitHub's deployments; later the service by its pipeline.
func TestEachRepositoryIsDeployedAsTheFirstRuleSaysThatFitsIt(t *testing.T) {
	const now = "2024-06-01T00:00:00Z"
	since := time.Date(2024, 5, 10, 0, 0, 0, 0, time.UTC)
	r := startReplay(t, now)
	r.control(map[string]any{"rate_limits": map[string]any{"core": 100_000}})
	address := plainTags(t, r)
	read := func(l *ledger, d github.Deployments) {
		t.Helper()
		l.keeps = true
		config := configured{URL: address, Repositories: []string{plain, synthetic}, Deployments: d}
		require.NoError(t, l.collect(t.Context(), r.source(config, at(now)), since))
	}
	says := func(from github.From, repositories ...string) github.Rule {
		return github.Rule{Repositories: repositories, Habit: github.Habit{From: from}}
	}
	fresh := map[github.From]*ledger{}
	for _, from := range []github.From{github.FromDeployments, github.FromTags, github.FromWorkflowRuns, github.FromMerges} {
		fresh[from] = newLedger()
		read(fresh[from], github.Deployments{Habit: github.Habit{From: from}})
	}
	agrees := func(l *ledger, repository string, from github.From, why string) {
		t.Helper()
		wanted := counting(fresh[from], repository)
		require.NotEmpty(t, wanted)
		found := counting(l, repository)
		assert.Len(t, found, len(wanted), why)
		for name, d := range wanted {
			if assert.Contains(t, found, name, why) {
				assert.Equal(t, d.Finished(), found[name].Finished(), "%s: %s", why, name)
			}
		}
	}

	l := newLedger()
	read(l, github.Deployments{Rules: []github.Rule{says(github.FromTags, strings.ToUpper(plain)), says(github.FromMerges, plain)}})
	agrees(l, plain, github.FromTags, "the first rule that fits wins, whatever the case")
	agrees(l, synthetic, github.FromDeployments, "no rule fits it")

	handed := func(repository string) (most int) { // what the last reading handed over of it
		for _, each := range l.progress {
			if each.Part == repository {
				most = max(most, each.Done)
			}
		}
		return most
	}
	read(l, github.Deployments{Rules: []github.Rule{says(github.FromTags, plain)}})
	idle, other := handed(plain), handed(synthetic)

	read(l, github.Deployments{Rules: []github.Rule{says(github.FromTags, plain), says(github.FromWorkflowRuns, "*/*-synthetic", "!*/immunisation-fhir-api")}})
	agrees(l, plain, github.FromTags, "its rule says the same as before")
	agrees(l, synthetic, github.FromWorkflowRuns, "another rule fits it now")
	assert.Equal(t, idle, handed(plain), "it is read as when nothing changed")
	assert.Greater(t, handed(synthetic), other)

	read(l, github.Deployments{Rules: []github.Rule{says(github.FromTags, plain)}})
	agrees(l, synthetic, github.FromDeployments, "what was read before is there again")
	read(l, github.Deployments{Habit: github.Habit{From: github.FromMerges}})
	agrees(l, synthetic, github.FromMerges, "the rule is gone")
	agrees(l, plain, github.FromMerges, "the rule is gone")
}
