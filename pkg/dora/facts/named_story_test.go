package facts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func TestAFieldNamesADeploymentByWhateverItIsCalled(t *testing.T) {
	for what, name := range map[string]func(d *dora.Deployment) string{
		"its full id": func(d *dora.Deployment) string { return d.FullID() },
		"the same, as it was spelled before": func(d *dora.Deployment) string {
			return strings.Replace(d.FullID(), "example-health", "Example-Health", 1)
		},
		"its number":             func(*dora.Deployment) string { return "9001" },
		"its number with a mark": func(*dora.Deployment) string { return " #9001 " },
		"its address":            func(*dora.Deployment) string { return "https://ci.example/builds/77/" },
		"GitHub's address of it": func(*dora.Deployment) string { return "https://github.example/example-health/api/deployments/9001" },
		"its commit":             func(d *dora.Deployment) string { return strings.ToUpper(d.SHA) },
		"its version":            func(*dora.Deployment) string { return "V-v1" },
		"its key":                func(*dora.Deployment) string { return "chg0030001" },
	} {
		t.Run(what, func(t *testing.T) {
			repo := doratest.Versions(t)
			repo.DeployAll("V1", "V2")
			d := repo.Deployment(1)
			d.URL, d.Key = "https://ci.example/builds/77", "CHG0030001"
			i := repo.Incident(doratest.Hour(21), "Down.")
			require.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()), "by time")
			i.Names = []string{name(d)}
			f := repo.Facts()
			assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(f), "it moves to the one that is named")
			assert.Equal(t, doratest.Hour(21), f.Incidents[0].Event.Opened)
			repo.Def.Evidence = []dora.EvidenceKind{dora.EvidenceIncident}
			assert.Empty(t, doratest.Failed(repo.Facts()), "what names is not linked by time, where names are no evidence either")
		})
	}
}

func TestAPlainVersionNeedsNoWordInAField(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Deployment(1).Ref = "1.5"
	i := repo.Incident(doratest.Hour(21), "1.5")
	assert.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()), "in a text it may be anything")
	for _, name := range []string{"1.5", "v1.5", "V1.5"} {
		i.Names = []string{name}
		assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(repo.Facts()), name)
	}
}

func TestWhatAFieldNamesAndCameAfterIsTheRemedy(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Incident(doratest.Hour(11), "Down.").Names = []string{repo.Deployment(2).FullID()}
	f := repo.Facts()
	assert.Equal(t, []string{"1 by incident"}, doratest.Failed(f), "by time")
	assert.Equal(t, []string{"2: remedy"}, doratest.Reworked(f))
}

func TestAFieldThatNamesNothingThatIsKnownLeavesTheLinkByTime(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	repo.Incident(doratest.Hour(11), "Down.").Names = []string{"", " ", "none", "17", "github:example-health/api:deployment:17", "https://", "x:", ":", strings.Repeat("9", 1<<20), "v", "CHG"}
	assert.Equal(t, []string{"1 by incident"}, doratest.Failed(repo.Facts()))
}

// TestNamesThatAreFilledInLaterMoveTheLink lets the deployment and the incident come in any order, and the field be filled in
// in a later version of it.
func TestNamesThatAreFilledInLaterMoveTheLink(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	named := repo.Deployment(1)
	for _, posted := range []bool{false, true} {
		if posted {
			named.ID = "deployment:run-7" // it has no repository in it
		}
		at := named.FullID()
		i := repo.Incident(doratest.Hour(21), "Down.")
		later := *i
		later.Names, later.Updated = []string{at}, doratest.Hour(22)
		h := facts.NewDeriver(repo.Mapping)
		for _, e := range repo.Events {
			if e != dora.Event(named) {
				h.Apply(e)
			}
		}
		h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
		h.Derive(repo.Def)
		failed := func() []string { return doratest.Failed(h.Derive(repo.Def).Services[0]) }
		h.Apply(i)
		require.Equal(t, []string{"2 by incident"}, failed())
		h.Apply(&later)
		require.Equal(t, []string{"2 by incident"}, failed(), "what it names is not known yet")
		h.Apply(named)
		require.Equal(t, []string{"1 by explicit"}, failed())
		gone := *named
		gone.Withdrawn, gone.Rank = true, 1
		h.Apply(&gone)
		require.Equal(t, []string{"2 by incident"}, failed())
		h = restarted(t, h, repo.Mapping, repo.Def, true)
		back := *named
		back.Rank = 2
		h.Apply(&back)
		require.Equal(t, []string{"1 by explicit"}, failed())
		unnamed := later
		unnamed.Names, unnamed.Rank = nil, 1
		h.Apply(&unnamed)
		require.Equal(t, []string{"2 by incident"}, failed())
		repo.Events = repo.Events[:len(repo.Events)-1]
	}
}

