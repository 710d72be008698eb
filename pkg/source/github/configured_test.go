package github_test

import (
	"net/http"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// configured is all that a source is made from, side by side.
type configured struct {
	ID                    string
	URL                   string
	API                   github.API
	AppID, InstallationID string
	Repositories          []string
	Deployments           github.Deployments
	Incidents             *github.Incidents
	Secrets               map[string]string
	Shared                []string
	Served                []dora.Service
	Properties            bool
	CodeOwners            bool
	CatalogInfo           bool
	Teams                 bool
}

// open makes the source.
func open(c configured, client *http.Client, options ...github.Option) *github.Source {
	given := source.Given{ID: c.ID, Secrets: c.Secrets, Client: client, Wanted: source.Wanted{Shared: c.Shared, Served: c.Served, Properties: c.Properties, CodeOwners: c.CodeOwners, CatalogInfo: c.CatalogInfo, Teams: c.Teams}}
	return github.New(given, github.Settings{
		URL: c.URL, API: c.API, AppID: c.AppID, InstallationID: c.InstallationID,
		Repositories: c.Repositories, Deployments: c.Deployments, Incidents: c.Incidents,
	}, options...)
}
