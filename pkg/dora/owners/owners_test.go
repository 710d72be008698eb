package owners_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
)

// teams asks rules who owns a service of one repository.
func teams(traits dora.Traits, s dora.Service, ownership dora.Ownership, paths ...string) owners.Finding {
	place := owners.Place{Source: "github", Name: "acme/shop", Traits: &traits}
	for _, path := range paths {
		place.Paths = append(place.Paths, dora.MustGlob(path))
	}
	return owners.NewFinder(ownership, nil).Of(&s, []owners.Place{place})
}

func places(all ...dora.OwnerPlace) (o dora.Ownership) {
	for _, place := range all {
		o.Rules = append(o.Rules, dora.OwnerRule{From: place})
	}
	return o
}

func TestTheLastLineThatMatchesOwnsAndAllThatStandOnIt(t *testing.T) {
	file := strings.Join([]string{
		"# who looks at what", "", "* @o/a", "/packages/x @o/b @o/c", "/packages/x/generated", "*.md @o/docs # texts", "apps/ @octo", "/libs/* @o/libs", "- @o/d",
	}, "\n")
	for path, want := range map[string][]string{
		"":                          {"a"}, // the repository's
		"packages/x/**":             {"b", "c"},
		"packages/x/generated/**":   nil, // a line without owners takes them away
		"packages/y/**":             {"a"},
		"packages/x/README.md":      {"docs"},
		"some/where/apps/z/**":      {"@octo"},
		"libs/one.go":               {"libs"},
		"libs/deep/one.go":          {"a"},
		"packages/x/**,libs/one.go": {"b", "c", "libs"},
		"packages/y/**,!**/*.md":    {"a"},
	} {
		var paths []string
		if path != "" {
			paths = strings.Split(path, ",")
		}
		found := teams(dora.Traits{CodeOwners: file}, dora.Service{Name: "shop"}, places(dora.OwnersInCodeOwners), paths...)
		assert.Equal(t, want, found.Teams, path)
	}
}

func TestAPathThatNoLineMatchesIsUnowned(t *testing.T) {
	found := teams(dora.Traits{CodeOwners: "- @o/d\n/packages/y @o/b\n"}, dora.Service{Name: "shop"}, places(dora.OwnersInCodeOwners), "packages/x/**")
	assert.Empty(t, found.Teams, "a line with a mistake in it owns nothing, and no other team does in its place")
	assert.Empty(t, found.From)
	assert.Empty(t, teams(dora.Traits{}, dora.Service{Name: "shop"}, places(dora.OwnersInCodeOwners)).Teams)
}

func TestTheFirstPlaceThatGivesAnOwnerDecidesAndThoseThatSayOtherwiseAreTold(t *testing.T) {
	traits := dora.Traits{Topics: []string{"go", "team-payments"}, Group: "acme/checkout/api", CodeOwners: "* @acme/payments"}
	ownership := dora.Ownership{Rules: []dora.OwnerRule{
		{From: dora.OwnersInProperties, Property: "team"},
		{From: dora.OwnersInTopics, Pattern: dora.MustPattern(`^team-(.+)$`)},
		{From: dora.OwnersInCodeOwners},
		{From: dora.OwnersInGroups, Depth: 2},
		{From: dora.OwnersInGroups, Depth: 4},
	}}
	found := teams(traits, dora.Service{Name: "shop"}, ownership)
	assert.Equal(t, owners.Finding{Service: "shop", Teams: []string{"payments"}, From: "topics", Others: []owners.Other{{From: "groups", Teams: []string{"checkout"}}}}, found)

	found = teams(traits, dora.Service{Name: "shop", Team: "tills"}, ownership)
	assert.Equal(t, []string{"tills"}, found.Teams, "the settings stand above")
	assert.Equal(t, owners.FromSettings, found.From)
	assert.Len(t, found.Others, 3)

	traits.Properties = []dora.Property{{Name: "Team", Values: []string{"front-door", "payments"}}}
	assert.Equal(t, []string{"front-door", "payments"}, teams(traits, dora.Service{Name: "shop"}, ownership).Teams)

	ownership.Rules[0].Source = "gitlab"
	assert.Equal(t, "topics", teams(traits, dora.Service{Name: "shop"}, ownership).From, "a rule about another source says nothing of this one")
}

