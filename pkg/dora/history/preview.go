package history

import (
	"cmp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
)

// Preview tells what a mapping would match in what has been collected, so that a person sees it before saving.
type Preview struct {
	// Services are the mapping's own, in its order, and none of rules; or, where it has no entry, those that it makes of
	// repositories, by name.
	Services []ServicePreview `json:"services"`
	// Rules are what the mapping's rules make, in its order. Others are the repositories that no entry takes and that are
	// services all the same; nil where the mapping has no entry, or leaves them out.
	Rules  []RulePreview  `json:"rules"`
	Others *OthersPreview `json:"others,omitempty"`
	// Conflicts are services to which entries give several teams.
	Conflicts []TeamConflict `json:"conflicts"`
	// Unmatched are the environments whose deployments no service takes, the most deployments first.
	Unmatched []Tally `json:"unmatched"`
	// Incidents is how many incidents belong to no service.
	Incidents int `json:"incidents"`
	// ToldApart are services that seem to count the same deployments, those with the most first.
	ToldApart []ToldApart `json:"toldApart"`
}

// ServicePreview is what one service takes, entry by entry.
type ServicePreview struct {
	Name string `json:"name"`
	Team string `json:"team,omitempty"`
	// Entry is which of the mapping's it is; of a repository without an entry there is none.
	Entry       *int               `json:"entry,omitempty"`
	Deployments []DeploymentsMatch `json:"deployments"`
	Incidents   []int              `json:"incidents"` // by entry
}

// DeploymentsMatch is what one entry of a service's deployments matches, by place.
type DeploymentsMatch struct {
	Count  int     `json:"count"`
	Places []Tally `json:"places"`
}

// Tally counts deployments of one repository into one environment, those that never succeeded too.
type Tally struct {
	Source      string `json:"source"`
	Repository  string `json:"repository"`
	Environment string `json:"environment"`
	Deployments int    `json:"deployments"`
	// Code is where their commits and changes are read, source and repository, where that is elsewhere. NoHistory says that
	// they are read nowhere.
	Code      string `json:"code,omitempty"`
	NoHistory bool   `json:"noHistory,omitempty"`
}

// Preview matches another mapping with the history. It derives nothing.
func (h *History) Preview(m dora.Mapping) Preview {
	shown, _ := h.PreviewAt(m, nil)
	return shown
}

// PreviewAt is Preview at a meter: of each match that is tried it is told, and where it ends the work the answer is false.
func (h *History) PreviewAt(m dora.Mapping, meter effort.Meter) (Preview, bool) {
	counted := &effort.Counter{Meter: meter}
	expansion, told := h.expand(&m)
	services := expansion.Services
	places, everywhere := h.destinations()
	incidents := map[*Incident]bool{}
	p := Preview{Services: []ServicePreview{}, Unmatched: []Tally{}, Rules: []RulePreview{}, Conflicts: []TeamConflict{}}
	whole := make([]ServicePreview, len(services))
	for i := range services {
		s := &services[i]
		shown := ServicePreview{Name: s.Name, Team: s.Team, Deployments: []DeploymentsMatch{}, Incidents: []int{}}
		for j := range s.Deployments {
			rule, among := &s.Deployments[j], everywhere
			if rule.Repository != "" {
				among = places[keyOf(rule.Source, rule.Repository)]
			}
			shown.Deployments = append(shown.Deployments, match(rule, among, m.Production, counted, func(at *destination, matched *Tally) { h.joins(s, at, matched) }))
		}
		for j := range s.Incidents {
			matched := 0
			h.matching(&s.Incidents[j], counted, func(i *Incident) {
				matched++
				incidents[i] = true
			})
			shown.Incidents = append(shown.Incidents, matched)
		}
		whole[i] = shown
		if counted.Stopped {
			return Preview{}, false
		}
	}
	p.show(&m, &expansion, told, whole)
	for _, at := range everywhere {
		left := at.tally
		if !at.whole {
			var apart Runs
			for i, d := range at.deployments {
				if !at.taken[i] {
					apart.Add(d)
				}
			}
			left.Deployments = len(apart.All)
		} else {
			left.Deployments = 0
		}
		if left.Deployments > 0 {
			p.Unmatched = append(p.Unmatched, left)
		}
	}
	slices.SortStableFunc(p.Unmatched, func(a, b Tally) int { return cmp.Compare(b.Deployments, a.Deployments) })
	for _, i := range h.incidents {
		if !i.Event.Withdrawn && i.Event.Change == "" && !incidents[i] && !h.out(i.place()) {
			p.Incidents++
		}
	}
	p.ToldApart = toldApart(services, m.Production, places, everywhere, counted)
	counted.Flush()
	return p, !counted.Stopped
}

