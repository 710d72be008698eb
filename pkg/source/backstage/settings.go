package backstage

import (
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a Backstage is configured with.
type Settings struct {
	// URL is the address of its backend, beneath which /api/catalog is.
	URL string `json:"url,omitempty"`
	// Types are those of the components that are read; none: all.
	Types []string `json:"types,omitempty"`
}

// secretToken is the short name of the secret.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(dora.Kind) string { return "" }

// filters are what is asked for: components, of the types that are wanted, and the groups that may own them.
func (s *Settings) filters() []string {
	conditions := []string{"kind=component"}
	for _, each := range s.Types {
		conditions = append(conditions, "spec.type="+each)
	}
	return []string{strings.Join(conditions, ","), "kind=group"}
}