func TestAListSaysWhoOwnsServicesOrRepositories(t *testing.T) {
	list := func(text string) dora.Ownership {
		return dora.Ownership{Rules: []dora.OwnerRule{{From: dora.OwnersInCSV, Text: text}}}
	}
	shop := dora.Service{Name: "Shop"}
	assert.Equal(t, []string{"payments", "tills"}, teams(dora.Traits{}, shop, list("service,team\n# ours\nshop,payments; tills\nshop,payments\nsearch,finders\n")).Teams)
	assert.Equal(t, []string{"a, b"}, teams(dora.Traits{}, shop, list("\ufeffrepository,team\r\nACME/shop,\"a, b\"\r\n")).Teams)
	assert.Empty(t, teams(dora.Traits{}, shop, list("repository,team\nacme/search,finders\n")).Teams)
}

func TestEveryLineOfAListThatCannotBeReadIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "line 1: is missing; allowed: service,team or repository,team",
		"name,team\na,b":                "line 1: is no heading; allowed: service,team or repository,team",
		"service,team\na\nb,c\n,d\ne,;": "line 2: has 1 columns; allowed: 2, and ; between several teams\nline 4: names nothing that is owned\nline 5: names no team",
		"service,team\n\"a,b\n":         "line 2: extraneous or missing \" in quoted-field",
		"service,team\n" + strings.Repeat("x", owners.LimitOfList): "has 1048589 bytes; allowed: up to 1048576",
	} {
		require.EqualError(t, owners.ReadList(text), want)
	}
	require.NoError(t, owners.ReadList("service,team\na,b\n"))
}

func TestATeamThatWasRenamedIsOneTeamUnderItsNewName(t *testing.T) {
	named := dora.Ownership{Rules: places(dora.OwnersInCodeOwners).Rules, Names: []dora.TeamName{{Name: "Money", Also: []string{"payments", "@acme/tills"}}}}
	for _, file := range []string{"* @acme/payments", "* @acme/Tills", "* @acme/money", "* @acme/payments @acme/tills"} {
		assert.Equal(t, []string{"Money"}, teams(dora.Traits{CodeOwners: file}, dora.Service{Name: "shop"}, named).Teams, file)
	}
	assert.Equal(t, []string{"Money"}, teams(dora.Traits{}, dora.Service{Name: "shop", Team: "payments"}, named).Teams)
	assert.Equal(t, []string{"tills"}, teams(dora.Traits{CodeOwners: "* @other/tills"}, dora.Service{Name: "shop"}, named).Teams, "another organisation's is another")
}

func TestNobodyCanBeCalledUnowned(t *testing.T) {
	found := teams(dora.Traits{Topics: []string{dora.Unowned}}, dora.Service{Name: "shop"}, places(dora.OwnersInTopics))
	assert.Empty(t, found.Teams)
}

