// Package webhook is the source of whatever has no source of its own: a small JSON of deployments, changes and incidents,
// which a pipeline posts to the API or a system sends as a signed webhook. Nothing is read from anywhere.
package webhook

import (
	"context"
	"net/http"
	"time"

	"github.com/livedora/dora-datasource/pkg/intake"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Source is one configured sender.
type Source struct{ given source.Given }

var (
	_ source.Source   = (*Source)(nil)
	_ source.Receiver = (*Source)(nil)
)

// New makes the source.
func New(given source.Given) *Source { return &Source{given} }

// Collect implements source.Source: there is nothing to read.
func (*Source) Collect(context.Context, source.Request) error { return nil }

// Check implements source.Source. Without a secret the API still takes events, so that nothing is wrong.
func (*Source) Check(context.Context) error { return nil }

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := source.Proves(s.given.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	events, err := intake.Document(intake.Context{Source: s.given.ID, Now: time.Now()}, body)
	return source.Received{Kind: "events", Events: events}, err
}
