package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func TestAPersonSaysThatADeploymentFailed(t *testing.T) {
	repo := doratest.Versions(t)
	first := repo.Deploy("production", "V1", doratest.Hour(10))
	repo.Deploy("production", "V2", doratest.Hour(20))
	said := repo.Says("1", dora.VerdictFailed, first)
	facts := repo.Facts()
	assert.Equal(t, []string{"1 by manual"}, doratest.Failed(facts))
	assert.Equal(t, said.FullID(), facts.Deployments[0].Evidence[0].By)
	assert.Nil(t, facts.Deployments[0].Recovered, "what ended the failure nobody said")
}

func TestAPersonsWordIsNamedBeforeAllOtherEvidence(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V1")
	repo.Incident(doratest.Hour(21), "Errors").Resolved = doratest.Hour(40)
	repo.Says("1", dora.VerdictFailed, repo.Deployment(2))
	facts := repo.Facts()
	assert.Equal(t, []string{"2 by manual, rollback, incident"}, doratest.Failed(facts))
	require.NotNil(t, facts.Deployments[1].Recovered)
	assert.Equal(t, doratest.Hour(30), facts.Deployments[1].Recovered.At, "the rollback ended it")
}

func TestAPersonSaysThatADeploymentDidNotFail(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V1")
	said := repo.Says("1", dora.VerdictNotFailed, repo.Deployment(2))
	facts := repo.Facts()
	assert.Empty(t, doratest.Failed(facts))
	assert.Len(t, facts.Deployments[1].Evidence, 1, "what spoke against it is still shown")
	assert.Same(t, said, facts.Deployments[1].Said)
	assert.Nil(t, facts.Deployments[1].Recovered)
	assert.Equal(t, []string{"3: rollback"}, doratest.Reworked(facts), "a rollback is unplanned, whatever its reason")
	assert.Equal(t, 0.0, doratest.Total(t, repo.Snapshot(), dora.RecoveryTime, dora.N))
}

func TestAWordThatIsTakenBackCountsNoMore(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V1")
	said := repo.Says("1", dora.VerdictNotFailed, repo.Deployment(2))
	undone := *said
	undone.Undone, undone.Updated = true, doratest.Hour(200)
	repo.Events = append([]dora.Event{&undone}, repo.Events...)
	assert.Equal(t, []string{"2 by rollback"}, doratest.Failed(repo.Facts()))
}

func TestTheLastWordCounts(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	repo.Says("1", dora.VerdictFailed, repo.Deployment(1))
	last := repo.Says("2", dora.VerdictNotFailed, repo.Deployment(1))
	assert.Empty(t, doratest.Failed(repo.Facts()))
	last.Undone = true
	assert.Equal(t, []string{"1 by manual"}, doratest.Failed(repo.Facts()), "the one before comes into force again")
}

func TestAPersonLinksAnIncident(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	late := repo.Incident(doratest.Hour(80), "Errors since the first version, says v-V2")
	late.Resolved = doratest.Hour(81)
	repo.Says("1", dora.VerdictLinked, late).Deployment = repo.Deployment(1).FullID()
	facts := repo.Facts()
	assert.Equal(t, []string{"1 by manual"}, doratest.Failed(facts), "neither its text nor the window matters")
	assert.Equal(t, dora.EvidenceManual, facts.Incidents[0].By)
	assert.Equal(t, late.FullID(), facts.Deployments[0].Evidence[0].By)
	require.NotNil(t, facts.Deployments[0].Recovered)
	assert.Equal(t, doratest.Hour(81), facts.Deployments[0].Recovered.At, "a linked incident ends what it began")
}

func TestAPersonLinksAnIncidentThatSettingsLeaveToOthers(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	elsewhere := repo.Incident(doratest.Hour(11), "A supplier's service was down")
	elsewhere.Source, elsewhere.Repository, elsewhere.Service = "pager", "", "P1"
	assert.Empty(t, repo.Facts().Incidents)
	repo.Says("1", dora.VerdictLinked, elsewhere).Deployment = repo.Deployment(1).FullID()
	assert.Equal(t, []string{"1 by manual"}, doratest.Failed(repo.Facts()))
}

func TestAPersonUnlinksAnIncident(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	incident := repo.Incident(doratest.Hour(11), "Errors since v-V1")
	repo.Says("1", dora.VerdictUnlinked, incident)
	facts := repo.Facts()
	assert.Empty(t, doratest.Failed(facts))
	require.Len(t, facts.Incidents, 1, "it is shown, and linked to nothing")
	assert.Nil(t, facts.Incidents[0].Linked)
}

func TestWhatAPersonIgnoresIsAsIfItHadNeverBeen(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V3")
	incident := repo.Incident(doratest.Hour(31), "Errors")
	repo.Says("1", dora.VerdictIgnored, repo.Deployment(2))
	repo.Says("2", dora.VerdictIgnored, incident)
	derived := repo.Facts()
	require.Len(t, derived.Deployments, 2)
	assert.Equal(t, 2, derived.Deployments[1].Commits, "what it brought ships with the next")
	assert.Empty(t, derived.Incidents)
	assert.Empty(t, doratest.Failed(derived))
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonIgnored], "and it is counted")
}

func TestAWordCountsOnlyForTheServiceThatItIsAbout(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	repo.Says("1", dora.VerdictFailed, repo.Deployment(1)).Service = "another"
	assert.Empty(t, doratest.Failed(repo.Facts()))
}
