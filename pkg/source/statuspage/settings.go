package statuspage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what Statuspage is configured with.
type Settings struct {
	// URL is where the management API is; empty: Atlassian's.
	URL string `json:"url,omitempty"`
	// Pages are the ids of the pages that are read; or the addresses of those that are read without a key, as everybody sees them.
	Pages []string `json:"pages,omitempty"`
	// Incidents says what of an incident means what.
	Incidents Incidents `json:"incidents,omitzero"`
}

// Incidents says what of an incident means what.
type Incidents struct {
	// Same are where in an incident's metadata the key or address of a record of another system is, such as tracker.issue.
	Same []string `json:"same,omitempty"`
}

// mixture is what is wrong with pages of which only some are read with a key.
const mixture = "has ids and addresses; allowed: ids, of pages that are read with an API key, or addresses, of those that are read without one, in a source of their own"

// secretToken is the short name of the API key.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string {
	if s.public() {
		return nil // an address does not tell whose id it is
	}
	return s.Pages
}

// public says whether pages are read without a key.
func (s *Settings) public() bool { return slices.ContainsFunc(s.Pages, isAddress) }

// mixed says that only some of them are.
func (s *Settings) mixed() bool {
	return s.public() && slices.ContainsFunc(s.Pages, func(page string) bool { return !isAddress(page) })
}

func isAddress(page string) bool { return strings.Contains(page, "://") }

// Judge implements source.Judge.
func (s *Settings) Judge(at string, fail source.Fail) {
	if s.mixed() {
		fail(at+".pages", mixture)
	}
}

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	if kind != dora.KindIncident {
		return ""
	}
	return fmt.Sprintf("the pages (%s) tell of no incident with an impact.", source.Listed(s.Pages))
}
