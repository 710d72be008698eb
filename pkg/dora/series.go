package dora

import (
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
	BySeverity    Field = "severity" // of incidents: see answerSeverity
)

// Allowed lists the fields that a query may name.
func (Field) Allowed() []string {
	return []string{string(ByService), string(ByTeam), string(ByEnvironment), string(ByRepository), string(BySeverity)}
}

// Question asks for one statistic of one metric.
type Question struct {
	Metric    Metric
	Statistic Statistic
	Spans     []Span
	GroupBy   []Field
	Filters   []Filter
	// Rolling makes points look back; Bucket is what the spans are, which looking back in buckets needs.
	Rolling Window
	Bucket  Bucket
	// Limit is how many series there may be; 0: any number. The first, by their groups' values, are kept.
	Limit int
	// Now tells which buckets are still under way.
	Now time.Time
	// Toll is told of the work, and may end it. What is answered then is not whole, and nothing to show.
	Toll Toll
}

// Series is one statistic of one metric for one group, bucket by bucket.
type Series struct {
	Metric    Metric
	Statistic Statistic
	Unit      Measure
	Labels    map[string]string
	Points    []Point
}

// Answer is the series that a question asks for.
type Answer struct {
	Series []Series
	// Omitted is how many more there are than the question's limit.
	Omitted int
}

// Point is one figure and what it rests on. Its span is its bucket, also where it rolls and covers more.
type Point struct {
	Span
	Value *float64 // nil: nothing to measure, which is not zero
	N     int      // events
	K     int      // of a ratio: those that count
	// Partial says that what it covers is cut by the range, still under way, or begins before anything was collected.
	Partial bool
	// Immature says that the bucket is younger than the incident window: failures may still come to light.
	Immature bool
}

// laneName is what a lane's events are grouped by.
type laneName struct {
	environment spelling
	repository  string
}

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
		return f.lanes[lane].environment.text
	}
	return f.lanes[lane].repository
}

// value is what series and lists show of a lane: an environment as anyone wrote it last.
func (s *Snapshot) value(f *Facts, field Field, lane int) string {
	value := f.value(field, lane)
	if field == ByEnvironment && lane != noLane {
		if last, ok := s.spellings[folded(value)]; ok {
			return last.text
		}
	}
	return value
}

// group is one series' part of every service: its members.
type group struct {
	labels  map[string]string
	members []member
	since   time.Time // from when on nothing is 0, and not unknown; zero: never
}

// member is a service, and which of its lanes belong to a group, by lane + 1 (0: events without a lane).
type member struct {
	facts *Facts
	lanes []bool
}

// Ask answers a question from a snapshot. There is one series for each group that the filters let pass, whether or not
// it has events in the range. By severity there is only recovery from incident; there are no series of anything else.
func (s *Snapshot) Ask(q Question) []Series { return s.Answer(q).Series }

// Answer is Ask that also tells what it leaves out.
func (s *Snapshot) Answer(q Question) Answer {
	if q.bySeverity() {
		if q.Metric != RecoveryTime || s.Definition.Recovery != RecoveryOfIncident {
			return Answer{}
		}
		return s.answerSeverity(q)
	}
	row := q.Metric.Row()
	return s.answer(&q, row.Unit, row.zero, func(f *Facts) column { return f.columns[q.Metric] })
}

// AskStage answers a question about one stage of lead time; the question's metric is ignored.
func (s *Snapshot) AskStage(q Question, stage Stage) []Series { return s.AnswerStage(q, stage).Series }

// AnswerStage is AskStage that also tells what it leaves out.
func (s *Snapshot) AnswerStage(q Question, stage Stage) Answer {
	q.Metric = LeadTime
	return s.answer(&q, Seconds, false, func(f *Facts) column { return f.stages[stage] })
}

func (s *Snapshot) answer(q *Question, unit Measure, zero bool, columnOf func(*Facts) column) Answer {
	if len(q.Spans) == 0 {
		return Answer{}
	}
	a := s.asking(q, unit, zero, columnOf)
	groups, omitted := s.groups(q)
	answer := Answer{Series: make([]Series, len(groups)), Omitted: omitted}
	inParts(len(groups), func(from, to int) {
		for i := from; i < to; i++ {
			if answer.Series[i] = a.series(groups[i], len(groups) == 1); !q.Toll.Pay(1) {
				return
			}
		}
	})
	return answer
}

func (s *Snapshot) asking(q *Question, unit Measure, zero bool, columnOf func(*Facts) column) *asked {
	a := &asked{Question: q, snapshot: s, axis: newPlan(q), statistic: q.Statistic.Row(), unit: q.Statistic.UnitOf(unit), columnOf: columnOf}
	a.zero = zero || a.unit == Count
	return a
}

// asked is a question with what its series have in common.
type asked struct {
	*Question
	snapshot  *Snapshot
	axis      plan
	statistic *StatisticRow
	unit      Measure
	zero      bool // an empty bucket is 0
	columnOf  func(*Facts) column
}

