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
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

func preview(r *doratest.Repo, m dora.Mapping) history.Preview {
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(r.Events...)
	return h.Preview(m)
}

func TestAPersonSeesWhatAnEntryWouldMatch(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	repo.Deploy("prod-worker", "V2", doratest.Hour(30))
	repo.Deploy("staging", "V3", doratest.Hour(31))
	repo.Incident(doratest.Hour(32), "Errors").Labels = []string{"service:worker"}
	repo.Incident(doratest.Hour(33), "Errors")
	m := dora.Mapping{Production: dora.DefaultProduction, Services: []dora.Service{
		{Name: "api", Team: "back", Deployments: []dora.DeploymentRule{{Source: "github", Repository: "Example-Health/API"}}},
		{
			Name:        "worker",
			Deployments: []dora.DeploymentRule{{Source: "github", Environment: dora.MustPattern("worker$")}, {Source: "github", TagPrefix: "none-"}},
			Incidents:   []dora.IncidentRule{{Source: "github", Labels: []string{"service:worker"}}},
		},
	}}
	p := preview(repo, m)
	require.Len(t, p.Services, 2)
	at := func(environment string, n int) history.Tally {
		return history.Tally{Source: "github", Repository: "example-health/api", Environment: environment, Deployments: n}
	}
	assert.Equal(t, history.ServicePreview{
		Name: "api", Team: "back", Entry: new(0), Deployments: []history.DeploymentsMatch{{Count: 2, Places: []history.Tally{at("production", 2)}}}, Incidents: []int{},
	}, p.Services[0])
	assert.Equal(t, history.ServicePreview{
		Name: "worker", Entry: new(1), Deployments: []history.DeploymentsMatch{{Count: 1, Places: []history.Tally{at("prod-worker", 1)}}, {Places: []history.Tally{}}}, Incidents: []int{1},
	}, p.Services[1], "an entry that matches nothing is seen as such")
	assert.Equal(t, []history.Tally{at("staging", 1)}, p.Unmatched)
	assert.Equal(t, 1, p.Incidents, "one is nobody's")
}

func TestAPersonSeesWhatARuleTakesWhatItLosesAndWhatIsLeft(t *testing.T) {
	var events []dora.Event
	for i, name := range []string{"acme/api", "acme/web", "acme/mail", "other/tools"} {
		repo := doratest.Versions(t)
		repo.DeployAll("V1", "V2")
		events = append(events, moved(repo.Events, name, i)...)
	}
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(events...)
	rule := func(match dora.Match) dora.Service { return dora.Service{Match: &match, Team: "{owner}"} }
	p := h.Preview(dora.Mapping{Production: dora.DefaultProduction, KeepOthers: true, Services: []dora.Service{
		rule(dora.Match{Repository: dora.MustShape("acme/{service}b")}),
		rule(dora.Match{Repository: dora.MustShape("acme/{service}")}),
		rule(dora.Match{Repository: dora.MustShape("acne/*")}),
		{Name: "mail", Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/mail"}}},
	}})
	require.Len(t, p.Services, 1)
	assert.Equal(t, 3, *p.Services[0].Entry)
	require.Len(t, p.Rules, 3)
	made := func(name, repository string) history.MadeService {
		return history.MadeService{Name: name, Team: "acme", Repositories: []string{repository}, Deployments: 2}
	}
	assert.Equal(t, history.RulePreview{Entry: 0, Repositories: 1, Deployments: 2, ServiceCount: 1, Services: []history.MadeService{made("we", "acme/web")}, Lost: []history.Lost{}}, p.Rules[0])
	assert.Equal(t, history.RulePreview{
		Entry: 1, Repositories: 1, Deployments: 2, ServiceCount: 1, Services: []history.MadeService{made("api", "acme/api")},
		LostCount: 2, Lost: []history.Lost{{Repository: "acme/mail", To: 3}, {Repository: "acme/web", To: 0}},
	}, p.Rules[1])
	assert.Equal(t, `repository: "acne/*" fits nothing; there are: acme/api, acme/mail, acme/web, other/tools.`, p.Rules[2].Empty)
	assert.Equal(t, &history.OthersPreview{Count: 1, Deployments: 2, Services: []history.MadeService{{Name: "other/tools", Repositories: []string{"other/tools"}, Deployments: 2}}}, p.Others)
	assert.Empty(t, p.Unmatched)
}

// moved are events as another repository has them.
func moved(events []dora.Event, repository string, nth int) (all []dora.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Repository:
			one := *e
			one.Name, one.ID = repository, repository
			all = append(all, &one)
		case *dora.Commit:
			one := *e
			one.Repository, one.ID = repository, repository+":commit:"+e.SHA
			all = append(all, &one)
		case *dora.Deployment:
			one := *e
			one.Repository, one.Number = repository, e.Number+int64(1000*nth)
			one.ID = fmt.Sprintf("%s:deployment:%d", repository, one.Number)
			all = append(all, &one)
		}
	}
	return all
}

// A repository that appears is a service by the rules, and nothing else is worked out again.
func TestARepositoryThatAppearsIsAServiceByTheRules(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	match := dora.Match{Repository: dora.MustShape("acme/{service}")}
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction, KeepOthers: true, Services: []dora.Service{{Match: &match}}})
	h.Apply(moved(repo.Events, "acme/api", 0)...)
	h.Apply(moved(repo.Events, "other/tools", 1)...)
	named := func(s *facts.Snapshot) (names []string) {
		for _, f := range s.Services {
			names = append(names, f.Service.Name)
		}
		return names
	}
	before := h.Derive(dora.DefaultDefinition())
	assert.Equal(t, []string{"api", "other/tools"}, named(before))
	h.Apply(moved(repo.Events, "acme/web", 2)...)
	after := h.Derive(dora.DefaultDefinition())
	require.Equal(t, []string{"api", "other/tools", "web"}, named(after))
	assert.Same(t, before.Services[0], after.Services[0])
	assert.Same(t, before.Services[1], after.Services[1])
	assert.Len(t, after.Services[2].Deployments, 2)
	gone := &dora.Repository{Header: dora.Header{Source: "github", ID: "acme/web", Updated: time.Now()}, Name: "acme/web", Withdrawn: true}
	h.Apply(gone)
	assert.Equal(t, []string{"api", "other/tools"}, named(h.Derive(dora.DefaultDefinition())))
}

