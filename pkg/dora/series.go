package dora

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Field is what series are grouped and filtered by.
type Field string

// The fields.
const (
	ByService     Field = "service"
	ByTeam        Field = "team"
	ByEnvironment Field = "environment"
	ByRepository  Field = "repository"
)

// Allowed lists the fields that a query may name.
func (Field) Allowed() []string {
	return []string{string(ByService), string(ByTeam), string(ByEnvironment), string(ByRepository)}
}

// Filter restricts to, or leaves out, some values of a field.
type Filter struct {
	Field  Field
	Not    bool
	Values []string
}

func (f *Filter) passes(value string) bool { return slices.Contains(f.Values, value) != f.Not }

// Question asks for one statistic of one metric.
type Question struct {
	Metric    Metric
	Statistic Statistic
	Spans     []Span
	GroupBy   []Field
	Filters   []Filter
	// Now tells which buckets are still under way.
	Now time.Time
}

// Series is one statistic of one metric for one group, bucket by bucket.
type Series struct {
	Metric    Metric
	Statistic Statistic
	Unit      Measure
	Labels    map[string]string
	Points    []Point
}

// Point is one figure and what it rests on.
type Point struct {
	Span
	Value *float64 // nil: nothing to measure, which is not zero
	N     int      // events
	K     int      // of a ratio: those that count
	// Partial says that the bucket is cut by the range, still under way, or begins before anything was collected.
	Partial bool
	// Immature says that the bucket is younger than the incident window: failures may still come to light.
	Immature bool
}

// laneName is what a lane's events are grouped by.
type laneName struct{ environment, repository string }

// value is a facts' or a lane's value of a field.
func (f *Facts) value(field Field, lane int) string {
	switch field {
	case ByService:
		return f.Service.Name
	case ByTeam:
		return f.Service.Team
	}
	if lane == noLane {
		return ""
	}
	if field == ByEnvironment {
		return f.lanes[lane].environment
	}
	return f.lanes[lane].repository
}

// group is the samples of one series, sorted into buckets.
type group struct {
	labels map[string]string
	cells  []cell
	any    bool // anything was ever deployed: an empty bucket is 0, not unknown
}

// Ask answers a question from a snapshot. There is one series for each group that the filters let pass, whether or not
// it has events in the range.
func (s *Snapshot) Ask(q Question) []Series {
	row := q.Metric.Row()
	return s.ask(q, row.Unit, row.zero, func(f *Facts) []partition { return f.columns[q.Metric] })
}

// AskStage answers a question about one stage of lead time; the question's metric is ignored.
func (s *Snapshot) AskStage(q Question, stage Stage) []Series {
	q.Metric = LeadTime
	return s.ask(q, Seconds, false, func(f *Facts) []partition { return f.stages[stage] })
}

func (s *Snapshot) ask(q Question, unit Measure, zero bool, columnOf func(*Facts) []partition) []Series {
	if len(q.Spans) == 0 {
		return nil
	}
	groups := map[string]*group{}
	var order []string
	for _, f := range s.Services {
		of := f.groups(q, groups, &order)
		if of == nil {
			continue
		}
		scan(columnOf(f), q.Spans[0].Start, q.Spans[len(q.Spans)-1].End, func(sample sample) {
			if g := of[sample.lane+1]; g != nil {
				g.cells[spanAt(q.Spans, sample.at)].add(sample)
			}
		})
	}
	slices.Sort(order)
	statistic := q.Statistic.Row()
	series := make([]Series, 0, len(order))
	for _, key := range order {
		g := groups[key]
		one := Series{Metric: q.Metric, Statistic: q.Statistic, Unit: q.Statistic.UnitOf(unit), Labels: g.labels}
		one.Points = make([]Point, len(q.Spans))
		for i := range g.cells {
			one.Points[i] = s.point(&g.cells[i], statistic, q.Now, zero || one.Unit == Count, g.any)
		}
		series = append(series, one)
	}
	return series
}

