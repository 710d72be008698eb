package plugin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// figuresNotices say why there may be nothing to see, else where a reader could be misled: one notice a subject.
func figuresNotices(f query.Figures, d *dataset.Dataset) []data.Notice {
	if nothing := emptyNotices(f.Basis, d); nothing != nil {
		return nothing
	}
	var notices []data.Notice
	for _, say := range []func(query.Figures) string{silent, begins, few, fewServices, unfinished, withoutLimits, beside} {
		if text := say(f); text != "" {
			notices = append(notices, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
		}
	}
	return append(notices, omittedNotices(f.Basis)...)
}

// dataNotices tell that the data behind an answer is not whole, or old. How the sources are doing is what a collection's
// rows say themselves, and a tile in the place of its figure: a sign beside its title would leave the title no room.
func dataNotices(q *query.Query, d *dataset.Dataset) (notices []data.Notice) {
	if q.Type != query.TypeCollection && q.Format != query.Tile {
		for _, s := range d.State() {
			notices = append(notices, sourceNotices(s)...)
		}
	}
	if q.Type != query.TypeCollection {
		for _, a := range d.Absences(time.Now()) {
			severity := data.NoticeSeverityInfo
			if a.Settings {
				severity = data.NoticeSeverityWarning
			}
			notices = append(notices, data.Notice{Severity: severity, Text: a.Text})
		}
	}
	if err := d.StoreFailure(); err != nil {
		notices = append(notices, data.Notice{Severity: data.NoticeSeverityError, Text: "The store cannot be read; this shows what was read before. " + err.Error()})
	}
	return append(notices, behindNotices(d)...)
}

// emptyNotices say why there is nothing to see; nil: there is something.
func emptyNotices(b query.Basis, d *dataset.Dataset) []data.Notice {
	if len(unread(b, d)) > 0 {
		notices := []data.Notice{} // those of its sources say the rest
		if text := silentRuns(b); text != "" {
			notices = append(notices, data.Notice{Severity: data.NoticeSeverityWarning, Text: text})
		}
		return notices
	}
	because, names := noSuchSeverity(&b.Query, d), ""
	switch {
	case b.Services == 0 && len(b.Query.DomainFilters()) > 0:
		because = "No service matches the filters. Choose other values, or remove a filter."
		names = noSuchNames(&b.Query, d)
	case because == "" && !b.Deployed:
		because = strings.TrimSpace(noDeployments(d) + " " + silentRuns(b))
	}
	if because == "" {
		return nil
	}
	notices := []data.Notice{{Severity: data.NoticeSeverityWarning, Text: because}}
	if names != "" {
		notices = append(notices, data.Notice{Severity: data.NoticeSeverityInfo, Text: names})
	}
	return notices
}

// noSuchNames says of each filter whose names are all unknown which there are, and which are written most like it.
func noSuchNames(q *query.Query, d *dataset.Dataset) string {
	var sentences []string
	for _, f := range q.DomainFilters() {
		if f.Field == dora.BySeverity || f.Not || len(f.Values) == 0 || slices.Contains(f.Values, "") {
			continue
		}
		known := figures.Values(d.Snapshot(), f.Field, nil)
		if slices.ContainsFunc(f.Values, func(value string) bool { return slices.Contains(known, value) }) {
			continue
		}
		sentences = append(sentences, fmt.Sprintf("There is no %s %q; %s.", f.Field, f.Values[0], strict.Among(f.Values[0], known)))
	}
	return strings.Join(sentences, " ")
}

// noSuchSeverity says that no incident ever had a severity that is asked for; empty: one had.
func noSuchSeverity(q *query.Query, d *dataset.Dataset) string {
	for _, f := range q.DomainFilters() {
		if f.Field != dora.BySeverity || f.Not || slices.Contains(f.Values, "") {
			continue
		}
		known := figures.Values(d.Under(q.Definition), dora.BySeverity, nil)
		if !slices.ContainsFunc(f.Values, func(value string) bool { return slices.Contains(known, value) }) {
			few := func(values []string) string { return strings.Join(values[:min(len(values), 10)], ", ") }
			return fmt.Sprintf("No incident has the severity %s. There are: %s.", few(f.Values), cmp.Or(few(known), "none"))
		}
	}
	return ""
}

// missingNotices say why rows or numbers are not there, unless that is because nothing of the kind happened in the range.
func missingNotices(frames data.Frames, q query.Query, d *dataset.Dataset, r query.Range, now time.Time) []data.Notice {
	if !ofServices(q) || slices.ContainsFunc(frames, holdsSomething) {
		return nil
	}
	b := query.BasisOf(q, d.Under(q.Definition), r, now)
	if b.Services > 0 && !ofDeployments(q) && noSuchSeverity(&q, d) == "" {
		return nil
	}
	return emptyNotices(b, d)
}

// ofServices says whether a query asks for rows or numbers of the services that its filters select.
func ofServices(q query.Query) bool {
	switch q.Type {
	case query.TypeEvents:
		return q.Events != query.EventsUnmatched && q.Events != query.EventsCorrections
	case query.TypeStanding:
		return q.Standing.Row().Per == query.PerService
	case query.TypeAnnotations, query.TypeValues:
		return true
	}
	return false
}

// ofDeployments says whether nothing can be in an answer where nothing was ever deployed to production.
func ofDeployments(q query.Query) bool {
	switch q.Type {
	case query.TypeEvents, query.TypeAnnotations:
		return !slices.Contains([]query.Events{query.EventsIncidents, query.EventsOpen, query.EventsFailing, query.EventsUnlinked}, q.Events)
	case query.TypeStanding:
		return q.Standing != query.OpenIncident
	}
	return false
}

// holdsSomething says whether a frame has a cell that is not null.
func holdsSomething(frame *data.Frame) bool {
	return slices.ContainsFunc(frame.Fields, func(field *data.Field) bool {
		for row := range field.Len() {
			if !field.NilAt(row) {
				return true
			}
		}
		return false
	})
}

// omittedNotices tell of series beyond the limit.
func omittedNotices(b query.Basis) []data.Notice {
	if b.Omitted == 0 {
		return nil
	}
	return []data.Notice{{Severity: data.NoticeSeverityWarning, Text: fmt.Sprintf(
		"%s left out: an answer has at most %d. Filter, or group by fewer fields.", many(b.Omitted, "series is", "series are"), b.Query.SeriesLimit)}}
}

// silent tells of runs that nobody reports on, and of those that nobody can see: they may have deployed, and are in no figure.
func silent(f query.Figures) string { return silentRuns(f.Basis) }

// begins tells of sources that show the newest incidents only.
func begins(f query.Figures) string {
	var sentences []string
	for _, id := range slices.Sorted(maps.Keys(f.Begins)) {
		sentences = append(sentences, fmt.Sprintf("%s shows no incident from before %s: what failed and recovered earlier is not all known, and where nothing is known of it there is no figure.", id, minute(f.Begins[id])))
	}
	return strings.Join(sentences, " ")
}

func silentRuns(b query.Basis) string {
	return strings.TrimSpace(unreportedRuns(b) + " " + unseenRuns(b))
}

// unseenRuns tells that what is shown is not all that happened.
func unseenRuns(b query.Basis) string {
	n := b.Unmeasured[facts.ReasonUnseenRun]
	if n == 0 {
		return ""
	}
	return many(n, "run", "runs") + " can no longer be seen in the source, so that nobody knows whether they deployed: this is not all that happened."
}

func unreportedRuns(b query.Basis) string {
	n := b.Unmeasured[facts.ReasonUnreportedRun]
	if n == 0 {
		return ""
	}
	return many(n, "run has", "runs have") + " told neither success nor failure for a week, so that nobody knows whether they deployed: they are in no figure. Have the pipeline report how its runs end."
}

// few tells of figures that rest on few events.
func few(f query.Figures) string {
	if f.Query.Format == query.Tile || f.Query.Type == query.TypeSpread {
		return "" // it says itself how many, or of how many services
	}
	needed := figures.Enough[f.Query.Statistic]
	shown, rare, least := 0, 0, 0
	for _, s := range f.Shown() {
		for _, p := range s.Points {
			if p.Value == nil {
				continue
			}
			shown++
			if p.N < needed {
				if rare == 0 || p.N < least {
					least = p.N
				}
				rare++
			}
		}
	}
	switch {
	case rare == 0:
		return ""
	case shown == 1:
		return fmt.Sprintf("This figure rests on few events: n %d.", least)
	case rare == 1:
		return fmt.Sprintf("1 of %d figures rests on fewer than %d events (%d), so that it says little.", shown, needed, least)
	default:
		return fmt.Sprintf("%d of %d figures rest on fewer than %d events (the fewest: %d), so that single ones say little.", rare, shown, needed, least)
	}
}

// fewServices tells why there are no quartiles.
func fewServices(f query.Figures) string {
	if f.Query.Type != query.TypeSpread || f.Query.Spread == query.SpreadCounted || len(f.Series) == 0 {
		return ""
	}
	points, none := f.Series[0].Points, 0
	for i := range points {
		if points[i].Value == nil {
			none++
		}
	}
	if none == 0 {
		return ""
	}
	counts := ""
	if needed := figures.Enough[f.Query.Statistic]; needed > 0 {
		counts = fmt.Sprintf(" A service is counted where its own figure rests on %d events.", needed)
	}
	return fmt.Sprintf("Quartiles need %d services that are counted: %d of %d figures have fewer.%s", figures.EnoughServices, none, len(points), counts)
}

// unfinished tells of figures that will change: counts of buckets that are not over, and failures that may still come
// to light.
func unfinished(f query.Figures) string {
	if f.Query.Format == query.Numeric || f.Query.Format == query.Tile || len(f.Series) == 0 {
		return ""
	}
	counts := f.Series[0].Unit == dora.Count && f.Query.Statistic != dora.PerDay && !countsServices(f.Query)
	failures := f.Query.Metric == dora.ChangeFailureRate || f.Query.Metric == dora.ReworkRate
	var cut, immature bool
	for _, s := range f.Series {
		for i := range s.Points {
			p := &s.Points[i]
			cut = cut || (p.Partial && p.Value != nil)
			immature = immature || (p.Immature && p.N > 0)
		}
	}
	var texts []string
	if cut && counts {
		texts = append(texts, "Buckets at the edges that are cut, not over yet, or begin before anything was collected count less than whole ones.")
	}
	if immature && failures && f.Query.Type == query.TypeMetric {
		texts = append(texts, fmt.Sprintf("The newest figures may still rise: an incident counts against a deployment for %s.", f.Query.Definition.IncidentWindow))
	}
	return strings.Join(texts, " ")
}

// withoutLimits tells why a series has no limits.
func withoutLimits(f query.Figures) string {
	var names []string
	for i, limits := range f.Limits {
		if limits == nil {
			names = append(names, seriesName(f.Query, f.Series[i]))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Process limits need 8 complete, mature buckets with a figure, so there are none for " + joinSome(names, 5) + "."
}

// beside tells what a report says of the metric.
func beside(f query.Figures) string {
	report := f.Query.Benchmark.Report()
	if report == nil || f.Query.Type != query.TypeMetric {
		return ""
	}
	var levels []string
	for _, level := range report.Levels(f.Query.Metric) {
		levels = append(levels, level.Name+" "+level.Answer)
	}
	return fmt.Sprintf("%s, of its respondents: %s. %s Context, not a target.", report.Name, strings.Join(levels, ", "), report.Caution)
}

// signalsNotices say why there may be no signals to see.
func signalsNotices(c query.Changes, d *dataset.Dataset) []data.Notice {
	if nothing := emptyNotices(c.Basis, d); nothing != nil {
		return nothing
	}
	short := 0
	for i := range c.Watched {
		if c.Watched[i].Limits == nil {
			short++
		}
	}
	notices := omittedNotices(c.Basis)
	if short > 0 {
		notices = append(notices, data.Notice{Severity: data.NoticeSeverityInfo, Text: fmt.Sprintf(
			"%d of %d series cannot be judged: process limits need 8 complete, mature buckets with a figure.", short, len(c.Watched))})
	}
	return notices
}
