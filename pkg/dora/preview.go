package dora

import (
	"cmp"
	"slices"
	"strings"
)

// Preview tells what a mapping would match in what has been collected, so that a person sees it before saving.
type Preview struct {
	// Services are the mapping's own, in its order; or those that it makes of repositories, by name.
	Services []ServicePreview `json:"services"`
	// Unmatched are the environments whose deployments no service takes, the most deployments first.
	Unmatched []Tally `json:"unmatched"`
	// Incidents is how many incidents belong to no service.
	Incidents int `json:"incidents"`
}

// ServicePreview is what one service takes, entry by entry.
type ServicePreview struct {
	Name        string             `json:"name"`
	Team        string             `json:"team,omitempty"`
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
}

// Preview matches another mapping with the history. It derives nothing.
func (h *History) Preview(m Mapping) Preview {
	services := m.Services
	if len(services) == 0 {
		services = h.repositoriesAsServices()
	}
	places, everywhere := h.destinations()
	deployments, incidents := map[*Deployment]bool{}, map[*incident]bool{}
	p := Preview{Services: []ServicePreview{}, Unmatched: []Tally{}}
	for i := range services {
		s := &services[i]
		shown := ServicePreview{Name: s.Name, Team: s.Team, Deployments: []DeploymentsMatch{}, Incidents: []int{}}
		for j := range s.Deployments {
			rule, among := &s.Deployments[j], everywhere
			if rule.Repository != "" {
				among = places[repositoryKey{rule.Source, strings.ToLower(rule.Repository)}]
			}
			shown.Deployments = append(shown.Deployments, rule.preview(among, m.Production, deployments))
		}
		for j := range s.Incidents {
			matched := 0
			h.matching(&s.Incidents[j], func(i *incident) {
				matched++
				incidents[i] = true
			})
			shown.Incidents = append(shown.Incidents, matched)
		}
		p.Services = append(p.Services, shown)
	}
	for _, at := range everywhere {
		left := at.tally
		left.Deployments = runs(slices.DeleteFunc(slices.Clone(at.deployments), func(d *Deployment) bool { return deployments[d] }))
		if left.Deployments > 0 {
			p.Unmatched = append(p.Unmatched, left)
		}
	}
	slices.SortStableFunc(p.Unmatched, func(a, b Tally) int { return cmp.Compare(b.Deployments, a.Deployments) })
	for _, i := range h.incidents {
		if !i.event.Withdrawn && !incidents[i] && !h.out(i.place()) {
			p.Incidents++
		}
	}
	return p
}

// destination is the deployments of one repository into one environment.
type destination struct {
	tally       Tally // of its runs: legs of one count once
	deployments []*Deployment
	runs        []legs
}

// destinations sorts all deployments by where they went: by repository, and all in the order of source, repository, environment.
func (h *History) destinations() (of map[repositoryKey][]*destination, all []*destination) {
	of = map[repositoryKey][]*destination{}
	for key, r := range h.repositories {
		if r.out {
			continue
		}
		here := map[string]*destination{}
		for _, d := range r.deployments {
			at := here[folded(d.Environment)]
			if at == nil {
				at = &destination{tally: Tally{Source: r.key.source, Repository: r.name}}
				here[folded(d.Environment)] = at
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
	return of, all
}

// count tells what the environment is called, and which runs there were.
func (at *destination) count() {
	var last spelling
	var all gathering
	for _, d := range at.deployments {
		last.take(d)
		all.add(d)
	}
	at.tally.Environment, at.tally.Deployments, at.runs = last.text, len(all.all), all.all
}

func byDestination(a, b *destination) int {
	return cmp.Or(cmp.Compare(a.tally.Source, b.tally.Source), cmp.Compare(strings.ToLower(a.tally.Repository), strings.ToLower(b.tally.Repository)),
		cmp.Compare(a.tally.Environment, b.tally.Environment))
}

// preview finds what an entry matches; most places are ruled out by their first deployment.
func (r *DeploymentRule) preview(places []*destination, production Pattern, taken map[*Deployment]bool) DeploymentsMatch {
	match := DeploymentsMatch{Places: []Tally{}}
	anywhere := *r
	anywhere.TagPrefix, anywhere.Task = "", ""
	for _, at := range places {
		if !anywhere.Matches(at.deployments[0], production) {
			continue
		}
		matched := at.tally
		var all gathering
		for _, d := range at.deployments {
			if r.Matches(d, production) {
				taken[d] = true
				all.add(d)
			}
		}
		matched.Deployments = len(all.all)
		if matched.Deployments > 0 {
			match.Count += matched.Deployments
			match.Places = append(match.Places, matched)
		}
	}
	return match
}
