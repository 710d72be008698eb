package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Sink is one place that figures are delivered to.
type Sink struct {
	// ID is unique among the sinks; secrets and the ledger of what was delivered are keyed by it, so it is fixed once saved.
	ID string
	// Type is the kind's.
	Type string
	// Shape is which figures are delivered.
	Shape sink.Shape
	// System is what a sink of this type is, and Own what it is configured with.
	System *sink.System
	Own    sink.Settings
	// Secrets of this sink by their short name, such as "token". They are never written anywhere.
	Secrets map[string]string
}

// Open makes the sink of a data set.
func (s *Sink) Open(dataset string, client *http.Client) sink.Sink {
	return s.Own.Open(sink.Given{ID: s.ID, Dataset: dataset, Secrets: s.Secrets, Client: client})
}

// Place stands for where the points are, whichever they are: the sink's own settings, without secrets.
func (s *Sink) Place() string {
	own, err := json.Marshal(s.Own)
	if err != nil {
		panic(err) // settings are texts, truth values, lists and structs of them
	}
	return s.Type + " " + string(own)
}

// Plain is what its own settings hold.
func (s *Sink) Plain() map[string]any { return sink.Plain(s.Own) }

// MarshalJSON writes the sink as settings have it, without its secrets.
func (s Sink) MarshalJSON() ([]byte, error) {
	whole, err := json.Marshal(head{s.ID, s.Type})
	for _, part := range []any{s.Shape, s.Own} {
		if err != nil || part == nil {
			return whole, err
		}
		var text []byte
		if text, err = json.Marshal(part); err == nil && !bytes.Equal(text, []byte("{}")) {
			whole = slices.Concat(whole[:len(whole)-1], []byte(","), text[1:])
		}
	}
	return whole, err
}

// readSink reads a sink as its type has it.
func readSink(kinds sink.Systems) strict.Option {
	return strict.Reading(func(d *strict.Decoder, path string, value any, s *Sink) {
		object, _ := value.(map[string]any)
		h := head{}
		_ = strict.Decode("", map[string]any{"type": object["type"]}, &h) // what is wrong with it is told below
		s.System = kinds.Of(h.Type)
		if s.System == nil {
			if object != nil && object["type"] != nil {
				d.Choice(path+".type", h.Type, kinds.Types())
				return // which keys it may have is not known
			}
			if len(kinds) == 0 {
				d.Object(path, value, &h)
				return
			}
			s.System = kinds[0]
		}
		s.Own = s.System.Settings()
		d.Object(path, value, &h, &s.Shape, s.Own)
		s.ID, s.Type = h.ID, h.Type
	})
}

// takeSinkSecrets hands each sink its secrets: sinks.<id>.<name>.
func (s *Settings) takeSinkSecrets(secrets map[string]string) {
	for i := range s.Sinks {
		each := &s.Sinks[i]
		each.Secrets = map[string]string{}
		prefix := sink.SecretKey(each.ID, "")
		for key, value := range secrets {
			if name, ok := strings.CutPrefix(key, prefix); ok && value != "" && !strings.Contains(name, ".") {
				each.Secrets[name] = strings.TrimSpace(value)
			}
		}
	}
}

// sinkLimit bounds how many sinks there may be: each keeps a ledger.
const sinkLimit = 5

func (s *Settings) validateSinks(sources []string, fail func(field, format string, args ...any)) {
	if len(s.Sinks) > sinkLimit {
		fail("sinks", "%d are too many; allowed: %d", len(s.Sinks), sinkLimit)
	}
	if len(s.Sinks) > 0 && s.Store.Type == StoreMemory {
		fail("sinks", "are not allowed with store.type memory, which forgets what was delivered; allowed: with a store that lasts, sqlite or postgres")
	}
	var ids []string
	for i := range s.Sinks {
		each := &s.Sinks[i]
		at := fmt.Sprintf("sinks[%d]", i)
		switch {
		case !idPattern.MatchString(each.ID):
			fail(at+".id", "%q is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit", each.ID)
		case slices.Contains(ids, each.ID):
			fail(at+".id", "%q is there twice; each sink needs an id of its own", each.ID)
		case slices.Contains(sources, each.ID): // they stand in one table
			fail(at+".id", "%q is a source's id; allowed: another one", each.ID)
		}
		ids = append(ids, each.ID)
		if each.Type == "" {
			fail(at+".type", "is missing; allowed: %s", strings.Join(s.Kinds.Types(), ", "))
		}
		each.System.Judge(at, each.ID, each.Shape, each.Own, each.Secrets, fail)
		each.Shape.Complete()
	}
}
