package sink

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/livedora/dora-datasource/pkg/source"
)

// System is how a kind of sink declares itself: all that settings, the editor and the documentation know of it.
type System struct {
	// Type is what settings call it, such as influxdb.
	Type string `json:"type"`
	// Name is what people call it, and Summary what it is in a few words.
	Name    string `json:"name"`
	Summary string `json:"summary"`
	// Rows are the fields of its own settings, as the editor shows them side by side; the first row ends with Access.
	Rows [][]source.Field `json:"rows"`
	// Access is how it lets us in.
	Access *source.Access `json:"access,omitempty"`
	// Permissions are the least that delivering needs.
	Permissions []source.Permission `json:"permissions"`
	// Settings makes settings of the kind's own type, with their defaults: a pointer to a struct with json tags, each of
	// which is a field above.
	Settings func() Settings `json:"-"`
}

// Settings are what a sink of one kind is configured with, beside what every sink has. They may also be a source.Judge.
type Settings interface {
	// Open makes the sink. It asks nobody; what cannot work is reported by the sink's own methods.
	Open(Given) Sink
}

// Given is what a sink is made from, beside its settings.
type Given struct {
	// ID is the sink's in the settings, which errors carry.
	ID string
	// Dataset is whose figures they are. Points of one data set never touch those of another in the same place.
	Dataset string
	// Secrets by their short name, such as "token". They are never written anywhere.
	Secrets map[string]string
	// Client brings TLS, proxy and time-outs, and no credentials. It is not changed.
	Client *http.Client
}

// SecretKey is what settings call a sink's secret.
func SecretKey(id, name string) string { return "sinks." + id + "." + name }

// Fields are what its settings may have beside id and type.
func (s *System) Fields() source.Declared {
	return source.Declared{Rows: slices.Concat(s.Rows, shapeRows), Access: s.Access}
}

// Judge finds what is wrong with a sink's settings and secrets.
func (s *System) Judge(at, id string, shape Shape, own Settings, secrets map[string]string, fail source.Fail) {
	plain := Plain(own)
	for key, value := range Plain(shape) {
		plain[key] = value
	}
	s.Fields().Judge(at, plain, func(name string) string { return SecretKey(id, name) }, secrets, fail)
	if judge, ok := own.(source.Judge); ok {
		judge.Judge(at, fail)
	}
}

// Plain is what settings hold, as they would be saved.
func Plain(of any) map[string]any {
	text, err := json.Marshal(of)
	plain := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err != nil {
		panic(err) // settings are texts, truth values, lists and structs of them
	}
	return plain
}

// Systems are the kinds that there are.
type Systems []*System

// Of is the kind of a type; nil if there is none.
func (all Systems) Of(kind string) *System {
	for _, s := range all {
		if s.Type == kind {
			return s
		}
	}
	return nil
}

// Types lists what settings may name.
func (all Systems) Types() []string {
	types := make([]string, len(all))
	for i, s := range all {
		types[i] = s.Type
	}
	return types
}
