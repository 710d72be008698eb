package grafanairm

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a stack is configured with.
type Settings struct {
	// URL is the stack's, such as https://acme.grafana.net.
	URL       string    `json:"url,omitempty"`
	Incidents Incidents `json:"incidents,omitzero"`
}

// Incidents says what an incident's labels mean, and what is read of it.
type Incidents struct {
	// Service is the label or custom field that names the service; empty: service.
	Service string `json:"service,omitempty"`
	// References has the links of incidents to other systems read, which takes a request for each that changed.
	References bool `json:"references,omitempty"`
}

// serviceField names the service where nothing else is configured.
const serviceField = "service"

// secretToken is the short name of the service account token's secret.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	if kind != dora.KindIncident {
		return ""
	}
	return "the stack has no incident in the collected history that is no drill, or the service account may not see it."
}
