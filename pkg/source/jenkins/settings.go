package jenkins

import (
	"fmt"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a controller is configured with.
type Settings struct {
	// URL is the controller's address as people open it, with the path that it lies beneath if there is one.
	URL string `json:"url,omitempty"`
	// User is whose API token it is.
	User string `json:"user,omitempty"`
	// Repositories are globs of owner/name, as the source that reads their code calls them: those that builds deploy.
	Repositories []string `json:"repositories,omitempty"`
	// Jobs are lines that say which builds deploy where; see rule.
	Jobs []string `json:"jobs,omitempty"`
	// Version is the parameter that says which version is deployed, where a build checked nothing out.
	Version string `json:"version,omitempty"`
}

// defaultVersion is the parameter that names a version where none is configured.
const defaultVersion = "VERSION"

// secretToken is the short name of the API token.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string { return s.Repositories }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch kind {
	case dora.KindRepository:
		return "no build of a job of jobs checked any of them out."
	case dora.KindDeployment:
		return fmt.Sprintf("no build of jobs (%s) deployed one of the repositories (%s). A build's remotes are at its page, Git Build Data; a stage's name at its Stage View.", source.Listed(s.Jobs), source.Listed(s.Repositories))
	}
	return ""
}
