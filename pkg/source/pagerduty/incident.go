package pagerduty

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// word is what the log told of an incident.
type word struct {
	// Acknowledged is the first time that anybody did, and Resolved the last.
	Acknowledged time.Time `json:"a,omitzero"`
	Resolved     time.Time `json:"r,omitzero"`
}

// told is what the log told, by incident.
type told map[string]word

// note takes an entry of the log in.
func (t told) note(e *entryRecord) {
	w := t[e.Incident.ID]
	switch e.Type {
	case "acknowledge_log_entry", "acknowledgement_log_entry": // PagerDuty's schema has both
		if w.Acknowledged.IsZero() || e.Created.Before(w.Acknowledged) {
			w.Acknowledged = e.Created
		}
	case "resolve_log_entry":
		if e.Created.After(w.Resolved) {
			w.Resolved = e.Created
		}
	default:
		return
	}
	t[e.Incident.ID] = w
}

// generationBits leaves room in an incident's rank below the number of times that the settings were changed.
const generationBits = 20

func incidentID(id string) string { return "incident:" + id }

// incident is a record as the settings have it, with what the log told of it.
func (r *run) incident(i *incidentRecord, w word) *dora.Incident {
	own := r.config.Incidents
	e := &dora.Incident{
		Header:  dora.Header{Source: r.config.ID, ID: incidentID(i.ID), Updated: i.Updated.UTC(), Rank: r.Cursor.Changed << generationBits},
		Service: i.Service.ID, Number: i.Number, Title: i.Title, URL: i.URL, Opened: i.Created.UTC(),
		Labels:    labels(i),
		Withdrawn: own.Urgency != AnyUrgency && i.Urgency == "low",
	}
	if e.Title == "" {
		e.Title = i.Summary
	}
	if i.Updated.IsZero() {
		e.Updated = e.Opened
	}
	if i.Body != nil {
		e.Body = strings.Join(i.Body.Details.texts(), "\n")
	}
	switch {
	case own.Severity == ByUrgency:
		e.Severity = i.Urgency
	case i.Priority != nil:
		e.Severity = i.Priority.called()
	}
	e.Acknowledged = w.Acknowledged
	for _, each := range i.Acknowledgements { // there are none once it is resolved
		if e.Acknowledged.IsZero() || !each.At.IsZero() && each.At.Before(e.Acknowledged) {
			e.Acknowledged = each.At
		}
	}
	e.Acknowledged = e.Acknowledged.UTC()
	if !e.Acknowledged.IsZero() {
		e.Rank++ // the log may tell of it after the record did not
	}
	if i.Status == "resolved" {
		if e.Resolved = i.Resolved.UTC(); e.Resolved.IsZero() {
			e.Resolved = w.Resolved.UTC()
		}
		if !e.Resolved.IsZero() {
			e.Rank++
		}
	}
	if i.Reason != nil && i.Reason.Incident.ID != "" && i.Reason.Incident.ID != i.ID {
		e.PartOf = incidentID(i.Reason.Incident.ID)
	}
	for _, field := range i.Fields {
		if field.among(own.Deployments) {
			e.Names = append(e.Names, field.names()...)
		} else if field.among(own.Same) {
			e.Same = append(e.Same, field.names()...)
		}
	}
	return e
}

// labels are what a service's entry may choose incidents by.
func labels(i *incidentRecord) []string {
	var all []string
	if name := i.Service.called(); name != "" {
		all = append(all, "service:"+name)
	}
	for _, team := range i.Teams {
		if name := team.called(); name != "" {
			all = append(all, "team:"+name)
		}
	}
	if i.Urgency != "" {
		all = append(all, "urgency:"+i.Urgency)
	}
	return all
}

// among says whether a field is one of those that are named, by either of its names.
func (f *fieldRecord) among(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, f.Name) || strings.EqualFold(name, f.Title) })
}

// names are what a field names, one or several after one another.
func (f *fieldRecord) names() (all []string) {
	for _, said := range f.Value.texts() {
		all = append(all, strings.FieldsFunc(said, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })...)
	}
	return all
}

// fields says that custom fields are read, which takes a request for each incident.
func (r *run) fields() bool {
	return len(r.config.Incidents.Deployments)+len(r.config.Incidents.Same) > 0
}
