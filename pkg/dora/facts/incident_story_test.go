package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func TestAnIncidentNamesADeploymentInManyWays(t *testing.T) {
	for _, story := range []struct {
		name, text string
		failed     []string
	}{
		{"by its number", "deployment_id: 9001", []string{"1 by explicit"}},
		{"by its number after a word", "Broken by deployment 9001.", []string{"1 by explicit"}},
		{"by its number in any case", "DEPLOYMENT #9001 broke it", []string{"1 by explicit"}},
		{"by its number after a colon", "Deploy: 9001, at noon", []string{"1 by explicit"}},
		{"by what it was deployed as", "It was deployed as 9001", []string{"1 by explicit"}},
		{"by its number in marks", "deployment **9001** or `deployment` `9001`", []string{"1 by explicit"}},
		{"by its number in a link", "deployment [#9001](https://forge.example/9009)", []string{"1 by explicit"}},
		{"by its number in data", `{"deployment": 9001, "status": 502}`, []string{"1 by explicit"}},
		{"not by a number alone", "Gateway answers 9001", []string{"2 by incident"}},
		{"not by one of two numbers", "9001/9002 after login", []string{"2 by incident"}},
		{"not by a port", "connect to 10.0.0.1:9001 failed", []string{"2 by incident"}},
		{"not by a number of another thing's address", "https://forge.example/example-health/api/issues/9001", []string{"2 by incident"}},
		{"not with words between", "the deployment took 9001 s", []string{"2 by incident"}},
		{"not across the end of a sentence", "It began with the deployment. 9001 requests failed", []string{"2 by incident"}},
		{"not across lines", "After a deploy\n9001 requests failed", []string{"2 by incident"}},
		{"not by what a quote says", `After the deployment "9001 Bad Gateway" in the log`, []string{"2 by incident"}},
		{"not by a share", "deploy 9001% slower", []string{"2 by incident"}},
		{"not after another word for deploying", "redeploy 9001, auto-deploy 9001, deployed 9001", []string{"2 by incident"}},
		{"not by other digits", "deployment ９００１", []string{"2 by incident"}},
		{"by its full id", "Broken since github:example-health/api:deployment:9001.", []string{"1 by explicit"}},
		{"by its address", "See https://forge.example/example-health/api/deployments/9001", []string{"1 by explicit"}},
		{"by its sha", "Commit: " + doratest.SHA("V1"), []string{"1 by explicit"}},
		{"by a commit's address", "https://forge.example/example-health/api/commit/" + doratest.SHA("V1"), []string{"1 by explicit"}},
		{"by its version, at the end of a sentence", "It began with v-V1.", []string{"1 by explicit"}},
		{"by a version's address", "https://forge.example/example-health/api/releases/tag/v-V1", []string{"1 by explicit"}},
		{"not by a part of a version", "It began with v-V1-rc1 or v-V1.2.", []string{"2 by incident"}},
		{"not by a shortened sha", "Commit: " + doratest.SHA("V1")[:12], []string{"2 by incident"}},
		{"not by a pull request's number", "See #9001", []string{"2 by incident"}},
		{"not by a longer number", "19001 requests failed", []string{"2 by incident"}},
		{"not by a commit that was never deployed", "Commit: " + doratest.SHA("V4"), []string{"2 by incident"}},
		{"by nothing: the latest before", "Error rate above threshold.", []string{"2 by incident"}},
		{"of two the later", "v-V1 or v-V2", []string{"2 by explicit"}},
	} {
		t.Run(story.name, func(t *testing.T) {
			repo := doratest.Versions(t)
			repo.DeployAll("V1", "V2")
			repo.Incident(doratest.Hour(21), story.text)
			assert.Equal(t, story.failed, doratest.Failed(repo.Facts()))
		})
	}
}

func TestALongNumberNamesADeploymentWithoutAWord(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Deployment(1).Number = 2_800_123
	repo.Incident(doratest.Hour(21), "Broken since 2800123")
	facts := repo.Facts()
	require.NotNil(t, facts.Incidents[0].Linked)
	assert.Equal(t, int64(2_800_123), facts.Incidents[0].Linked.Event.Number)
}

