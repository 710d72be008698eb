package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func fail(d *dora.Deployment) { d.Statuses[1].State = dora.StateFailure }

func TestTheLegsOfARunAreOneDeployment(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Leg(70, 1, "V1", 9)
	repo.Leg(71, 1, "V2", 10.2)
	repo.Leg(71, 2, "V2", 10)
	fail(repo.Leg(71, 3, "V2", 9.9))
	f := repo.Facts()
	assert.Equal(t, []string{"V1", "V2"}, versionsOf(repo, f))
	last := f.Deployments[1]
	assert.Equal(t, doratest.Hour(10), last.Finished, "at the first success")
	assert.False(t, last.Redeploy)
	assert.Equal(t, []*dora.Deployment{repo.Deployment(2), repo.Deployment(3), repo.Deployment(4)}, f.Legs(last.Event))
	assert.Empty(t, f.FailedRuns, "one leg failed, and another did not")
	assert.Nil(t, f.Legs(f.Deployments[0].Event), "alone")
}

// versionsOf are the names of the versions of all deployments, in order.
func versionsOf(r *doratest.Repo, f *facts.Service) []string {
	names := map[string]string{}
	for name := range r.Commits {
		names[doratest.SHA(name)] = name
	}
	var all []string
	for _, d := range f.Deployments {
		all = append(all, names[d.Event.SHA])
	}
	return all
}

func TestLegsOfWhichNoneSucceedsAreOneFailedRun(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Leg(70, 1, "V1", 9)
	for job := range 3 {
		fail(repo.Leg(71, job, "V2", 10-0.1*float64(job)))
	}
	for job := range 2 {
		repo.Leg(72, job, "V3", 11).Statuses = nil
	}
	f := repo.Facts()
	assert.Len(t, f.FailedRuns, 1)
	assert.Equal(t, doratest.Hour(9.8), f.FailedRuns[0].Failed)
	assert.Len(t, f.Legs(f.FailedRuns[0].Event), 3)
	assert.Equal(t, map[facts.Reason]int{facts.ReasonFirstDeployment: 1, facts.ReasonFailedRun: 1, facts.ReasonUnreportedRun: 1}, f.UnmeasuredBy(day(30)))
}

func TestARunThatIsRunAgainIsOneDeployment(t *testing.T) {
	repo := doratest.Versions(t)
	fail(repo.Leg(71, 1, "V1", 9))
	repo.Leg(71, 2, "V1", 10)
	repo.Leg(72, 3, "V2", 11)
	fail(repo.Leg(71, 4, "V1", 12))
	repo.Leg(71, 5, "V1", 13)
	f := repo.Facts()
	assert.Equal(t, []string{"V1", "V2"}, versionsOf(repo, f), "a later attempt changes nothing")
	assert.Equal(t, doratest.Hour(10), f.Deployments[0].Finished)
	assert.Empty(t, f.FailedRuns)
}

func TestDeploymentsAreNotLegsOfOneRunUnlessItSaysSo(t *testing.T) {
	for name, story := range map[string]func(first, second *dora.Deployment){
		"no run is told":    func(first, second *dora.Deployment) { first.URL, second.URL = "", "" },
		"of other runs":     func(_, second *dora.Deployment) { second.URL = "https://github.example/a/b/actions/runs/72" },
		"into environments": func(_, second *dora.Deployment) { second.Environment = "prod" },
		"of other commits":  func(_, second *dora.Deployment) { second.SHA = doratest.SHA("V2") },
		"one log page for all": func(first, second *dora.Deployment) {
			first.URL, second.URL = "https://logs.example/all", "https://logs.example/all"
		},
	} {
		t.Run(name, func(t *testing.T) {
			repo := doratest.Versions(t)
			story(repo.Leg(71, 1, "V1", 10), repo.Leg(71, 2, "V1", 11))
			assert.Len(t, repo.Facts().Deployments, 2)
		})
	}
}

func TestAnyLegsNameIsTheDeploymentsName(t *testing.T) {
	legs := func() *doratest.Repo {
		repo := doratest.Versions(t)
		repo.Leg(70, 1, "V1", 9)
		repo.Leg(71, 1, "V2", 10)
		repo.Leg(71, 2, "V2", 10.5)
		return repo
	}
	t.Run("in an incident's text", func(t *testing.T) {
		repo := legs()
		repo.Leg(72, 1, "V3", 20)
		repo.Incident(doratest.Hour(21), "deployment 9003 broke it")
		assert.Equal(t, []string{"V2"}, failedVersions(repo))
	})
	t.Run("in a correction", func(t *testing.T) {
		repo := legs()
		repo.Say(dora.VerdictFailed, repo.Deployment(3))
		assert.Equal(t, []string{"V2"}, failedVersions(repo))
	})
	t.Run("the last word on any leg counts", func(t *testing.T) {
		repo := legs()
		repo.Say(dora.VerdictFailed, repo.Deployment(2))
		repo.Say(dora.VerdictNotFailed, repo.Deployment(3))
		assert.Empty(t, failedVersions(repo))
	})
	t.Run("ignored", func(t *testing.T) {
		repo := legs()
		repo.Say(dora.VerdictIgnored, repo.Deployment(3))
		f := repo.Facts()
		assert.Equal(t, []string{"V1"}, versionsOf(repo, f))
		assert.Equal(t, 1, f.Unmeasured[facts.ReasonIgnored])
	})
}

func failedVersions(r *doratest.Repo) []string {
	f := r.Facts()
	var names []string
	for i, d := range f.Deployments {
		if d.Failed() {
			names = append(names, versionsOf(r, f)[i])
		}
	}
	return names
}

func TestLegsCountOnceWhereverDeploymentsAreCounted(t *testing.T) {
	repo := doratest.Versions(t)
	for job := range 3 {
		repo.Leg(71, job, "V1", 10)
		repo.Leg(72, job, "V1", 11).Environment = "staging"
	}
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	assert.Equal(t, map[string]int{"production": 1, "staging": 1}, h.Environments())
	for _, p := range h.Places() {
		assert.Equal(t, 1, p.Deployments, p.Environment)
	}
	preview := h.Preview(repo.Mapping)
	assert.Equal(t, 1, preview.Services[0].Deployments[0].Count)
	assert.Equal(t, 1, preview.Unmatched[0].Deployments)
}

func TestTheRunOfAnAddress(t *testing.T) {
	for address, run := range map[string]string{
		"https://github.com/example/shop/actions/runs/8123456789":                     "8123456789",
		"https://github.com/example/shop/actions/runs/8123456789/job/22":              "8123456789",
		"https://ghes.example.org/example/shop/actions/runs/17/attempts/2":            "17",
		"https://github.com/example/shop/actions/runs/17?check_suite_focus=true#logs": "17",
		"https://github.com/example/shop/runs/99":                                     "",
		"https://github.com/example/shop/actions/runs/":                               "",
		"https://github.com/example/shop/actions/runs/17x":                            "",
		"https://jenkins.example.org/job/deploy/17/":                                  "",
		"": "",
	} {
		assert.Equal(t, run, dora.RunAt(address), address)
	}
}
