package dora

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Place is one environment that one repository was deployed to, as the vendor calls them, and the services that count its
// deployments. A repository that was never deployed is one place without an environment.
type Place struct {
	Source, Repository, Environment string
	// Deployments that ever finished there, and when the last did; runs that never succeeded count under Failed.
	Deployments, Failed int
	Latest              time.Time
	// Services are the names of those that count any deployment there, sorted. None: it is unmatched.
	Services []string
}

// Places lists every place of the dataset, production or not, by source, repository and environment.
func (h *History) Places() []Place {
	var places []Place
	placed := h.placement()
	for _, r := range h.repositories {
		if r.out {
			continue
		}
		services := placed.deploying(r.key)
		byEnvironment := map[string]*Place{}
		counted := map[string]map[string]bool{}
		for _, d := range r.deployments {
			p := byEnvironment[d.Environment]
			if p == nil {
				p = &Place{Source: r.key.source, Repository: r.name, Environment: d.Environment}
				byEnvironment[d.Environment], counted[d.Environment] = p, map[string]bool{}
			}
			if at := d.Finished(); at.IsZero() {
				p.Failed++
			} else {
				p.Deployments++
				if at.After(p.Latest) {
					p.Latest = at
				}
			}
			for _, s := range services {
				if h.serves(s, d) {
					counted[d.Environment][s.Name] = true
				}
			}
		}
		if len(byEnvironment) == 0 {
			places = append(places, Place{Source: r.key.source, Repository: r.name})
		}
		for environment, p := range byEnvironment {
			p.Services = slices.Sorted(maps.Keys(counted[environment]))
			places = append(places, *p)
		}
	}
	slices.SortFunc(places, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Environment, b.Environment))
	})
	return places
}
