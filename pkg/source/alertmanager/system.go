package alertmanager

import (
	_ "embed"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// System declares the senders of alerts.
var System = source.System{
	Type: "alertmanager", Name: "Alerts", Summary: "Alertmanager's or Grafana's, which are sent here",
	Reads: []dora.Kind{}, Tells: []dora.Kind{dora.KindIncident},
	Rows: [][]source.Field{{
		{
			Key: "alerts.only", Kind: source.List, Label: "Only alerts with", Description: "One label a line, as name=value; none: every alert is an incident.",
			Example: "severity=critical", Form: &source.Form{Pattern: `^[a-zA-Z_][a-zA-Z0-9_]*=.`, Allowed: "name=value, such as severity=critical"},
			Meaning: "labels `name=value` of which an alert has any to be an incident (absent: every alert is)",
		},
		{
			Key: "alerts.service", Kind: source.Text, Label: "Service label", Description: "Which label names the service.", Default: serviceLabel, Width: 24,
			Meaning: "the label that names the service (absent: `service`)",
		},
		{
			Key: "alerts.severity", Kind: source.Text, Label: "Severity label", Description: "Which label is the severity.", Default: severityLabel, Width: 24,
			Meaning: "the label that is the severity (absent: `severity`)",
		},
	}},
	Permissions: []source.Permission{},
	Webhook: &source.Webhook{
		Sender: "Alertmanager, Grafana's alerts", Tells: "an alert that fires is an incident, one that is resolved its end",
		Proofs: []source.Header{
			{Name: "X-Grafana-Alerting-Signature", Description: "Grafana's signature"},
			{Name: "X-Grafana-Alerting-Timestamp", Description: "When Grafana signed, in seconds since 1970; at most five minutes off"},
		},
		Place: "In Alertmanager's configuration (0.28 or later):",
		Template: `receivers:
  - name: live-dora
    webhook_configs:
      - url: <address>
        send_resolved: true
        max_alerts: 500
        http_config:
          authorization: { credentials: TOKEN }
          http_headers: { X-Live-Dora-Secret: { secrets: [SECRET] } }`,
	},
	Reference: reference,
	Settings:  func() source.Settings { return &Settings{} },
}

// reference is what its page says beyond the table of keys.
//
//go:embed reference.md
var reference string

// Settings are what a sender of alerts is configured with.
type Settings struct {
	// Alerts says which alerts are incidents; absent: all, by the labels service and severity.
	Alerts *Alerts `json:"alerts,omitempty"`
}

// Alerts says which alerts are incidents, and what their labels mean.
type Alerts struct {
	// Only: an alert that has any of these labels is an incident, each name=value; empty: every alert is.
	Only []string `json:"only,omitempty"`
	// Service and Severity name the labels that carry them; empty: service and severity.
	Service  string `json:"service,omitempty"`
	Severity string `json:"severity,omitempty"`
}

// The labels that carry service and severity where none are named.
const (
	serviceLabel  = "service"
	severityLabel = "severity"
)

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }
