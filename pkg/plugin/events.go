package plugin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/query"
)

// eventsFrame is the table that a query asks for.
func eventsFrame(q query.Query, d *dataset.Dataset, r query.Range, now time.Time) *data.Frame {
	s, filters := d.Under(q.Definition), q.DomainFilters()
	frame := lists[q.Events](listed{d, s, filters, r, now, q.Meter})
	giveWay(frame)
	frame.Name = string(q.Events)
	frame.Meta = &data.FrameMeta{PreferredVisualization: data.VisTypeTable, Custom: Custom{
		Definition: q.Definition, Unmeasured: s.Unmeasured(filters, r.From, r.To, now),
	}}
	return frame
}

// giveWay hides, in panels, the columns of texts that say nothing in any row: the others have their room.
func giveWay(frame *data.Frame) {
	for _, field := range frame.Fields {
		if field.Type() != data.FieldTypeString || field.Name == "id" {
			continue
		}
		says := false
		for row := 0; row < field.Len() && !says; row++ {
			says = field.At(row) != ""
		}
		if !says {
			if field.Config == nil {
				field.Config = &data.FieldConfig{}
			}
			field.Config.Custom = map[string]any{"hideFrom": map[string]any{"viz": true}}
		}
	}
}

// listed is what a table is made from.
type listed struct {
	dataset  *dataset.Dataset
	snapshot *facts.Snapshot
	filters  []dora.Filter
	within   query.Range
	now      time.Time
	meter    effort.Meter
}

// services yields those that the filters let pass, as long as anyone waits for the table.
func (l *listed) services(yield func(*facts.Service) bool) {
	for _, f := range l.snapshot.Select(l.filters) {
		if !l.meter.Count(1+len(f.Deployments)+len(f.Incidents)+len(f.Waiting)) || !yield(f) {
			return
		}
	}
}

// lists makes each kind of table.
var lists = map[query.Events]func(listed) *data.Frame{
	query.EventsDeployments: func(l listed) *data.Frame {
		return deploymentsFrame(l, func(d *facts.Deployment) bool { return l.within.Holds(d.Finished) })
	},
	query.EventsFailures: func(l listed) *data.Frame {
		return deploymentsFrame(l, func(d *facts.Deployment) bool { return d.Failed() && l.within.Holds(d.Finished) })
	},
	query.EventsRecoveries: recoveriesFrame,
	query.EventsChanges:    changesFrame,
	query.EventsIncidents: func(l listed) *data.Frame {
		return incidentsFrame(l, func(i *facts.Incident) bool { return l.within.Holds(i.Event.Opened) })
	},
	query.EventsOpen:     openFrame,
	query.EventsFailing:  failingFrame,
	query.EventsWaiting:  waitingFrame,
	query.EventsUnlinked: unlinkedFrame,
	query.EventsUnmeasured: func(l listed) *data.Frame {
		return unmeasuredFrame(l.snapshot.Unmeasured(l.filters, l.within.From, l.within.To, l.now))
	},
	query.EventsUnmatched:   func(l listed) *data.Frame { return unmatchedFrame(l.dataset.Places()) },
	query.EventsCorrections: correctionsFrame,
	query.EventsCoverage:    coverageFrame,
}

// recoveriesFrame is a row for each failure, or incident, that ended in the range: what recovery time rests on.
func recoveriesFrame(l listed) *data.Frame {
	if reading := l.snapshot.Definition.Recovery; reading.OfIncidents() {
		return incidentsFrame(l, func(i *facts.Incident) bool {
			_, ok := i.Lasted(reading)
			return ok && l.within.Holds(i.End(reading))
		})
	}
	return deploymentsFrame(l, func(d *facts.Deployment) bool { return d.Recovered != nil && l.within.Holds(d.Recovered.At) })
}

// deployed is a deployment, with the service that it is of.
type deployed struct {
	facts *facts.Service
	d     *facts.Deployment
}

// deployments are those to production that are wanted.
func (l listed) deployments(wanted func(*facts.Deployment) bool) (all []deployed) {
	for f := range l.services {
		passes := f.Passing(l.filters)
		for _, d := range f.Deployments {
			if wanted(d) && passes(d) {
				all = append(all, deployed{f, d})
			}
		}
	}
	return all
}

// deploymentsFrame is a row for each deployment to production that is wanted.
func deploymentsFrame(l listed, wanted func(*facts.Deployment) bool) *data.Frame {
	rows := l.deployments(wanted)
	slices.SortStableFunc(rows, func(a, b deployed) int {
		return cmp.Or(b.d.Finished.Compare(a.d.Finished), cmp.Compare(b.d.Event.Number, a.d.Event.Number))
	})
	rows = rows[:min(len(rows), query.RowLimit)]
	t := &table{}
	for _, each := range rows {
		d, e := each.d, each.d.Event
		t.time("finished", d.Finished)
		t.text("service", each.facts.Service.Name)
		t.text("environment", each.facts.Environment(d))
		t.link("version", e.Called(), "Open the deployment")
		t.text("sha", e.SHA)
		t.number("changes", float64(d.Shipped))
		t.length("lead_time_p50", each.facts.MedianLead(d))
		t.text("status", statusOf(d))
		evidence, speaks := evidenceOf(each.facts, d)
		t.linkBy("evidence", evidence, "Open what speaks for it", "evidence_url")
		var recovery *time.Duration
		if d.Recovered != nil {
			length := d.Recovered.At.Sub(d.Finished)
			recovery = &length
		}
		t.length("recovery_time", recovery)
		var open *time.Duration
		if d.Failed() && d.Recovered == nil {
			length := l.now.Sub(d.Finished)
			open = &length
		}
		t.length("failing_for", open)
		t.text("rework", string(d.Rework))
		t.text("id", e.FullID())
		t.text("url", e.URL)
		t.text("evidence_url", cmp.Or(speaks, e.URL))
	}
	return t.frame()
}

