package dora

import "strings"

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
		if r != nil && !seen[r] {
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

// apart sorts services into lots that share no repository: what is worked out for one lot touches nothing of another.
func (h *History) apart(services []*Service) [][]*Service {
	lot := map[*repository]int{}
	lots := make([][]*Service, 0, len(services))
	members := make([][]*repository, 0, len(services))
	for _, s := range services {
		into := len(lots)
		lots, members = append(lots, []*Service{s}), append(members, h.repositoriesOf(s))
		for _, r := range members[into] {
			other, taken := lot[r]
			if taken && other != into {
				// the lots join; the smaller moves
				from := into
				if len(members[other]) < len(members[into]) {
					from, other = other, into
				}
				lots[other] = append(lots[other], lots[from]...)
				members[other] = append(members[other], members[from]...)
				for _, moved := range members[from] {
					lot[moved] = other
				}
				lots[from], members[from] = nil, nil
				into = other
			}
			lot[r] = into
		}
	}
	return lots
}
