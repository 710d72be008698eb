package mapping

import (
	"cmp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Expansion is what a mapping makes of what was told.
type Expansion struct {
	// Services are those of the settings, in their order; then those that rules make, by the first rule that makes them and by
	// name; then the repositories that no entry takes, in the order in which they were told.
	Services []dora.Service
	// Origins are, of each service, the entries that make it, in their order; none of one that no entry makes.
	Origins [][]int
	// Entries are what each entry of the mapping takes.
	Entries []Taking
	// Conflicts are services to which entries give several teams. The first counts.
	Conflicts []Conflict
}

// Taking is what one entry takes.
type Taking struct {
	// Repositories that it takes, or parts of, by where they were told.
	Repositories []int
	// Lost are those that fit it and that an earlier entry takes.
	Lost []Loss
}

// Loss is a repository that an entry before takes.
type Loss struct {
	Repository int // where it was told
	To         int // the entry
}

// Conflict is a service to which entries give several teams.
type Conflict struct {
	Service string
	Teams   []string // the first counts
	Entries []int    // that give them, in the order of the teams
}

// none is no entry.
const none = -1

type expander struct {
	mapping *dora.Mapping
	told    []Told
	result  Expansion
	at      map[string]int // services by name, where in result.Services
	entries []int          // the rules
	// taken is the first entry that takes a repository of a name, or any part of it; parted those of its rules that take parts.
	taken map[string]int
	by    [][]int               // of each repository that was told, the rules that take it or parts of it
	named map[string][]explicit // entries of services that name a repository
	wide  []explicit            // those that name none
	made  []made
}

// explicit is an entry of a service's deployments.
type explicit struct {
	entry int
	rule  *dora.DeploymentRule
}

// made is what a rule makes of one repository, or of one part of it.
type made struct {
	rule        int
	name, team  string
	teams       []string // beside it
	deployments []dora.DeploymentRule
	incidents   []dora.IncidentRule
}

// Expand makes services of what was told, which is in order.
func Expand(m *dora.Mapping, told []Told) Expansion {
	x := &expander{mapping: m, told: told, at: map[string]int{}, taken: map[string]int{}, named: map[string][]explicit{}, by: make([][]int, len(told))}
	x.result.Entries = make([]Taking, len(m.Services))
	x.explicit()
	for _, i := range x.entries {
		x.rule(i)
	}
	x.assemble()
	if m.KeepOthers || len(m.Services) == 0 {
		x.others()
	}
	return x.result
}

// explicit takes in the entries that are services.
func (x *expander) explicit() {
	for i := range x.mapping.Services {
		s := &x.mapping.Services[i]
		if s.Match != nil {
			x.entries = append(x.entries, i)
			continue
		}
		if _, twice := x.at[s.Name]; !twice { // which settings do not allow
			x.at[s.Name] = len(x.result.Services)
		}
		x.result.Services = append(x.result.Services, *s)
		x.result.Origins = append(x.result.Origins, []int{i})
		for j := range s.Deployments {
			rule := &s.Deployments[j]
			if rule.Repository == "" {
				x.wide = append(x.wide, explicit{i, rule})
				continue
			}
			key := strings.ToLower(rule.Repository)
			x.named[key] = append(x.named[key], explicit{i, rule})
			x.take(key, i)
			if rule.Code != nil && rule.Code.Repository != "" {
				x.take(strings.ToLower(rule.Code.Repository), i)
			}
		}
	}
	if !NeedsOf(x.mapping).Told {
		return
	}
	reported := map[string]int{} // by repository, whose issues are whose
	for i := range x.mapping.Services {
		if s := &x.mapping.Services[i]; s.Match == nil {
			for j := range s.Incidents {
				if key := strings.ToLower(s.Incidents[j].Repository); key != "" {
					reported[key] = i
				}
			}
		}
	}
	deployed := deployedOf(x.told)
	for at := range x.told {
		t := &x.told[at]
		for _, each := range x.wide {
			if each.rule.Source == t.Source && slices.ContainsFunc(t.Strands, func(s Strand) bool { return each.rule.Matches(s.deployment(t), x.mapping.Production) }) {
				x.take(t.key(), each.entry)
			}
		}
	}
	for at := range x.told {
		key := x.told[at].key()
		if i, is := reported[key]; is && !deployed[key] { // it holds incidents, and is no application
			x.take(key, i)
		}
		if i, is := x.taken[key]; is {
			x.result.Entries[i].Repositories = append(x.result.Entries[i].Repositories, at)
		}
	}
}

// take has a repository taken by an entry, unless one has taken it before.
func (x *expander) take(key string, entry int) {
	if _, is := x.taken[key]; !is {
		x.taken[key] = entry
	}
}

// takes has a rule take a repository that was told, or a part of it.
func (x *expander) takes(i, at int) {
	x.take(x.told[at].key(), i)
	x.by[at] = append(x.by[at], i)
	x.result.Entries[i].Repositories = append(x.result.Entries[i].Repositories, at)
}

// rule has a rule take what it fits, and what is left.
func (x *expander) rule(i int) {
	s, taking := &x.mapping.Services[i], &x.result.Entries[i]
	for at := range x.told {
		t := &x.told[at]
		known, fits := s.Match.Takes(t.Source, t.Repository, &t.Traits)
		if !fits {
			continue
		}
		known = known.Named(t.Repository)
		if s.Match.OfParts() {
			x.parts(i, at, known)
			continue
		}
		if by, is := x.taken[t.key()]; is && by != i {
			taking.Lost = append(taking.Lost, Loss{at, by})
			continue
		}
		x.takes(i, at)
		x.make(i, t, known, nil)
	}
}

// others makes a service of each repository that no entry takes, from its first deployment or incident on. What several sources
// tell under one name is one service: a repository, and what deploys it from elsewhere. One that has neither is a service where
// an entry names it so.
func (x *expander) others() {
	own := map[string]int{} // by name, where in the services
	deployed := deployedOf(x.told)
	for at := range x.told {
		t := &x.told[at]
		if _, is := x.taken[t.key()]; is {
			continue
		}
		if _, named := x.at[t.Repository]; !named && !deployed[t.key()] && !t.Reported {
			continue
		}
		n, known := own[t.key()]
		if !known {
			if n, known = x.at[t.Repository]; !known { // an entry may name the service, to give it a team
				n = len(x.result.Services)
				x.at[t.Repository] = n
				x.result.Services = append(x.result.Services, dora.Service{Name: t.Repository})
				x.result.Origins = append(x.result.Origins, nil)
			}
			own[t.key()] = n
		}
		s := &x.result.Services[n]
		s.Deployments = append(slices.Clip(s.Deployments), dora.DeploymentRule{Source: t.Source, Repository: t.Repository})
		s.Incidents = append(slices.Clip(s.Incidents), dora.IncidentRule{Source: t.Source, Repository: t.Repository})
	}
}

// assemble joins what rules made into services.
func (x *expander) assemble() {
	slices.SortStableFunc(x.made, func(a, b made) int { return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.name, b.name)) })
	type given struct {
		teams   []string
		entries []int
	}
	teams := map[int]*given{}
	var conflicts []int
	for i := range x.made {
		m := &x.made[i]
		n, known := x.at[m.name]
		if !known {
			n = len(x.result.Services)
			x.at[m.name] = n
			x.result.Services = append(x.result.Services, dora.Service{Name: m.name})
			x.result.Origins = append(x.result.Origins, nil)
		}
		s, origins := &x.result.Services[n], &x.result.Origins[n]
		if !slices.Contains(*origins, m.rule) {
			*origins = append(*origins, m.rule)
		}
		if m.team != "" {
			before := teams[n]
			if before == nil {
				before = &given{}
				if s.Team != "" {
					before.teams, before.entries = []string{s.Team}, []int{(*origins)[0]}
				}
				teams[n] = before
			}
			if !slices.Contains(before.teams, m.team) {
				before.teams, before.entries = append(before.teams, m.team), append(before.entries, m.rule)
				if len(before.teams) == 2 {
					conflicts = append(conflicts, n)
				}
			}
			s.Team = before.teams[0]
		}
		for _, team := range m.teams {
			if team != "" && !slices.Contains(s.Teams, team) {
				s.Teams = append(slices.Clip(s.Teams), team)
			}
		}
		for _, each := range m.deployments {
			if !slices.ContainsFunc(s.Deployments, func(other dora.DeploymentRule) bool { return each.Same(&other) }) {
				s.Deployments = append(slices.Clip(s.Deployments), each)
			}
		}
		for _, each := range m.incidents {
			if !slices.ContainsFunc(s.Incidents, func(other dora.IncidentRule) bool { return each.Same(&other) }) {
				s.Incidents = append(slices.Clip(s.Incidents), each)
			}
		}
	}
	for _, n := range conflicts {
		x.result.Conflicts = append(x.result.Conflicts, Conflict{x.result.Services[n].Name, teams[n].teams, teams[n].entries})
	}
}
