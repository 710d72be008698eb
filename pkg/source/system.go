package source

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// System is how a kind of system declares itself: all that settings, the editor, the documentation and the API know of it.
// It is data; what only the system's own code can tell is told by its Settings.
type System struct {
	// Type is what settings call it, such as github.
	Type string `json:"type"`
	// Name is what people call it, and Summary what it is in a few words.
	Name    string `json:"name"`
	Summary string `json:"summary"`
	// Reads are the kinds of events that are read from it; none: it only tells.
	Reads []dora.Kind `json:"reads"`
	// Tells are the kinds of events that its webhooks tell of.
	Tells []dora.Kind `json:"tells"`
	// Posted says that people may post events of every kind to it by the API.
	Posted bool `json:"posted"`
	// Rows are the fields of its settings as the editor shows them: side by side where there is room. The first row says
	// where the system is, and ends with Access.
	Rows [][]Field `json:"rows"`
	// Access is how the system lets us in; nil: nothing is read.
	Access *Access `json:"access,omitempty"`
	// Permissions are the least that reading needs.
	Permissions []Permission `json:"permissions"`
	// Webhook is how the system tells us by itself; nil: it does not.
	Webhook *Webhook `json:"webhook,omitempty"`
	// Reference is what the system's page says beyond what is declared here: Markdown under the headings that all pages have,
	// with links as from docs/. Limits says how often the system may be asked.
	Reference string `json:"-"`
	Limits    string `json:"-"`
	// Settings makes settings of the system's own type, with their defaults: a pointer to a struct with json tags, each of
	// which is a field above.
	Settings func() Settings `json:"-"`
}

// Told says that nothing is read: what the system tells cannot be read again.
func (s *System) Told() bool { return len(s.Reads) == 0 }

// OwnersAlone says that it tells who owns what, and of nothing that happened.
func (s *System) OwnersAlone() bool { return slices.Equal(s.Reads, []dora.Kind{dora.KindRepository}) }

// Settings are what a system of one type is configured with, beside the id and the type that every source has. They may
// also be a Judge, a Selector and an Adviser.
type Settings interface {
	// Open makes the source. It asks nobody; what cannot work is reported by the source's Check and Collect.
	Open(Given) Source
}

// Judge are settings that can be wrong in ways that no declaration tells.
type Judge interface {
	Judge(at string, fail Fail)
}

// Fail takes note of a mistake in a field. The problem says what is allowed.
type Fail func(field, format string, args ...any)

// Selector are settings that pick repositories, in the words of dora.Selection.
type Selector interface {
	Selects() []string
}

// Adviser are settings that can say what to look at where a reading went well and found nothing of a kind.
type Adviser interface {
	// Lacking is half a sentence, or nothing where there is nothing to say.
	Lacking(dora.Kind) string
}

// Given is what a source is made from, beside its settings.
type Given struct {
	// ID is the source's, by which its events and secrets are kept.
	ID string
	// Secrets by their short name, such as "token". They are never written anywhere.
	Secrets map[string]string
	// Client brings TLS, proxy and time-outs, and no credentials. It is not changed.
	Client *http.Client
	Wanted
}

// SecretWebhook is the short name of the secret that a source's webhooks are proved with.
const SecretWebhook = "webhookSecret"

// SecretKey is what settings call a source's secret.
func SecretKey(id, name string) string { return "sources." + id + "." + name }

// Systems are those that there are, in the order in which people are offered them.
type Systems []*System

// Of is the system of a type; nil if there is none.
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

// Plain is what settings hold, as they would be saved.
func Plain(own Settings) map[string]any {
	text, err := json.Marshal(own)
	plain := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err != nil {
		panic(err) // settings are texts, numbers, truth values, lists and structs of them
	}
	return plain
}
