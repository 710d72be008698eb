package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Source is one system to read, or that tells.
type Source struct {
	// ID is unique among the sources; secrets and stored events are keyed by it, so it is fixed once saved.
	ID string
	// Type is the system's.
	Type string
	// System is what a source of this type is, and Own what it is configured with.
	System *source.System
	Own    source.Settings
	// Wanted is what the services need of it.
	source.Wanted
	// Secrets of this source by their short name, such as "token". They are never written anywhere.
	Secrets map[string]string

	foreign []string // keys of other systems that are given
}

// head are the keys of every source.
type head struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// SecretWebhooks is the secret of all sources that have none of their own for their webhooks.
const SecretWebhooks = "webhooks.secret"

// Open makes the source.
func (s *Source) Open(client *http.Client) source.Source {
	return s.Own.Open(source.Given{ID: s.ID, Secrets: s.Secrets, Client: client, Wanted: s.Wanted})
}

// Selects are the repositories that are read, in the words of dora.Selection; nil where the system has none.
func (s *Source) Selects() []string {
	if selector, ok := s.Own.(source.Selector); ok {
		return selector.Selects()
	}
	return nil
}

// Lacking says what to look at where nothing of a kind was found, half a sentence; empty: nothing.
func (s *Source) Lacking(kind dora.Kind) string {
	if adviser, ok := s.Own.(source.Adviser); ok {
		return adviser.Lacking(kind)
	}
	return ""
}

// MarshalJSON writes the source as settings have it, without its secrets.
func (s Source) MarshalJSON() ([]byte, error) {
	first, err := json.Marshal(head{s.ID, s.Type})
	if err != nil || s.Own == nil {
		return first, err
	}
	own, err := json.Marshal(s.Own)
	if err != nil || bytes.Equal(own, []byte("{}")) {
		return first, err
	}
	return slices.Concat(first[:len(first)-1], []byte(","), own[1:]), nil
}

// readSource reads a source as its type has it. One without a type, or of an unknown one, is read as the first system that
// has all its keys: what else is wrong with it is told together.
func readSource(systems source.Systems) strict.Option {
	return strict.Reading(func(d *strict.Decoder, path string, value any, s *Source) {
		object, _ := value.(map[string]any)
		h := head{}
		_ = strict.Decode("", map[string]any{"type": object["type"]}, &h) // what is wrong with it is told below
		if h.Type != "" || object["type"] == "" {
			d.Choice(path+".type", h.Type, systems.Types())
		}
		if s.System = systems.Of(h.Type); s.System == nil {
			s.System = likeliest(systems, object)
		}
		s.Own = s.System.Settings()
		if object != nil {
			value = s.parted(systems, object, func(key string, others source.Settings) {
				d.Object(path, map[string]any{key: object[key]}, others)
			})
		}
		d.Object(path, value, &h, s.Own)
		s.ID, s.Type = h.ID, h.Type
	})
}

// likeliest is the first system that has all keys of an object, or else the first.
func likeliest(systems source.Systems, object map[string]any) *source.System {
	for _, system := range systems {
		known := keysOf(system)
		has := func(key string) bool { return slices.Contains(headKeys, key) || slices.Contains(known, key) }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(object)), func(key string) bool { return !has(key) }) {
			return system
		}
	}
	return systems[0]
}

// keysOf are the keys of a system's own settings.
func keysOf(system *source.System) []string {
	return strict.Keys(reflect.TypeOf(system.Settings()).Elem())
}

var headKeys = strict.Keys(reflect.TypeFor[head]())

// parted takes the keys of other systems out of a source. They are read as the other system has them: what says nothing is
// left over from another type, and is no mistake.
func (s *Source) parted(systems source.Systems, object map[string]any, read func(key string, others source.Settings)) map[string]any {
	own := maps.Clone(object)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		types := having(systems, key)
		if len(types) == 0 || slices.Contains(types, s.System.Type) {
			continue
		}
		delete(own, key)
		others := systems.Of(types[0]).Settings()
		read(key, others)
		if _, given := source.Plain(others)[key]; given {
			s.foreign = append(s.foreign, key)
		}
	}
	return own
}

// having are the types whose settings have a key.
func having(systems source.Systems, key string) []string {
	var types []string
	for _, system := range systems {
		if slices.Contains(keysOf(system), key) {
			types = append(types, system.Type)
		}
	}
	return types
}

// checkForeign tells of keys that belong to other systems.
func (s *Source) checkForeign(systems source.Systems, at string, fail source.Fail) {
	for _, key := range s.foreign {
		types := having(systems, key)
		told := slices.ContainsFunc(types, func(kind string) bool { return systems.Of(kind).Told() })
		if s.System.Told() && !told {
			fail(at+"."+key, "is not allowed with type %s, of which nothing is read; allowed: %s", s.Type, toldKeys(systems))
		} else {
			fail(at+"."+key, "is not allowed with type %s; allowed: with type %s", s.Type, strings.Join(types, ", "))
		}
	}
}

// toldKeys lists the keys of sources that only tell.
func toldKeys(systems source.Systems) string {
	text := strings.Join(headKeys, ", ")
	for _, system := range systems {
		if keys := keysOf(system); system.Told() && len(keys) > 0 {
			text += fmt.Sprintf(" and, with type %s, %s", system.Type, strings.Join(keys, ", "))
		}
	}
	return text
}
