package world

import (
	"net/http"
	"strings"
)

// Speaker is a system whose API the world speaks.
type Speaker struct {
	// Type is what settings call the system.
	Type string
	// Path is beneath which it is spoken, with a slash at either end.
	Path string
	// Handler speaks it to whoever has the token.
	Handler func(w *World, token string) http.Handler
}

// Speakers are all that the world speaks. The invented organisation goes by another system as soon as it has a line here.
var Speakers = []Speaker{
	{"github", "/", (*World).Handler},
	{"gitlab", "/gitlab/", (*World).GitLab},
	{"bitbucket", "/bitbucket/", (*World).Bitbucket},
	{"azuredevops", "/azuredevops/", (*World).AzureDevOps},
	{"jenkins", "/jenkins/", (*World).Jenkins},
	{"argocd", "/argocd/", (*World).ArgoCD},
	{"servicenow", "/servicenow/", (*World).ServiceNow},
	{"jira", "/jira/", (*World).Jira},
	{"pagerduty", "/pagerduty/", (*World).PagerDuty},
	{"incidentio", "/incidentio/", (*World).IncidentIO},
	{"statuspage", "/statuspage/", (*World).Statuspage},
	{"grafanairm", "/grafanairm/", (*World).GrafanaIRM},
}

// CataloguePath is beneath which the catalogue of all of them is spoken, by Backstage's API.
const CataloguePath = "/backstage/"

// Speak speaks the API of every system, each beneath its path.
func (w *World) Speak(token string) http.Handler {
	mux := http.NewServeMux()
	for _, each := range Speakers {
		mux.Handle(each.Path, http.StripPrefix(strings.TrimSuffix(each.Path, "/"), each.Handler(w, token)))
	}
	mux.Handle(CataloguePath, http.StripPrefix(strings.TrimSuffix(CataloguePath, "/"), w.Backstage(token)))
	return mux
}
