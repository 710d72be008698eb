package incidentio

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what an organisation is configured with.
type Settings struct {
	// URL is that of the API; empty: https://api.incident.io.
	URL       string    `json:"url,omitempty"`
	Incidents Incidents `json:"incidents,omitzero"`
}

// Incidents says which incidents count, and what their fields mean.
type Incidents struct {
	// Types are those that count, by name; none: all.
	Types []string `json:"types,omitempty"`
	// Opened, Acknowledged and Resolved are timestamps by name, the first that has a value counts.
	Opened       []string `json:"opened,omitempty"`
	Acknowledged []string `json:"acknowledged,omitempty"`
	Resolved     []string `json:"resolved,omitempty"`
	// Service is the custom field that names the service.
	Service string `json:"service,omitempty"`
	// Deployments are custom fields that name deployments, and Same those that name the record of the same interruption in
	// another system.
	Deployments []string `json:"deployments,omitempty"`
	Same        []string `json:"same,omitempty"`
}

// What timestamps and the field of the service are called where nothing else is configured.
var (
	openedNames   = []string{"Impact started", "Reported at"}
	resolvedNames = []string{"Resolved at"}
	serviceNames  = []string{"Affected service", "Affected services", "Service", "Services"}
)

// secretToken is the short name of the API key's secret.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	if kind != dora.KindIncident {
		return ""
	}
	text := "the organisation has no incident that was accepted in the collected history, or the API key may not see it."
	if len(s.Incidents.Types) > 0 {
		text += " Only incidents of the types " + source.Listed(s.Incidents.Types) + " count."
	}
	return text
}