func TestAFieldNamesADeploymentByItsRepositorysFormerName(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	i := repo.Incident(doratest.Hour(21), "Down.")
	i.Names, i.Updated = []string{"github:example-health/old:deployment:9001"}, doratest.Hour(21)
	repo.Events = append(repo.Events, &dora.Repository{
		Header: dora.Header{Source: "github", ID: "example-health/api", Updated: doratest.Hour(30)}, Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head),
		Formerly: []dora.FormerName{{Name: "example-health/old", Until: doratest.Hour(25)}},
	}, &dora.Repository{Header: dora.Header{Source: "github", ID: "example-health/old", Updated: doratest.Hour(30)}, Name: "example-health/old", Withdrawn: true, Moved: repo.Repository})
	repo.Mapping.Services = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "github", Repository: repo.Repository}}, Incidents: []dora.IncidentRule{{Source: "github", Repository: repo.Repository}}}}
	assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(repo.Facts()))
}

func TestATextNamesADeploymentByItsKey(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Deployment(1).Key, repo.Deployment(1).Ref = "CHG0030001", ""
	i := repo.Incident(doratest.Hour(21), "")
	for _, text := range []string{"After CHG0030001.", "(chg0030001)", "CHG0030001: down"} {
		i.Body = text
		assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(repo.Facts()), text)
	}
	for _, text := range []string{"CHG00300012", "xCHG0030001", "CHG0030001-1", "0030001"} {
		i.Body = text
		assert.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()), text)
	}
	for _, key := range []string{"1", "9001", "v12", "down", "A1"} {
		repo.Deployment(1).Key, i.Body = key, "Since "+key
		assert.Equal(t, []string{"2 by incident"}, doratest.Failed(repo.Facts()), key)
	}
}

func TestAChangeThatFailedInProductionFailedByItsOwnWord(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	d := repo.Deployment(1)
	d.Recovered = doratest.Hour(12)
	f := repo.Facts()
	require.Equal(t, []string{"1 by explicit"}, doratest.Failed(f))
	assert.Equal(t, facts.Evidence{Kind: dora.EvidenceExplicit, By: d.FullID(), At: doratest.Hour(12)}, f.Deployments[0].Evidence[0])
	assert.Equal(t, &facts.Recovery{At: doratest.Hour(12), By: d.FullID()}, f.Deployments[0].Recovered)
	assert.Len(t, f.Deployments, 2, "it counts all the same")

	t.Run("an incident of it ends it sooner, or later", func(t *testing.T) {
		i := repo.Incident(doratest.Hour(10.5), "deployment 9001")
		i.Resolved = doratest.Hour(11)
		assert.Equal(t, doratest.Hour(11), repo.Facts().Deployments[0].Recovered.At)
		i.Resolved = doratest.Hour(15)
		assert.Equal(t, doratest.Hour(12), repo.Facts().Deployments[0].Recovered.At)
		i.Withdrawn = true
	})
	t.Run("a person knows better", func(t *testing.T) {
		defer func(n int) { repo.Events = repo.Events[:n] }(len(repo.Events))
		repo.Say(dora.VerdictNotFailed, d)
		assert.Empty(t, doratest.Failed(repo.Facts()))
	})
	t.Run("names can be no evidence", func(t *testing.T) {
		defer func(kinds []dora.EvidenceKind) { repo.Def.Evidence = kinds }(repo.Def.Evidence)
		repo.Def.Evidence = []dora.EvidenceKind{dora.EvidenceRollback}
		assert.Empty(t, doratest.Failed(repo.Facts()))
	})
	t.Run("restored before it finished cannot be measured", func(t *testing.T) {
		d.Recovered = doratest.Hour(9)
		f := repo.Facts()
		assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(f))
		assert.Nil(t, f.Deployments[0].Recovered)
		assert.Equal(t, 1, f.Unmeasured[facts.ReasonNegativeRecovery])
	})
	t.Run("what never finished entered nothing", func(t *testing.T) {
		d.Statuses = []dora.DeploymentStatus{{State: dora.StateFailure, At: doratest.Hour(10)}}
		f := repo.Facts()
		assert.Empty(t, doratest.Failed(f))
		assert.Equal(t, 1, f.Unmeasured[facts.ReasonFailedRun])
	})
}

