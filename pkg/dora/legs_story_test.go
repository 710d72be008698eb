package dora_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// leg brings a commit into production as a job of a run, which GitHub tells in the address of its log.
func (r *repo) leg(run, job int, name string, finished float64) *dora.Deployment {
	d := r.deploy("production", name, hour(finished))
	d.URL = fmt.Sprintf("https://github.example/example-health/api/actions/runs/%d/job/%d", run, job)
	return d
}

func fail(d *dora.Deployment) { d.Statuses[1].State = dora.StateFailure }

func TestTheLegsOfARunAreOneDeployment(t *testing.T) {
	repo := versions(t)
	repo.leg(70, 1, "V1", 9)
	repo.leg(71, 1, "V2", 10.2)
	repo.leg(71, 2, "V2", 10)
	fail(repo.leg(71, 3, "V2", 9.9))
	f := repo.facts()
	assert.Equal(t, []string{"V1", "V2"}, versionsOf(repo, f))
	last := f.Deployments[1]
	assert.Equal(t, hour(10), last.Finished, "at the first success")
	assert.False(t, last.Redeploy)
	assert.Equal(t, []*dora.Deployment{repo.deployment(2), repo.deployment(3), repo.deployment(4)}, f.Legs(last.Event))
	assert.Empty(t, f.FailedRuns, "one leg failed, and another did not")
	assert.Nil(t, f.Legs(f.Deployments[0].Event), "alone")
}

// versionsOf are the names of the versions of all deployments, in order.
func versionsOf(r *repo, f *dora.Facts) []string {
	names := map[string]string{}
	for name := range r.commits {
		names[sha(name)] = name
	}
	var all []string
	for _, d := range f.Deployments {
		all = append(all, names[d.Event.SHA])
	}
	return all
}

func TestLegsOfWhichNoneSucceedsAreOneFailedRun(t *testing.T) {
	repo := versions(t)
	repo.leg(70, 1, "V1", 9)
	for job := range 3 {
		fail(repo.leg(71, job, "V2", 10-0.1*float64(job)))
	}
	for job := range 2 {
		repo.leg(72, job, "V3", 11).Statuses = nil
	}
	f := repo.facts()
	assert.Len(t, f.FailedRuns, 1)
	assert.Equal(t, hour(9.8), f.FailedRuns[0].Failed)
	assert.Len(t, f.Legs(f.FailedRuns[0].Event), 3)
	assert.Equal(t, map[dora.Reason]int{dora.ReasonFirstDeployment: 1, dora.ReasonFailedRun: 1, dora.ReasonUnreportedRun: 1}, f.UnmeasuredBy(day(30)))
}

func TestARunThatIsRunAgainIsOneDeployment(t *testing.T) {
	repo := versions(t)
	fail(repo.leg(71, 1, "V1", 9))
	repo.leg(71, 2, "V1", 10)
	repo.leg(72, 3, "V2", 11)
	fail(repo.leg(71, 4, "V1", 12))
	repo.leg(71, 5, "V1", 13)
	f := repo.facts()
	assert.Equal(t, []string{"V1", "V2"}, versionsOf(repo, f), "a later attempt changes nothing")
	assert.Equal(t, hour(10), f.Deployments[0].Finished)
	assert.Empty(t, f.FailedRuns)
}

func TestDeploymentsAreNotLegsOfOneRunUnlessItSaysSo(t *testing.T) {
	for name, story := range map[string]func(first, second *dora.Deployment){
		"no run is told":    func(first, second *dora.Deployment) { first.URL, second.URL = "", "" },
		"of other runs":     func(_, second *dora.Deployment) { second.URL = "https://github.example/a/b/actions/runs/72" },
		"into environments": func(_, second *dora.Deployment) { second.Environment = "prod" },
		"of other commits":  func(_, second *dora.Deployment) { second.SHA = sha("V2") },
		"one log page for all": func(first, second *dora.Deployment) {
			first.URL, second.URL = "https://logs.example/all", "https://logs.example/all"
		},
	} {
		t.Run(name, func(t *testing.T) {
			repo := versions(t)
			story(repo.leg(71, 1, "V1", 10), repo.leg(71, 2, "V1", 11))
			assert.Len(t, repo.facts().Deployments, 2)
		})
	}
}

func TestAnyLegsNameIsTheDeploymentsName(t *testing.T) {
	legs := func() *repo {
		repo := versions(t)
		repo.leg(70, 1, "V1", 9)
		repo.leg(71, 1, "V2", 10)
		repo.leg(71, 2, "V2", 10.5)
		return repo
	}
	t.Run("in an incident's text", func(t *testing.T) {
		repo := legs()
		repo.leg(72, 1, "V3", 20)
		repo.incident(hour(21), "deployment 9003 broke it")
		assert.Equal(t, []string{"V2"}, failedVersions(repo))
	})
	t.Run("in a correction", func(t *testing.T) {
		repo := legs()
		repo.say(dora.VerdictFailed, repo.deployment(3))
		assert.Equal(t, []string{"V2"}, failedVersions(repo))
	})
	t.Run("the last word on any leg counts", func(t *testing.T) {
		repo := legs()
		repo.say(dora.VerdictFailed, repo.deployment(2))
		repo.say(dora.VerdictNotFailed, repo.deployment(3))
		assert.Empty(t, failedVersions(repo))
	})
	t.Run("ignored", func(t *testing.T) {
		repo := legs()
		repo.say(dora.VerdictIgnored, repo.deployment(3))
		f := repo.facts()
		assert.Equal(t, []string{"V1"}, versionsOf(repo, f))
		assert.Equal(t, 1, f.Unmeasured[dora.ReasonIgnored])
	})
}

func (r *repo) say(verdict dora.Verdict, about *dora.Deployment) {
	n := len(r.events)
	r.events = append(r.events, &dora.Correction{
		Header: dora.Header{Source: dora.CorrectionsSource, ID: fmt.Sprintf("%09d", n), Updated: hour(float64(n))}, Verdict: verdict,
		Deployment: about.FullID(), Reason: "they saw it", Author: "dev-01", Made: hour(float64(n)),
	})
}

func failedVersions(r *repo) []string {
	f := r.facts()
	var names []string
	for i, d := range f.Deployments {
		if d.Failed() {
			names = append(names, versionsOf(r, f)[i])
		}
	}
	return names
}

func TestLegsCountOnceWhereverDeploymentsAreCounted(t *testing.T) {
	repo := versions(t)
	for job := range 3 {
		repo.leg(71, job, "V1", 10)
		repo.leg(72, job, "V1", 11).Environment = "staging"
	}
	h := dora.NewHistory(repo.mapping)
	h.Apply(repo.events...)
	assert.Equal(t, map[string]int{"production": 1, "staging": 1}, h.Environments())
	for _, p := range h.Places() {
		assert.Equal(t, 1, p.Deployments, p.Environment)
	}
	preview := h.Preview(repo.mapping)
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
