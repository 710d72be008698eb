package owners_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
)

// gaps are those of services of one repository each, named as they are, by kind and what they are about.
func gaps(ownership dora.Ownership, entries []owners.Entry, files []string, traits map[string]dora.Traits) map[string]owners.Gap {
	var cases []owners.Case
	known := owners.Known{Files: func(string, string) []string { return files }}
	for _, service := range []string{"checkout", "search"} {
		of := traits[service]
		cases = append(cases, owners.Case{Service: &dora.Service{Name: service}, Places: []owners.Place{{Source: "github", Name: "acme/" + service, Traits: &of}}})
		known.Repositories = append(known.Repositories, "acme/"+service)
	}
	found := map[string]owners.Gap{}
	for _, gap := range owners.NewFinder(ownership, entries).Gaps(cases, known) {
		found[string(gap.Kind)+" "+gap.About+" "+gap.Text] = gap
	}
	return found
}

func keys(found map[string]owners.Gap) (all []string) {
	for key := range found {
		all = append(all, strings.TrimSpace(key))
	}
	return all
}

// A slip of the pen made the only rule of a file match nothing, and nobody was told.
func TestALineOfCodeOwnersThatMatchesNoFileIsTold(t *testing.T) {
	file := "* @o/a\n# ours\n/packages/x @o/b @o/c\n- @o/d\n"
	traits := map[string]dora.Traits{"checkout": {CodeOwners: file}, "search": {CodeOwners: "- @o/d"}}
	found := gaps(places(dora.OwnersInCodeOwners), nil, []string{"README.md", "packages/x/main.go"}, traits)
	assert.ElementsMatch(t, []string{"line acme/checkout - @o/d", "line acme/search - @o/d", "unowned search"}, keys(found))
	assert.Equal(t, 4, found["line acme/checkout - @o/d"].Line)
	assert.ElementsMatch(t, []string{"unowned search"}, keys(gaps(places(dora.OwnersInCodeOwners), nil, nil, traits)), "of files that are not known nothing is said")
}

// A team was renamed, and what named it by its old name owned nothing any more.
func TestAnOwnerThatIsNoMoreIsTold(t *testing.T) {
	entry := func(name string, e dora.Entity) owners.Entry {
		e.From, e.Name = dora.OwnersInBackstage, name
		return owners.Entry{Source: "portal", Entity: &e}
	}
	entries := []owners.Entry{entry("checkout", dora.Entity{Lost: []string{"billing"}}), entry("search", dora.Entity{Owners: []string{"finders"}})}
	ownership := places(dora.OwnersInBackstage)
	found := gaps(ownership, entries, nil, nil)
	assert.ElementsMatch(t, []string{"unowned checkout"}, keys(found))
	assert.Equal(t, []string{"billing"}, found["unowned checkout "].Names)

	ownership.Names = []dora.TeamName{{Name: "Finders", Also: []string{"finders", "seekers"}}}
	also := gaps(ownership, entries, nil, nil)["also Finders "]
	assert.Equal(t, []string{"seekers"}, also.Names)
	assert.Equal(t, []string{"finders"}, also.Among)
}

func TestPlacesThatDisagreeAreToldAndSoAreThoseThatGiveNothing(t *testing.T) {
	traits := map[string]dora.Traits{"checkout": {Topics: []string{"go", "team-a"}, Group: "acme"}, "search": {Group: "acme"}}
	ownership := dora.Ownership{Rules: []dora.OwnerRule{
		{From: dora.OwnersInTopics, Pattern: dora.MustPattern("^team-(.+)$")}, {From: dora.OwnersInGroups}, {From: dora.OwnersInTopics, Pattern: dora.MustPattern("^squad-(.+)$")},
	}}
	found := gaps(ownership, nil, nil, traits)
	assert.ElementsMatch(t, []string{"differs checkout", "nothing topics"}, keys(found))
	assert.Equal(t, []owners.Other{{From: "groups", Teams: []string{"acme"}}}, found["differs checkout "].Finding.Others)
	assert.Equal(t, 2, found["nothing topics "].Rule)
	assert.Equal(t, []string{"go", "team-a"}, found["nothing topics "].Among, "which there were to choose from")
}

func TestNamesInAListThatNothingHasAreTold(t *testing.T) {
	list := func(text string) owners.Gap {
		return gaps(dora.Ownership{Rules: []dora.OwnerRule{{From: dora.OwnersInCSV, Text: text}}}, nil, nil, nil)["unknown csv "]
	}
	services := list("service,team\ncheckout,a\nSearch,b\nChekout,c\n")
	assert.Equal(t, []string{"Chekout"}, services.Names)
	assert.Equal(t, []string{"checkout", "search"}, services.Among)
	assert.Equal(t, []string{"acme/chekout"}, list("repository,team\nacme/Checkout,a\nacme/search,b\nacme/chekout,c\n").Names)

	read, _ := owners.EntitiesIn("service,team\ncheckout,a\nsearch,a\nserach,b\n")
	var entries []owners.Entry
	for i := range read {
		entries = append(entries, owners.Entry{Source: "list", Entity: &read[i]})
	}
	found := gaps(dora.Ownership{Rules: []dora.OwnerRule{{From: dora.OwnersInCSV, Source: "list"}}}, entries, nil, nil)
	assert.ElementsMatch(t, []string{"unknown csv"}, keys(found))
	assert.Equal(t, []string{"serach"}, found["unknown csv "].Names)
}

// A column of numbers in place of names would have each of them sought among all services.
func TestOfAListThatNamesNothingTheFirstNamesAreToldAndTheRestIsCounted(t *testing.T) {
	var text strings.Builder
	text.WriteString("service,team\nCHECKOUT,tills\n")
	for n := range 2000 {
		fmt.Fprintf(&text, "%d,tills\n", 1000+n)
	}
	list := dora.Ownership{Rules: []dora.OwnerRule{{From: dora.OwnersInCSV, Text: text.String()}}}
	gap := gaps(list, nil, nil, nil)["unknown csv "]
	require.Len(t, gap.Names, 50)
	assert.Equal(t, "1000", gap.Names[0], "CHECKOUT is the service")
	assert.Equal(t, 1950, gap.More)
}