func TestRunsThatNobodyCanSeeAreCounted(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	unseen := *repo.Deployment(1)
	unseen.ID, unseen.Number, unseen.Unseen, unseen.Created, unseen.Statuses, unseen.SHA = repo.Repository+":unseen:1", 0, 40, doratest.Hour(15), nil, ""
	unseen.Environment = "Production"
	repo.Events = append(repo.Events, &unseen)
	repo.Incident(doratest.Hour(16), "deployment 9001")
	s := repo.Snapshot()
	f := s.Services[0]
	assert.Len(t, f.Deployments, 2)
	assert.Empty(t, f.FailedRuns)
	assert.Empty(t, f.Unreported(doratest.Hour(24*30)))
	assert.Equal(t, 40, f.UnmeasuredBy(doratest.Hour(24 * 30))[facts.ReasonUnseenRun])
	counted := func(from, to time.Time, filters ...dora.Filter) int {
		return s.Unmeasured(filters, from, to, doratest.Hour(24*30))[facts.ReasonUnseenRun]
	}
	assert.Equal(t, 40, counted(doratest.Hour(15), doratest.Hour(16)))
	assert.Zero(t, counted(doratest.Hour(15.5), doratest.Hour(16)))
	assert.Zero(t, counted(doratest.Hour(14), doratest.Hour(15)), "the end is not within")
	assert.Equal(t, 40, counted(time.Time{}, time.Time{}, dora.Filter{Field: dora.ByEnvironment, Values: []string{"production"}}))
	assert.Zero(t, counted(time.Time{}, time.Time{}, dora.Filter{Field: dora.ByEnvironment, Values: []string{"staging"}}))
	assert.Equal(t, 40, f.Coverage(nil, doratest.Hour(0), doratest.Hour(24), doratest.Hour(24)).Unseen)
	assert.Equal(t, fmt.Sprint([]string{"1 by explicit"}), fmt.Sprint(doratest.Failed(f)), "it has no name")

	unseen.Withdrawn = true
	assert.Zero(t, repo.Facts().Unmeasured[facts.ReasonUnseenRun], "they are known after all")
	unseen.Withdrawn, unseen.Environment = false, "staging"
	assert.Zero(t, repo.Facts().Unmeasured[facts.ReasonUnseenRun], "of another environment")
}

func TestRunsThatNobodyCanSeeAreCountedWhereNothingElseIs(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Hour(10)).Unseen = 3
	f := repo.Facts()
	assert.Empty(t, f.Deployments)
	assert.Equal(t, 3, f.Unmeasured[facts.ReasonUnseenRun])
	assert.Equal(t, 3, repo.Snapshot().Unmeasured(nil, time.Time{}, time.Time{}, doratest.Hour(11))[facts.ReasonUnseenRun])
}

func TestAnIdOutweighsAShaThatWasDeployedAgainSince(t *testing.T) {
	for what, names := range map[string]func(i *dora.Incident, d *dora.Deployment){
		"in its text": func(i *dora.Incident, d *dora.Deployment) {
			i.Body = fmt.Sprintf("Commit: %s\ndeployment %d", d.SHA, d.Number)
		},
		"in its fields": func(i *dora.Incident, d *dora.Deployment) { i.Names = []string{d.SHA, "V-v1", d.FullID()} },
		"in both": func(i *dora.Incident, d *dora.Deployment) {
			i.Body, i.Names = "Since "+d.SHA, []string{fmt.Sprint(d.Number)}
		},
		"by its key": func(i *dora.Incident, d *dora.Deployment) {
			d.Key = "CHG0030001"
			i.Names = []string{d.SHA, "CHG0030001"}
		},
		"by its address": func(i *dora.Incident, d *dora.Deployment) {
			d.URL = "https://ci.example/builds/77"
			i.Body = "https://ci.example/builds/77 of " + d.SHA
		},
	} {
		t.Run(what, func(t *testing.T) {
			repo := doratest.Versions(t)
			repo.DeployAll("V1", "V1")
			i := repo.Incident(doratest.Hour(21), "Since "+repo.Deployment(1).SHA)
			require.Equal(t, []string{"2 by explicit"}, doratest.Failed(repo.Facts()), "a sha alone means its last success")
			names(i, repo.Deployment(1))
			assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(repo.Facts()))
		})
	}
}
