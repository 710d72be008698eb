package pagerduty_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pagerduty"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const hookSecret = standintest.Secret

func signed(body string, secrets ...string) http.Header {
	h := http.Header{}
	all := ""
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = mac.Write([]byte(body))
		if all != "" {
			all += ","
		}
		all += "v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	h.Set("X-PagerDuty-Signature", all)
	return h
}

func event(kind, service string) string {
	return `{"event":{"id":"01ABC","event_type":"` + kind + `","resource_type":"incident","occurred_at":"2026-11-01T10:00:00.123Z","data":{"id":"Q1","type":"incident","number":1,"status":"triggered","service":{"id":"` + service + `","summary":"Till"}}}}`
}

func TestAWebhookHasTheLogRead(t *testing.T) {
	t.Parallel()
	s := open(pagerduty.Settings{Services: []string{"PTILL"}})
	for kind, everything := range map[string]bool{
		"incident.triggered": true, "incident.acknowledged": true, "incident.resolved": true, "incident.reopened": true, "incident.priority_updated": true,
		"pagey.ping": false, "incident.annotated": false, "service.updated": false, "incident.responder.added": false,
	} {
		body := event(kind, "PTILL")
		received, err := s.Receive(signed(body, hookSecret), []byte(body))
		require.NoError(t, err, kind)
		assert.Equal(t, everything, received.Everything, kind)
		assert.Equal(t, everything, received.Ignored == "", kind)
		assert.Empty(t, received.Events, "it lacks the text and the end")
	}
	body := event("incident.triggered", "PSTOCK")
	received, err := s.Receive(signed(body, hookSecret), []byte(body))
	require.NoError(t, err)
	assert.Contains(t, received.Ignored, "does not read that service")
}

func TestOneOfSeveralSignaturesIsEnough(t *testing.T) {
	t.Parallel()
	s := open(pagerduty.Settings{})
	body := event("incident.resolved", "PTILL")
	for name, c := range map[string]struct {
		header http.Header
		fails  error
	}{
		"ours":                         {signed(body, hookSecret), nil},
		"an older one, then ours":      {signed(body, "older", hookSecret), nil},
		"ours, then another":           {signed(body, hookSecret, "newer"), nil},
		"others alone":                 {signed(body, "older", "newer"), source.ErrForged},
		"of another body":              {signed(body+" ", hookSecret), source.ErrForged},
		"none":                         {http.Header{}, source.ErrForged},
		"of another scheme":            {http.Header{"X-Pagerduty-Signature": {"v0=" + signed(body, hookSecret).Get("X-PagerDuty-Signature")[3:]}}, source.ErrForged},
		"the secret in its own header": {http.Header{source.SecretHeader: {hookSecret}}, nil},
	} {
		_, err := s.Receive(c.header, []byte(body))
		assert.ErrorIs(t, err, c.fails, name)
	}
	unset := pagerduty.New(source.Given{ID: "pagerduty"}, pagerduty.Settings{})
	_, err := unset.Receive(signed(body, ""), []byte(body))
	require.ErrorIs(t, err, source.ErrNoSecret)
	for _, bad := range []string{`{`, `[]`, `{"event":{}}`, `{"event":{"event_type":7}}`, `{"event":{"event_type":"incident.triggered","data":{"service":7}}}`} {
		_, err := s.Receive(signed(bad, hookSecret), []byte(bad))
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, bad)
	}
}
