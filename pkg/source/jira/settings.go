package jira

import (
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Settings are what a Jira is configured with.
type Settings struct {
	// URL is the address that people open Jira at: https://SITE.atlassian.net, or https://HOST with the path that it lies beneath.
	URL string `json:"url,omitempty"`
	// Email is whose API token asks the cloud; empty: a personal access token asks a data center.
	Email string `json:"email,omitempty"`
	// Projects are globs of projects' keys; a leading ! excludes.
	Projects  []string  `json:"projects,omitempty"`
	Incidents Incidents `json:"incidents,omitzero"`
}

// Incidents says which issues are incidents, and what of them means what.
type Incidents struct {
	// Types are names of issue types, with or without the [System] that service projects put before them; none: Incident, unless
	// JQL says what an incident is.
	Types []string `json:"types,omitempty"`
	// JQL is a condition of the administrator's own, which an incident fulfils as well.
	JQL string `json:"jql,omitempty"`
	// Restored are statuses in which the service works again, beside those of the category done.
	Restored []string `json:"restored,omitempty"`
	// Dismissed are resolutions that mean that it was no incident.
	Dismissed []string `json:"dismissed,omitempty"`
	// SeverityField is the name or id of the field that holds the severity; empty: Severity, where there is such a field.
	SeverityField string `json:"severityField,omitempty"`
	// Severity captures the severity from that field in its first group; none: the first number in it, or else all of it.
	Severity dora.Pattern `json:"severity,omitzero"`
	// ServiceFields are names or ids of the fields that hold the service, of which the first that is filled counts; none: Affected
	// services, Affected service and the components.
	ServiceFields []string `json:"serviceFields,omitempty"`
	// OpenedFields and ResolvedFields are names or ids of fields in which people say when service broke and when it was restored; the
	// first that is filled counts, and else when the issue was made and done.
	OpenedFields   []string `json:"openedFields,omitempty"`
	ResolvedFields []string `json:"resolvedFields,omitempty"`
	// PartOf are the words of links by which an issue is part of the one that they lead to; none: duplicates.
	PartOf []string `json:"partOf,omitempty"`
	// SameFields are names or ids of fields that hold the address or key of a record of the same incident in another system.
	SameFields []string `json:"sameFields,omitempty"`
	// RemoteLinks says that the web links of each incident are read as well.
	RemoteLinks bool `json:"remoteLinks,omitempty"`
}

// The short names of the secrets.
const (
	secretToken = "token"    // a data center's personal access token
	secretAPI   = "apiToken" // the cloud's API token
)

// Open implements source.Settings.
func (s *Settings) Open(given source.Given) source.Source { return New(given, *s) }

// Selects implements source.Selector.
func (s *Settings) Selects() []string { return s.Projects }

// Judge implements source.Judge. What is right in JQL only Jira knows; what is put around it must not break it.
func (s *Settings) Judge(at string, fail source.Fail) {
	if problem := unfit(s.Incidents.JQL); problem != "" {
		fail(at+".incidents.jql", "%s", problem)
	}
}

// Lacking implements source.Adviser.
func (s *Settings) Lacking(kind dora.Kind) string {
	switch {
	case kind != dora.KindIncident:
		return ""
	case s.Incidents.JQL != "":
		return fmt.Sprintf("no issue of the projects (%s) is found by incidents.jql: try it in Jira's own search.", source.Listed(s.Projects))
	}
	return fmt.Sprintf("no issue of the projects (%s) is of a type of incidents.types (%s).", source.Listed(s.Projects), source.Listed(s.types()))
}

// types are the names of issue types of which an incident is; none: of any.
func (s *Settings) types() []string {
	if len(s.Incidents.Types) == 0 && s.Incidents.JQL == "" {
		return []string{"Incident"}
	}
	return s.Incidents.Types
}

func (i *Incidents) partOf() []string {
	if len(i.PartOf) == 0 {
		return []string{"duplicates"}
	}
	return i.PartOf
}

// unfit says why a condition cannot stand in brackets beside others; empty where it can.
func unfit(jql string) string {
	depth, quote, word, before := 0, rune(0), "", ""
	ordered, escaped := false, false
	closeWord := func() {
		ordered = ordered || word == "by" && before == "order"
		if word != "" {
			before, word = word, ""
		}
	}
	for _, letter := range strings.ToLower(jql) {
		switch {
		case escaped:
			escaped = false
		case quote != 0 && letter == '\\':
			escaped = true
		case quote != 0:
			if letter == quote {
				quote = 0
			}
		case letter == '"' || letter == '\'':
			closeWord()
			quote, before = letter, ""
		case letter == '(' || letter == ')':
			closeWord()
			before = ""
			if letter == '(' {
				depth++
			} else if depth--; depth < 0 {
				return "closes a bracket that is not open; allowed: a whole condition in JQL"
			}
		case letter >= 'a' && letter <= 'z':
			word += string(letter)
		default:
			closeWord()
		}
	}
	closeWord()
	switch {
	case quote != 0:
		return "does not close its quotation mark; allowed: a whole condition in JQL"
	case depth > 0:
		return "does not close its bracket; allowed: a whole condition in JQL"
	case ordered:
		return "has an order, which is ours; allowed: a condition in JQL without ORDER BY"
	}
	return ""
}