// destination is the deployments of one repository into one environment.
type destination struct {
	from        *Repository
	tally       Tally // of its runs: legs of one count once
	deployments []*dora.Deployment
	runs        []Run
	taken       []bool // which of its deployments some service takes
	whole       bool   // all of them are taken
}

// destinations sorts all deployments by where they went: by repository, and all in the order of source, repository, environment.
func (h *History) destinations() (of map[Key][]*destination, all []*destination) {
	of = map[Key][]*destination{}
	for key, r := range h.repositories {
		if r.out {
			continue
		}
		here := map[string]*destination{}
		for _, d := range r.Deployments {
			if d.Unseen > 0 {
				continue
			}
			at := here[dora.FoldEnvironment(d.Environment)]
			if at == nil {
				at = &destination{from: r, tally: Tally{Source: r.Key.Source, Repository: r.Name}}
				here[dora.FoldEnvironment(d.Environment)] = at
				of[key] = append(of[key], at)
				all = append(all, at)
			}
			at.deployments = append(at.deployments, d)
		}
		for _, at := range here {
			at.count()
		}
		slices.SortFunc(of[key], byDestination)
	}
	slices.SortFunc(all, byDestination)
	for _, at := range all {
		at.taken = make([]bool, len(at.deployments))
	}
	return of, all
}

// count tells what the environment is called, and which runs there were.
func (at *destination) count() {
	var last dora.Spelling
	var all Runs
	for _, d := range at.deployments {
		last.Take(d)
		all.Add(d)
	}
	at.tally.Environment, at.tally.Deployments, at.runs = last.Text, len(all.All), all.All
}

// shownSteps is what a match that is shown counts: it takes more than to look at one.
const shownSteps = 20

// joins tells where the code of what a service takes is.
func (h *History) joins(s *dora.Service, at *destination, matched *Tally) {
	lender := h.CodeOf(s, at.from)
	if lender != at.from {
		matched.Code = lender.Key.Source + ": " + lender.Name
	}
	matched.NoHistory = !lender.HasCode()
}

// take takes all of them.
func (at *destination) take() {
	at.whole = true
	for i := range at.taken {
		at.taken[i] = true
	}
}

func byDestination(a, b *destination) int {
	return cmp.Or(cmp.Compare(a.tally.Source, b.tally.Source), cmp.Compare(strings.ToLower(a.tally.Repository), strings.ToLower(b.tally.Repository)),
		cmp.Compare(a.tally.Environment, b.tally.Environment))
}

var anyEnvironment = dora.MustPattern("")

// match finds what an entry matches; most places are ruled out by their first deployment.
func match(r *dora.DeploymentRule, places []*destination, production dora.Pattern, counted *effort.Counter, joins func(*destination, *Tally)) DeploymentsMatch {
	found := DeploymentsMatch{Places: []Tally{}}
	anywhere := *r
	anywhere.TagPrefix, anywhere.Task, anywhere.Above = "", "", nil
	if r.Tier != "" { // an environment may have another since
		anywhere.Tier = ""
		if anywhere.Environment.IsZero() {
			anywhere.Environment = anyEnvironment
		}
	}
	for _, at := range places {
		if !counted.Add(1) {
			break
		}
		if !anywhere.Matches(at.deployments[0], production) {
			continue
		}
		matched := at.tally
		if r.TagPrefix != "" || r.Task != "" || r.Tier != "" || r.Above != nil {
			var all Runs
			for i, d := range at.deployments {
				if r.Matches(d, production) {
					at.taken[i] = true
					all.Add(d)
				}
			}
			matched.Deployments = len(all.All)
			counted.Add(len(at.deployments))
		} else if !at.whole { // they are alike in all else
			at.take()
			counted.Add(len(at.deployments))
		}
		if matched.Deployments > 0 {
			counted.Add(shownSteps)
			joins(at, &matched)
			found.Count += matched.Deployments
			found.Places = append(found.Places, matched)
		}
	}
	return found
}
