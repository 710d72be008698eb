package plugin

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/query"
)

// interruption is something that has not ended: a failed deployment from which its service has not recovered, with the oldest of its
// open incidents, or an open incident of no such deployment, with the one that it is held against.
type interruption struct {
	facts      *facts.Service
	since      time.Time
	deployment *facts.Deployment
	incident   *facts.Incident
}

// lasts says whether a deployment failed, and nothing is known to have ended that.
func lasts(d *facts.Deployment) bool { return d.Failed() && d.Recovered == nil }

// failingFrame is a row for each thing that is failing now, whatever the range, the latest first.
func failingFrame(l listed) *data.Frame {
	var all []interruption
	for f := range l.services {
		all = append(all, failingIn(f, l.filters)...)
	}
	slices.SortStableFunc(all, func(a, b interruption) int {
		return cmp.Or(b.since.Compare(a.since), cmp.Compare(a.facts.Service.Name, b.facts.Service.Name))
	})
	t := &table{}
	for _, each := range all[:min(len(all), query.RowLimit)] {
		age := l.now.Sub(each.since)
		deployment, deploymentURL, incident, incidentURL := "", "", "", ""
		if d := each.deployment; d != nil {
			deployment, deploymentURL = d.Event.Called(), d.Event.URL
		}
		if i := each.incident; i != nil {
			incident, incidentURL = cmp.Or(i.Event.Title, i.Event.Called()), i.Event.URL
		}
		t.text("what", each.sentence(age))
		t.linkBy("deployment", deployment, "Open the deployment", "deployment_url")
		t.linkBy("incident", incident, "Open the incident", "incident_url")
		t.time("since", each.since)
		t.text("service", each.facts.Service.Name)
		t.text("team", teamsOf(l.snapshot.Teams(each.facts)))
		t.length("failing_for", &age)
		t.text("deployment_url", deploymentURL)
		t.text("incident_url", incidentURL)
	}
	return t.frame()
}

// failingIn lists what is failing of one service.
func failingIn(f *facts.Service, filters []dora.Filter) []interruption {
	var all []interruption
	at := map[*facts.Deployment]int{}
	passes := f.Passing(filters)
	for _, d := range f.Deployments {
		if lasts(d) && passes(d) {
			at[d] = len(all)
			all = append(all, interruption{facts: f, since: d.Finished, deployment: d})
		}
	}
	for _, i := range f.Incidents {
		if !i.Event.Resolved.IsZero() || !f.PassesIncident(i, filters) {
			continue
		}
		n, known := at[i.Linked]
		switch {
		case !known:
			all = append(all, interruption{facts: f, since: i.Event.Opened, deployment: i.Linked, incident: i})
		case all[n].incident == nil || i.Event.Opened.Before(all[n].incident.Event.Opened):
			all[n].incident = i
		}
	}
	return all
}

// sentence says what is failing, for how long, and what is known of it.
func (f *interruption) sentence(age time.Duration) string {
	service := f.facts.Service.Name
	switch {
	case f.incident == nil:
		evidence, _ := evidenceOf(f.facts, f.deployment)
		return service + " has not recovered from deployment " + f.deployment.Event.Called() + " for " + lasting(age) + ": " + evidence
	case f.deployment == nil:
		return "Incident " + f.incident.Event.Called() + " of " + service + " has been open for " + lasting(age)
	case !lasts(f.deployment):
		return "Incident " + f.incident.Event.Called() + " of " + service + " has been open for " + lasting(age) +
			", while deployment " + f.deployment.Event.Called() + " is held to be recovered from"
	}
	return service + " has been failing for " + lasting(age) + " since deployment " + f.deployment.Event.Called() +
		" (incident " + f.incident.Event.Called() + ")"
}

// lasting is a length of time as a person says it, in whole steps of which there are several.
func lasting(length time.Duration) string {
	for _, step := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}, {time.Minute, "minutes"}} {
		if n := int(length / step.length); n > 1 {
			return many(n, "", step.name)
		}
	}
	return "a minute"
}

// sayUnreadRows puts, where a list has no rows because its sources are not read, one row in their place that says so: that
// nothing is known is not that there is nothing.
func sayUnreadRows(frame *data.Frame, q query.Query, d *dataset.Dataset, r query.Range, now time.Time) {
	if len(frame.Fields) > 0 || q.Events == query.EventsCorrections {
		return
	}
	var said []string
	for _, s := range unread(query.BasisOf(q, d.Under(q.Definition), r, now), d) {
		said = append(said, notKnown(s))
	}
	if said == nil && q.Events == query.EventsFailing {
		for _, s := range d.State() {
			if s.Failure != "" && !s.LastSuccess.IsZero() {
				said = append(said, knownThen(s))
			}
		}
	}
	if said != nil {
		frame.Fields = data.Fields{data.NewField("message", nil, []string{strings.Join(said, " ")})}
	}
}

// notKnown says of a source that was never read that what it would tell is not known.
func notKnown(s collect.SourceState) string {
	if s.Failure == "" {
		return s.ID + " is not read yet."
	}
	return s.ID + " " + cannot(s) + " since " + minute(s.FailingSince) + ", and was never read."
}

// knownThen says of a source that fails what was known when it was last read.
func knownThen(s collect.SourceState) string {
	return "Nothing was failing when " + s.ID + " was last read, at " + minute(s.LastSuccess) + "; it " + cannot(s) + " since " + minute(s.FailingSince) + "."
}
