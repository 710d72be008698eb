package webhook

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares whatever has no system of its own here.
var System = source.System{
	Type: "webhook", Name: "Webhook or API", Summary: "whatever sends its events here",
	Reads: []dora.Kind{}, Tells: []dora.Kind{dora.KindDeployment, dora.KindChange, dora.KindIncident}, Posted: true,
	Rows: [][]source.Field{}, Permissions: []source.Permission{},
	Webhook: &source.Webhook{
		Sender: "anything else", Tells: "deployments, changes and incidents in [a small JSON](webhooks.md#anything-else)",
		Proofs: []source.Header{{Name: source.SecretHeader, Description: "The secret, from senders that cannot sign"}},
		Place:  "In a shell or a pipeline:",
		Template: `curl -sS --fail-with-body -X POST '<address>' \
  -H 'Authorization: Bearer TOKEN' -H 'X-Live-Dora-Secret: SECRET' -H 'Content-Type: application/json' \
  -d '{"incidents": [{"id": "<id>-1", "service": "booking", "title": "Searches time out", "opened": "2026-03-02T09:30:00Z"}]}'`,
	},
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what its page says beyond the table of keys.
//
//go:embed reference.md
var reference string

// Settings are empty: all that such a source needs is an id.
type Settings struct{}

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given) }
