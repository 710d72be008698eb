package dora

import (
	"cmp"
	"slices"
	"strings"
)

// placement finds the services that what a repository tells may belong to. Rules that name no repository lie under the
// empty name. Without it every event would be held against every service.
type placement struct {
	deploys map[repositoryKey][]*Service
	reports map[repositoryKey][]*Service
}

func (h *History) placement() *placement {
	if h.placed != nil {
		return h.placed
	}
	p := &placement{deploys: map[repositoryKey][]*Service{}, reports: map[repositoryKey][]*Service{}}
	services := h.mappedServices()
	for i := range services {
		s := &services[i]
		for _, rule := range s.Deployments {
			p.deploys[rule.place()] = append(p.deploys[rule.place()], s)
		}
		for _, rule := range s.Incidents {
			p.reports[rule.place()] = append(p.reports[rule.place()], s)
		}
	}
	h.placed = p
	return p
}

// deploying are the services that deployments of a repository may belong to; one may be there twice.
func (p *placement) deploying(key repositoryKey) []*Service { return either(p.deploys, key) }

// reporting are those that its incidents may belong to.
func (p *placement) reporting(key repositoryKey) []*Service { return either(p.reports, key) }

func either(at map[repositoryKey][]*Service, key repositoryKey) []*Service {
	named, any := at[key], at[repositoryKey{source: key.source}]
	if len(any) == 0 || key.name == "" {
		return named
	}
	return append(append(make([]*Service, 0, len(named)+len(any)), named...), any...)
}

func (r *DeploymentRule) place() repositoryKey {
	return repositoryKey{r.Source, strings.ToLower(r.Repository)}
}

func (r *IncidentRule) place() repositoryKey {
	return repositoryKey{r.Source, strings.ToLower(r.Repository)}
}

// repositoriesOf lists the repositories that a service's deployments may come from, each once.
func (h *History) repositoriesOf(s *Service) []*repository {
	var found []*repository
	seen := map[*repository]bool{}
	add := func(r *repository) {
		if r != nil && !r.out && !seen[r] {
			seen[r] = true
			found = append(found, r)
		}
	}
	for i := range s.Deployments {
		rule := &s.Deployments[i]
		if rule.Repository != "" {
			add(h.repositories[rule.place()])
			continue
		}
		for key, r := range h.repositories {
			if key.source == rule.Source {
				add(r)
			}
		}
	}
	return found
}

// lot is services that are worked out together because they share repositories.
type lot struct {
	services     []*Service
	repositories []*repository
}

// apart sorts services into lots that share no repository: what is worked out for one lot touches nothing of another.
func (h *History) apart(services []*Service) []*lot {
	of := map[*repository]*lot{}
	lots := make([]*lot, 0, len(services))
	for _, s := range services {
		into := &lot{services: []*Service{s}, repositories: h.repositoriesOf(s)}
		lots = append(lots, into)
		joined := []*lot{into}
		for _, r := range into.repositories {
			if other := of[r]; other != nil && !slices.Contains(joined, other) {
				joined = append(joined, other)
			}
		}
		// All of them join the largest, so that a lot of many repositories is not moved again and again.
		largest := slices.MaxFunc(joined, func(a, b *lot) int { return cmp.Compare(len(a.repositories), len(b.repositories)) })
		for _, l := range joined {
			if l == largest {
				continue
			}
			largest.services = append(largest.services, l.services...)
			for _, r := range l.repositories {
				if of[r] != largest {
					of[r] = largest
					largest.repositories = append(largest.repositories, r)
				}
			}
			l.services, l.repositories = nil, nil
		}
		for _, r := range into.repositories { // where it is the largest itself
			of[r] = into
		}
	}
	return slices.DeleteFunc(lots, func(l *lot) bool { return len(l.services) == 0 })
}
