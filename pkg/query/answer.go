package query

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Range is the stretch of time that a question is about: From inclusive, To exclusive.
type Range struct{ From, To time.Time }

// before is the range of the same length that ends where this one begins.
func (r Range) before() Range {
	return Range{From: r.From.Add(-r.To.Sub(r.From)), To: r.From}
}

// Figures answers a metric or stages query.
type Figures struct {
	Query  Query
	Bucket dora.Bucket // what auto became
	Series []dora.Series
	// Distribution answers instead of Series where that is the format.
	Distribution []dora.Distribution
	// Previous are the same figures for the period before; nil unless the query compares.
	Previous []dora.Series
	// Unmeasured counts what the selected services could not have measured, over all time, by reason.
	Unmeasured map[dora.Reason]int
	// Deployments is how many deployments that pass the filters there ever were; 0 deserves a word to the reader.
	Deployments int
	// Services is how many services the filters let pass.
	Services int
}

// Answer works out a metric or stages query over a snapshot that was derived with the query's definition.
func Answer(q Query, s *dora.Snapshot, r Range, now time.Time) Figures {
	bucket := q.Bucket.For(r.From, r.To)
	figures := Figures{Query: q, Bucket: bucket, Unmeasured: map[dora.Reason]int{}}
	whole := func(r Range) []dora.Span {
		return []dora.Span{{Start: r.From.In(q.Timezone.Location), End: r.To.In(q.Timezone.Location)}}
	}
	base := dora.Question{Metric: q.Metric, Statistic: q.Statistic, GroupBy: q.GroupBy, Filters: q.DomainFilters(), Now: now}
	only := func(dora.Stage) bool { return true }
	if q.Type == TypeStages && q.Stage == StageLongest {
		question := base
		question.Spans = whole(r)
		longest, _ := s.LongestStage(question) // where nothing was measured, the first
		only = func(stage dora.Stage) bool { return stage == longest }
	}
	ask := func(r Range) []dora.Series {
		question := base
		if q.Format == Numeric {
			question.Spans = whole(r)
		} else {
			question.Spans = bucket.Spans(r.From, r.To, q.Timezone.Location)
		}
		if q.Type != TypeStages {
			return s.Ask(question)
		}
		var series []dora.Series
		for stage, name := range dora.StageNames {
			if q.Stage == StageLongest && !only(dora.Stage(stage)) {
				continue
			}
			for _, one := range s.AskStage(question, dora.Stage(stage)) {
				labels := map[string]string{"stage": name}
				for field, value := range one.Labels {
					labels[field] = value
				}
				one.Labels = labels
				series = append(series, one)
			}
		}
		return series
	}
	if q.Format == Distribution {
		question := base
		question.Spans = whole(r)
		figures.Distribution = s.Distribution(question)
	} else {
		figures.Series = ask(r)
	}
	if q.Compare == ComparePrevious {
		figures.Previous = ask(r.before())
	}
	filters := q.DomainFilters()
	ofLane := slices.ContainsFunc(filters, func(f dora.Filter) bool { return f.Field == dora.ByEnvironment || f.Field == dora.ByRepository })
	for _, f := range s.Select(filters) {
		passing := 0
		for _, d := range f.Deployments {
			if f.Passes(d, filters) {
				passing++
			}
		}
		if ofLane && passing == 0 {
			continue // it never deployed to such an environment, or from such a repository
		}
		figures.Services++
		figures.Deployments += passing
		for reason, n := range f.Unmeasured {
			figures.Unmeasured[reason] += n
		}
	}
	return figures
}

// DomainFilters are the query's filters that restrict anything.
func (q *Query) DomainFilters() []dora.Filter {
	var filters []dora.Filter
	for _, f := range q.Filters {
		if len(f.Values) > 0 {
			filters = append(filters, dora.Filter{Field: f.Field, Not: f.Op == OpNotIn, Values: f.Values})
		}
	}
	return filters
}