func TestAServiceIsTheEntryOfACatalogueThatIsCalledLikeItOrWhoseFolderItIsIn(t *testing.T) {
	entry := func(name, owner, folder string, repositories ...string) owners.Entry {
		return owners.Entry{Source: "portal", Entity: &dora.Entity{From: dora.OwnersInBackstage, Name: name, Owners: []string{owner}, Repositories: repositories, Folder: folder}}
	}
	entries := []owners.Entry{
		entry("checkout", "payments", "apps/checkout", "acme/mono"), entry("till", "tills", "apps/till", "acme/mono"), entry("till-ui", "front", "apps/till/ui", "acme/mono"),
		entry("platform", "platform", "", "acme/mono"), entry("search", "finders", "", "Acme/search-api", "acme/search-ui"), entry("lonely", "hermits", ""),
		entry("one", "a", "x", "acme/pair"), entry("two", "b", "y", "acme/pair"),
	}
	of := func(service, repository, source string, paths ...string) []string {
		place := owners.Place{Source: "github", Name: repository, Traits: &dora.Traits{}}
		for _, path := range paths {
			place.Paths = append(place.Paths, dora.MustGlob(path))
		}
		ownership := dora.Ownership{Rules: []dora.OwnerRule{{From: dora.OwnersInBackstage, Source: source}}}
		return owners.NewFinder(ownership, entries).Of(&dora.Service{Name: service}, []owners.Place{place}).Teams
	}
	assert.Equal(t, []string{"payments"}, of("Checkout", "acme/mono", ""), "by its name")
	assert.Equal(t, []string{"tills"}, of("shop", "acme/mono", "", "apps/till/**"), "by its folder")
	assert.Equal(t, []string{"front"}, of("shop", "acme/mono", "", "apps/till/ui/**"), "the nearest of them")
	assert.Equal(t, []string{"platform"}, of("shop", "acme/mono", ""), "all of a repository is what has no folder in it")
	assert.Equal(t, []string{"platform"}, of("shop", "acme/mono", "", "tools/**"))
	assert.Equal(t, []string{"a", "b"}, of("shop", "acme/pair", ""), "and where there is none, all that is in it")
	assert.Equal(t, []string{"finders"}, of("anything", "acme/SEARCH-api", ""), "an entry of several repositories is in each")
	assert.Equal(t, []string{"hermits"}, of("lonely", "acme/unknown", ""), "of repositories that no catalogue knows the name decides")
	assert.Empty(t, of("other", "acme/unknown", ""))
	assert.Empty(t, of("checkout", "acme/mono", "another"), "a rule about another catalogue says nothing of this one")
}

func TestOnGitLabALineDecidesInEachSection(t *testing.T) {
	file := strings.Join([]string{
		"# who approves what", "* @admins", "!vendor/", "", "[Readme Owners]", "README.md @jane @joe", "internal/README.md @o/inside", "",
		"[Documentation][2] @o/docs", "docs/", "/guides/*", "*.txt @o/texts", "", "^[Data base] @o/db", "model/db/", "/config/db/setup\\ file.md @o/docs @@maintainer", "",
		"[documentation]", "handbook/ ", "!/docs/drafts/", "/docs/drafts/kept.md @o/kept",
	}, "\n")
	for path, want := range map[string][]string{
		"":                        {"@admins"}, // the repository's
		"README.md":               {"@admins", "@jane", "@joe"},
		"some/internal/README.md": {"@admins", "inside"}, // in any folder, whatever is in the path
		"docs/a/**":               {"@admins", "docs"},   // a line without owners has its section's
		"api/docs/a.md":           {"@admins", "docs"},
		"guides/a.md":             {"@admins", "docs"},
		"guides/a/b.md":           {"@admins"},
		"a/notes.txt":             {"@admins", "texts"},
		"src/model/db/a.sql":      {"@admins", "db"}, // who need not approve owns too
		"config/db/setup file.md": {"@admins", "docs"},
		"handbook/a.md":           {"@admins"}, // the second heading of a section has its say on what follows it
		"docs/drafts/kept.md":     {"@admins"}, // what was taken out stays out
		"vendor/README.md":        {"@jane", "@joe"},
		"vendor/a.go":             nil,
	} {
		var paths []string
		if path != "" {
			paths = []string{path}
		}
		found := teams(dora.Traits{CodeOwners: file, SectionedOwners: true}, dora.Service{Name: "shop"}, places(dora.OwnersInCodeOwners), paths...)
		assert.Equal(t, want, found.Teams, path)
	}
	github := teams(dora.Traits{CodeOwners: file}, dora.Service{Name: "shop"}, places(dora.OwnersInCodeOwners), "docs/a/**")
	assert.Empty(t, github.Teams, "GitHub knows no sections: the last line that matches has no owners there")
}

