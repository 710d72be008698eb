package mapping

import (
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// parts has a rule take parts of a repository: of its deployments those that no entry before takes, or the folders that none
// has.
func (x *expander) parts(i, at int, known dora.Captures) {
	m, t, taking := x.mapping.Services[i].Match, &x.told[at], &x.result.Entries[i]
	above, whole := x.above(at)
	if whole != none {
		taking.Lost = append(taking.Lost, Loss{at, whole})
		return
	}
	found, lost := map[string]bool{}, none
	part := func(c dora.Captures, task string) {
		if key := c.Key() + task; !found[key] {
			found[key] = true
			x.makePart(i, t, c, task, above)
		}
	}
	strands := t.Strands
	if !m.OfDeployments() {
		strands = []Strand{{}}
	}
	for _, strand := range strands {
		c, fits := m.TakesPart(strand.Environment, strand.Tier, strand.Task, strand.Ref, known)
		switch {
		case !fits:
			continue
		case m.OfDeployments() && above.takesStrand(strand, t, x.mapping.Production):
			lost = above.by
			continue
		}
		task := ""
		if m.Task.Filled(c).Wild() {
			task = strand.Task // an entry names its task
		}
		if m.Path.IsZero() {
			part(c, task)
			continue
		}
		for _, folder := range t.Folders {
			inner, fits := folderShape(m.Path).Capture(folder, c)
			switch {
			case !fits || strings.ContainsAny(folder, `*?!\{`):
			case above.hasFolder(folder):
				lost = above.by
			default:
				part(inner, task)
			}
		}
	}
	switch {
	case len(found) > 0:
		x.takes(i, at)
	case lost != none:
		taking.Lost = append(taking.Lost, Loss{at, lost})
	}
}

// folderShape is the folder that a path names: packages/{service}/** names packages/{service}.
func folderShape(path dora.Shape) dora.Shape {
	folder, err := dora.Shape{}, error(nil)
	if err = folder.UnmarshalText([]byte(strings.TrimSuffix(path.String(), "/**"))); err != nil {
		return path
	}
	return folder
}

// above is what entries before a rule take of a repository, and by one of them.
type above struct {
	dora.Above
	by int
}

// above finds it; whole is an entry that takes the whole repository.
func (x *expander) above(at int) (found above, whole int) {
	t := &x.told[at]
	found.by = none
	for _, each := range slices.Concat(x.named[t.key()], x.wide) {
		if each.rule.Source == t.Source && (each.rule.Repository != "" || len(t.Strands) > 0) {
			found.Entries, found.by = append(found.Entries, *each.rule), each.entry
		}
	}
	for _, before := range x.by[at] {
		m := x.mapping.Services[before].Match
		if !m.OfParts() {
			return found, before
		}
		known, _ := m.Takes(t.Source, t.Repository, &t.Traits)
		found.Rules, found.by = append(found.Rules, dora.PartRule{Match: m, Known: known.Named(t.Repository)}), before
	}
	return found, none
}

// takesStrand says whether an entry before takes some deployments.
func (a *above) takesStrand(s Strand, t *Told, production dora.Pattern) bool {
	return a.Takes(s.deployment(t), production)
}

// hasFolder says whether an entry before names a folder, or takes all that is deployed.
func (a *above) hasFolder(folder string) bool {
	within := folder + "/_"
	for i := range a.Entries {
		paths := a.Entries[i].Paths
		if slices.ContainsFunc(paths, func(g dora.Glob) bool { return !g.Excludes() && g.Picks(within) }) {
			return true
		}
	}
	for _, rule := range a.Rules {
		if path := rule.Match.Path; !path.IsZero() && folderShape(path).Fits(folder) {
			return true
		}
	}
	return false
}

// makePart makes a service of a part of a repository.
func (x *expander) makePart(i int, t *Told, c dora.Captures, task string, before above) {
	m := x.mapping.Services[i].Match
	part := &dora.DeploymentRule{
		Environment: m.Environment.Filled(c).Pattern(), Tier: m.Tier.Filled(c).String(),
		TagPrefix: m.TagPrefix.Filled(c).String(), Task: m.Task.Filled(c).String(),
	}
	if task != "" {
		part.Task = task
	}
	if !m.Path.IsZero() {
		var glob dora.Glob
		if glob.UnmarshalText([]byte(m.Path.Filled(c).String())) != nil {
			return
		}
		part.Paths = []dora.Glob{glob}
	}
	if leaves := before.deployed(); len(leaves.Entries)+len(leaves.Rules) > 0 {
		part.Above = &leaves
	}
	x.make(i, t, c, part)
}

// deployed is what entries before take of the deployments: those who tell their own by paths share them.
func (a *above) deployed() dora.Above {
	var taken dora.Above
	for _, entry := range a.Entries {
		if len(entry.Paths) == 0 {
			taken.Entries = append(taken.Entries, entry)
		}
	}
	for _, rule := range a.Rules {
		if rule.Match.Path.IsZero() {
			taken.Rules = append(taken.Rules, rule)
		}
	}
	return taken
}

// make makes a service of a repository, or of the part of it that is given.
func (x *expander) make(i int, t *Told, c dora.Captures, part *dora.DeploymentRule) {
	s := &x.mapping.Services[i]
	plain := func(text string) string { return text }
	fill := func(text string) string { return c.Fill(text, plain) }
	one := made{rule: i, name: fill(s.NameTemplate()), team: fill(s.Team)}
	for _, team := range s.Teams {
		one.teams = append(one.teams, fill(team))
	}
	templates := s.Deployments
	if len(templates) == 0 {
		templates = []dora.DeploymentRule{{}}
	}
	for j := range templates {
		one.deployments = append(one.deployments, fillDeployments(&templates[j], t, part, c))
	}
	for j := range s.Incidents {
		one.incidents = append(one.incidents, fillIncidents(&s.Incidents[j], fill))
	}
	for _, each := range one.deployments {
		x.take(strings.ToLower(each.Repository), i) // which may be another than the one that fits
	}
	if len(s.Incidents) == 0 && part == nil {
		one.incidents = append(one.incidents, dora.IncidentRule{Source: t.Source, Repository: t.Repository})
	}
	x.made = append(x.made, one)
}
