package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

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
			repo := doratest.Versions(t)
			repo.DeployAll(story.versions...)
			derived := repo.Facts()
			assert.Equal(t, story.failed, doratest.Failed(derived))
			assert.Equal(t, story.rework, doratest.Reworked(derived))
			assert.Zero(t, derived.Unmeasured[facts.ReasonRollbackUnresolved])
		})
	}
}

func TestARollbackEndsTheFailureThatItBlames(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V3", "V1")
	second := repo.Facts().Deployments[1]
	require.NotNil(t, second.Recovered)
	assert.Equal(t, doratest.Hour(40), second.Recovered.At)
	assert.Equal(t, "github:example-health/api:deployment:9004", second.Recovered.By)
}

func TestARedeployCountsAndShipsNothing(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V2")
	d := repo.Facts().Deployments[2]
	assert.True(t, d.Redeploy)
	assert.Zero(t, d.Shipped)
	assert.False(t, d.Rollback)
	assert.InDelta(t, 3, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)

	repo.Def.Redeploys = dora.Exclude
	assert.InDelta(t, 2, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestARollForwardCountsAndIsNeitherRedeployNorRework(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V1", "V2")
	facts := repo.Facts()
	d := facts.Deployments[3]
	assert.False(t, d.Redeploy)
	assert.False(t, d.Rollback)
	assert.Empty(t, d.Rework)
	assert.Zero(t, d.Commits)
	assert.InDelta(t, 4, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestARollbackToWhatNeverRanIsCountedAndBlamesNobody(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V3", "V1")
	derived := repo.Facts()
	assert.True(t, derived.Deployments[1].Rollback)
	assert.Empty(t, doratest.Failed(derived))
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonRollbackUnresolved])
	assert.Equal(t, []string{"2: rollback"}, doratest.Reworked(derived))
}

func TestADeploymentOfNeitherAncestorNorDescendantIsNoRollback(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Branch("side", "V1")
	repo.DeployAll("V1", "V2", "side", "V3")
	facts := repo.Facts()
	assert.Empty(t, doratest.Failed(facts))
	assert.Empty(t, doratest.Reworked(facts))
	assert.Equal(t, 1, facts.Deployments[2].Commits)
}

func TestTwoEnvironmentsRollBackApart(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Mapping.Production = dora.MustPattern("^prod-")
	repo.Deploy("prod-eu", "V2", doratest.Hour(1))
	repo.Deploy("prod-us", "V1", doratest.Hour(2))
	repo.Deploy("prod-eu", "V3", doratest.Hour(3))
	repo.Deploy("prod-us", "V2", doratest.Hour(4))
	assert.Empty(t, doratest.Failed(repo.Facts()), "an older version in another environment is no rollback")
}

func TestSwitchingRollbacksOffLeavesThemRework(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Def.Evidence = []dora.EvidenceKind{dora.EvidenceIncident}
	repo.DeployAll("V1", "V2", "V1")
	facts := repo.Facts()
	assert.Empty(t, doratest.Failed(facts))
	assert.Equal(t, []string{"3: rollback"}, doratest.Reworked(facts))
}
