package rest

import "net/http"

// route is a method and a path. Identifiers are parameters, never parts of the path: names contain slashes.
type route struct {
	method, path string
	role         Role
	parameters   []string
	handle       func(*call) error
	standalone   bool // needs no dataset
}

var selecting = []string{"service", "team", "environment", "repository"}

func and(list []string, more ...string) []string { return append(append([]string{}, list...), more...) }

// routes are all that there are. A new one is a line here, its handler in the file of its subject, and its description
// in openapi.yaml.
var routes []route

func init() { //nolint:gochecknoinits // the table and its handlers know each other
	listing := and(selecting, "from", "to", "limit", "cursor")
	routes = []route{
		{http.MethodGet, "v1/openapi.json", Viewer, nil, openAPI, true},
		{http.MethodGet, "v1/services", Viewer, selecting, services, false},
		{http.MethodGet, "v1/teams", Viewer, nil, teams, false},
		{http.MethodGet, "v1/environments", Viewer, nil, environments, false},
		{http.MethodGet, "v1/metrics", Viewer, []string{"q", "from", "to"}, askMetrics, false},
		{http.MethodPost, "v1/metrics", Viewer, nil, postMetrics, false},
		{http.MethodGet, "v1/deployments", Viewer, and(listing, "status"), deployments, false},
		{http.MethodGet, "v1/changes", Viewer, listing, changes, false},
		{http.MethodGet, "v1/incidents", Viewer, and(listing, "state"), incidents, false},
		{http.MethodGet, "v1/facts", Viewer, and(selecting, "from", "to"), facts, false},
		{http.MethodGet, "v1/collection", Viewer, nil, collection, false},
		{http.MethodGet, "v1/check", Viewer, []string{"source"}, check, false},
		{http.MethodPost, "v1/preview", Viewer, nil, preview, false},
		{http.MethodGet, "v1/corrections", Viewer, nil, corrections, false},

		{http.MethodPost, "v1/deployments", Editor, []string{"source"}, postDeployments, false},
		{http.MethodPost, "v1/changes", Editor, []string{"source"}, postChanges, false},
		{http.MethodPost, "v1/incidents", Editor, []string{"source"}, postIncidents, false},
		{http.MethodPost, "v1/corrections", Editor, correcting, postCorrection, false},
		{http.MethodDelete, "v1/corrections", Editor, []string{"id"}, undoCorrection, false},

		{http.MethodPost, "v1/refresh", Admin, []string{"source", "repository"}, refreshNow, false},
		{http.MethodPost, "v1/collect", Admin, []string{"source", "from"}, again, false},
		{http.MethodDelete, "v1/sources", Admin, []string{"source"}, forget, false},

		{http.MethodPost, "webhooks", Viewer, []string{"source", "secret"}, webhook, false},
	}
}