func TestADeploymentIsNamedByTheAddressThatItHas(t *testing.T) {
	for text, named := range map[string]bool{
		"See https://ci.example/job/api/42/ for the log":               true,
		"[the run](https://CI.example/job/api/42#step:3)":              true,
		"https://ci.example/job/api/421 and https://ci.example/job/42": false,
	} {
		repo := doratest.Versions(t)
		repo.DeployAll("V1", "V2")
		repo.Deployment(1).URL = "https://ci.example/job/api/42"
		repo.Incident(doratest.Hour(21), text)
		assert.Equal(t, named, doratest.Failed(repo.Facts())[0] == "1 by explicit", text)
	}
}

func TestAVersionThatMayBeAnyNumberNeedsAWord(t *testing.T) {
	for _, story := range []struct {
		tag, text string
		named     bool
	}{
		{"1.5", "p95 latency rises to 1.5 s", false},
		{"1.5", "Memory at 1.5 GB, v1.5.1 is not out", false},
		{"1.5", "Since version 1.5 it is slow", true},
		{"1.5", "Broken since v1.5.", true},
		{"1.5", "Broken since V 1.5", true},
		{"1.5", "RELEASE #1.5 broke it", true},
		{"1.5", "tag: `1.5`", true},
		{"1.5", "image=api version=1.5", true},
		{"1.5", "https://forge.example/example-health/api/releases/tag/1.5", true},
		{"1.5", "https://forge.example/1.5/health is down", false},
		{"1.5", "the version was bad, 1.5 s", false},
		{"1.5", "release 1.5-rc1", false},
		{"1.5", "version 1.5% slower", false},
		{"500", "Queue grows past 500", false},
		{"500", "deployment 500", false},
		{"500", "release 500", true},
		{"2026-11", "Down since 2026-11", false},
		{"2026-11", "Down since release 2026-11", true},
		{"2026-11-10", "Down since 2026-11-10", false},
		{"2026-11-10", "Down since tag 2026-11-10", true},
		{"２.５", "２.５ s", false},
		{"v1.5", "Since v1.5", true},
		{"v1.5", "Since V1.5", true},
		{"v1.5", "(v1.5)", true},
		{"v1.5", "since v1.5…", true},
		{"v1.5", "Since 1.5", false},
		{"1.2.3", "Since 1.2.3 it is slow", true},
		{"1.2.3", "10.1.2.3 does not answer", false},
		{"release-2026.11", "Since release-2026.11", true},
		{"release-2026.11", "Since release 2026.11", false},
		{"web/v2.0", "https://forge.example/example-health/api/releases/tag/web/v2.0", true},
		{"live", "The live system is down, release live", false},
		{"stable", "tag stable", false},
	} {
		t.Run(story.tag+" in "+story.text, func(t *testing.T) {
			repo := doratest.Versions(t)
			repo.DeployAll("V1", "V2")
			repo.Deployment(1).Ref = story.tag
			repo.Incident(doratest.Hour(21), story.text)
			want := []string{"2 by incident"}
			if story.named {
				want = []string{"1 by explicit"}
			}
			assert.Equal(t, want, doratest.Failed(repo.Facts()))
		})
	}
}

func TestABranchIsNoVersion(t *testing.T) {
	repo := doratest.Versions(t)
	first := repo.Deploy("production", "V1", doratest.Hour(10))
	first.Ref, first.RefKind = "main", dora.RefBranch
	repo.Deploy("production", "V2", doratest.Hour(20))
	repo.Incident(doratest.Hour(21), "Since main was deployed")
	assert.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()))
}

func TestAVersionThatADeploymentNoLongerHasNamesNothing(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	first := repo.Events[len(repo.Events)-2].(*dora.Deployment)
	renamed := *first
	renamed.Updated, renamed.Ref = doratest.Hour(11), "v-renamed"
	repo.Events = append(repo.Events, &renamed)
	repo.Incident(doratest.Hour(21), "Since v-V1")
	assert.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()))
}

func TestAShaMeansItsLastSuccessBeforeTheIncident(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V1", "V1")
	repo.Incident(doratest.Hour(35), "Commit: "+doratest.SHA("V1"))
	facts := repo.Facts()
	require.NotNil(t, facts.Incidents[0].Linked)
	assert.Equal(t, int64(9003), facts.Incidents[0].Linked.Event.Number)
	assert.Nil(t, facts.Incidents[0].Remedy, "the later one of that sha is not what the text means")
}

