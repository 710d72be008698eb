package pagerduty

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// signatures is the header with what proves a call, for each secret that is in force.
const signatures = "X-PagerDuty-Signature"

// tells are the events after which an incident is not what it was. They lack its text and when it was resolved, so that the log
// is read.
var tells = map[string]bool{
	"incident.triggered": true, "incident.acknowledged": true, "incident.unacknowledged": true, "incident.resolved": true, "incident.reopened": true,
	"incident.priority_updated": true, "incident.reassigned": true, "incident.delegated": true, "incident.escalated": true,
	"incident.incident_type.changed": true, "incident.custom_field_values.updated": true, "incident.service_updated": true,
}

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var told struct {
		Event struct {
			Type string `json:"event_type"`
			Data struct {
				Service ref `json:"service"`
			} `json:"data"`
		} `json:"event"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return source.Received{}, unreadable(err)
	}
	received := source.Received{Kind: told.Event.Type}
	switch {
	case received.Kind == "":
		return source.Received{}, &source.Mistake{Field: "event.event_type", Problem: "is missing; PagerDuty sends it with every webhook of version 3"}
	case received.Kind == "pagey.ping":
		received.Ignored = "a test that arrived"
	case !tells[received.Kind]:
		received.Ignored = "webhooks of this kind tell nothing that figures need"
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	case received.Kind == "incident.triggered" && !s.reads(told.Event.Data.Service.ID):
		received.Ignored = "this source does not read that service"
	default:
		received.Everything = true
	}
	return received, nil
}

// unreadable is a genuine call that cannot be read. It repeats no value.
func unreadable(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return &source.Mistake{Field: mistyped.Field, Problem: "is of another type than PagerDuty documents"}
	}
	return &source.Mistake{Problem: "the body is no JSON"}
}

// proves says whether a call carries a good signature: one of several is enough, as there are while a secret is changed.
func proves(secret string, header http.Header, body []byte) error {
	given := header.Get(signatures)
	if secret == "" || given == "" {
		return source.Proves(secret, header, body)
	}
	for each := range strings.SplitSeq(given, ",") {
		if signature, ok := strings.CutPrefix(strings.TrimSpace(each), "v1="); ok && source.Signed(secret, signature, body) {
			return nil
		}
	}
	return source.ErrForged
}
