package bitbucket

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a workspace or some of its repositories are configured with.
type Settings struct {
	// URL is the API's; empty: Bitbucket Cloud's.
	URL string `json:"url,omitempty"`
	// Email is that of the account whose API token asks; empty: an access token asks.
	Email string `json:"email,omitempty"`
	// Repositories are globs of workspace/repository; a leading ! excludes.
	Repositories []string `json:"repositories,omitempty"`
}

// The short names of the secrets.
const (
	secretToken = "token"
	secretAPI   = "apiToken"
)

// publicAPI is where Bitbucket Cloud is asked.
const publicAPI = "https://api.bitbucket.org/2.0"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string { return s.Repositories }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch kind {
	case dora.KindRepository:
		return "the workspace has none of that name, or the token may not see it."
	case dora.KindDeployment:
		return "no step of a pipeline names a deployment environment, or the token lacks the permission to read pipelines."
	}
	return ""
}
