package incidentio

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// Receive implements source.Receiver. Calls come in any order, and those of private incidents tell nothing of them: what was
// updated is read.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var told struct {
		Type string `json:"event_type"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return source.Received{}, unreadable(err)
	}
	received := source.Received{Kind: told.Type}
	switch {
	case told.Type == "":
		return source.Received{}, &source.Mistake{Field: "event_type", Problem: "is missing; incident.io sends it with every webhook"}
	case !strings.Contains(told.Type, "_incident.incident_"):
		received.Ignored = "webhooks of this kind tell nothing that figures need"
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	default:
		received.Everything = true
	}
	return received, nil
}

// proves says whether a call is signed, or carries the secret in the header of senders that cannot sign.
func proves(secret string, header http.Header, body []byte) error {
	if secret != "" && header.Get("Webhook-Signature") == "" {
		return source.Proves(secret, header, body)
	}
	return source.ProvesStandard(secret, header, body)
}

// unreadable is a genuine call that cannot be read. It repeats no value.
func unreadable(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return &source.Mistake{Field: mistyped.Field, Problem: "is of another type than incident.io documents"}
	}
	return &source.Mistake{Problem: "the body is no JSON"}
}
