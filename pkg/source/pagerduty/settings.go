package pagerduty

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what an account is configured with.
type Settings struct {
	// URL is that of the API; empty: https://api.pagerduty.com. An account of the EU has https://api.eu.pagerduty.com.
	URL string `json:"url,omitempty"`
	// Services are the ids of the services whose incidents are read; none: of all.
	Services  []string  `json:"services,omitempty"`
	Incidents Incidents `json:"incidents,omitzero"`
}

// Incidents says which incidents count, and what their fields mean.
type Incidents struct {
	Urgency  Urgency  `json:"urgency,omitempty"`
	Severity Severity `json:"severity,omitempty"`
	// Deployments are custom fields that name deployments, and Same those that name the record of the same interruption in
	// another system.
	Deployments []string `json:"deployments,omitempty"`
	Same        []string `json:"same,omitempty"`
}

// Urgency says of which urgency an incident is to be.
type Urgency string

// The urgencies that may count.
const (
	HighUrgency Urgency = "high" // those that people are woken for
	AnyUrgency  Urgency = "any"
)

// Allowed lists what settings may name.
func (Urgency) Allowed() []string { return source.Values(urgencies) }

// Severity says what an incident's severity is.
type Severity string

// What may be the severity.
const (
	ByPriority Severity = "priority" // as the account's priorities are called
	ByUrgency  Severity = "urgency"
)

// Allowed lists what settings may name.
func (Severity) Allowed() []string { return source.Values(severities) }

var urgencies = []source.Option{
	{Value: string(HighUrgency), Label: "High urgency", Description: "those that somebody is called for"},
	{Value: string(AnyUrgency), Label: "Any urgency", Description: "those of low urgency, too"},
}

var severities = []source.Option{
	{Value: string(ByPriority), Label: "Priority", Description: "as the account calls it; none where nobody set one"},
	{Value: string(ByUrgency), Label: "Urgency", Description: "high or low, which a service sets by itself"},
}

// secretToken is the short name of the API key's secret.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	if kind != dora.KindIncident {
		return ""
	}
	text := "the account has no incident in the collected history that the API key may see."
	if len(s.Services) > 0 {
		text += " Only the services " + source.Listed(s.Services) + " were looked at."
	}
	if s.Incidents.Urgency != AnyUrgency {
		text += " Only incidents of high urgency count: incidents.urgency may be any."
	}
	return text
}
