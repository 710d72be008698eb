package history

import "github.com/livedora/dora-datasource/pkg/dora"

// InForce is a service in force, and where it comes from.
type InForce struct {
	Name, Team string
	// Entries are those of the settings that make it; none: no entry takes its repository.
	Entries []int
	// Repositories are those that its deployments come from, as they are called; Archived says that all of them are.
	Repositories []string
	Archived     bool
}

// InForce lists the services in force, in their order.
func (h *History) InForce() []InForce {
	services := h.MappedServices()
	all := make([]InForce, len(services))
	for i := range services {
		s := &services[i]
		one := InForce{Name: s.Name, Team: s.Team}
		switch {
		case i < len(h.origins):
			one.Entries = h.origins[i]
		case len(h.mapping.Services) > 0:
			one.Entries = []int{i}
		}
		one.Repositories, one.Archived = h.repositoriesNamed(s)
		all[i] = one
	}
	return all
}

// repositoriesNamed are the repositories that a service's entries name and that are there, and whether all of them are
// archived.
func (h *History) repositoriesNamed(s *dora.Service) (names []string, archived bool) {
	seen := map[*Repository]bool{}
	active := false
	for i := range s.Deployments {
		r := h.repositories[keyOf(s.Deployments[i].Source, s.Deployments[i].Repository)]
		if r == nil || r.out || seen[r] {
			continue
		}
		seen[r] = true
		names = append(names, r.Name)
		active = active || r.Event == nil || !r.Event.Archived
	}
	return names, len(names) > 0 && !active
}
