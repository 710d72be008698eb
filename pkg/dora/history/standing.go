package history

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// A repository counts as long as the settings select it and its source has it under that name. What does not count stays
// in the history, for it may come back.

// former is which repository a name belonged to, until when.
type former struct {
	until time.Time
	of    Key
}

// outside says whether a repository counts for nothing.
func (h *History) outside(key Key) bool {
	if r := h.repositories[key]; r != nil && r.Event != nil && (r.Event.Withdrawn || r.Event.Entity != nil) {
		return true
	}
	for _, s := range h.mapping.Selections {
		if s.Source == key.Source && !s.Takes(key.Name) && (!h.asked[key] || s.Excludes(key.Name)) {
			return true
		}
	}
	return false
}

// out is outside for a place of which nothing but incidents may be known.
func (h *History) out(key Key) bool {
	if r := h.repositories[key]; r != nil {
		return r.out
	}
	return key.Name != "" && h.outside(key)
}

// stands says whether two versions of a repository's event agree on whether it counts, and on what its names mean.
func stands(a, b *dora.Repository) bool {
	if a == nil {
		a = &dora.Repository{}
	}
	return a.Withdrawn == b.Withdrawn && a.Moved == b.Moved && a.Began.Equal(b.Began) && slices.Equal(a.Formerly, b.Formerly)
}

// judge works out which repositories count, and what former names mean.
func (h *History) judge() {
	h.former, h.asked = map[Key][]former{}, map[Key]bool{}
	for key, r := range h.repositories {
		if r.Event == nil {
			continue
		}
		for _, had := range r.Event.Formerly {
			at := keyOf(key.Source, had.Name)
			h.former[at] = append(h.former[at], former{had.Until, key})
		}
	}
	for _, s := range h.mapping.Selections {
		for _, name := range s.ByName() {
			if to, moved := h.leads(keyOf(s.Source, name)); moved {
				h.asked[to] = true // GitHub leads on from the old name
			}
		}
	}
	for key, r := range h.repositories {
		r.out = h.outside(key)
	}
	h.owned = nil
	h.everything = true
	h.remap()
	h.refile()
}

// leads follows a name to what the repository is called now.
func (h *History) leads(key Key) (to Key, moved bool) {
	for range h.repositories { // it ends where names go round in a circle
		r := h.repositories[key]
		if r == nil || r.Event == nil || !r.Event.Withdrawn || r.Event.Moved == "" {
			break
		}
		key, moved = keyOf(key.Source, r.Event.Moved), true
	}
	return key, moved
}

// Now is what a deployment or an incident is called now, of which someone spoke at a time by a full id; empty where the
// repository of that name was another one then. The repository's name in it is in lower case.
func (h *History) Now(id string, said time.Time) string {
	source, rest, _ := strings.Cut(id, ":")
	name, within, found := strings.Cut(rest, ":")
	if !found || !strings.Contains(name, "/") {
		return id
	}
	key := keyOf(source, name)
	if had := h.had(key, said); had != nil {
		key = had.of
	} else if r := h.repositories[key]; r != nil && r.Event != nil && said.Before(r.Event.Began) {
		return ""
	}
	key, _ = h.leads(key)
	return source + ":" + key.Name + ":" + within
}

// had finds whose name it was at a time, if it is another's now.
func (h *History) had(key Key, at time.Time) *former {
	var found *former
	for i := range h.former[key] {
		if f := &h.former[key][i]; at.Before(f.until) && (found == nil || f.until.Before(found.until)) {
			found = f
		}
	}
	return found
}

// within is what an event is called within its repository, whose name may have been spelled otherwise.
func within(id, repository string) string {
	if n := len(repository); n > 0 && len(id) > n && id[n] == ':' && strings.EqualFold(id[:n], repository) {
		return id[n:]
	}
	return id
}

// NameOf is an event's full id with its repository's name in lower case.
func NameOf(e dora.Header, repository string) string {
	if inner := within(e.ID, repository); len(inner) < len(e.ID) {
		return e.Source + ":" + strings.ToLower(repository) + inner
	}
	return e.FullID()
}