func (s *Snapshot) point(c *cell, statistic *StatisticRow, now time.Time, zero, any bool) Point {
	p := Point{Span: c.span, N: len(c.values), K: int(c.sum())}
	if !s.Earliest.IsZero() {
		p.Partial = c.span.Cut || c.span.End.After(now) || c.span.Start.Before(s.Earliest)
	}
	p.Immature = c.span.End.After(now.Add(-time.Duration(s.Definition.IncidentWindow)))
	if p.N == 0 && (!zero || !any || !c.span.End.After(s.Earliest) || c.span.Start.After(now)) {
		return p
	}
	if value, ok := statistic.of(c); ok {
		p.Value = &value
	}
	return p
}

// groups finds which group each of a service's lanes belongs to, by lane + 1 (0: events without a lane). nil: none of
// them passes the filters.
func (f *Facts) groups(q Question, all map[string]*group, order *[]string) []*group {
	byLane := slices.ContainsFunc(q.GroupBy, Field.ofLane) || slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Field.ofLane() })
	of := make([]*group, len(f.lanes)+1)
	found := false
	for lane := noLane; lane < len(f.lanes); lane++ {
		if lane == noLane && byLane {
			continue
		}
		if slices.ContainsFunc(q.Filters, func(filter Filter) bool { return !filter.passes(f.value(filter.Field, lane)) }) {
			continue
		}
		var key strings.Builder
		labels := map[string]string{}
		for _, field := range q.GroupBy {
			labels[string(field)] = f.value(field, lane)
			key.WriteString(labels[string(field)] + "\x00")
		}
		g := all[key.String()]
		if g == nil {
			g = &group{labels: labels, cells: make([]cell, len(q.Spans))}
			for i := range g.cells {
				g.cells[i].span = q.Spans[i]
			}
			all[key.String()] = g
			*order = append(*order, key.String())
		}
		g.any = g.any || len(f.lanes) > 0
		of[lane+1] = g
		found = true
	}
	if !found {
		return nil
	}
	return of
}

func (f Field) ofLane() bool { return f == ByEnvironment || f == ByRepository }

// spanAt finds the bucket of a time that lies in one of them.
func spanAt(spans []Span, at int64) int {
	i, found := slices.BinarySearchFunc(spans, at, func(s Span, at int64) int { return cmp.Compare(s.Start.UnixMilli(), at) })
	if found {
		return i
	}
	return max(i-1, 0)
}

// Values lists what a field takes, sorted, among what the filters let pass: what a variable offers.
func (s *Snapshot) Values(field Field, filters []Filter) []string {
	found := map[string]bool{}
	for _, f := range s.Services {
		lanes := []int{noLane}
		if field.ofLane() || slices.ContainsFunc(filters, func(f Filter) bool { return f.Field.ofLane() }) {
			lanes = lanes[:0]
			for lane := range f.lanes {
				lanes = append(lanes, lane)
			}
		}
		for _, lane := range lanes {
			if !slices.ContainsFunc(filters, func(filter Filter) bool { return !filter.passes(f.value(filter.Field, lane)) }) {
				found[f.value(field, lane)] = true
			}
		}
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}

// Environment and Repository are what a deployment is grouped by.
func (f *Facts) Environment(d *DeploymentFact) string { return f.lanes[d.lane].environment }

// Repository is the repository that a deployment's version comes from.
func (f *Facts) Repository(d *DeploymentFact) string { return f.lanes[d.lane].repository }

// Select yields the facts that filters on services and teams let pass; filters on other fields are for its lanes.
func (s *Snapshot) Select(filters []Filter) []*Facts {
	var found []*Facts
	for _, f := range s.Services {
		if !slices.ContainsFunc(filters, func(filter Filter) bool {
			return !filter.Field.ofLane() && !filter.passes(f.value(filter.Field, noLane))
		}) {
			found = append(found, f)
		}
	}
	return found
}

// Passes says whether a deployment passes filters on environment and repository.
func (f *Facts) Passes(d *DeploymentFact, filters []Filter) bool {
	return !slices.ContainsFunc(filters, func(filter Filter) bool {
		return filter.Field.ofLane() && !filter.passes(f.value(filter.Field, d.lane))
	})
}
