package census

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Entries are what was told of a catalogue that is listed whole at each reading, by the full names of its entries.
type Entries map[string]EntryTold

// EntryTold is the version in which an entry was told of last, and a digest of what was said; empty: that it is there no more.
type EntryTold struct {
	At time.Time `json:"at"`
	As string    `json:"as,omitempty"`
}

// Any says whether there is an entry.
func (e Entries) Any() bool {
	for _, each := range e {
		if each.As != "" {
			return true
		}
	}
	return false
}

// News are the entries that are not as they were told, and of those that are not listed any more, those of which that means that
// they are gone.
func (e Entries) News(source string, now time.Time, listed map[string]*dora.Entity, gone func(name string) bool) (events []dora.Event) {
	tell := func(name, as string, entity *dora.Entity) {
		version := now
		if before := e[name].At; !version.After(before) {
			version = before.Add(time.Second)
		}
		e[name] = EntryTold{version, as}
		events = append(events, &dora.Repository{
			Header: dora.Header{Source: source, ID: name, Updated: version}, Name: name, Withdrawn: as == "", Traits: dora.Traits{Entity: entity},
		})
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		entity := dora.Traits{Entity: listed[name]}.Ordered().Entity
		if as := digest(entity); e[name].As != as {
			tell(name, as, entity)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if listed[name] == nil && e[name].As != "" && gone(name) {
			tell(name, "", &dora.Entity{})
		}
	}
	return events
}

func digest(e *dora.Entity) string {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // it holds texts
	}
	sum := fnv.New64a()
	_, _ = sum.Write(text) // it cannot fail
	return strconv.FormatUint(sum.Sum64(), 36)
}
