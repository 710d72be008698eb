package settings

import (
	"fmt"
	"regexp"
	"strings"
)

// SourceAlerts says which alerts are incidents, and what their labels mean.
type SourceAlerts struct {
	// Only: an alert that has any of these labels is an incident, each name=value; empty: every alert is.
	Only []string `json:"only,omitempty"`
	// Service and Severity name the labels that carry them; empty: service and severity.
	Service  string `json:"service,omitempty"`
	Severity string `json:"severity,omitempty"`
}

// SecretWebhooks is the secret of all sources that have none of their own for their webhooks.
const SecretWebhooks = "webhooks.secret"

var alertLabelPattern = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*=.`)

// checkTold finds keys that make no sense for a source that is told, and alerts where there are none.
func (s *Source) checkTold(at string, fail func(field, format string, args ...any)) {
	if s.Alerts != nil && s.Type != SourceAlertmanager {
		fail(at+".alerts", "is not allowed with type %s; allowed: with type %s", s.Type, SourceAlertmanager)
	}
	if !s.Type.Told() {
		return
	}
	for _, key := range []struct {
		name  string
		given bool
	}{
		{"url", s.URL != ""}, {"graphqlUrl", s.GraphQLURL != ""}, {"api", s.API != ""}, {"appId", s.AppID != ""},
		{"installationId", s.InstallationID != ""}, {"repositories", len(s.Repositories) > 0},
		{"deployments", s.Deployments.From != ""}, {"incidents", s.Incidents != nil},
	} {
		if key.given {
			fail(at+"."+key.name, "is not allowed with type %s, of which nothing is read; allowed: id, type and, with type %s, alerts", s.Type, SourceAlertmanager)
		}
	}
	if s.Alerts != nil {
		for i, label := range s.Alerts.Only {
			if !alertLabelPattern.MatchString(label) {
				fail(fmt.Sprintf("%s.alerts.only[%d]", at, i), "%s is not allowed; allowed: name=value, such as severity=critical", strings.TrimSpace(quoted(label)))
			}
		}
	}
}
