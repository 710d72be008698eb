package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
)

// ownersIn says whether owners are found in a kind of place of a source.
func (s *Settings) ownersIn(place dora.OwnerPlace, source string) bool {
	return slices.ContainsFunc(s.Owners, func(rule dora.OwnerRule) bool {
		return rule.From == place && (rule.Source == "" || rule.Source == source)
	})
}

// ownerKeys are the keys that say something of owners, with the places that have them, the first of which needs it.
var ownerKeys = []struct {
	name   string
	places []dora.OwnerPlace
	needed bool
	given  func(*dora.OwnerRule) bool
	what   string
}{
	{"pattern", []dora.OwnerPlace{dora.OwnersInTopics, dora.OwnersInProperties, dora.OwnersInGroups, dora.OwnersInTeams}, true, func(r *dora.OwnerRule) bool { return !r.Pattern.IsZero() }, "a regular expression whose first group is the team, such as ^team-(.+)$"},
	{"property", []dora.OwnerPlace{dora.OwnersInProperties}, true, func(r *dora.OwnerRule) bool { return r.Property != "" }, "the name of the property that has the team"},
	{"depth", []dora.OwnerPlace{dora.OwnersInGroups}, false, func(r *dora.OwnerRule) bool { return r.Depth != 0 }, "a number from 1"},
	{"permission", []dora.OwnerPlace{dora.OwnersInTeams}, false, func(r *dora.OwnerRule) bool { return r.Permission != "" }, "what a team may do at least"},
	{"text", []dora.OwnerPlace{dora.OwnersInCSV}, false, func(r *dora.OwnerRule) bool { return strings.TrimSpace(r.Text) != "" }, "lines of service,team or repository,team"},
}

func (s *Settings) validateOwners(sources []string, fail func(field, format string, args ...any)) {
	for i := range s.Owners {
		rule, at := &s.Owners[i], fmt.Sprintf("owners[%d]", i)
		if rule.From == "" {
			fail(at+".from", "is missing; allowed: %s", strings.Join(rule.From.Allowed(), ", "))
			continue
		}
		if rule.Source != "" {
			checkSource(at+".source", rule.Source, sources, fail)
		}
		tells := func(each Source) bool { // places that are sources are called as their systems are
			return each.Type == string(rule.From) && (rule.Source == "" || rule.Source == each.ID)
		}
		switch told := slices.ContainsFunc(s.Sources, tells); {
		case rule.From == dora.OwnersInBackstage && !told:
			fail(at+".from", "needs a source of type %s, which is read", rule.From)
		case rule.From == dora.OwnersInCSV && !told && strings.TrimSpace(rule.Text) == "":
			fail(at+".text", "is missing; allowed: lines of service,team or repository,team, or none where a source of type %s has them", rule.From)
		}
		for _, key := range ownerKeys {
			switch given := key.given(rule); {
			case given && !slices.Contains(key.places, rule.From):
				fail(at+"."+key.name, "is not allowed with from: %s; allowed: leave it out", rule.From)
			case !given && key.needed && key.places[0] == rule.From:
				fail(at+"."+key.name, "is missing; allowed: %s", key.what)
			}
		}
		if rule.Depth < 0 {
			fail(at+".depth", "%d is not allowed; allowed: a number from 1, or none", rule.Depth)
		}
		if rule.From == dora.OwnersInCSV && strings.TrimSpace(rule.Text) != "" {
			if err := owners.ReadList(rule.Text); err != nil {
				fail(at+".text", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
			}
		}
	}
	known := map[string]string{}
	for i, team := range s.Teams {
		at := fmt.Sprintf("teams[%d]", i)
		switch team.Name {
		case "":
			fail(at+".name", "is missing")
		case dora.Unowned:
			fail(at+".name", "%s stands for services that nobody owns; allowed: another name", dora.Unowned)
		}
		for _, name := range append([]string{team.Name}, team.Also...) {
			if other, twice := known[strings.ToLower(name)]; twice && other != team.Name {
				fail(at+".also", "%q is the team %q already; allowed: each name in one team", name, other)
			}
			known[strings.ToLower(name)] = team.Name
		}
	}
}
