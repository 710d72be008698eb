package figures

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Question asks for one statistic of one metric.
type Question struct {
	Metric    dora.Metric
	Statistic dora.Statistic
	Spans     []Span
	GroupBy   []dora.Field
	Filters   []dora.Filter
	// Rolling makes points look back; Bucket is what the spans are, which looking back in buckets needs.
	Rolling Window
	Bucket  Bucket
	// Limit is how many series there may be; 0: any number. The first, by their groups' values, are kept.
	Limit int
	// Now tells which buckets are still under way.
	Now time.Time
	// Meter is told of the work, and may end it. What is answered then is not whole, and nothing to show.
	Meter effort.Meter
}

// Series is one statistic of one metric for one group, bucket by bucket.
type Series struct {
	Metric    dora.Metric
	Statistic dora.Statistic
	Unit      dora.Measure
	Labels    map[string]string
	Points    []Point
	// OfServices says that the points are made of services, each with a figure of its own: these are what N counts.
	OfServices bool
}

// HasCases says whether its points count cases among their events, which a ratio is made of.
func (s *Series) HasCases() bool { return !s.OfServices && s.Metric.Row().Unit == dora.Ratio }

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
	// Partial says that what it covers is cut by the range, still under way, or begins before anything was collected or, of
	// what rests on incidents, before these are known.
	Partial bool
	// Immature says that the bucket is younger than the incident window: failures may still come to light.
	Immature bool
}

// group is one series' part of every service: its members.
type group struct {
	labels  map[string]string
	members []member
	since   time.Time // from when on nothing is 0, and not unknown; zero: never
	begins  time.Time // since when incidents are known of all members
}

// member is a service, and which of its lanes belong to a group, by lane + 1 (0: events without a lane).
type member struct {
	facts *facts.Service
	lanes []bool
}

// Ask answers a question from a snapshot. There is one series for each group that the filters let pass, whether or not
// it has events in the range. By severity there is only what is measured of incidents; there are no series of anything else.
func Ask(s *facts.Snapshot, q Question) []Series { return Of(s, q).Series }

// Of is Ask that also tells what it leaves out.
func Of(s *facts.Snapshot, q Question) Answer {
	if q.bySeverity() {
		if q.Metric != dora.RecoveryTime || !s.Definition.Recovery.OfIncidents() {
			return Answer{}
		}
		return answerSeverity(s, q)
	}
	row := q.Metric.Row()
	return answer(s, &q, row.Unit, row.Zero, func(f *facts.Service) samples.Column { return f.Column(q.Metric) })
}

// AskStage answers a question about one stage of lead time; the question's metric is ignored.
func AskStage(s *facts.Snapshot, q Question, stage facts.Stage) []Series {
	return OfStage(s, q, stage).Series
}

// OfStage is AskStage that also tells what it leaves out.
func OfStage(s *facts.Snapshot, q Question, stage facts.Stage) Answer {
	q.Metric = dora.LeadTime
	return answer(s, &q, dora.Seconds, false, func(f *facts.Service) samples.Column { return f.StageColumn(stage) })
}

func answer(s *facts.Snapshot, q *Question, unit dora.Measure, zero bool, columnOf func(*facts.Service) samples.Column) Answer {
	if len(q.Spans) == 0 {
		return Answer{}
	}
	a := asking(s, q, unit, zero, columnOf)
	groups, omitted := groupsOf(s, q)
	answer := Answer{Series: make([]Series, len(groups)), Omitted: omitted}
	effort.InParts(len(groups), func(from, to int) {
		for i := from; i < to; i++ {
			if answer.Series[i] = a.series(groups[i], len(groups) == 1); !q.Meter.Count(1) {
				return
			}
		}
	})
	return answer
}

func asking(s *facts.Snapshot, q *Question, unit dora.Measure, zero bool, columnOf func(*facts.Service) samples.Column) *asked {
	a := &asked{Question: q, snapshot: s, axis: newPlan(q), computed: computations[q.Statistic], unit: q.Statistic.UnitOf(unit), columnOf: columnOf}
	a.zero = zero || a.unit == dora.Count
	a.rests = RestsOnIncidents(&s.Definition, q.Metric, q.Statistic)
	return a
}

// asked is a question with what its series have in common.
type asked struct {
	*Question
	snapshot *facts.Snapshot
	axis     plan
	computed computation
	unit     dora.Measure
	zero     bool // an empty bucket is 0
	rests    bool // on incidents
	columnOf func(*facts.Service) samples.Column
}