func (a *asked) series(g *group, alone bool) Series {
	one := Series{Metric: a.Metric, Statistic: a.Statistic, Unit: a.unit, Labels: g.labels, Points: make([]Point, len(a.Spans))}
	figures := make([]float64, len(a.Spans)) // where the points' values lie
	strip := g.gather(&a.axis, a.statistic.reads, a.columnOf)
	fill := func(from, to int) {
		paid := purse{toll: a.Toll}
		defer paid.settle()
		read := strip.reader(&paid)
		for i := from; i < to && paid.pay(1); i++ {
			c := read(i)
			one.Points[i] = a.point(a.Spans[i], &c, g.since, &figures[i])
		}
	}
	if alone {
		inParts(len(a.Spans), fill)
	} else {
		fill(0, len(a.Spans))
	}
	return one
}

// point makes a point of what it covers; its value, if it has one, is put where figure points.
func (a *asked) point(bucket Span, c *cell, since time.Time, figure *float64) Point {
	p := Point{Span: bucket, N: c.n, K: c.k}
	p.Partial = c.span.Cut || c.span.End.After(a.Now) || since.IsZero() || c.span.Start.Before(since)
	c.known = Span{Start: since, End: a.Now}
	p.Immature = c.span.End.After(a.Now.Add(-time.Duration(a.snapshot.Definition.IncidentWindow)))
	ahead := bucket.Start.After(a.Now)
	if p.N == 0 && (!a.zero || since.IsZero() || ahead || !c.span.End.After(since)) || ahead && !a.Rolling.IsZero() {
		return p
	}
	if value, ok := a.statistic.of(c); ok {
		*figure = value
		p.Value = figure
	}
	return p
}

// groups finds the groups that the filters let pass, in order of their values, and how many are beyond the limit.
func (s *Snapshot) groups(q *Question) (found []*group, omitted int) {
	byLane := slices.ContainsFunc(q.GroupBy, Field.ofLane) || slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Field.ofLane() })
	all := map[string]*group{}
	var key strings.Builder
	for _, f := range s.Services {
		for lane := noLane; lane < len(f.lanes); lane++ {
			if lane == noLane && byLane || slices.ContainsFunc(q.Filters, func(filter Filter) bool { return !filter.passes(f.value(filter.Field, lane)) }) {
				continue
			}
			key.Reset()
			for _, field := range q.GroupBy {
				key.WriteString(s.value(f, field, lane))
				key.WriteByte(0)
			}
			g := all[key.String()]
			if g == nil {
				g = &group{labels: map[string]string{}}
				for _, field := range q.GroupBy {
					g.labels[string(field)] = s.value(f, field, lane)
				}
				all[key.String()] = g
			}
			g.add(s, f, lane)
		}
	}
	keys := slices.Sorted(maps.Keys(all))
	if q.Limit > 0 && len(keys) > q.Limit {
		keys, omitted = keys[:q.Limit], len(keys)-q.Limit
	}
	for _, key := range keys {
		found = append(found, all[key])
	}
	return found, omitted
}

func (g *group) add(s *Snapshot, f *Facts, lane int) {
	if len(g.members) == 0 || g.members[len(g.members)-1].facts != f {
		g.members = append(g.members, member{facts: f, lanes: make([]bool, len(f.lanes)+1)})
		if since := s.since(f); g.since.IsZero() || !since.IsZero() && since.Before(g.since) {
			g.since = since
		}
	}
	g.members[len(g.members)-1].lanes[lane+1] = true
}

func (f Field) ofLane() bool { return f == ByEnvironment || f == ByRepository }

// Values lists what a field takes, sorted, among what the filters let pass: what a variable offers.
func (s *Snapshot) Values(field Field, filters []Filter) []string {
	if field == BySeverity {
		return slices.DeleteFunc(s.severities(filters), func(severity string) bool { return severity == "" })
	}
	filters = withoutSeverity(filters)
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
				found[s.value(f, field, lane)] = true
			}
		}
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}

// Environment and Repository are what a deployment is grouped by.
func (f *Facts) Environment(d *DeploymentFact) string { return f.lanes[d.lane].environment.text }

// EnvironmentOf is the environment of a deployment or run, as it was written last in its repository.
func (f *Facts) EnvironmentOf(d *Deployment) string {
	if lane := f.laneOf(d); lane != noLane {
		return f.lanes[lane].environment.text
	}
	return d.Environment
}

// laneOf finds the lane that a deployment or run belongs to.
func (f *Facts) laneOf(d *Deployment) int {
	return slices.IndexFunc(f.lanes, func(l laneName) bool {
		return strings.EqualFold(l.environment.text, d.Environment) && strings.EqualFold(l.repository, d.Repository)
	})
}

// Repository is the repository that a deployment's version comes from.
func (f *Facts) Repository(d *DeploymentFact) string { return f.lanes[d.lane].repository }

// Select yields the facts that filters on services and teams let pass; filters on other fields are for its lanes and
// incidents.
func (s *Snapshot) Select(filters []Filter) []*Facts {
	var found []*Facts
	for _, f := range s.Services {
		if !slices.ContainsFunc(filters, func(filter Filter) bool {
			return !filter.Field.ofLane() && filter.Field != BySeverity && !filter.passes(f.value(filter.Field, noLane))
		}) {
			found = append(found, f)
		}
	}
	return found
}
