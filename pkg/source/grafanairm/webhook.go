package grafanairm

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// Receive implements source.Receiver. A call lacks the incident's text, so that what was modified is read.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var told struct {
		Type string `json:"event"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return source.Received{}, unreadable(err)
	}
	received := source.Received{Kind: told.Type}
	switch {
	case told.Type == "":
		return source.Received{}, &source.Mistake{Field: "event", Problem: "is missing; Grafana IRM sends it with every webhook"}
	case !strings.HasPrefix(told.Type, "grafana.incident."):
		received.Ignored = "webhooks of this kind tell nothing that figures need"
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	default:
		received.Everything = true
	}
	return received, nil
}

// proves says whether a call is signed, or carries the secret in the header of senders that cannot sign. What is signed is the
// hash of the body and the time; there may be several signatures, while a secret is replaced.
func proves(secret string, header http.Header, body []byte) error {
	given := header.Get("GI-Signature")
	if secret == "" || given == "" {
		return source.Proves(secret, header, body)
	}
	at, signatures := "", []string{}
	for each := range strings.SplitSeq(given, ",") {
		switch key, value, _ := strings.Cut(strings.TrimSpace(each), "="); key {
		case "t":
			at = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	hash := sha256.Sum256(body)
	text := []byte(base64.StdEncoding.EncodeToString(hash[:]) + ":" + at + ":v1")
	for _, each := range signatures {
		if source.Signed(secret, each, text) {
			return source.Fresh(at)
		}
	}
	return source.ErrForged
}

// unreadable is a genuine call that cannot be read. It repeats no value.
func unreadable(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return &source.Mistake{Field: mistyped.Field, Problem: "is of another type than Grafana IRM documents"}
	}
	return &source.Mistake{Problem: "the body is no JSON"}
}
