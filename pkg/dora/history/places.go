package history

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Place is one environment that one repository was deployed to, as the vendor calls them (the environment as it was written last), and the services that count its
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
	of, _ := h.destinations()
	for _, r := range h.repositories {
		if r.out {
			continue
		}
		services := placed.deploying(r.Key)
		if len(of[r.Key]) == 0 {
			places = append(places, Place{Source: r.Key.Source, Repository: r.Name})
		}
		for _, at := range of[r.Key] {
			p := Place{Source: r.Key.Source, Repository: r.Name, Environment: at.tally.Environment}
			counted := map[string]bool{}
			for i := range at.runs {
				if finished := at.runs[i].Speaker().Finished(); finished.IsZero() {
					p.Failed++
				} else {
					p.Deployments++
					p.Latest = dora.Latest(p.Latest, finished)
				}
			}
			for _, d := range at.deployments {
				for _, s := range services {
					if !counted[s.Name] && h.Serves(s, d) {
						counted[s.Name] = true
					}
				}
			}
			p.Services = slices.Sorted(maps.Keys(counted))
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Environment, b.Environment))
	})
	return places
}
