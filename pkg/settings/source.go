package settings

import (
	"cmp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Source is one system to read. Which keys apply depends on its type.
type Source struct {
	// ID is unique among the sources; secrets and stored events are keyed by it, so it is fixed once saved.
	ID   string     `json:"id"`
	Type SourceType `json:"type"`
	// URL is the API's address: https://api.github.com, or https://HOST/api/v3 for Enterprise Server.
	URL string `json:"url,omitempty"`
	// GraphQLURL overrides the address derived from URL.
	GraphQLURL string `json:"graphqlUrl,omitempty"`
	// API is which of the two interfaces is read; empty is APIAuto.
	API API `json:"api,omitempty"`
	// AppID and InstallationID name a GitHub App that is installed where the repositories are; it is used in place of a
	// token. The App's id may be its client id.
	AppID          string `json:"appId,omitempty"`
	InstallationID string `json:"installationId,omitempty"`
	// Repositories are owner/name globs (* and ? within a part); a leading ! excludes.
	Repositories []string         `json:"repositories,omitempty"`
	Deployments  SourceDeployment `json:"deployments,omitzero"`
	Incidents    *SourceIncidents `json:"incidents,omitempty"` // absent: issues are not read

	// Shared are the repositories, owner/name in lower case, whose changes' files are read because a service tells its own
	// by their paths; * is every repository. They follow from the services.
	Shared []string `json:"-"`
	// Served are the services, as far as deployments of this source are theirs; nil where that is not known, so that every
	// deployment may count. They follow from the services.
	Served []dora.Service `json:"-"`
	// Alerts says which alerts are incidents; absent: all, by the labels service and severity.
	Alerts *SourceAlerts `json:"alerts,omitempty"`

	// Secrets of this source by their short name, such as "token". They are never written anywhere.
	Secrets map[string]string `json:"-"`
}

// The short names of a source's secrets.
const (
	SecretToken         = "token"
	SecretAppPrivateKey = "appPrivateKey" // PEM, as GitHub hands it out
	SecretWebhook       = "webhookSecret" // with which its webhooks are signed
)

// IsApp says whether anything of a GitHub App is configured.
func (s *Source) IsApp() bool {
	return s.AppID != "" || s.InstallationID != "" || s.Secrets[SecretAppPrivateKey] != ""
}

// IsShared says whether the files of a repository's changes are read.
func (s *Source) IsShared(repository string) bool {
	return slices.Contains(s.Shared, anyRepository) || slices.Contains(s.Shared, strings.ToLower(repository))
}

const anyRepository = "*"

// share tells each source of which repositories a service has paths.
func (s *Settings) share() {
	for i := range s.Sources {
		source := &s.Sources[i]
		source.Shared = nil
		for _, service := range s.Services {
			for _, rule := range service.Deployments {
				if repository := cmp.Or(strings.ToLower(rule.Repository), anyRepository); rule.Source == source.ID && len(rule.Paths) > 0 && !slices.Contains(source.Shared, repository) {
					source.Shared = append(source.Shared, repository)
				}
			}
		}
	}
}

// SourceType names a kind of system.
type SourceType string

// The types of sources.
const (
	SourceGitHub       SourceType = "github"       // GitHub, its Enterprise Cloud or an Enterprise Server
	SourceAlertmanager SourceType = "alertmanager" // alerts of Prometheus's Alertmanager or of Grafana, which call us
	SourceWebhook      SourceType = "webhook"      // whatever tells of its events by webhook or by the API
)

// Allowed lists the types that settings may name.
func (SourceType) Allowed() []string {
	return []string{string(SourceGitHub), string(SourceAlertmanager), string(SourceWebhook)}
}

// Told says that a source's events are told to us and cannot be read again.
func (t SourceType) Told() bool { return t == SourceAlertmanager || t == SourceWebhook }

// API names one of GitHub's interfaces.
type API string

// The interfaces.
const (
	APIAuto    API = "auto"    // GraphQL, and REST where GraphQL is refused
	APIGraphQL API = "graphql" // many times cheaper
	APIREST    API = "rest"
)

// Allowed lists what settings may name.
func (API) Allowed() []string { return []string{string(APIAuto), string(APIGraphQL), string(APIREST)} }

// SourceIncidents says which issues are incidents.
type SourceIncidents struct {
	// Labels: an issue that has any of them is an incident.
	Labels []string `json:"labels"`
	// Severity captures the severity from a label in its first group, such as ^sev(\d)$.
	Severity dora.Pattern `json:"severity,omitzero"`
}
