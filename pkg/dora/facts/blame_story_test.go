package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// unsuccessful is the record of a change that was worked on from hour 19 to hour 21, beside deployments at 10 and 20 hours.
func unsuccessful(t *testing.T, versions ...string) (repo *doratest.Repo, record *dora.Incident) {
	repo = doratest.Versions(t)
	repo.DeployAll(versions...)
	record = repo.Record("desk", "CHG0000001", doratest.Hour(19), "")
	record.Change, record.Service, record.Resolved = dora.ChangeFailed, "nobody's", doratest.Hour(21)
	return repo, record
}

func TestAnUnsuccessfulChangeSpeaksAgainstTheDeploymentThatItNames(t *testing.T) {
	for what, name := range map[string]func(d *dora.Deployment) string{
		"its commit":  func(d *dora.Deployment) string { return d.SHA },
		"its version": func(*dora.Deployment) string { return "v-V2" },
		"its number":  func(*dora.Deployment) string { return "9002" },
		"its full id": func(d *dora.Deployment) string { return d.FullID() },
		"its address": func(*dora.Deployment) string { return "https://github.example/example-health/api/deployments/9002" },
	} {
		t.Run(what, func(t *testing.T) {
			repo, record := unsuccessful(t, "V1", "V2")
			require.Empty(t, doratest.Failed(repo.Facts()), "naming nothing it is nobody's, by time neither")
			record.Names = []string{name(repo.Deployment(2))}
			f := repo.Facts()
			require.Equal(t, []string{"2 by explicit"}, doratest.Failed(f))
			assert.Equal(t, facts.Evidence{Kind: dora.EvidenceExplicit, By: record.FullID(), At: doratest.Hour(21)}, f.Deployments[1].Evidence[0])
			assert.Equal(t, []*dora.Incident{record}, f.Changes)
			assert.Empty(t, f.Incidents, "a change interrupts nothing")
			assert.Nil(t, f.Deployments[1].Recovered, "that the work ended restores nothing")
			record.Change = dora.ChangeRestored
			assert.Equal(t, &facts.Recovery{At: doratest.Hour(21), By: record.FullID()}, repo.Facts().Deployments[1].Recovered, "but where it failed in production")
			record.Withdrawn = true
			assert.Empty(t, doratest.Failed(repo.Facts()), "it was closed as successful after all")
		})
	}
}

func TestAnUnsuccessfulChangeEndsNoFailureThatAnIncidentTells(t *testing.T) {
	repo, record := unsuccessful(t, "V1", "V2")
	record.Names = []string{"9002"}
	repo.Incident(doratest.Hour(20.5), "Down.").Resolved = doratest.Hour(23)
	f := repo.Facts()
	assert.Equal(t, []string{"2 by explicit, incident"}, doratest.Failed(f))
	assert.Equal(t, doratest.Hour(23), f.Deployments[1].Recovered.At)
	repo.Def.Evidence = []dora.EvidenceKind{dora.EvidenceIncident}
	assert.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()), "names may be no evidence")
	repo.Def.Evidence = dora.DefaultDefinition().Evidence
	repo.Say(dora.VerdictNotFailed, repo.Deployment(2))
	assert.Empty(t, doratest.Failed(repo.Facts()), "a person knows better")
}

func TestAChangeMeansWhatWasDeployedWhileItWasDone(t *testing.T) {
	repo, record := unsuccessful(t, "V1", "V1")
	record.Names = []string{repo.Deployment(1).SHA}
	require.Equal(t, []string{"2 by explicit"}, doratest.Failed(repo.Facts()))
	record.Names = append(record.Names, "9001")
	assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(repo.Facts()), "an id outweighs a commit")
	record.Names, record.Opened, record.Resolved = record.Names[:1], doratest.Hour(30), doratest.Hour(31)
	assert.Empty(t, doratest.Failed(repo.Facts()), "an earlier change brought it: this one entered nothing")
	record.Names, record.Opened, record.Resolved = []string{"9002"}, doratest.Hour(5), doratest.Hour(6)
	assert.Empty(t, doratest.Failed(repo.Facts()), "it was deployed once the work had ended, by whatever it is called")
}

func TestAChangeDoesNotSpeakOfItsOwnSystemsDeployments(t *testing.T) {
	repo, record := unsuccessful(t, "V1", "V2")
	record.Names = []string{repo.Deployment(2).SHA}
	record.Source = "github"
	assert.Empty(t, doratest.Failed(repo.Facts()), "those have their own word on what came of them")
}

// TestAChangesRecordCountsWheneverItCame lets it and what it names come in any order, after others were derived, and over a
// restart.
func TestAChangesRecordCountsWheneverItCame(t *testing.T) {
	repo, record := unsuccessful(t, "V1", "V2")
	named := repo.Deployment(2)
	record.Names = []string{named.FullID()}
	h := facts.NewDeriver(repo.Mapping)
	for _, e := range repo.Events {
		if e != dora.Event(named) && e != dora.Event(record) {
			h.Apply(e)
		}
	}
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
	failed := func() []string { return doratest.Failed(h.Derive(repo.Def).Services[0]) }
	require.Empty(t, failed())
	h.Apply(record)
	require.Empty(t, failed(), "what it names is not known yet")
	h.Apply(named)
	require.Equal(t, []string{"2 by explicit"}, failed())
	h = restarted(t, h, repo.Mapping, repo.Def, true)
	require.Len(t, h.Derive(repo.Def).Services[0].Changes, 1)
	mended := *record
	mended.Rank, mended.Withdrawn = 1, true
	h.Apply(&mended)
	require.Empty(t, failed())
	h = restarted(t, h, repo.Mapping, repo.Def, true)
	back := *record
	back.Rank, back.Names = 2, []string{"9001"}
	h.Apply(&back)
	require.Equal(t, []string{"1 by explicit"}, failed())
	back2 := back
	back2.Rank, back2.Names = 3, []string{named.SHA}
	h.Apply(&back2)
	require.Equal(t, []string{"2 by explicit"}, failed())
}
