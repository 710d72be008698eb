package query

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Range is the stretch of time that a question is about: From inclusive, To exclusive.
type Range struct{ From, To time.Time }

// Holds says whether a time lies in the range.
func (r Range) Holds(at time.Time) bool { return !at.Before(r.From) && at.Before(r.To) }

// before is the range of the same length that ends where this one begins.
func (r Range) before() Range {
	return Range{From: r.From.Add(-r.To.Sub(r.From)), To: r.From}
}

// Basis is what an answer rests on, whatever its figures.
type Basis struct {
	Query  Query
	Range  Range
	Bucket figures.Bucket // what auto became
	// Unmeasured counts what the selected services could not have measured in the range, by reason.
	Unmeasured map[facts.Reason]int
	// Deployed says whether any deployment that passes the filters was ever made; none deserves a word to the reader.
	Deployed bool
	// Services is how many services the filters let pass.
	Services int
	// Omitted is how many series there are beyond the query's limit.
	Omitted int
	// Begins are, of what rests on incidents, the sources that show none of before a time within what is covered, and that time.
	Begins map[string]time.Time
}

// Figures answers a metric or stages query.
type Figures struct {
	Basis
	Series []figures.Series
	// Distribution answers instead of Series where that is the format.
	Distribution []figures.Distribution
	// Whole are, of a tile, the figures of the whole range, whose buckets are those of Series.
	Whole []figures.Series
	// Longest is, of a chart of lengths of time, what nine in ten of the whole range stay below, in seconds, whatever the
	// statistic: charts of one metric that are drawn over one another share an axis. Of a spread it is the longest.
	Longest float64
	// Previous are the figures of the whole range for the period before; nil unless the query compares.
	Previous []figures.Series
	// Limits are the process limits of each series; nil unless the query asks for them, and an element is nil where
	// there are too few buckets.
	Limits []*figures.Limits
}

// Answer works out a metric or stages query over a snapshot that was derived with the query's definition.
func Answer(q Query, s *facts.Snapshot, r Range, now time.Time) Figures {
	if !q.hasBuckets() {
		r = q.rolled(r)
	}
	made := Figures{Basis: BasisOf(q, s, r, now)}
	stages := q.stages(s, made.Bucket, r, now)
	if q.Format == Distribution {
		made.Distribution, made.Omitted = figures.Distribute(s, q.question(made.Bucket, r, now))
	} else {
		made.Series, made.Omitted = ask(q, made.Bucket, s, r, now, stages)
	}
	whole := q
	if q.Format == Tile {
		whole.Format = Numeric
		made.Whole, _ = ask(whole, made.Bucket, s, whole.rolled(r), now, stages)
	}
	switch {
	case q.Format != Chart:
	case q.Type == TypeSpread:
		made.Longest = highest(made.Series)
	default:
		made.Longest = q.longest(s, r, now)
	}
	if q.Compare == ComparePrevious {
		made.Previous, _ = ask(whole, made.Bucket, s, whole.rolled(r.before()), now, stages)
	}
	if q.Limits {
		for i := range made.Series {
			made.Limits = append(made.Limits, made.Series[i].Limits())
		}
	}
	return made
}

// longest is what nine in ten of the lengths of time stay below that a query is about; of stages, of their sums.
func (q *Query) longest(s *facts.Snapshot, r Range, now time.Time) float64 {
	whole := *q
	whole.Type, whole.Format, whole.Statistic, whole.GroupBy, whole.Limits = TypeMetric, Numeric, dora.P90, nil, false
	if q.Type == TypeStages {
		whole.Metric = dora.LeadTime
	}
	if whole.Metric.Row().Unit != dora.Seconds {
		return 0
	}
	series, _ := ask(whole, figures.Auto, s, whole.rolled(r), now, nil)
	if len(series) == 0 || series[0].Points[0].Value == nil {
		return 0
	}
	return *series[0].Points[0].Value
}

// highest is the highest of all figures; 0 where there are none.
func highest(series []figures.Series) (value float64) {
	for i := range series {
		for j := range series[i].Points {
			if v := series[i].Points[j].Value; v != nil {
				value = max(value, *v)
			}
		}
	}
	return value
}

// Shown are the series whose figures a reader sees as such.
func (f *Figures) Shown() []figures.Series {
	if f.Whole != nil {
		return f.Whole
	}
	return f.Series
}