// TestWhatIsDeployedAsBeforeMakesNoServicesAnew holds what a rule by environments costs: only another kind of deployment has the
// services worked out again, and one that is there no longer.
func TestWhatIsDeployedAsBeforeMakesNoServicesAnew(t *testing.T) {
	match := dora.Match{Environment: dora.MustShape("prod-{service}")}
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction, KeepOthers: true, Services: []dora.Service{{Match: &match}}})
	deploy := func(number int64, environment string, withdrawn bool) []dora.Service {
		at := time.Date(2026, 11, 2, 8, int(number), 0, 0, time.UTC)
		if withdrawn {
			at = at.Add(time.Hour)
		}
		h.Apply(&dora.Deployment{
			Header: dora.Header{Source: "github", ID: fmt.Sprintf("acme/mono:deployment:%d", number), Updated: at}, Repository: "acme/mono", Number: number,
			Environment: environment, SHA: strings.Repeat("a", 40), Created: at, Withdrawn: withdrawn,
			Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
		})
		return h.MappedServices()
	}
	first := deploy(1, "prod-web", false)
	require.Equal(t, "web", first[0].Name)
	assert.Same(t, &first[0], &deploy(2, "prod-web", false)[0])
	assert.Same(t, &first[0], &deploy(2, "prod-web", true)[0], "another is left")
	both := deploy(3, "prod-api", false)
	require.Len(t, both, 2)
	assert.Len(t, deploy(3, "prod-api", true), 1, "the last of its kind was withdrawn")
}

// Who changes a mapping sees which figures it would change: those that it leaves alone are the very same.
func TestAnotherMappingIsLookedAtWithoutTouchingTheOneInForce(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V3")
	repo.Deploy("live", "V2", doratest.Hour(40))
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(moved(repo.Events, "acme/api", 0)...)
	h.Apply(moved(repo.Events, "acme/web", 1)...)
	before := h.Derive(dora.DefaultDefinition())
	proposed := dora.Mapping{Production: dora.DefaultProduction, KeepOthers: true, Services: []dora.Service{{
		Name: "api", Team: "core", Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/api", Environment: dora.MustPattern("^production$")}},
	}}}
	now, then := h.Remapped(proposed, dora.DefaultDefinition())
	require.Len(t, then.Services, 2)
	assert.Equal(t, "api", then.Services[1].Service.Name)
	assert.Len(t, then.Services[1].Deployments, 3)
	assert.Same(t, now.Services[1], then.Services[0], "acme/web is what it was")

	alone := facts.NewDeriver(proposed)
	alone.Apply(moved(repo.Events, "acme/api", 0)...)
	alone.Apply(moved(repo.Events, "acme/web", 1)...)
	span := figures.Span{Start: doratest.Hour(0), End: doratest.Hour(1000)}
	at := doratest.Hour(1000)
	same, _ := figures.Differences(then, alone.Derive(dora.DefaultDefinition()), dora.ByService, span, at, nil)
	assert.Empty(t, same, "it is what it will be once it is saved")

	changed, all := figures.Differences(now, then, dora.ByService, span, at, nil)
	assert.Equal(t, 3, all)
	require.Len(t, changed, 2)
	assert.True(t, changed[0].Vanishes && changed[0].Name == "acme/api")
	assert.True(t, changed[1].Appears && changed[1].Name == "api")
	assert.Equal(t, dora.DeploymentFrequency, changed[1].Figures[0].Metric)
	assert.Equal(t, 3, changed[1].Figures[0].Then.N)

	after := h.Derive(dora.DefaultDefinition())
	for i, f := range before.Services {
		assert.Same(t, f, after.Services[i], "nothing of what is in force was worked out again")
	}
}

// A monorepo's services are those whose folders its changes touch: a folder that appears is a service.
func TestAFolderThatAppearsIsAServiceByTheRules(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2", "V3")
	match := dora.Match{Path: dora.MustShape("packages/{service}/**")}
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction, Services: []dora.Service{{Match: &match}}})
	h.Apply(repo.Events...)
	assert.Empty(t, h.Derive(dora.DefaultDefinition()).Services)
	h.Apply(&dora.Change{
		Header:     dora.Header{Source: "github", ID: repo.Repository + ":change:7", Updated: doratest.Hour(1)},
		Repository: repo.Repository, Number: 7, Title: "Mail", Opened: doratest.Hour(0), Merged: doratest.Hour(1), Files: &dora.Files{Paths: []string{"packages/mail/main.go"}},
	})
	s := h.Derive(dora.DefaultDefinition())
	require.Len(t, s.Services, 1)
	assert.Equal(t, "mail", s.Services[0].Service.Name)
}

func TestWithoutServicesEveryRepositoryIsOne(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	p := preview(repo, dora.Mapping{Production: dora.MustPattern("^live$")})
	require.Len(t, p.Services, 1)
	assert.Equal(t, "example-health/api", p.Services[0].Name)
	assert.Zero(t, p.Services[0].Deployments[0].Count)
	assert.Equal(t, "production", p.Unmatched[0].Environment, "what is production must be said otherwise")
}