func (a *asked) series(g *group, alone bool) Series {
	one := Series{Metric: a.Metric, Statistic: a.Statistic, Unit: a.unit, Labels: g.labels, Points: make([]Point, len(a.Spans))}
	figures := make([]float64, len(a.Spans)) // where the points' values lie
	gathered := g.gather(&a.axis, a.computed.reads, a.columnOf)
	fill := func(from, to int) {
		counted := effort.Counter{Meter: a.Meter}
		defer counted.Flush()
		read := gathered.reader(&counted)
		for i := from; i < to && counted.Add(1); i++ {
			c := read(i)
			one.Points[i] = a.point(a.Spans[i], &c, g, &figures[i])
		}
	}
	if alone {
		effort.InParts(len(a.Spans), fill)
	} else {
		fill(0, len(a.Spans))
	}
	return one
}

// point makes a point of what it covers; its value, if it has one, is put where figure points.
func (a *asked) point(bucket Span, c *covered, g *group, figure *float64) Point {
	since := g.since
	unshown := a.rests && c.span.Start.Before(g.begins)
	p := Point{Span: bucket, N: c.n, K: c.k}
	p.Partial = c.span.Cut || c.span.End.After(a.Now) || since.IsZero() || c.span.Start.Before(since) || unshown
	c.known = Span{Start: since, End: a.Now}
	p.Immature = c.span.End.After(a.Now.Add(-time.Duration(a.snapshot.Definition.IncidentWindow)))
	ahead := bucket.Start.After(a.Now)
	if p.N == 0 && (!a.zero || since.IsZero() || ahead || !c.span.End.After(since)) || ahead && !a.Rolling.IsZero() || unshown && found(a.Metric, c) == 0 {
		return p
	}
	if value, ok := a.computed.of(c); ok {
		*figure = value
		p.Value = figure
	}
	return p
}

// groups finds the groups that the filters let pass, in order of their values, and how many are beyond the limit.
func groupsOf(s *facts.Snapshot, q *Question) (found []*group, omitted int) {
	byLane := slices.ContainsFunc(q.GroupBy, dora.Field.OfLane) || slices.ContainsFunc(q.Filters, func(f dora.Filter) bool { return f.Field.OfLane() })
	byTeam := slices.Contains(q.GroupBy, dora.ByTeam)
	all := map[string]*group{}
	var key strings.Builder
	for _, f := range s.Services {
		for lane := samples.NoLane; lane < f.LaneCount(); lane++ {
			if lane == samples.NoLane && byLane {
				continue
			}
			teams := s.Passing(q.Filters, f, lane)
			if !byTeam {
				teams = teams[:min(len(teams), 1)] // once in every total
			}
			for _, team := range teams {
				value := func(field dora.Field) string {
					if field == dora.ByTeam {
						return team
					}
					return s.Value(f, field, lane)
				}
				key.Reset()
				for _, field := range q.GroupBy {
					key.WriteString(value(field))
					key.WriteByte(0)
				}
				g := all[key.String()]
				if g == nil {
					g = &group{labels: map[string]string{}}
					for _, field := range q.GroupBy {
						g.labels[string(field)] = value(field)
					}
					all[key.String()] = g
				}
				g.add(s, f, lane)
			}
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

func (g *group) add(s *facts.Snapshot, f *facts.Service, lane int) {
	if len(g.members) == 0 || g.members[len(g.members)-1].facts != f {
		g.members = append(g.members, member{facts: f, lanes: make([]bool, f.LaneCount()+1)})
		begins, _ := s.Begins(f)
		g.begins = dora.Latest(g.begins, begins)
		if since := s.Since(f); g.since.IsZero() || !since.IsZero() && since.Before(g.since) {
			g.since = since
		}
	}
	g.members[len(g.members)-1].lanes[lane+1] = true
}

// Values lists what a field takes, sorted, among what the filters let pass: what a variable offers.
func Values(s *facts.Snapshot, field dora.Field, filters []dora.Filter) []string {
	if field == dora.BySeverity {
		return slices.DeleteFunc(severitiesOf(s, filters), func(severity string) bool { return severity == "" })
	}
	filters = dora.WithoutSeverity(filters)
	found := map[string]bool{}
	for _, f := range s.Services {
		lanes := []int{samples.NoLane}
		if field.OfLane() || slices.ContainsFunc(filters, func(f dora.Filter) bool { return f.Field.OfLane() }) {
			lanes = lanes[:0]
			for lane := range f.LaneCount() {
				lanes = append(lanes, lane)
			}
		}
		for _, lane := range lanes {
			teams := s.Passing(filters, f, lane)
			if field == dora.ByTeam {
				for _, team := range teams {
					found[team] = true
				}
			} else if len(teams) > 0 {
				found[s.Value(f, field, lane)] = true
			}
		}
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}
