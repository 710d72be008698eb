package argocd

import (
	"fmt"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what an Argo CD is configured with.
type Settings struct {
	// URL is the address of its API server, with the path that it is served under.
	URL string `json:"url,omitempty"`
	// Projects are those whose applications are read; none: of all that the account may see. Selector is one of Kubernetes, by
	// the labels of applications.
	Projects []string `json:"projects,omitempty"`
	Selector string   `json:"selector,omitempty"`
	// Repositories are globs of owner/name: which of an application's repositories are code; none: all of them.
	Repositories []string    `json:"repositories,omitempty"`
	Environment  Environment `json:"environment,omitzero"`
	Version      Version     `json:"version,omitzero"`
}

// Environment says what the environment of an application is.
type Environment struct {
	From EnvironmentFrom `json:"from,omitempty"`
	// Label is the name of a label, by label.
	Label string `json:"label,omitempty"`
	// Pattern captures the environment in its first group; what it does not match stays as it is.
	Pattern dora.Pattern `json:"pattern,omitzero"`
}

// EnvironmentFrom names what tells the environment.
type EnvironmentFrom string

// What may tell it.
const (
	FromNamespace   EnvironmentFrom = "namespace"
	FromCluster     EnvironmentFrom = "cluster"
	FromLabel       EnvironmentFrom = "label"
	FromApplication EnvironmentFrom = "application"
)

// Allowed lists what settings may name.
func (EnvironmentFrom) Allowed() []string { return source.Values(places) }

// Version says what tells which version an operation deployed.
type Version struct {
	From VersionFrom `json:"from,omitempty"`
	// Image matches the names of images that are the application's own, by image; its first group is the repository.
	Image dora.Pattern `json:"image,omitzero"`
	// Tag captures the version in an image's tag; zero: the tag is the version.
	Tag dora.Pattern `json:"tag,omitzero"`
}

// VersionFrom names what tells the version.
type VersionFrom string

// What may tell it.
const (
	FromRevision VersionFrom = "revision" // of the repository that the application is made from
	FromImage    VersionFrom = "image"    // that runs when the operation has ended
)

// Allowed lists what settings may name.
func (VersionFrom) Allowed() []string { return source.Values(tellers) }

// secretToken is the short name of the secret.
const secretToken = "token"

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string { return s.Repositories }

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch {
	case kind == dora.KindRepository && s.Version.From == FromImage:
		return fmt.Sprintf("no image of an application that is read matches version.image %q with it, or the account may not see the application.", s.Version.Image)
	case kind == dora.KindRepository:
		return "no application that is read is made from it, or the account may not see that. Where applications are made from a repository of configuration, version.from is image."
	case kind == dora.KindDeployment:
		return "no application that is read was ever synced, or the account may not see it."
	}
	return ""
}

// pollEvery is how often the list of applications is read at least: what failed is shown until the next operation begins.
const pollEvery = time.Minute

var places = []source.Option{
	{Value: string(FromNamespace), Label: "Namespace", Description: "that the application is deployed into"},
	{Value: string(FromCluster), Label: "Cluster", Description: "that it is deployed into: its name, else its address"},
	{Value: string(FromLabel), Label: "Label", Description: "of the application"},
	{Value: string(FromApplication), Label: "Application", Description: "its own name"},
}

var tellers = []source.Option{
	{Value: string(FromRevision), Label: "Revision", Description: "the commit that the application is made from"},
	{Value: string(FromImage), Label: "Image", Description: "the tag of the image that runs, where applications are made from a repository of configuration"},
}
