package rest

import (
	"errors"
	"net/http"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/monitor"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Receipt is the answer to a webhook.
type Receipt struct {
	Event   string   `json:"event"`             // what the sender calls it
	Events  int      `json:"events"`            // that it told of
	Stored  int      `json:"stored"`            // of them those that were new
	Refresh []string `json:"refresh,omitempty"` // parts of the source that are read because of it
	Ignored string   `json:"ignored,omitempty"` // why nothing was done
	Warning string   `json:"warning,omitempty"` // what of it no service takes, and what will show it
}

// webhook takes a system's call. Being let in by Grafana proves nothing: the signature or secret does.
func webhook(c *call) error {
	id, err := c.sourceNamed()
	if err != nil {
		return err
	}
	if err := c.media("application/json", "application/x-www-form-urlencoded"); err != nil {
		return err
	}
	// Senders that can set an address and nothing else put the secret there.
	if secret, err := c.text("secret"); err != nil {
		return err
	} else if secret != "" && c.Header.Get(source.SecretHeader) == "" {
		c.Header.Set(source.SecretHeader, secret)
	}
	receipt, err := c.dataset.Receive(c.Context(), id, c.Header, c.sent)
	if err != nil {
		return told(id, c.Header, err)
	}
	if receipt.Ignored != "" {
		monitor.Webhook(monitor.Ignored)
	} else {
		monitor.Webhook(monitor.Accepted)
	}
	return c.write(http.StatusOK, Receipt{
		Event: receipt.Kind, Events: receipt.Events, Stored: receipt.Changed, Refresh: receipt.Refresh, Ignored: receipt.Ignored, Warning: receipt.Warning,
	})
}

// standardTimestamp is when a call was signed that keeps to Standard Webhooks, as GitLab's do.
const standardTimestamp = "webhook-timestamp"

// told says what is wrong with a webhook.
func told(id string, header http.Header, err error) error {
	var mistake *source.Mistake
	answer := refused(err)
	switch {
	case errors.Is(err, source.ErrNoSecret):
		answer = refuse(http.StatusForbidden, "source", "no webhook is let in for %q, because no secret is configured: set sources.%s.webhookSecret or webhooks.secret in the data source's secrets, and the same at the sender", id, id)
	case errors.Is(err, source.ErrForged):
		answer = refuse(http.StatusUnauthorized, "", "%s: the sender and the data source's secrets must have the same secret", source.ErrForged)
	case errors.Is(err, source.ErrStale):
		stamp := "X-Grafana-Alerting-Timestamp"
		if header.Get(standardTimestamp) != "" {
			stamp = standardTimestamp
		}
		answer = refuse(http.StatusUnauthorized, stamp, "%s", source.ErrStale)
	case errors.Is(err, dataset.ErrNoWebhooks):
		answer = refuse(http.StatusNotFound, "source", "%q takes no webhooks", id)
	case errors.As(err, &mistake):
		answer = refuse(http.StatusBadRequest, mistake.Field, "%s", mistake.Problem)
	case !errors.As(err, new(*dataset.Unmapped)) && errors.As(err, new(*strict.Error)):
		answer = mistaken(http.StatusBadRequest, err)
	}
	count(answer)
	return answer
}

// count takes note of what was not accepted.
func count(err error) {
	if errors.As(err, new(*refusal)) || errors.As(err, new(*strict.Error)) {
		monitor.Webhook(monitor.Refused)
	} else {
		monitor.Webhook(monitor.Failed)
	}
}