// question is what a query asks of a snapshot.
func (q *Query) question(bucket figures.Bucket, r Range, now time.Time) figures.Question {
	zone := q.Timezone.Location
	question := figures.Question{Metric: q.Metric, Statistic: q.Statistic, GroupBy: q.GroupBy, Filters: q.DomainFilters(), Limit: q.SeriesLimit, Now: now, Meter: q.Meter}
	if q.hasBuckets() {
		question.Spans = bucket.Spans(r.From, r.To, zone)
		question.Rolling, question.Bucket = figures.Window(q.Rolling), bucket
	} else {
		question.Spans = []figures.Span{{Start: r.From.In(zone), End: r.To.In(zone)}}
	}
	return question
}

// stages are those that a stages query shows: all, or the one that took the longest over the range.
func (q *Query) stages(s *facts.Snapshot, bucket figures.Bucket, r Range, now time.Time) []facts.Stage {
	if q.Type == TypeStages && q.Stage == StageLongest {
		whole := q.question(bucket, r, now)
		whole.Spans = []figures.Span{{Start: r.From.In(q.Timezone.Location), End: r.To.In(q.Timezone.Location)}}
		whole.Rolling, whole.Limit = figures.Window{}, 0
		longest, _ := figures.LongestStage(s, whole) // where nothing was measured, the first
		return []facts.Stage{longest}
	}
	all := make([]facts.Stage, len(facts.StageNames))
	for stage := range all {
		all[stage] = facts.Stage(stage)
	}
	return all
}

// ask puts a query's questions to a snapshot: one, or one for each stage. It tells how many series are left out.
func ask(q Query, bucket figures.Bucket, s *facts.Snapshot, r Range, now time.Time, stages []facts.Stage) (series []figures.Series, omitted int) {
	question := q.question(bucket, r, now)
	if q.Type == TypeSpread {
		if q.Spread == SpreadCounted {
			return figures.SpreadOf(s, question).Counted, 0
		}
		return figures.SpreadOf(s, question).Quartiles, 0
	}
	if q.Type != TypeStages {
		answer := figures.Of(s, question)
		return answer.Series, answer.Omitted
	}
	for _, stage := range stages {
		answer := figures.OfStage(s, question, stage)
		omitted += answer.Omitted
		for _, one := range answer.Series {
			labels := map[string]string{"stage": facts.StageNames[stage]}
			for field, value := range one.Labels {
				labels[field] = value
			}
			one.Labels = labels
			series = append(series, one)
		}
	}
	return series, omitted
}

// BasisOf tells what an answer over a range rests on.
func BasisOf(q Query, s *facts.Snapshot, r Range, now time.Time) Basis {
	filters := q.DomainFilters()
	b := Basis{Query: q, Range: r, Bucket: q.bucketFor(r), Unmeasured: s.Unmeasured(filters, r.From, r.To, now)}
	covers := q.covers(s, b.Bucket, r, now)
	ofLane := slices.ContainsFunc(filters, func(f dora.Filter) bool { return f.Field == dora.ByEnvironment || f.Field == dora.ByRepository })
	for _, f := range s.Select(filters) {
		// Most queries restrict no lane, so that the first deployment answers.
		passes, looked := f.Passing(filters), 0
		deployed := slices.ContainsFunc(f.Deployments, func(d *facts.Deployment) bool { looked++; return passes(d) })
		if !q.Meter.Count(1 + looked) {
			break
		}
		if ofLane && !deployed {
			continue // it never deployed to such an environment, or from such a repository
		}
		b.begin(s, f, covers)
		b.Services++
		b.Deployed = b.Deployed || deployed
	}
	return b
}

// covers is where that begins which a query's figures cover, of those that rest on incidents; else zero.
func (q *Query) covers(s *facts.Snapshot, bucket figures.Bucket, r Range, now time.Time) time.Time {
	if q.Type != TypeMetric && q.Type != TypeSpread || !figures.RestsOnIncidents(&s.Definition, q.Metric, q.Statistic) {
		return time.Time{}
	}
	if asked := q.question(bucket, r, now); len(asked.Spans) > 0 {
		return asked.Rolling.Of(asked.Spans[0], asked.Bucket).Start
	}
	return time.Time{}
}

// begin takes note of a service whose incidents are known since later only.
func (b *Basis) begin(s *facts.Snapshot, f *facts.Service, covers time.Time) {
	begins, source := s.Begins(f)
	if covers.IsZero() || !begins.After(covers) {
		return
	}
	if b.Begins == nil {
		b.Begins = map[string]time.Time{}
	}
	b.Begins[source] = begins
}

// DomainFilters are the query's filters that restrict anything.
func (q *Query) DomainFilters() []dora.Filter {
	var filters []dora.Filter
	for _, f := range q.Filters {
		if len(f.Values) > 0 {
			filters = append(filters, dora.NewFilter(f.Field, f.Op == OpNotIn, f.Values))
		}
	}
	return filters
}
