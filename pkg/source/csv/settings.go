package csv

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a list is configured with.
type Settings struct {
	// URL is where the list is.
	URL string `json:"url,omitempty"`
}

// secretToken is the short name of the secret.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(dora.Kind) string { return "" }