func TestAnIncidentThatNamesAnotherServicesDeploymentIsNotLinkedByTime(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	other := repo.Deploy("worker", "V3", doratest.Hour(20.5))
	for name, text := range map[string]string{"by number": "deployment 9003", "by sha": other.SHA, "by version": other.Ref} {
		t.Run(name, func(t *testing.T) {
			story := *repo
			story.Events = append([]dora.Event{}, repo.Events...)
			story.Incident(doratest.Hour(21), text)
			facts := story.Facts()
			assert.Empty(t, doratest.Failed(facts))
			assert.True(t, facts.Incidents[0].Names)
			assert.Nil(t, facts.Incidents[0].Linked)
		})
	}
}

func TestAnIncidentThatNamesAnotherServicesRemedyMayBeLinkedByTime(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Deploy("worker", "V3", doratest.Hour(22))
	repo.Deploy("worker", "V4", doratest.Hour(20)).Statuses = []dora.DeploymentStatus{{State: dora.StateFailure, At: doratest.Hour(20)}}
	repo.Incident(doratest.Hour(21), "deployment 9003 mends it, deployment 9004 entered nothing")
	assert.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()))
}

func TestADeploymentNamedThatCameLaterIsTheRemedy(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V3")
	repo.Incident(doratest.Hour(21), "Fixed by v-V3")
	facts := repo.Facts()
	assert.Equal(t, []string{"2 by incident"}, doratest.Failed(facts), "what put it right did not cause it, so time may tell what did")
	assert.False(t, facts.Incidents[0].Names)
	require.NotNil(t, facts.Incidents[0].Remedy)
	assert.Equal(t, []string{"3: remedy"}, doratest.Reworked(facts))

	repo.Def.Rework = dora.ReworkIncident
	assert.Equal(t, []string{"3: remedy"}, doratest.Reworked(repo.Facts()))
}

func TestTheIncidentWindowIsInclusive(t *testing.T) {
	for name, story := range map[string]struct {
		after time.Duration
		fails bool
	}{
		"at once":             {0, true},
		"at its end":          {24 * time.Hour, true},
		"a moment later":      {24*time.Hour + time.Second, false},
		"before anything ran": {-time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			repo := doratest.Versions(t)
			repo.DeployAll("V1")
			repo.Incident(doratest.Hour(10).Add(story.after), "Errors")
			facts := repo.Facts()
			assert.Equal(t, story.fails, facts.Deployments[0].Failed())
			assert.Equal(t, story.fails, facts.Incidents[0].Linked != nil, "an incident that is not linked is shown as such")
		})
	}
}

func TestRedeploysAndRollbacksFailByTimeToo(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V2")
	repo.Incident(doratest.Hour(31), "Errors")
	assert.Equal(t, []string{"3 by incident"}, doratest.Failed(repo.Facts()))
}

func TestADeploymentFailsOnceHoweverManyIncidents(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Incident(doratest.Hour(21), "Errors").Resolved = doratest.Hour(22)
	repo.Incident(doratest.Hour(22), "More errors").Resolved = doratest.Hour(26)
	snapshot := repo.Snapshot()
	assert.InDelta(t, 0.5, doratest.Total(t, snapshot, dora.ChangeFailureRate, dora.RatioOf), 1e-9)
	recovered := snapshot.Services[0].Deployments[1].Recovered
	require.NotNil(t, recovered)
	assert.Equal(t, doratest.Hour(26), recovered.At, "the last of them ends it")
}

func TestAnOpenIncidentKeepsTheFailureOpen(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Incident(doratest.Hour(21), "Errors").Resolved = doratest.Hour(22)
	repo.Incident(doratest.Hour(22), "More errors")
	assert.Nil(t, repo.Facts().Deployments[1].Recovered)
	assert.Equal(t, 0.0, doratest.Total(t, repo.Snapshot(), dora.RecoveryTime, dora.N))

	repo.Deploy("production", "V1", doratest.Hour(30))
	recovered := repo.Facts().Deployments[1].Recovered
	require.NotNil(t, recovered)
	assert.Equal(t, doratest.Hour(30), recovered.At, "the rollback ended it before anyone closed the incidents")
}

