package figures_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// owned is a checkout that two teams own, with two deployments, a search that one of them owns, with one, and a service that
// nobody owns, with one.
func owned(t *testing.T) *facts.Snapshot {
	t.Helper()
	repo := doratest.Versions(t)
	service := func(name, environment, team string, teams ...string) dora.Service {
		rule := dora.DeploymentRule{Source: "github", Repository: repo.Repository, Environment: dora.MustPattern("^" + environment + "$")}
		return dora.Service{Name: name, Team: team, Teams: teams, Deployments: []dora.DeploymentRule{rule}}
	}
	repo.Mapping.Services = []dora.Service{service("checkout", "a", "payments", "shop"), service("search", "b", "", "shop", "shop"), service("legacy", "c", "")}
	repo.Deploy("a", "V1", doratest.Hour(1))
	repo.Deploy("a", "V2", doratest.Hour(2))
	repo.Deploy("b", "V1", doratest.Hour(3))
	repo.Deploy("c", "V1", doratest.Hour(4))
	return repo.Snapshot()
}

// deployed counts deployments by group.
func deployed(s *facts.Snapshot, by dora.Field, filters ...dora.Filter) map[string]float64 {
	q := figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Spans: days(1), Now: doratest.Hour(99), Filters: filters}
	if by != "" {
		q.GroupBy = []dora.Field{by}
	}
	counts := map[string]float64{}
	for _, series := range figures.Ask(s, q) {
		counts[series.Labels[string(by)]] = *series.Points[0].Value
	}
	return counts
}

func team(not bool, names ...string) dora.Filter { return dora.NewFilter(dora.ByTeam, not, names) }

func TestAServiceOfSeveralTeamsIsInEachOfTheirGroupsAndOnceInEveryTotal(t *testing.T) {
	s := owned(t)
	assert.Equal(t, map[string]float64{"payments": 2, "shop": 3, dora.Unowned: 1}, deployed(s, dora.ByTeam))
	assert.Equal(t, map[string]float64{"": 4}, deployed(s, ""), "each deployment counts once")
	assert.Equal(t, map[string]float64{"": 3}, deployed(s, "", team(false, "payments", "shop")), "and once where both of its teams are asked for")
	assert.Equal(t, map[string]float64{"checkout": 2, "search": 1}, deployed(s, dora.ByService, team(false, "shop")))
	assert.Equal(t, map[string]float64{"shop": 3}, deployed(s, dora.ByTeam, team(false, "shop")), "a group that nobody asked for is not shown")
	assert.Equal(t, map[string]float64{"shop": 3, dora.Unowned: 1}, deployed(s, dora.ByTeam, team(true, "payments")))
	assert.Equal(t, map[string]float64{"legacy": 1}, deployed(s, dora.ByService, team(true, "payments"), team(true, "shop")))
}

func TestAServiceThatNobodyOwnsIsShownSo(t *testing.T) {
	s := owned(t)
	assert.Equal(t, []string{dora.Unowned, "payments", "shop"}, figures.Values(s, dora.ByTeam, nil), "a variable offers it")
	assert.Equal(t, []string{"legacy"}, figures.Values(s, dora.ByService, []dora.Filter{team(false, dora.Unowned)}))
	assert.Equal(t, map[string]float64{"legacy": 1}, deployed(s, dora.ByService, team(false, "")), "queries of before say nothing for nobody")
	require.Len(t, s.Select([]dora.Filter{team(false, dora.Unowned)}), 1)
	assert.Len(t, s.Select([]dora.Filter{team(false, "payments")}), 1)
}

func TestOwnersFollowWhatSourcesTellOfRepositories(t *testing.T) {
	repo := doratest.Versions(t)
	rule := dora.DeploymentRule{Source: "github", Repository: repo.Repository, Environment: dora.MustPattern("^a$")}
	repo.Mapping.Services = []dora.Service{{Name: "checkout", Deployments: []dora.DeploymentRule{rule}}}
	repo.Mapping.Ownership = dora.Ownership{
		Rules: []dora.OwnerRule{{From: dora.OwnersInCSV, Text: "service,team\nsearch,finders"}, {From: dora.OwnersInTopics, Pattern: dora.MustPattern("^team-(.+)$")}},
		Names: []dora.TeamName{{Name: "Money", Also: []string{"payments"}}},
	}
	repo.Deploy("a", "V1", doratest.Hour(1))
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	tell := func(hour float64, topics ...string) *facts.Snapshot {
		header := repo.Header("repository")
		header.Updated = doratest.Hour(hour)
		h.Apply(&dora.Repository{Header: header, Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head), Traits: dora.Traits{Topics: topics}})
		return h.Derive(repo.Def)
	}
	assert.Equal(t, map[string]float64{dora.Unowned: 1}, deployed(tell(1), dora.ByTeam))
	first := tell(2, "team-payments", "team-shop")
	assert.Equal(t, map[string]float64{"Money": 1, "shop": 1}, deployed(first, dora.ByTeam))
	assert.Equal(t, "topics", first.Owners()[0].From)
	assert.Equal(t, map[string]float64{"": 1}, deployed(first, ""))
	assert.Equal(t, map[string]float64{"shop": 1}, deployed(tell(3, "team-shop"), dora.ByTeam), "all of its history is with whoever owns it now")
	assert.Equal(t, map[string]float64{"Money": 1, "shop": 1}, deployed(first, dora.ByTeam), "and what was given away stays as it was")
}

func TestACatalogueGivesOwnersAndNothingElse(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Mapping = dora.Mapping{KeepOthers: true, Production: dora.MustPattern("^a$"), Ownership: dora.Ownership{Rules: []dora.OwnerRule{{From: dora.OwnersInBackstage}}}}
	repo.Deploy("a", "V1", doratest.Hour(1))
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	before := h.Derive(repo.Def)
	assert.Equal(t, map[string]float64{dora.Unowned: 1}, deployed(before, dora.ByTeam))
	tell := func(hour float64, withdrawn bool, owner string) *facts.Snapshot {
		entity := &dora.Entity{From: dora.OwnersInBackstage, Name: "versions", Owners: []string{owner}, Repositories: []string{repo.Repository}}
		h.Apply(&dora.Repository{
			Header: dora.Header{Source: "portal", ID: "component:default/versions", Updated: doratest.Hour(hour)}, Name: "component:default/versions",
			Withdrawn: withdrawn, Traits: dora.Traits{Entity: entity},
		})
		return h.Derive(repo.Def)
	}
	told := tell(2, false, "payments")
	assert.Greater(t, told.Version, before.Version)
	assert.Equal(t, map[string]float64{"payments": 1}, deployed(told, dora.ByTeam))
	assert.Len(t, told.Services, len(before.Services), "an entry is no service")
	assert.Equal(t, map[dora.Kind]int{dora.KindRepository: 1}, h.Counts()["portal"])
	assert.Equal(t, map[string]float64{"shop": 1}, deployed(tell(3, false, "shop"), dora.ByTeam))
	assert.Equal(t, told.Version+1, tell(2.5, false, "payments").Version, "what is older changes nothing")
	assert.Equal(t, map[string]float64{dora.Unowned: 1}, deployed(tell(4, true, "shop"), dora.ByTeam))
	assert.NotContains(t, h.Counts(), "portal")
	assert.Empty(t, h.Absent(), "nobody misses it as a repository")
}
