package dora_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// says adds a person's word on a deployment or an incident to the story.
func (r *repo) says(id string, verdict dora.Verdict, about dora.Event) *dora.Correction {
	made := hour(float64(100 + len(r.events)))
	c := &dora.Correction{
		Header:  dora.Header{Source: dora.CorrectionsSource, ID: id, Updated: made},
		Verdict: verdict, Reason: "seen by those on call", Author: "dev-01", Made: made,
	}
	switch about := about.(type) {
	case *dora.Deployment:
		c.Deployment = about.FullID()
	case *dora.Incident:
		c.Incident = about.FullID()
	}
	r.events = append(r.events, c)
	return c
}

func TestAPersonSaysThatADeploymentFailed(t *testing.T) {
	repo := versions(t)
	first := repo.deploy("production", "V1", hour(10))
	repo.deploy("production", "V2", hour(20))
	said := repo.says("1", dora.VerdictFailed, first)
	facts := repo.facts()
	assert.Equal(t, []string{"1 by manual"}, failed(facts))
	assert.Equal(t, said.FullID(), facts.Deployments[0].Evidence[0].By)
	assert.Nil(t, facts.Deployments[0].Recovered, "what ended the failure nobody said")
}

func TestAPersonsWordIsNamedBeforeAllOtherEvidence(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2", "V1")
	repo.incident(hour(21), "Errors").Resolved = hour(40)
	repo.says("1", dora.VerdictFailed, repo.deployment(2))
	facts := repo.facts()
	assert.Equal(t, []string{"2 by manual, rollback, incident"}, failed(facts))
	require.NotNil(t, facts.Deployments[1].Recovered)
	assert.Equal(t, hour(30), facts.Deployments[1].Recovered.At, "the rollback ended it")
}

func TestAPersonSaysThatADeploymentDidNotFail(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2", "V1")
	said := repo.says("1", dora.VerdictNotFailed, repo.deployment(2))
	facts := repo.facts()
	assert.Empty(t, failed(facts))
	assert.Len(t, facts.Deployments[1].Evidence, 1, "what spoke against it is still shown")
	assert.Same(t, said, facts.Deployments[1].Said)
	assert.Nil(t, facts.Deployments[1].Recovered)
	assert.Equal(t, []string{"3: rollback"}, reworked(facts), "a rollback is unplanned, whatever its reason")
	assert.Equal(t, 0.0, total(t, repo.snapshot(), dora.RecoveryTime, dora.N))
}

func TestAWordThatIsTakenBackCountsNoMore(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2", "V1")
	said := repo.says("1", dora.VerdictNotFailed, repo.deployment(2))
	undone := *said
	undone.Undone, undone.Updated = true, hour(200)
	repo.events = append([]dora.Event{&undone}, repo.events...)
	assert.Equal(t, []string{"2 by rollback"}, failed(repo.facts()))
}

func TestTheLastWordCounts(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1")
	repo.says("1", dora.VerdictFailed, repo.deployment(1))
	last := repo.says("2", dora.VerdictNotFailed, repo.deployment(1))
	assert.Empty(t, failed(repo.facts()))
	last.Undone = true
	assert.Equal(t, []string{"1 by manual"}, failed(repo.facts()), "the one before comes into force again")
}

func TestAPersonLinksAnIncident(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2")
	late := repo.incident(hour(80), "Errors since the first version, says v-V2")
	late.Resolved = hour(81)
	repo.says("1", dora.VerdictLinked, late).Deployment = repo.deployment(1).FullID()
	facts := repo.facts()
	assert.Equal(t, []string{"1 by manual"}, failed(facts), "neither its text nor the window matters")
	assert.Equal(t, dora.EvidenceManual, facts.Incidents[0].By)
	assert.Equal(t, late.FullID(), facts.Deployments[0].Evidence[0].By)
	require.NotNil(t, facts.Deployments[0].Recovered)
	assert.Equal(t, hour(81), facts.Deployments[0].Recovered.At, "a linked incident ends what it began")
}

func TestAPersonLinksAnIncidentThatSettingsLeaveToOthers(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1")
	elsewhere := repo.incident(hour(11), "A supplier's service was down")
	elsewhere.Source, elsewhere.Repository, elsewhere.Service = "pager", "", "P1"
	assert.Empty(t, repo.facts().Incidents)
	repo.says("1", dora.VerdictLinked, elsewhere).Deployment = repo.deployment(1).FullID()
	assert.Equal(t, []string{"1 by manual"}, failed(repo.facts()))
}

func TestAPersonUnlinksAnIncident(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1")
	incident := repo.incident(hour(11), "Errors since v-V1")
	repo.says("1", dora.VerdictUnlinked, incident)
	facts := repo.facts()
	assert.Empty(t, failed(facts))
	require.Len(t, facts.Incidents, 1, "it is shown, and linked to nothing")
	assert.Nil(t, facts.Incidents[0].Linked)
}

func TestWhatAPersonIgnoresIsAsIfItHadNeverBeen(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1", "V2", "V3")
	incident := repo.incident(hour(31), "Errors")
	repo.says("1", dora.VerdictIgnored, repo.deployment(2))
	repo.says("2", dora.VerdictIgnored, incident)
	facts := repo.facts()
	require.Len(t, facts.Deployments, 2)
	assert.Equal(t, 2, facts.Deployments[1].Commits, "what it brought ships with the next")
	assert.Empty(t, facts.Incidents)
	assert.Empty(t, failed(facts))
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonIgnored], "and it is counted")
}

func TestAWordCountsOnlyForTheServiceThatItIsAbout(t *testing.T) {
	repo := versions(t)
	repo.deployAll("V1")
	repo.says("1", dora.VerdictFailed, repo.deployment(1)).Service = "another"
	assert.Empty(t, failed(repo.facts()))
}