func statusOf(d *facts.Deployment) string {
	switch {
	case !d.Failed():
		return "ok"
	case d.Recovered == nil:
		return "failed"
	default:
		return "recovered"
	}
}

// said is a person's word, with its reason.
func said(c *dora.Correction) string {
	return verdictWords[c.Verdict] + ", says " + c.Author + ": " + c.Reason
}

var verdictWords = map[dora.Verdict]string{
	dora.VerdictFailed:    "it failed",
	dora.VerdictNotFailed: "it did not fail",
	dora.VerdictLinked:    "that deployment caused it",
	dora.VerdictUnlinked:  "no deployment caused it",
}

// shortID is the vendor's number at the end of an id.
func shortID(id string) string { return "#" + id[strings.LastIndexByte(id, ':')+1:] }

// changesFrame is a row for each change that was shipped, by the time it was shipped.
func changesFrame(l listed) *data.Frame {
	shipments := l.deployments(func(d *facts.Deployment) bool { return d.Shipped > 0 && l.within.Holds(d.Finished) })
	slices.SortStableFunc(shipments, func(a, b deployed) int { return b.d.Finished.Compare(a.d.Finished) })
	// Changes may have to be worked out: no more are looked at than the table can show, and of one service at a time for
	// each processor, so that no more is in memory.
	enough, most := 0, 0
	for enough < len(shipments) && (most < query.RowLimit || shipments[enough].d.Finished.Equal(shipments[enough-1].d.Finished)) {
		most += shipments[enough].d.Shipped
		enough++
	}
	byService := map[*facts.Service][]int{}
	var services []*facts.Service
	for i, at := range shipments[:enough] {
		if byService[at.facts] == nil {
			services = append(services, at.facts)
		}
		byService[at.facts] = append(byService[at.facts], i)
	}
	type row struct {
		deployed
		c facts.Change
	}
	of := make([][]row, enough)
	effort.InParts(len(services), func(from, to int) {
		for _, f := range services[from:to] {
			if !l.meter.Count(1 + len(byService[f])) {
				return
			}
			wanted := byService[f] // the newest comes first
			shipped := f.Newest(shipments[wanted[len(wanted)-1]].d.Finished)
			for _, i := range wanted {
				for _, c := range shipped.Of(shipments[i].d) {
					of[i] = append(of[i], row{shipments[i], *c})
				}
			}
		}
	})
	rows := slices.Concat(of...)
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(b.d.Finished.Compare(a.d.Finished), b.c.Merged.Compare(a.c.Merged))
	})
	rows = rows[:min(len(rows), query.RowLimit)]
	t := &table{}
	for i := range rows {
		each := &rows[i]
		c := &each.c
		t.time("merged", c.Merged)
		t.time("finished", each.d.Finished)
		t.text("service", each.facts.Service.Name)
		t.link("number", changeName(c), "Open the change")
		t.text("title", c.Title)
		t.text("author", c.Author)
		var lead *time.Duration
		if c.Excluded == "" {
			lead = &c.Lead
		}
		t.length("lead_time", lead)
		for stage, name := range facts.StageNames {
			var length *time.Duration
			if l, ok := c.Stages.Of(facts.Stage(stage)); ok && c.Excluded == "" {
				length = &l
			}
			t.length(name, length)
		}
		t.text("unmeasured", string(c.Excluded))
		t.linkBy("deployment", each.d.Event.Called(), "Open the deployment", "deployment_url")
		t.text("url", c.URL)
		t.text("deployment_url", each.d.Event.URL)
	}
	return t.frame()
}

func changeName(c *facts.Change) string {
	if c.Number > 0 {
		return fmt.Sprintf("#%d", c.Number)
	}
	return c.SHA[:min(len(c.SHA), 10)]
}

// incidentsFrame is a row for each incident that is wanted.
func incidentsFrame(l listed, wanted func(*facts.Incident) bool) *data.Frame {
	type row struct {
		facts *facts.Service
		i     *facts.Incident
	}
	var rows []row
	for f := range l.services {
		for _, i := range f.Incidents {
			if wanted(i) && f.PassesIncident(i, l.filters) {
				rows = append(rows, row{f, i})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.i.Event.Opened.Compare(a.i.Event.Opened) })
	rows = rows[:min(len(rows), query.RowLimit)]
	t := &table{}
	for _, each := range rows {
		e := each.i.Event
		t.time("opened", e.Opened)
		t.time("acknowledged", e.Acknowledged)
		t.time("resolved", e.Resolved)
		t.text("service", each.facts.Service.Name)
		t.text("severity", e.Severity)
		t.link("title", e.Title, "Open the incident")
		linked, deployment := linkedDeployment(each.i)
		evidence := "not linked"
		if each.i.Linked != nil {
			evidence = string(each.i.By)
		}
		if each.i.Said != nil {
			evidence += "; " + said(each.i.Said)
		}
		t.linkBy("linked_deployment", linked, "Open the deployment", "deployment_url")
		t.text("evidence", evidence)
		t.text("id", e.FullID())
		t.text("url", e.URL)
		t.text("deployment_url", deployment)
	}
	return t.frame()
}
