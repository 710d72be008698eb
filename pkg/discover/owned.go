package discover

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Whose a service is, by every place that says so. Places are asked by the product's own finder, so that what is proposed is
// what settings will give.

// candidate is a place that may be proposed.
type candidate struct {
	rule   dora.OwnerRule
	detail string
}

// topicPrefixes are how topics that name a team begin.
var topicPrefixes = regexp.MustCompile(`^(team|squad|owner|owned-by|crew|tribe)-.+$`)

// candidates are the places that the repositories tell of.
func candidates(offers []source.Offer) (all []candidate) {
	topics, properties, deep := map[string]int{}, map[string]int{}, map[string]int{}
	files, catalogues, teams := false, false, false
	for i := range offers {
		o := &offers[i]
		files = files || o.Traits.CodeOwners != ""
		catalogues = catalogues || o.Traits.CatalogInfo != ""
		teams = teams || len(o.Traits.Teams) > 0
		for _, topic := range o.Traits.Topics {
			if found := topicPrefixes.FindStringSubmatch(topic); found != nil {
				topics[found[1]]++
			}
		}
		for _, p := range o.Traits.Properties {
			if anyOf(wordsIn(p.Name), []string{"team", "owner", "squad", "crew", "tribe"}) {
				properties[p.Name]++
			}
		}
		if strings.Count(o.Traits.Group, "/") >= 1 {
			deep[o.Source]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		all = append(all, candidate{dora.OwnerRule{From: dora.OwnersInProperties, Property: name}, name})
	}
	if catalogues {
		all = append(all, candidate{rule: dora.OwnerRule{From: dora.OwnersInCatalog}})
	}
	for _, prefix := range slices.Sorted(maps.Keys(topics)) {
		pattern := "^" + prefix + "-(.+)$"
		all = append(all, candidate{dora.OwnerRule{From: dora.OwnersInTopics, Pattern: dora.MustPattern(pattern)}, pattern})
	}
	if files {
		all = append(all, candidate{rule: dora.OwnerRule{From: dora.OwnersInCodeOwners}})
	}
	for _, id := range slices.Sorted(maps.Keys(deep)) {
		all = append(all, candidate{dora.OwnerRule{From: dora.OwnersInGroups, Source: id, Depth: 2}, "2"})
	}
	if teams {
		all = append(all, candidate{rule: dora.OwnerRule{From: dora.OwnersInTeams}})
	}
	return all
}

// owned is a service with where its code is.
type owned struct {
	choice, service int // its place in the choices
	of              dora.Service
	places          []owners.Place
}

// team is what a team's name comes down to, so that payments-team and Payments are one.
func team(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for len(words) > 1 && (words[0] == "team" || words[0] == "squad") {
		words = words[1:]
	}
	for len(words) > 1 && (words[len(words)-1] == "team" || words[len(words)-1] == "squad") {
		words = words[:len(words)-1]
	}
	return strings.Join(words, "")
}

func isPerson(name string) bool { return strings.HasPrefix(name, "@") }

// ownership is who owns what is proposed, as far as it is told.
type ownership struct {
	places []Place
	rules  []dora.OwnerRule
	names  []dora.TeamName
}

// own finds the owners of services, and the places to propose.
func own(all []candidate, services []owned) (o ownership, said [][]owners.Finding) {
	said = make([][]owners.Finding, len(services)) // by service and candidate
	for s := range services {
		said[s] = make([]owners.Finding, len(all))
	}
	places := make([]Place, len(all))
	for c, each := range all {
		finder := owners.NewFinder(dora.Ownership{Rules: []dora.OwnerRule{each.rule}}, nil)
		places[c] = Place{From: string(each.rule.From), Source: each.rule.Source, Detail: each.detail, Of: len(services)}
		for s := range services {
			said[s][c] = finder.Of(&services[s].of, services[s].places)
		}
	}
	for c := range all {
		p := &places[c]
		for s := range services {
			teams := said[s][c].Teams
			if len(teams) == 0 {
				continue
			}
			p.Owned++
			if len(teams) == 1 && !isPerson(teams[0]) {
				p.Single++
			}
			for other := range all {
				if other != c && len(said[s][other].Teams) > 0 && !sameTeams(teams, said[s][other].Teams) {
					p.Differs++
					break
				}
			}
		}
		if p.Owned > 0 {
			p.share = float64(p.Single-p.Differs) / float64(p.Of)
		}
	}
	ranked := make([]int, len(all))
	for c := range all {
		ranked[c] = c
	}
	slices.SortStableFunc(ranked, func(a, b int) int { return cmp.Compare(places[b].share, places[a].share) })
	given := make([]bool, len(services))
	for _, c := range ranked {
		fresh := 0
		for s := range services {
			if teams := said[s][c].Teams; !given[s] && len(teams) > 0 {
				fresh++
				given[s] = true
			}
		}
		p := &places[c]
		p.Reason = fmt.Sprintf("It gives %d of %d services an owner, %d of them one team; for %d another place says otherwise.", p.Owned, p.Of, p.Single, p.Differs)
		if fresh > 0 {
			p.Proposed = true
			o.rules = append(o.rules, all[c].rule)
		} else {
			p.Reason += " Every one of them has an owner by a place before it."
		}
		o.places = append(o.places, *p)
	}
	o.names = teamNames(said)
	return o, said
}

func sameTeams(a, b []string) bool {
	reduce := func(names []string) (keys []string) {
		for _, name := range names {
			keys = append(keys, team(name))
		}
		slices.Sort(keys)
		return slices.Compact(keys)
	}
	return slices.Equal(reduce(a), reduce(b))
}

// teamNames joins what is the same team under names that are written differently: it is called as most call it.
func teamNames(said [][]owners.Finding) (names []dora.TeamName) {
	spelled := map[string]map[string]int{}
	for _, findings := range said {
		for _, f := range findings {
			for _, name := range f.Teams {
				if isPerson(name) || team(name) == "" {
					continue
				}
				if spelled[team(name)] == nil {
					spelled[team(name)] = map[string]int{}
				}
				spelled[team(name)][name]++
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(spelled)) {
		ways := slices.SortedFunc(maps.Keys(spelled[key]), func(a, b string) int {
			if byCount := cmp.Compare(spelled[key][b], spelled[key][a]); byCount != 0 {
				return byCount
			}
			return cmp.Compare(a, b)
		})
		if len(ways) < 2 {
			continue
		}
		known := map[string]bool{strings.ToLower(ways[0]): true}
		t := dora.TeamName{Name: ways[0]}
		for _, way := range ways[1:] {
			if !known[strings.ToLower(way)] {
				known[strings.ToLower(way)] = true
				t.Also = append(t.Also, way)
			}
		}
		names = append(names, t)
	}
	return names
}

// judge says how sure a service's owners are: what proposed rules find, against what all places say.
func judge(found owners.Finding, said []owners.Finding) (Sureness, string) {
	agree, differ := 0, []string{}
	for _, f := range said {
		switch {
		case len(f.Teams) == 0:
		case sameTeams(f.Teams, found.Teams):
			agree++
		default:
			differ = append(differ, fmt.Sprintf("%s says %s", f.From, source.Listed(f.Teams)))
		}
	}
	switch {
	case len(found.Teams) == 0:
		return Unsure, "No place says whose it is."
	case slices.ContainsFunc(found.Teams, isPerson):
		return Unsure, fmt.Sprintf("%s names a person, not a team.", found.From)
	case len(differ) > 0 && agree < 2:
		return Unsure, fmt.Sprintf("%s says %s, and %s.", found.From, source.Listed(found.Teams), strings.Join(differ, ", "))
	case len(found.Teams) > 2:
		return Unsure, fmt.Sprintf("%s names %d teams.", found.From, len(found.Teams))
	case len(found.Teams) > 1, len(differ) > 0, agree == 1 && found.From == string(dora.OwnersInTeams):
		return Likely, fmt.Sprintf("%s says so.", found.From)
	case agree > 1:
		return Sure, fmt.Sprintf("%d places say so.", agree)
	}
	return Sure, fmt.Sprintf("%s says so, and nothing says otherwise.", found.From)
}
