package query

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
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
	Bucket dora.Bucket // what auto became
	// Unmeasured counts what the selected services could not have measured in the range, by reason.
	Unmeasured map[dora.Reason]int
	// Deployed says whether any deployment that passes the filters was ever made; none deserves a word to the reader.
	Deployed bool
	// Services is how many services the filters let pass.
	Services int
	// Omitted is how many series there are beyond the query's limit.
	Omitted int
}

// Figures answers a metric or stages query.
type Figures struct {
	Basis
	Series []dora.Series
	// Distribution answers instead of Series where that is the format.
	Distribution []dora.Distribution
	// Whole are, of a tile, the figures of the whole range, whose buckets are those of Series.
	Whole []dora.Series
	// Previous are the figures of the whole range for the period before; nil unless the query compares.
	Previous []dora.Series
	// Limits are the process limits of each series; nil unless the query asks for them, and an element is nil where
	// there are too few buckets.
	Limits []*dora.Limits
}

// Answer works out a metric or stages query over a snapshot that was derived with the query's definition.
func Answer(q Query, s *dora.Snapshot, r Range, now time.Time) Figures {
	if !q.hasBuckets() {
		r = q.rolled(r)
	}
	figures := Figures{Basis: BasisOf(q, s, r, now)}
	stages := q.stages(s, figures.Bucket, r, now)
	if q.Format == Distribution {
		figures.Distribution, figures.Omitted = s.Distribution(q.question(figures.Bucket, r, now))
	} else {
		figures.Series, figures.Omitted = ask(q, figures.Bucket, s, r, now, stages)
	}
	whole := q
	if q.Format == Tile {
		whole.Format = Numeric
		figures.Whole, _ = ask(whole, figures.Bucket, s, whole.rolled(r), now, stages)
	}
	if q.Compare == ComparePrevious {
		figures.Previous, _ = ask(whole, figures.Bucket, s, whole.rolled(r.before()), now, stages)
	}
	if q.Limits {
		for i := range figures.Series {
			figures.Limits = append(figures.Limits, figures.Series[i].Limits())
		}
	}
	return figures
}

// Shown are the series whose figures a reader sees as such.
func (f *Figures) Shown() []dora.Series {
	if f.Whole != nil {
		return f.Whole
	}
	return f.Series
}

// question is what a query asks of a snapshot.
func (q *Query) question(bucket dora.Bucket, r Range, now time.Time) dora.Question {
	zone := q.Timezone.Location
	question := dora.Question{Metric: q.Metric, Statistic: q.Statistic, GroupBy: q.GroupBy, Filters: q.DomainFilters(), Limit: q.SeriesLimit, Now: now, Toll: q.Toll}
	if q.hasBuckets() {
		question.Spans = bucket.Spans(r.From, r.To, zone)
		question.Rolling, question.Bucket = dora.Window(q.Rolling), bucket
	} else {
		question.Spans = []dora.Span{{Start: r.From.In(zone), End: r.To.In(zone)}}
	}
	return question
}

// stages are those that a stages query shows: all, or the one that took the longest over the range.
func (q *Query) stages(s *dora.Snapshot, bucket dora.Bucket, r Range, now time.Time) []dora.Stage {
	if q.Type == TypeStages && q.Stage == StageLongest {
		whole := q.question(bucket, r, now)
		whole.Spans = []dora.Span{{Start: r.From.In(q.Timezone.Location), End: r.To.In(q.Timezone.Location)}}
		whole.Rolling, whole.Limit = dora.Window{}, 0
		longest, _ := s.LongestStage(whole) // where nothing was measured, the first
		return []dora.Stage{longest}
	}
	all := make([]dora.Stage, len(dora.StageNames))
	for stage := range all {
		all[stage] = dora.Stage(stage)
	}
	return all
}

// ask puts a query's questions to a snapshot: one, or one for each stage. It tells how many series are left out.
func ask(q Query, bucket dora.Bucket, s *dora.Snapshot, r Range, now time.Time, stages []dora.Stage) (series []dora.Series, omitted int) {
	question := q.question(bucket, r, now)
	if q.Type != TypeStages {
		answer := s.Answer(question)
		return answer.Series, answer.Omitted
	}
	for _, stage := range stages {
		answer := s.AnswerStage(question, stage)
		omitted += answer.Omitted
		for _, one := range answer.Series {
			labels := map[string]string{"stage": dora.StageNames[stage]}
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
func BasisOf(q Query, s *dora.Snapshot, r Range, now time.Time) Basis {
	filters := q.DomainFilters()
	b := Basis{Query: q, Range: r, Bucket: q.bucketFor(r), Unmeasured: s.Unmeasured(filters, r.From, r.To, now)}
	ofLane := slices.ContainsFunc(filters, func(f dora.Filter) bool { return f.Field == dora.ByEnvironment || f.Field == dora.ByRepository })
	for _, f := range s.Select(filters) {
		// Most queries restrict no lane, so that the first deployment answers.
		passes, looked := f.Passing(filters), 0
		deployed := slices.ContainsFunc(f.Deployments, func(d *dora.DeploymentFact) bool { looked++; return passes(d) })
		if !q.Toll.Pay(1 + looked) {
			break
		}
		if ofLane && !deployed {
			continue // it never deployed to such an environment, or from such a repository
		}
		b.Services++
		b.Deployed = b.Deployed || deployed
	}
	return b
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
