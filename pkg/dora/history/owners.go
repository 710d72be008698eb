package history

import (
	"cmp"
	"maps"
	"slices"

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
	finder := owners.NewFinder(h.mapping.Ownership, h.catalogue())
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

// applyEntity takes in an entry of a catalogue, which nothing but ownership goes by.
func (h *History) applyEntity(e *dora.Repository) {
	key := keyOf(e.Source, e.Name)
	r := h.repositories[key]
	if r == nil {
		r = &Repository{Key: key, Name: e.Name, Deployments: map[string]*dora.Deployment{}, out: true}
		h.repositories[key] = r
	}
	if r.Event != nil && !e.NewerThan(r.Event.Header) {
		return
	}
	if r.Event == nil || r.Event.Withdrawn != e.Withdrawn || !r.Event.Same(&e.Traits) {
		h.owned = nil
		h.version++
	}
	r.Event = e
}

// catalogue are the entries of all catalogues, in order.
func (h *History) catalogue() []owners.Entry {
	if !slices.ContainsFunc(h.mapping.Ownership.Rules, func(rule dora.OwnerRule) bool {
		return rule.From == dora.OwnersInBackstage || rule.From == dora.OwnersInCSV && rule.Text == ""
	}) {
		return nil
	}
	var entries []owners.Entry
	for _, key := range slices.SortedFunc(maps.Keys(h.repositories), Key.compare) {
		if r := h.repositories[key]; r.Event != nil && r.Event.Entity != nil && !r.Event.Withdrawn {
			entries = append(entries, owners.Entry{Source: key.Source, Entity: r.Event.Entity})
		}
	}
	return entries
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

// OwnerGaps lists what is amiss in who owns what. It looks through all that is known of files, and is for looking at alone.
func (h *History) OwnerGaps() []owners.Gap {
	services := h.MappedServices()
	cases := make([]owners.Case, len(services))
	for i := range services {
		cases[i] = owners.Case{Service: &services[i], Places: h.placesOf(&services[i])}
	}
	known := owners.Known{Files: h.filesOf}
	for _, key := range slices.SortedFunc(maps.Keys(h.repositories), Key.compare) {
		if r := h.repositories[key]; !r.out {
			known.Repositories = append(known.Repositories, r.Name)
		}
	}
	return owners.NewFinder(h.mapping.Ownership, h.catalogue()).Gaps(cases, known)
}

// filesLimit bounds how many files of a repository are looked through.
const filesLimit = 100_000

// filesOf are the files of a repository that changes and commits changed, where they were read; none where they are too many
// to look through, since of some of them alone nothing can be said.
func (h *History) filesOf(source, repository string) []string {
	r := h.repositories[keyOf(source, repository)]
	if r == nil {
		return nil
	}
	paths := map[string]bool{}
	for files := range r.Packed.Files {
		for _, path := range files.Paths {
			paths[path] = true
		}
		if len(paths) > filesLimit {
			return nil
		}
	}
	return slices.Collect(maps.Keys(paths))
}