// Absent is a repository that the settings ask for, and that is not there under that name.
type Absent struct {
	Source, Repository string
	// Named says that the settings name it, for a service or to be read, rather than match it with a pattern.
	Named bool
	// Moved is what it is called now; empty where that is not known. LeftOut says that the settings leave that out.
	Moved   string
	LeftOut bool
	// Since is when that was noticed.
	Since time.Time
}

// Absent lists the repositories that the source has no longer under the name by which the settings ask for them, by source
// and name. One that a pattern matched and that counts under another name is not among them: nobody has to do anything.
func (h *History) Absent() []Absent {
	var gone []Key
	for key, r := range h.repositories {
		if r.Event != nil && r.Event.Withdrawn && r.Event.Entity == nil {
			gone = append(gone, key)
		}
	}
	if len(gone) == 0 { // each answer asks, and settings may name thousands
		return nil
	}
	named := h.named()
	var absent []Absent
	for _, key := range gone {
		r := h.repositories[key]
		if !named[key] && !h.selects(key) {
			continue
		}
		a := Absent{Source: key.Source, Repository: r.Name, Named: named[key], Since: r.Event.Updated}
		if to, moved := h.leads(key); moved {
			a.Moved, a.LeftOut = r.Event.Moved, h.out(to)
			if known := h.repositories[to]; known != nil {
				a.Moved = known.Name
			}
			if !a.Named && !a.LeftOut {
				continue
			}
		}
		absent = append(absent, a)
	}
	slices.SortFunc(absent, func(a, b Absent) int {
		return Key{a.Source, a.Repository}.compare(Key{b.Source, b.Repository})
	})
	return absent
}

// named are the repositories that the settings ask for by name.
func (h *History) named() map[Key]bool {
	named := map[Key]bool{}
	for i := range h.mapping.Services {
		s := &h.mapping.Services[i]
		for j := range s.Deployments {
			named[keyOf(s.Deployments[j].Source, s.Deployments[j].Repository)] = true
		}
		for j := range s.Incidents {
			named[keyOf(s.Incidents[j].Source, s.Incidents[j].Repository)] = true
		}
	}
	for _, s := range h.mapping.Selections {
		for _, name := range s.ByName() {
			named[keyOf(s.Source, name)] = true
		}
	}
	return named
}

// selects says whether the settings select a name.
func (h *History) selects(key Key) bool {
	for _, s := range h.mapping.Selections {
		if s.Source == key.Source {
			return s.Takes(key.Name)
		}
	}
	return true
}

// Known lists the deployments, the incidents or the changes that are known of a repository, those that were withdrawn too,
// without what people corrected. The text of incidents and changes, and what changes are called, is
// not kept.
func (h *History) Known(source string, kind dora.Kind, name string) (events []dora.Event) {
	key := keyOf(source, name)
	corrected := map[string]bool{}
	for _, c := range h.corrections {
		if !c.Undone {
			corrected[h.Now(c.Deployment, c.Made)], corrected[h.Now(c.Incident, c.Made)] = true, true
		}
	}
	if kind == dora.KindChange {
		return h.knownChanges(key)
	}
	if kind == dora.KindIncident {
		for _, i := range h.reported[key].all {
			if !corrected[NameOf(i.Event.Header, i.Event.Repository)] {
				events = append(events, i.Event)
			}
		}
	}
	if r := h.repositories[key]; r != nil && kind == dora.KindDeployment {
		for _, all := range []map[string]*dora.Deployment{r.Deployments, r.withdrawn} {
			for _, d := range all {
				if !corrected[NameOf(d.Header, d.Repository)] {
					events = append(events, d)
				}
			}
		}
	}
	return events
}

// knownChanges lists the newest version of each of a repository's changes, by number.
func (h *History) knownChanges(key Key) (events []dora.Event) {
	r := h.repositories[key]
	if r == nil || r.Packed.Size.Changes == 0 {
		return nil
	}
	newest := map[int]*dora.Change{}
	for c := range r.Packed.Changes {
		if newest[c.Number] == nil || c.NewerThan(newest[c.Number].Header) {
			newest[c.Number] = c
		}
	}
	for _, number := range slices.Sorted(maps.Keys(newest)) {
		c := newest[number]
		c.Source, c.Repository = key.Source, r.Name
		events = append(events, c)
	}
	return events
}