func TestComponentsOfARepositorysOwnFileOwnItsServices(t *testing.T) {
	file := strings.Join([]string{
		"apiVersion: backstage.io/v1alpha1", "kind: Component", "metadata:", "  name: checkout", "spec: { type: service, owner: group:default/payments }", "---",
		"kind: Component", "metadata: { name: till", "---",
		"kind: Component", "metadata:", "  name: search", "  annotations:", "    backstage.io/source-location: url:https://github.com/acme/shop/tree/main/apps/search/", "spec: { owner: user:jane }", "---",
		"kind: API", "metadata: { name: shop }", "spec: { owner: nobody }", "--- ", "kind: Location", "spec: { targets: [./other.yaml] }",
	}, "\n")
	of := func(service string, paths ...string) []string {
		return teams(dora.Traits{CatalogInfo: file}, dora.Service{Name: service}, places(dora.OwnersInCatalog), paths...).Teams
	}
	assert.Equal(t, []string{"payments"}, of("checkout"), "by its name")
	assert.Equal(t, []string{"@jane"}, of("finder", "apps/search/**"), "by its folder")
	assert.Equal(t, []string{"payments"}, of("shop"), "the component of the whole repository")
	assert.Empty(t, teams(dora.Traits{CatalogInfo: "kind: [" + strings.Repeat("{", 1000)}, dora.Service{Name: "shop"}, places(dora.OwnersInCatalog)).Teams)
	assert.Empty(t, teams(dora.Traits{}, dora.Service{Name: "shop"}, places(dora.OwnersInCatalog)).Teams)
}

func TestAListThatASourceReadsSaysWhatOneInTheSettingsWould(t *testing.T) {
	for _, text := range []string{"service,team\nShop,payments; tills\n", "repository,team\nAcme/Shop,payments; tills\n"} {
		entities, err := owners.EntitiesIn(text)
		require.NoError(t, err)
		require.Len(t, entities, 1)
		entries := []owners.Entry{{Source: "list", Entity: &entities[0]}}
		place := owners.Place{Source: "github", Name: "acme/shop", Traits: &dora.Traits{}}
		of := func(service string, place owners.Place, rule dora.OwnerRule) []string {
			return owners.NewFinder(dora.Ownership{Rules: []dora.OwnerRule{rule}}, entries).Of(&dora.Service{Name: service}, []owners.Place{place}).Teams
		}
		assert.Equal(t, []string{"payments", "tills"}, of("shop", place, dora.OwnerRule{From: dora.OwnersInCSV, Source: "list"}), text)
		assert.Equal(t, []string{"payments", "tills"}, of("shop", place, dora.OwnerRule{From: dora.OwnersInCSV}), text)
		assert.Empty(t, of("shop", place, dora.OwnerRule{From: dora.OwnersInCSV, Source: "other"}), text)
		assert.Empty(t, of("shop", place, dora.OwnerRule{From: dora.OwnersInBackstage}), "another place")
		place.Name = "acme/other"
		assert.Empty(t, of("other", place, dora.OwnerRule{From: dora.OwnersInCSV}), text)
	}
}

func TestATeamOfGitHubOwnsWhatItMayMaintain(t *testing.T) {
	team := func(name string, may dora.TeamPermission) dora.Property {
		return dora.Property{Name: name, Values: []string{string(may)}}
	}
	traits := dora.Traits{Teams: []dora.Property{team("everybody", dora.TeamsWithWrite), team("team-payments", dora.TeamsWithMaintain), team("platform", dora.TeamsWithAdmin)}}
	of := func(permission dora.TeamPermission, pattern string) []string {
		rule := dora.OwnerRule{From: dora.OwnersInTeams, Permission: permission}
		if pattern != "" {
			rule.Pattern = dora.MustPattern(pattern)
		}
		return teams(traits, dora.Service{Name: "shop"}, dora.Ownership{Rules: []dora.OwnerRule{rule}}).Teams
	}
	assert.Equal(t, []string{"team-payments", "platform"}, of("", ""))
	assert.Equal(t, []string{"platform"}, of(dora.TeamsWithAdmin, ""))
	assert.Len(t, of(dora.TeamsWithWrite, ""), 3)
	assert.Equal(t, []string{"payments"}, of("", "^team-(.+)$"))
}
