package dora_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// versions is a repository with five versions, one after the other on the main line.
func versions(t *testing.T) *repo {
	r := newRepo(t)
	for _, v := range []string{"V1", "V2", "V3", "V4", "V5"} {
		r.commit(v)
	}
	return r
}

func TestARollbackBlamesWhatFollowedTheVersionThatItRestores(t *testing.T) {
	for _, story := range []struct {
		name     string
		versions []string
		failed   []string
		rework   []string
	}{
		{"back over two versions", []string{"V1", "V2", "V3", "V1"}, []string{"2 by rollback"}, []string{"4: rollback"}},
		{"back twice", []string{"V3", "V4", "V3", "V5", "V4"}, []string{"2 by rollback", "4 by rollback"}, []string{"3: rollback", "5: rollback"}},
		{"the bad version was deployed twice", []string{"V1", "V2", "V2", "V1"}, []string{"2 by rollback"}, []string{"4: rollback"}},
		{"a redeploy is no rollback", []string{"V1", "V1"}, []string{}, []string{}},
		{"a roll-forward is no rollback", []string{"V1", "V2", "V1", "V2"}, []string{"2 by rollback"}, []string{"3: rollback"}},
		{"back to a version that never ran, above one that did", []string{"V1", "V4", "V3"}, []string{"2 by rollback"}, []string{"3: rollback"}},
		{"one after the other", []string{"V1", "V2", "V3"}, []string{}, []string{}},
	} {
		t.Run(story.name, func(t *testing.T) {
			repo := versions(t)
			repo.deployAll(story.versions...)
			facts := repo.facts()
			assert.Equal(t, story.failed, failed(facts))
			assert.Equal(t, story.rework, reworked(facts))
			assert.Zero(t, facts.Unmeasured[dora.ReasonRollbackUnresolved])
		})
	}
}

func TestARollbackEndsTheFailureThatItBlames(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2", "V3", "V1")
	second := repo.facts().Deployments[1]
	require.NotNil(t, second.Recovered)
	assert.Equal(t, hour(40), second.Recovered.At)
	assert.Equal(t, "github:example-health/api:deployment:9004", second.Recovered.By)
}

func TestARedeployCountsAndShipsNothing(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2", "V2")
	d := repo.facts().Deployments[2]
	assert.True(t, d.Redeploy)
	assert.Zero(t, d.Shipped)
	assert.False(t, d.Rollback)
	assert.InDelta(t, 3, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)

	repo.def.Redeploys = dora.Exclude
	assert.InDelta(t, 2, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestARollForwardCountsAndIsNeitherRedeployNorRework(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2", "V1", "V2")
	facts := repo.facts()
	d := facts.Deployments[3]
	assert.False(t, d.Redeploy)
	assert.False(t, d.Rollback)
	assert.Empty(t, d.Rework)
	assert.Zero(t, d.Commits)
	assert.InDelta(t, 4, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestARollbackToWhatNeverRanIsCountedAndBlamesNobody(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V3", "V1")
	facts := repo.facts()
	assert.True(t, facts.Deployments[1].Rollback)
	assert.Empty(t, failed(facts))
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonRollbackUnresolved])
	assert.Equal(t, []string{"2: rollback"}, reworked(facts))
}

func TestADeploymentOfNeitherAncestorNorDescendantIsNoRollback(t *testing.T) {
	repo := versions(t)
	repo.branch("side", "V1")
	repo.deployAll("V1", "V2", "side", "V3")
	facts := repo.facts()
	assert.Empty(t, failed(facts))
	assert.Empty(t, reworked(facts))
	assert.Equal(t, 1, facts.Deployments[2].Commits)
}

func TestTwoEnvironmentsRollBackApart(t *testing.T) {
	repo := versions(t)
	repo.mapping.Production = dora.MustPattern("^prod-")
	repo.deploy("prod-eu", "V2", hour(1))
	repo.deploy("prod-us", "V1", hour(2))
	repo.deploy("prod-eu", "V3", hour(3))
	repo.deploy("prod-us", "V2", hour(4))
	assert.Empty(t, failed(repo.facts()), "an older version in another environment is no rollback")
}

func TestSwitchingRollbacksOffLeavesThemRework(t *testing.T) {
	repo := versions(t)
	repo.def.Evidence = []dora.EvidenceKind{dora.EvidenceIncident}
	repo.deployAll("V1", "V2", "V1")
	facts := repo.facts()
	assert.Empty(t, failed(facts))
	assert.Equal(t, []string{"3: rollback"}, reworked(facts))
}
