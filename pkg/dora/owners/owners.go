package owners

import (
	"cmp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Place is a repository that a service is deployed from, or whose code it is, as its source tells of it.
type Place struct {
	Source, Name string
	Traits       *dora.Traits
	// Paths are the service's own files in it; none: all.
	Paths []dora.Glob
}

// files are paths that stand for the service's own files; none: all are.
func (p *Place) files() (paths []string) {
	for _, g := range p.Paths {
		if !g.Excludes() {
			paths = append(paths, file(g))
		}
	}
	return paths
}

// Finding is who owns a service, and where that was found.
type Finding struct {
	Service string   `json:"service"`
	Teams   []string `json:"teams"` // none: nobody owns it
	// From is where they were found: settings, for the service's own, or a rule's place.
	From string `json:"from,omitempty"`
	// Others are what rules below say that say otherwise.
	Others []Other `json:"others,omitempty"`
}

// Other is what another place says of a service's owners.
type Other struct {
	From  string   `json:"from"`
	Teams []string `json:"teams"`
}

// FromSettings is where a service's own teams stand.
const FromSettings = "settings"

// Finder finds owners.
type Finder struct {
	rules []dora.OwnerRule
	teams []dora.TeamName
	lists []list                // by rule
	names map[string]string     // what a team is called, by its other names in lower case
	files map[fileKey][]section // by what is in them

	catalogue *catalogue
	catalogs  map[string][]dora.Entity // of files, by what is in them
}

// NewFinder makes a finder, which knows what catalogues tell. What is wrong with a list was said when the settings were read.
func NewFinder(ownership dora.Ownership, entries []Entry) *Finder {
	f := &Finder{rules: ownership.Rules, teams: ownership.Names, lists: make([]list, len(ownership.Rules)), names: map[string]string{}, files: map[fileKey][]section{}, catalogue: newCatalogue(entries), catalogs: map[string][]dora.Entity{}}
	for i := range f.rules {
		if f.rules[i].From == dora.OwnersInCSV {
			f.lists[i], _ = readList(f.rules[i].Text)
		}
	}
	for _, team := range ownership.Names {
		for _, name := range append([]string{team.Name}, team.Also...) {
			f.names[strings.ToLower(name)] = team.Name
		}
	}
	return f
}

// Of finds the owners of a service.
func (f *Finder) Of(s *dora.Service, places []Place) Finding {
	found := Finding{Service: s.Name, Teams: f.called(s.Owners())}
	if len(found.Teams) > 0 {
		found.From = FromSettings
	}
	for i := range f.rules {
		teams := f.called(f.ask(i, s, places))
		switch {
		case len(teams) == 0:
		case found.From == "":
			found.Teams, found.From = teams, string(f.rules[i].From)
		case !alike(teams, found.Teams):
			found.Others = append(found.Others, Other{string(f.rules[i].From), teams})
		}
	}
	return found
}

func alike(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(team string) bool { return !slices.Contains(b, team) })
}

// called gives teams the names under which they are shown, each once.
func (f *Finder) called(names []string) []string {
	var teams []string
	for _, name := range names {
		team, known := f.names[strings.ToLower(name)]
		if !known {
			if team, known = f.names[strings.ToLower(short(name))]; !known {
				team = short(name)
			}
		}
		if team = dora.Shorten(team, dora.NameLimit); team != "" && team != dora.Unowned {
			teams = add(teams, team)
		}
	}
	return teams
}

// ask asks one rule.
func (f *Finder) ask(n int, s *dora.Service, places []Place) (names []string) {
	rule := &f.rules[n]
	switch rule.From {
	case dora.OwnersInCSV:
		if rule.Text == "" { // a source has it
			return f.catalogue.owners(rule, s.Name, places)
		}
		if !f.lists[n].byRepository {
			return f.lists[n].owners[strings.ToLower(s.Name)]
		}
	case dora.OwnersInBackstage:
		return f.catalogue.owners(rule, s.Name, places)
	case dora.OwnersInCatalog:
		return newCatalogue(f.written(places)).owners(rule, s.Name, places)
	}
	for i := range places {
		p := &places[i]
		if rule.Source != "" && rule.Source != p.Source {
			continue
		}
		for _, name := range f.askOf(n, p) {
			names = add(names, name)
		}
	}
	return names
}

// askOf asks one rule about one repository.
func (f *Finder) askOf(n int, p *Place) []string {
	rule := &f.rules[n]
	switch rule.From {
	case dora.OwnersInCSV:
		return f.lists[n].owners[strings.ToLower(p.Name)]
	case dora.OwnersInTopics:
		return captured(rule, p.Traits.Topics)
	case dora.OwnersInProperties:
		return captured(rule, p.Traits.Values(rule.Property))
	case dora.OwnersInGroups:
		return captured(rule, part(p.Traits.Group, rule.Depth))
	case dora.OwnersInTeams:
		return captured(rule, teamsWith(p.Traits.Teams, cmp.Or(rule.Permission, dora.TeamsWithMaintain)))
	case dora.OwnersInCodeOwners:
		return f.owning(p)
	}
	return nil
}

// teamsWith are the teams that may do something at least.
func teamsWith(teams []dora.Property, least dora.TeamPermission) (names []string) {
	for _, each := range teams {
		if slices.ContainsFunc(each.Values, func(may string) bool { return dora.TeamPermission(may).Covers(least) }) {
			names = append(names, each.Name)
		}
	}
	return names
}

// part is one part of a group's path, from 1, or all of it; nothing where it has no such part.
func part(group string, depth int) []string {
	if group == "" {
		return nil
	}
	if depth == 0 {
		return []string{group}
	}
	if parts := strings.Split(group, "/"); depth <= len(parts) {
		return parts[depth-1 : depth]
	}
	return nil
}

// captured are the names that a rule's pattern captures; without one they are names as they are.
func captured(rule *dora.OwnerRule, texts []string) (names []string) {
	for _, text := range texts {
		if rule.Pattern.IsZero() {
			names = add(names, text)
		} else if name, ok := rule.Pattern.Capture(text); ok && name != "" {
			names = add(names, name)
		}
	}
	return names
}

// owning are the owners of a service's files in a repository, or of the repository, by its file CODEOWNERS.
func (f *Finder) owning(p *Place) (names []string) {
	sections := f.sectionsOf(p)
	if sections == nil {
		return nil
	}
	paths := p.files()
	if len(paths) == 0 {
		paths = []string{anyFile}
	}
	for _, path := range paths {
		for _, name := range ownersOf(sections, path) {
			names = add(names, name)
		}
	}
	return names
}

// sectionsOf is the file CODEOWNERS of a repository; nil: there is none.
func (f *Finder) sectionsOf(p *Place) []section {
	key := fileKey{p.Traits.CodeOwners, p.Traits.SectionedOwners}
	if key.text == "" {
		return nil
	}
	sections, read := f.files[key]
	if !read {
		sections = key.read()
		f.files[key] = sections
	}
	return sections
}

// fileKey is a file CODEOWNERS, and by whose rules it goes.
type fileKey struct {
	text      string
	sectioned bool
}

func (k fileKey) read() []section {
	if k.sectioned {
		return readSections(k.text)
	}
	return []section{{lines: readCodeOwners(k.text)}}
}
