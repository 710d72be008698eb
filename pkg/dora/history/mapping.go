package history

import (
	"cmp"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// placement finds the services that what a repository tells may belong to. Rules that name no repository lie under the
// empty name. Without it every event would be held against every service.
type placement struct {
	deploys map[Key][]*dora.Service
	reports map[Key][]*dora.Service
	lends   map[Key][]*dora.Service // by where they say that their code is
}

func (h *History) placement() *placement {
	if h.placed != nil {
		return h.placed
	}
	p := &placement{deploys: map[Key][]*dora.Service{}, reports: map[Key][]*dora.Service{}, lends: map[Key][]*dora.Service{}}
	services := h.MappedServices()
	for i := range services {
		s := &services[i]
		for _, rule := range s.Deployments {
			p.deploys[keyOf(rule.Source, rule.Repository)] = append(p.deploys[keyOf(rule.Source, rule.Repository)], s)
			if rule.Code != nil {
				at := keyOf(rule.Code.Source, cmp.Or(rule.Code.Repository, rule.Repository))
				p.lends[at] = append(p.lends[at], s)
			}
		}
		for _, rule := range s.Incidents {
			p.reports[keyOf(rule.Source, rule.Repository)] = append(p.reports[keyOf(rule.Source, rule.Repository)], s)
		}
	}
	h.placed = p
	return p
}

// deploying are the services that deployments of a repository may belong to; one may be there twice.
func (p *placement) deploying(key Key) []*dora.Service { return either(p.deploys, key) }

// reporting are those that its incidents may belong to.
func (p *placement) reporting(key Key) []*dora.Service { return either(p.reports, key) }

func either(at map[Key][]*dora.Service, key Key) []*dora.Service {
	named, any := at[key], at[Key{Source: key.Source}]
	if len(any) == 0 || key.Name == "" {
		return named
	}
	return append(append(make([]*dora.Service, 0, len(named)+len(any)), named...), any...)
}

// RepositoriesOf lists the repositories that a service's deployments may come from, and those whose code they borrow, each
// once.
func (h *History) RepositoriesOf(s *dora.Service) []*Repository {
	var found []*Repository
	seen := map[*Repository]bool{}
	add := func(r *Repository) {
		if r != nil && !r.out && !seen[r] {
			seen[r] = true
			found = append(found, r)
			if lender := h.CodeOf(s, r); !seen[lender] {
				seen[lender] = true
				found = append(found, lender)
			}
		}
	}
	for i := range s.Deployments {
		rule := &s.Deployments[i]
		if rule.Repository != "" {
			add(h.repositories[keyOf(rule.Source, rule.Repository)])
			continue
		}
		for key, r := range h.repositories {
			if key.Source == rule.Source {
				add(r)
			}
		}
	}
	return found
}

// Lot is services that are worked out together because they share repositories.
type Lot struct {
	Services     []*dora.Service
	Repositories []*Repository
}

// Apart sorts services into lots that share no repository: what is worked out for one lot touches nothing of another.
func (h *History) Apart(services []*dora.Service) []*Lot {
	h.shareNames()
	of := map[*Repository]*Lot{}
	lots := make([]*Lot, 0, len(services))
	for _, s := range services {
		into := &Lot{Services: []*dora.Service{s}, Repositories: h.RepositoriesOf(s)}
		lots = append(lots, into)
		joined := []*Lot{into}
		for _, r := range into.Repositories {
			if other := of[r]; other != nil && !slices.Contains(joined, other) {
				joined = append(joined, other)
			}
		}
		// All of them join the largest, so that a lot of many repositories is not moved again and again.
		largest := slices.MaxFunc(joined, func(a, b *Lot) int { return cmp.Compare(len(a.Repositories), len(b.Repositories)) })
		for _, l := range joined {
			if l == largest {
				continue
			}
			largest.Services = append(largest.Services, l.Services...)
			for _, r := range l.Repositories {
				if of[r] != largest {
					of[r] = largest
					largest.Repositories = append(largest.Repositories, r)
				}
			}
			l.Services, l.Repositories = nil, nil
		}
		for _, r := range into.Repositories { // where it is the largest itself
			of[r] = into
		}
	}
	return slices.DeleteFunc(lots, func(l *Lot) bool { return len(l.Services) == 0 })
}

// Serves says whether a deployment is one of a service's.
func (h *History) Serves(s *dora.Service, d *dora.Deployment) bool {
	for i := range s.Deployments {
		if s.Deployments[i].Matches(d, h.mapping.Production) {
			return true
		}
	}
	return false
}

// MayServe says whether a deployment of which it is not known what it was made of would be the service's, had it the tag.
func (h *History) MayServe(s *dora.Service, d *dora.Deployment) bool {
	return slices.ContainsFunc(s.Deployments, func(rule dora.DeploymentRule) bool {
		told := rule.TagPrefix != ""
		rule.TagPrefix = ""
		return told && rule.Matches(d, h.mapping.Production)
	})
}
