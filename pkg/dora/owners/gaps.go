package owners

import (
	"maps"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Gap is something that is amiss in who owns what.
type Gap struct {
	Kind GapKind
	// Rule is the place of the settings that it is about, from 0; -1: none in particular.
	Rule int
	// About is a service, a repository or a team. Line is that of a file, and Text what stands there.
	About string
	Line  int
	Text  string
	// Names are what matches nothing, or owners that are no more, and More how many there are beside them. Among are those that
	// there are.
	Names, Among []string
	More         int
	// Finding is who owns the service.
	Finding Finding
}

// GapKind sorts gaps.
type GapKind string

// The kinds of gaps.
const (
	GapUnowned GapKind = "unowned" // a service that nobody owns; Names are owners that a catalogue has no more
	GapDiffers GapKind = "differs" // places say otherwise of a service
	GapNothing GapKind = "nothing" // a place that gives no service an owner
	GapUnknown GapKind = "unknown" // names in a list that no service or repository has
	GapLine    GapKind = "line"    // a line of CODEOWNERS that matches no file
	GapAlso    GapKind = "also"    // another name of a team that is found nowhere
)

// Whoever may look at gaps has all of it worked out, so that each part has a bound: how many lines of files are told of, and how
// often a line is held against a file before no more are judged; how many unknown names of a list are told, and not counted alone.
const (
	linesTold   = 1000
	linesJudged = 2_000_000
	namesTold   = 50
)

// Case is a service, and the repositories by which owners are found.
type Case struct {
	Service *dora.Service
	Places  []Place
}

// Known is what there is beside the services.
type Known struct {
	// Repositories are the names of all.
	Repositories []string
	// Files are those of a repository, as far as they are known; none: they are not.
	Files func(source, repository string) []string
}

// Gaps lists what is amiss: by service, by place, and by name.
func (f *Finder) Gaps(cases []Case, known Known) (gaps []Gap) {
	met := make([]bool, len(f.rules)) // that a place gave an owner
	found := map[string]string{}      // all names of owners that were found, by lower case
	var services []string
	for _, c := range cases {
		services = append(services, c.Service.Name)
		finding := f.Of(c.Service, c.Places)
		var lost []string
		for _, name := range c.Service.Owners() {
			found[strings.ToLower(name)] = name
		}
		for n := range f.rules {
			names := f.ask(n, c.Service, c.Places)
			met[n] = met[n] || len(names) > 0
			for _, name := range names {
				found[strings.ToLower(name)], found[strings.ToLower(short(name))] = name, short(name)
			}
			for _, e := range f.catalogue.entries(&f.rules[n], c.Service.Name, c.Places) {
				for _, name := range e.Lost {
					lost = add(lost, name)
				}
			}
		}
		switch {
		case len(finding.Teams) == 0:
			gaps = append(gaps, Gap{Kind: GapUnowned, Rule: -1, About: c.Service.Name, Names: lost, Finding: finding})
		case len(finding.Others) > 0:
			gaps = append(gaps, Gap{Kind: GapDiffers, Rule: -1, About: c.Service.Name, Finding: finding})
		}
	}
	for n := range f.rules {
		if !met[n] {
			gaps = append(gaps, Gap{Kind: GapNothing, Rule: n, About: string(f.rules[n].From), Among: f.offered(n, cases)})
		}
		gaps = append(gaps, f.unknown(n, services, known.Repositories)...)
	}
	gaps = append(gaps, f.idleLines(cases, known)...)
	for _, team := range f.teams {
		var idle []string
		for _, name := range team.Also {
			if found[strings.ToLower(name)] == "" {
				idle = append(idle, name)
			}
		}
		if idle != nil {
			gaps = append(gaps, Gap{Kind: GapAlso, Rule: -1, About: team.Name, Names: idle, Among: slices.Compact(slices.Sorted(maps.Values(found)))})
		}
	}
	return gaps
}

// offered are what a place had to choose from, where a pattern or a name chooses.
func (f *Finder) offered(n int, cases []Case) []string {
	rule := &f.rules[n]
	all := map[string]bool{}
	for _, c := range cases {
		for i := range c.Places {
			p := &c.Places[i]
			if rule.Source != "" && rule.Source != p.Source {
				continue
			}
			var texts []string
			switch rule.From {
			case dora.OwnersInTopics:
				texts = p.Traits.Topics
			case dora.OwnersInProperties:
				texts = p.Traits.Values(rule.Property)
				if len(texts) == 0 {
					for _, property := range p.Traits.Properties {
						texts = append(texts, property.Name)
					}
				}
			case dora.OwnersInGroups:
				texts = part(p.Traits.Group, 0)
			case dora.OwnersInTeams:
				for _, each := range p.Traits.Teams {
					texts = append(texts, each.Name)
				}
			}
			for _, text := range texts {
				all[text] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// unknown are the names in a list that nothing has.
func (f *Finder) unknown(n int, services, repositories []string) (gaps []Gap) {
	rule := &f.rules[n]
	if rule.From != dora.OwnersInCSV {
		return nil
	}
	missing := func(names, among []string) {
		there := map[string]bool{}
		for _, name := range among {
			there[strings.ToLower(name)] = true
		}
		names = slices.DeleteFunc(names, func(name string) bool { return there[strings.ToLower(name)] })
		if len(names) > 0 {
			slices.Sort(names)
			told := names[:min(len(names), namesTold)]
			gaps = append(gaps, Gap{Kind: GapUnknown, Rule: n, About: string(rule.From), Names: told, More: len(names) - len(told), Among: among})
		}
	}
	var ofServices, ofRepositories []string
	if list := f.lists[n]; list.byRepository {
		ofRepositories = slices.Collect(maps.Values(list.names))
	} else {
		ofServices = slices.Collect(maps.Values(list.names))
	}
	if rule.Text == "" {
		for _, name := range slices.Sorted(maps.Keys(f.catalogue.byName)) {
			for _, e := range of(rule, f.catalogue.byName, name) {
				ofServices = add(ofServices, e.Name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(f.catalogue.byRepository)) {
			for _, e := range of(rule, f.catalogue.byRepository, name) {
				ofRepositories = add(ofRepositories, e.Repositories[0])
			}
		}
	}
	missing(ofServices, services)
	missing(ofRepositories, repositories)
	return gaps
}

// idleLines are lines of files CODEOWNERS that match none of a repository's files, where these are known.
func (f *Finder) idleLines(cases []Case, known Known) (gaps []Gap) {
	n := slices.IndexFunc(f.rules, func(rule dora.OwnerRule) bool { return rule.From == dora.OwnersInCodeOwners })
	if n < 0 {
		return nil
	}
	looked, left := map[string]bool{}, linesJudged
	for _, c := range cases {
		for i := range c.Places {
			p := &c.Places[i]
			key := p.Source + " " + strings.ToLower(p.Name)
			sections := f.sectionsOf(p)
			if sections == nil || looked[key] || left <= 0 {
				continue
			}
			looked[key] = true
			files := known.Files(p.Source, p.Name)
			left -= len(files)
			if len(files) == 0 {
				continue
			}
			for _, s := range sections {
				for _, l := range s.lines {
					meets := slices.ContainsFunc(files, func(file string) bool {
						left--
						return left <= 0 || l.matches.MatchString(file)
					})
					if !meets && len(gaps) < linesTold {
						gaps = append(gaps, Gap{Kind: GapLine, Rule: n, About: p.Name, Line: l.number, Text: dora.Shorten(l.text, dora.NameLimit)})
					}
				}
			}
		}
	}
	return gaps
}
