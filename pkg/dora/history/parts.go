package history

import (
	"cmp"
	"strconv"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// A record that was merged into another, is its child or its duplicate tells of no interruption of its own: the record that
// it belongs to does. That may belong to one in its turn.

// parts are the records that belong to others of their source.
type parts struct {
	all   map[string]*Incident // by full id, as nameOf has it
	whole map[*Incident]string // the full id of what each belongs to in the end; nil when it must be worked out
	last  map[string]string    // the same by full id, as it was worked out last
}

// enterPart takes in a version of an incident.
func (h *History) enterPart(name string, i *Incident) {
	switch {
	case i.Event.PartOf != "":
		if h.parts.all == nil {
			h.parts.all = map[string]*Incident{}
		}
		h.parts.all[name] = i
	case len(h.parts.all) == 0:
		return
	default:
		delete(h.parts.all, name)
	}
	h.parts.whole = nil
}

// partOf is the full id of the record that one belongs to by its own word; empty where that is itself.
func (h *History) partOf(name string, i *Incident) string {
	if i.Event.PartOf == "" {
		return ""
	}
	of := i.Event.Source + ":" + i.Event.PartOf
	if h.incidents[of] == nil {
		of = cmp.Or(h.Now(of, i.Event.Updated), of)
	}
	if of == name {
		return ""
	}
	return of
}

// join works out what the parts belong to, and marks the services of those that belong to another than before.
func (h *History) join() {
	if h.parts.whole != nil || len(h.parts.all) == 0 && len(h.parts.last) == 0 {
		return
	}
	wholes := map[string]string{} // by part; empty: it is one itself
	for name := range h.parts.all {
		h.follow(name, wholes)
	}
	h.parts.whole = make(map[*Incident]string, len(h.parts.all))
	for name, i := range h.parts.all {
		if whole := wholes[name]; whole != "" {
			h.parts.whole[i] = whole
		}
		if whole, before := wholes[name], h.parts.last[name]; whole != before {
			h.touchNamed(name)
			h.touchNamed(whole)
			h.touchNamed(before)
		}
	}
	for name, before := range h.parts.last {
		if h.parts.all[name] == nil {
			h.touchNamed(name)
			h.touchNamed(before)
		}
	}
	h.parts.last = wholes
}

// follow finds what a record belongs to in the end, and with it all that lie on the way. Where the way goes round in a
// circle, the earliest opened of it is the whole.
func (h *History) follow(name string, wholes map[string]string) {
	var way []string
	place := map[string]int{}
	at := name
	for {
		i := h.parts.all[at]
		whole, known := wholes[at]
		if begin, round := place[at]; round {
			at = h.earliest(way[begin:])
			break
		}
		if known {
			at = cmp.Or(whole, at)
			break
		}
		of := ""
		if i != nil {
			of = h.partOf(at, i)
		}
		if of == "" {
			break
		}
		place[at] = len(way)
		way = append(way, at)
		at = of
	}
	for _, each := range way {
		if wholes[each] = at; each == at {
			wholes[each] = ""
		}
	}
}

// earliest is which of several records opened first; of those that were withdrawn or are left out only where all were.
func (h *History) earliest(names []string) string {
	rank := func(i *Incident) int {
		if i.Event.Withdrawn || h.out(i.place()) {
			return 1
		}
		return 0
	}
	first := names[0]
	for _, name := range names[1:] {
		a, b := h.parts.all[name], h.parts.all[first]
		if cmp.Or(cmp.Compare(rank(a), rank(b)), a.Event.Opened.Compare(b.Event.Opened), cmp.Compare(a.Event.FullID(), b.Event.FullID())) < 0 {
			first = name
		}
	}
	return first
}

func (h *History) touchNamed(incident string) {
	if i := h.incidents[incident]; i != nil && !h.everything {
		h.touchIncident(i.Event)
	}
}

// Whole is the record that an incident belongs to, and its full id; nil where it is not known. An incident that is one by
// itself has no id.
func (h *History) Whole(i *Incident) (whole *Incident, id string) {
	id = h.parts.whole[i]
	return h.incidents[id], id
}

// NamesOf are what other systems may call an incident, in the form in which texts have names.
func NamesOf(e *dora.Incident) (names []string) {
	if e.URL != "" {
		names = append(names, addressName(e.URL))
	}
	if isKey(e.Key) {
		names = append(names, versionName(e.Key))
	}
	if e.Number > 0 && len(within(e.ID, e.Repository)) < len(e.ID) { // an issue
		names = append(names, versionName(e.Repository+"#"+strconv.FormatInt(e.Number, 10)))
	}
	return names
}
