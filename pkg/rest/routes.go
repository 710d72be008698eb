package rest

import (
	"net/http"

	"github.com/livedora/dora-datasource/pkg/query"
)

// route is a method and a path. Identifiers are parameters, never parts of the path: names contain slashes.
type route struct {
	method, path string
	role         Role
	parameters   []string
	handle       func(*call) error
	standalone   bool  // needs no dataset
	body         int64 // how long its body may be, in bytes
}

// Bounds of bodies. Grafana hands a plugin no more than 16 MB at a time.
const (
	noBody       = 1 << 10
	smallBody    = 16 << 10
	questionBody = query.TextLimit
	mappingBody  = 1 << 20
	eventsBody   = 8 << 20
)

var selecting = []string{"service", "team", "environment", "repository"}

func and(list []string, more ...string) []string { return append(append([]string{}, list...), more...) }

// routes are all that there are. A new one is a line here, its handler in the file of its subject, and its description
// in openapi.yaml.
var routes []route

func init() { //nolint:gochecknoinits // the table and its handlers know each other
	listing := and(selecting, "from", "to", "limit", "cursor")
	routes = []route{
		{http.MethodGet, "v1/openapi.json", Viewer, nil, openAPI, true, noBody},
		{http.MethodGet, "v1/services", Viewer, selecting, services, false, noBody},
		{http.MethodGet, "v1/teams", Viewer, nil, teams, false, noBody},
		{http.MethodGet, "v1/owners", Viewer, nil, listOwners, false, noBody},
		{http.MethodGet, "v1/owners/gaps", Viewer, nil, listOwnerGaps, false, noBody},
		{http.MethodGet, "v1/environments", Viewer, nil, environments, false, noBody},
		{http.MethodGet, "v1/metrics", Viewer, []string{"q", "from", "to"}, askMetrics, false, noBody},
		{http.MethodPost, "v1/metrics", Viewer, nil, postMetrics, false, questionBody},
		{http.MethodGet, "v1/deployments", Viewer, and(listing, "status"), deployments, false, noBody},
		{http.MethodGet, "v1/changes", Viewer, listing, changes, false, noBody},
		{http.MethodGet, "v1/incidents", Viewer, and(listing, "state"), incidents, false, noBody},
		{http.MethodGet, "v1/facts", Viewer, and(selecting, "from", "to"), listFacts, false, noBody},
		{http.MethodGet, "v1/collection", Viewer, nil, collection, false, noBody},
		{http.MethodGet, "v1/check", Viewer, []string{"source"}, check, false, noBody},
		{http.MethodPost, "v1/preview", Viewer, nil, preview, false, mappingBody},
		{http.MethodPost, "v1/preview/figures", Viewer, nil, remap, false, mappingBody},
		{http.MethodGet, "v1/corrections", Viewer, nil, corrections, false, noBody},

		{http.MethodPost, "v1/deployments", Editor, []string{"source"}, postDeployments, false, eventsBody},
		{http.MethodPost, "v1/changes", Editor, []string{"source"}, postChanges, false, eventsBody},
		{http.MethodPost, "v1/incidents", Editor, []string{"source"}, postIncidents, false, eventsBody},
		{http.MethodPost, "v1/corrections", Editor, and(correcting, "undo", "try"), postCorrection, false, smallBody},
		{http.MethodDelete, "v1/corrections", Editor, []string{"id"}, undoCorrection, false, noBody},

		{http.MethodPost, "v1/discover", Admin, []string{"source"}, lookAround, false, noBody},
		{http.MethodGet, "v1/discover", Admin, nil, looked, false, noBody},
		{http.MethodPost, "v1/discover/proposal", Admin, nil, reconsider, false, mappingBody},
		{http.MethodPost, "v1/refresh", Admin, []string{"source", "repository"}, refreshNow, false, noBody},
		{http.MethodPost, "v1/collect", Admin, []string{"source", "from"}, again, false, noBody},
		{http.MethodDelete, "v1/sources", Admin, []string{"source"}, forget, false, noBody},

		{http.MethodPost, "webhooks", Viewer, []string{"source", "secret"}, webhook, false, eventsBody},
	}
}
