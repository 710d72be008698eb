package owners

import (
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Entry is what a source tells of an entry of its catalogue.
type Entry struct {
	Source string
	*dora.Entity
}

// catalogue finds entries by their names and by where their code is, in lower case.
type catalogue struct {
	byName, byRepository map[string][]Entry
}

func newCatalogue(entries []Entry) *catalogue {
	c := &catalogue{map[string][]Entry{}, map[string][]Entry{}}
	for _, e := range entries {
		if name := strings.ToLower(e.Name); name != "" {
			c.byName[name] = append(c.byName[name], e)
		}
		for _, repository := range e.Repositories {
			repository = strings.ToLower(repository)
			c.byRepository[repository] = append(c.byRepository[repository], e)
		}
	}
	return c
}

// owners are those of the entries that are a service.
func (c *catalogue) owners(rule *dora.OwnerRule, service string, places []Place) (names []string) {
	for _, e := range c.entries(rule, service, places) {
		for _, name := range e.Owners {
			names = add(names, name)
		}
	}
	return names
}

// entries are a service: of those of its repositories the one that is called like it, else those whose folder its paths are in,
// else all of them; and where the catalogue knows none of its repositories, those that are called like it.
func (c *catalogue) entries(rule *dora.OwnerRule, service string, places []Place) []Entry {
	var here []Entry
	for i := range places {
		here = append(here, of(rule, c.byRepository, places[i].Name)...)
	}
	found := slices.DeleteFunc(slices.Clone(here), func(e Entry) bool { return !strings.EqualFold(e.Name, service) })
	switch {
	case len(here) == 0:
		return of(rule, c.byName, service)
	case len(found) == 0:
		return c.inFolders(rule, places)
	}
	return found
}

// of are the entries that a rule goes by and that are found by a name.
func of(rule *dora.OwnerRule, by map[string][]Entry, name string) []Entry {
	return slices.DeleteFunc(slices.Clone(by[strings.ToLower(name)]), func(e Entry) bool {
		return e.From != rule.From || rule.Source != "" && e.Source != rule.Source
	})
}

// inFolders are the entries of repositories whose folder is the nearest above a service's paths; of a service without paths
// those of the whole repository, or all where there are none.
func (c *catalogue) inFolders(rule *dora.OwnerRule, places []Place) (found []Entry) {
	for i := range places {
		p := &places[i]
		all := of(rule, c.byRepository, p.Name)
		paths := p.files()
		for _, path := range paths {
			found = append(found, nearest(all, path)...)
		}
		if len(paths) > 0 {
			continue
		}
		if whole := nearest(all, ""); len(whole) > 0 {
			found = append(found, whole...)
		} else {
			found = append(found, all...)
		}
	}
	return found
}

// nearest are the entries with the longest folder that a file is in.
func nearest(entries []Entry, file string) (found []Entry) {
	longest := 0
	for _, e := range entries {
		switch within := e.Folder == "" || strings.HasPrefix(file, e.Folder+"/"); {
		case !within || len(e.Folder) < longest:
		case len(e.Folder) > longest:
			found, longest = []Entry{e}, len(e.Folder)
		default:
			found = append(found, e)
		}
	}
	return found
}