func TestAReopenedIncidentIsOpen(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	closed := repo.Incident(doratest.Hour(21), "Errors")
	closed.Resolved, closed.Updated = doratest.Hour(22), doratest.Hour(22)
	reopened := *closed
	reopened.Resolved, reopened.Updated = time.Time{}, doratest.Hour(23)
	repo.Events = append([]dora.Event{&reopened}, repo.Events...)
	assert.Nil(t, repo.Facts().Deployments[1].Recovered)

	again := reopened
	again.Resolved, again.Updated = doratest.Hour(25), doratest.Hour(25)
	repo.Events = append([]dora.Event{&again}, repo.Events...)
	recovered := repo.Facts().Deployments[1].Recovered
	require.NotNil(t, recovered)
	assert.Equal(t, doratest.Hour(25), recovered.At, "the last close")
}

func TestAWithdrawnIncidentIsNone(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	repo.Incident(doratest.Hour(11), "Errors").Withdrawn = true
	facts := repo.Facts()
	assert.Empty(t, doratest.Failed(facts))
	assert.Empty(t, facts.Incidents)
}

func TestARecoveryBeforeTheFailureIsCountedAndNotMeasured(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	repo.Incident(doratest.Hour(11), "Errors").Resolved = doratest.Hour(9)
	derived := repo.Facts()
	assert.Nil(t, derived.Deployments[0].Recovered)
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonNegativeRecovery])
}

func TestRecoveryMayBeReadFromIncidents(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	repo.Incident(doratest.Hour(11), "Errors").Resolved = doratest.Hour(14)
	repo.Incident(doratest.Hour(90), "A supplier's service was down").Resolved = doratest.Hour(91)
	assert.InDelta(t, 4*3600, doratest.Total(t, repo.Snapshot(), dora.RecoveryTime, dora.Median), 1e-9)
	repo.Def.Recovery = dora.RecoveryOfIncident
	assert.InDelta(t, 2*3600, doratest.Total(t, repo.Snapshot(), dora.RecoveryTime, dora.Median), 1e-9, "the median of three hours and one")
}

func TestAnIncidentThatWasOverBeforeItBeganIsCountedAndNotMeasured(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	repo.Incident(doratest.Hour(12), "Errors").Resolved = doratest.Hour(11)
	repo.Incident(doratest.Hour(90), "A supplier's service was down").Resolved = doratest.Hour(91)
	assert.Zero(t, repo.Facts().Unmeasured[facts.ReasonNegativeRecovery], "the deployment recovered an hour after it finished")
	repo.Def.Recovery = dora.RecoveryOfIncident
	assert.InDelta(t, 1, doratest.Total(t, repo.Snapshot(), dora.RecoveryTime, dora.N), 0)
	assert.Equal(t, 1, repo.Facts().Unmeasured[facts.ReasonNegativeRecovery])
}

func TestAnIncidentBelongsToTheServicesWhoseLabelsItHas(t *testing.T) {
	repo := doratest.Versions(t)
	rule := func(environment string) []dora.DeploymentRule {
		return []dora.DeploymentRule{{Source: "github", Repository: repo.Repository, Environment: dora.MustPattern(environment)}}
	}
	repo.Mapping.Services = []dora.Service{
		{Name: "api", Deployments: rule("^production$"), Incidents: []dora.IncidentRule{{Source: "github", Repository: repo.Repository, ExcludeLabels: []string{"service:worker"}}}},
		{Name: "worker", Deployments: rule("^worker$"), Incidents: []dora.IncidentRule{{Source: "github", Repository: repo.Repository, Labels: []string{"service:worker"}}}},
	}
	repo.Deploy("production", "V1", doratest.Hour(10))
	repo.Deploy("worker", "V1", doratest.Hour(11))
	repo.Incident(doratest.Hour(12), "Errors")
	repo.Incident(doratest.Hour(13), "Stuck").Labels = []string{"Service:Worker"}
	services := repo.Snapshot().Services
	assert.Equal(t, []string{"1 by incident"}, doratest.Failed(services[0]))
	assert.Equal(t, []string{"2 by incident"}, doratest.Failed(services[1]))
	assert.Equal(t, 1, len(services[0].Incidents))
	assert.Equal(t, 1, len(services[1].Incidents))
}
