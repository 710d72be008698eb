package history

import (
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/mapping"
)

// Which services there are may depend on what was told. They are worked out anew when something is told that they may depend
// on, and those that are others than before are derived again.

// expanded is what the services in force came of.
type expanded struct {
	needs     mapping.Needs            // what they depend on
	before    map[string]*dora.Service // those that were in force last, by name
	origins   [][]int                  // of each, the entries that make it
	conflicts []mapping.Conflict       // among them, of teams
	unplaced  map[*Repository]bool     // touched while it was not known which services there are
	unsorted  []*dora.Incident         // likewise
}

// MappedServices are the services in force: those of the settings, what rules make, and the repositories that no entry takes.
func (h *History) MappedServices() []dora.Service {
	if h.mapped != nil {
		return h.mapped
	}
	h.owned = nil
	if !h.needs.Told {
		h.mapped = h.mapping.Services
		return h.mapped
	}
	expansion := mapping.Expand(&h.mapping, h.whatWasTold(h.needs))
	h.mapped, h.origins, h.conflicts, h.placed = expansion.Services, expansion.Origins, expansion.Conflicts, nil
	if h.mapped == nil {
		h.mapped = []dora.Service{}
	}
	h.compare()
	return h.mapped
}

// compare marks the services that are others than they were.
func (h *History) compare() {
	if !h.everything {
		for i := range h.mapped {
			if before := h.before[h.mapped[i].Name]; before == nil || !before.Same(&h.mapped[i]) {
				h.touched[h.mapped[i].Name] = true
			}
		}
	}
	h.before = make(map[string]*dora.Service, len(h.mapped))
	for i := len(h.mapped) - 1; i >= 0; i-- { // of two with one name the first counts
		h.before[h.mapped[i].Name] = &h.mapped[i]
	}
}

// remap has the services worked out anew before they are asked for again.
func (h *History) remap() {
	if h.needs.Told {
		h.mapped, h.placed = nil, nil
	}
}

// makesOthers says that repositories which no entry takes are services.
func (h *History) makesOthers() bool { return h.mapping.KeepOthers || len(h.mapping.Services) == 0 }

// settle works out which services there are, and marks those of what was touched in the meantime.
func (h *History) settle() {
	if h.mapped == nil {
		h.MappedServices()
	}
	unplaced, incidents := h.unplaced, h.unsorted
	h.unplaced, h.unsorted = nil, nil
	if h.everything {
		return
	}
	for r := range unplaced {
		h.markAt(r)
	}
	for _, e := range incidents {
		h.markIncident(e)
	}
}

// whatWasTold is what was told of the repositories that count, in order, as far as it is needed.
func (h *History) whatWasTold(needs mapping.Needs) []mapping.Told {
	keys := make([]Key, 0, len(h.repositories))
	for key, r := range h.repositories {
		if !r.out {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, Key.compare)
	told := make([]mapping.Told, len(keys))
	for i, key := range keys {
		r := h.repositories[key]
		told[i] = mapping.Told{Source: key.Source, Repository: r.Name, Deployed: len(r.Deployments) > 0, Reported: h.isReported(key)}
		if r.Event != nil {
			told[i].Traits = r.Event.Traits
		}
		if needs.Strands {
			told[i].Strands = r.strands(needs.Refs)
		}
		if needs.Folders {
			told[i].Folders = r.foldersOf()
		}
	}
	return told
}

// foldersOf are the folders that the changes and commits of a repository changed files in.
func (r *Repository) foldersOf() []string {
	if r.folders == nil {
		r.folders = map[string]bool{}
		for files := range r.Packed.Files {
			r.takeFolders(files)
		}
	}
	return slices.Sorted(maps.Keys(r.folders))
}

// folderLimit bounds how many folders of a repository are known.
const folderLimit = 20_000

// takeFolders notes the folders of some files.
func (r *Repository) takeFolders(files *dora.Files) (news bool) {
	if files == nil {
		return false
	}
	for _, path := range files.Paths {
		for _, folder := range mapping.FoldersOf(path) {
			if !r.folders[folder] && len(r.folders) < folderLimit {
				r.folders[folder], news = true, true
			}
		}
	}
	return news
}

// OthersInForce are the names of the services in force that no entry makes: repositories that none takes.
func (h *History) OthersInForce() (names []string) {
	services := h.MappedServices()
	for i := range services {
		if i < len(h.origins) && len(h.origins[i]) == 0 {
			names = append(names, services[i].Name)
		}
	}
	return names
}

// TeamConflicts are the services in force to which entries give several teams.
func (h *History) TeamConflicts() (all []TeamConflict) {
	h.MappedServices()
	for _, c := range h.conflicts {
		all = append(all, TeamConflict(c))
	}
	return all
}

// Remapped is the history as another mapping of the same sources has it, for looking at alone: it shares all that was told.
func (h *History) Remapped(m dora.Mapping) *History {
	m.Selections = h.mapping.Selections
	other := *h
	other.mapping, other.mapped, other.placed = m, nil, nil
	other.expanded = expanded{needs: mapping.NeedsOf(&m)}
	other.touched, other.everything = map[string]bool{}, true
	return &other
}
