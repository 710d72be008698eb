package history

import (
	"cmp"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
)

// ownership is who owns what, as long as neither the services nor what sources tell of repositories changes.
type ownership struct {
	owned    dora.Owned
	findings []owners.Finding
}

// Owned are the teams of all services, as of now. Nobody may alter it; it is another one when anything of it changes.
func (h *History) Owned() dora.Owned { return h.ownership().owned }

// Owners tell of each service who owns it and where that was found. Nobody may alter it.
func (h *History) Owners() []owners.Finding { return h.ownership().findings }

func (h *History) ownership() *ownership {
	services := h.MappedServices()
	if h.owned != nil {
		return h.owned
	}
	finder := owners.NewFinder(h.mapping.Ownership)
	o := &ownership{make(dora.Owned, len(services)), make([]owners.Finding, len(services))}
	for i := range services {
		found := finder.Of(&services[i], h.placesOf(&services[i]))
		o.findings[i] = found
		if len(found.Teams) > 0 {
			o.owned[found.Service] = found.Teams
		}
	}
	h.owned = o
	return o
}

// placesOf are the repositories of which something may say who owns a service: those that it names, and those whose code it
// borrows.
func (h *History) placesOf(s *dora.Service) []owners.Place {
	if len(h.mapping.Ownership.Rules) == 0 {
		return nil
	}
	var places []owners.Place
	add := func(r *Repository, source, name string, paths []dora.Glob) {
		place := owners.Place{Source: source, Name: name, Traits: &dora.Traits{}, Paths: paths}
		if r != nil && r.Event != nil && !r.out {
			place.Traits = &r.Event.Traits
		}
		places = append(places, place)
	}
	for i := range s.Deployments {
		rule := &s.Deployments[i]
		if rule.Repository == "" { // of every repository nobody is the owner
			continue
		}
		r := h.repositories[keyOf(rule.Source, rule.Repository)]
		add(r, rule.Source, rule.Repository, rule.Paths)
		if rule.Code != nil {
			name := cmp.Or(rule.Code.Repository, rule.Repository)
			add(h.repositories[keyOf(rule.Code.Source, name)], rule.Code.Source, name, rule.Paths)
		} else if r != nil {
			if lender := h.CodeOf(s, r); lender != r {
				add(lender, lender.Key.Source, lender.Name, rule.Paths)
			}
		}
	}
	return places
}
