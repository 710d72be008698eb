package plugin

import (
	"cmp"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/query"
)

// annotation is a mark on a time axis: a point where it ends as it begins, else a stretch. An end that is missing would
// take the marks of a whole chart away in Grafana.
type annotation struct {
	from, to    time.Time
	title, text string
	tags        string // with commas
}

// annotationsFrame is a row for each event, in the fields that Grafana's annotations read. Changes are marked by the
// deployment that shipped them, so that asking for them is asking for deployments. What is still open lasts to the range's end or,
// where that is still to come, until now.
func annotationsFrame(q query.Query, s *facts.Snapshot, r query.Range, now time.Time) *data.Frame {
	l := listed{snapshot: s, filters: q.DomainFilters(), within: r, now: now, meter: q.Meter}
	var marks []marked
	for f := range l.services {
		if q.Events == query.EventsIncidents || (q.Events == query.EventsRecoveries && q.Definition.Recovery.OfIncidents()) {
			marks = append(marks, incidentMarks(f, r, l.filters)...)
			continue
		}
		passes := f.Passing(l.filters)
		for _, d := range f.Deployments {
			at := d.Finished
			switch {
			case q.Events == query.EventsFailures && !d.Failed(), q.Events == query.EventsRecoveries && d.Recovered == nil:
				continue
			case q.Events == query.EventsRecoveries:
				at = d.Recovered.At
			}
			if r.Holds(at) && passes(d) {
				marks = append(marks, marked{at: at, facts: f, deployment: d})
			}
		}
	}
	slices.SortStableFunc(marks, func(a, b marked) int {
		if order := b.at.Compare(a.at); order != 0 {
			return order
		}
		return cmp.Compare(a.title(), b.title())
	})
	marks = marks[:min(len(marks), query.RowLimit)]
	found := make([]annotation, len(marks))
	for i := range marks {
		found[i] = marks[i].annotation(l)
	}
	var from, to []time.Time
	var title, text, tags []string
	for _, a := range found {
		from, to = append(from, a.from), append(to, a.to)
		title, text, tags = append(title, a.title), append(text, a.text), append(tags, a.tags)
	}
	frame := data.NewFrame("annotations", data.NewField("time", nil, from), data.NewField("timeEnd", nil, to),
		data.NewField("title", nil, title), data.NewField("text", nil, text), data.NewField("tags", nil, tags))
	frame.Meta = &data.FrameMeta{Custom: Custom{Definition: q.Definition}}
	return frame
}

// marked is a deployment or an incident that is marked, before its words are found: there may be many, of which few are
// shown.
type marked struct {
	at         time.Time
	facts      *facts.Service
	deployment *facts.Deployment
	incident   *facts.Incident
}

func (m *marked) title() string {
	if m.incident != nil {
		return m.incident.Event.Title
	}
	return m.facts.Service.Name + " " + m.deployment.Event.Called()
}

func (m *marked) annotation(l listed) annotation {
	a := annotation{from: m.at, to: m.at, title: m.title()}
	if m.incident != nil {
		a.tellOfIncident(l, m.facts, m.incident)
	} else {
		a.tellOfDeployment(m.facts, m.deployment)
	}
	return a
}

func (a *annotation) tellOfDeployment(f *facts.Service, d *facts.Deployment) {
	a.tags = "deployment," + statusOf(d)
	a.text = many(d.Shipped, "change", "changes") + " to " + f.Environment(d)
	if d.Failed() {
		evidence, _ := evidenceOf(f, d)
		a.text = "failed: " + evidence
		if d.Recovered != nil {
			a.text += "; recovered after " + Figure(d.Recovered.At.Sub(d.Finished).Seconds(), dora.Seconds)
		}
	}
}

func incidentMarks(f *facts.Service, r query.Range, filters []dora.Filter) []marked {
	var found []marked
	for _, i := range f.Incidents {
		e := i.Event
		if !f.PassesIncident(i, filters) || !e.Opened.Before(r.To) || (e.Resolved.Before(r.From) && !e.Resolved.IsZero()) {
			continue
		}
		found = append(found, marked{at: e.Opened, facts: f, incident: i})
	}
	return found
}

func (a *annotation) tellOfIncident(l listed, f *facts.Service, i *facts.Incident) {
	e := i.Event
	a.text, a.tags = f.Service.Name+": linked to no deployment", "incident"
	if e.Severity != "" {
		a.tags += ",severity " + e.Severity
	}
	if i.Linked != nil {
		a.text = f.Service.Name + ": held against " + i.Linked.Event.Called()
	}
	if a.to = e.Resolved; e.Resolved.IsZero() {
		if a.to = l.within.To; l.now.Before(a.to) {
			a.to = l.now
		}
		if a.to.Before(a.from) { // opened by a clock that is ahead of ours
			a.to = a.from
		}
		a.tags += ",open"
	}
}
