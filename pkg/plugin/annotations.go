package plugin

import (
	"cmp"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
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
func annotationsFrame(q query.Query, s *dora.Snapshot, r query.Range, now time.Time) *data.Frame {
	filters := q.DomainFilters()
	var found []annotation
	for _, f := range s.Select(filters) {
		if q.Events == query.EventsIncidents || (q.Events == query.EventsRecoveries && q.Definition.Recovery == dora.RecoveryOfIncident) {
			found = append(found, incidentMarks(f, r, filters, now)...)
			continue
		}
		for _, d := range f.Deployments {
			at := d.Finished
			switch {
			case q.Events == query.EventsFailures && !d.Failed(), q.Events == query.EventsRecoveries && d.Recovered == nil:
				continue
			case q.Events == query.EventsRecoveries:
				at = d.Recovered.At
			}
			if r.Holds(at) && f.Passes(d, filters) {
				mark := deploymentMark(f, d)
				mark.from, mark.to = at, at
				found = append(found, mark)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b annotation) int { return cmp.Or(b.from.Compare(a.from), cmp.Compare(a.title, b.title)) })
	found = found[:min(len(found), rowLimit)]
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

func deploymentMark(f *dora.Facts, d *dora.DeploymentFact) annotation {
	a := annotation{from: d.Finished, title: f.Service.Name + " " + version(d.Event), tags: "deployment," + statusOf(d)}
	a.text = many(d.Shipped, "change", "changes") + " to " + f.Environment(d)
	if d.Failed() {
		a.text = "failed: " + evidenceOf(d)
		if d.Recovered != nil {
			a.text += "; recovered after " + Figure(d.Recovered.At.Sub(d.Finished).Seconds(), dora.Seconds)
		}
	}
	return a
}

func incidentMarks(f *dora.Facts, r query.Range, filters []dora.Filter, now time.Time) []annotation {
	var found []annotation
	for _, i := range f.Incidents {
		e := i.Event
		if !f.PassesIncident(i, filters) || !e.Opened.Before(r.To) || (e.Resolved.Before(r.From) && !e.Resolved.IsZero()) {
			continue
		}
		a := annotation{from: e.Opened, to: e.Resolved, title: e.Title, text: f.Service.Name + ": linked to no deployment", tags: "incident"}
		if e.Severity != "" {
			a.tags += ",severity " + e.Severity
		}
		if i.Linked != nil {
			a.text = f.Service.Name + ": held against " + version(i.Linked.Event)
		}
		if e.Resolved.IsZero() {
			a.to = r.To
			if now.Before(r.To) {
				a.to = now
			}
			if a.to.Before(a.from) { // opened by a clock that is ahead of ours
				a.to = a.from
			}
			a.tags += ",open"
		}
		found = append(found, a)
	}
	return found
}
