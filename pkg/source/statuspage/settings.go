package statuspage

import (
	"fmt"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what Statuspage is configured with.
type Settings struct {
	// URL is where the management API is; empty: Atlassian's.
	URL string `json:"url,omitempty"`
	// Pages are the ids of the pages that are read.
	Pages []string `json:"pages,omitempty"`
	// Incidents says what of an incident means what.
	Incidents Incidents `json:"incidents,omitzero"`
}

// Incidents says what of an incident means what.
type Incidents struct {
	// Same are where in an incident's metadata the key or address of a record of another system is, such as tracker.issue.
	Same []string `json:"same,omitempty"`
}

// secretToken is the short name of the API key.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string { return s.Pages }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	if kind != dora.KindIncident {
		return ""
	}
	return fmt.Sprintf("the pages (%s) tell of no incident with an impact.", source.Listed(s.Pages))
}
