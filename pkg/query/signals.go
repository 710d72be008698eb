package query

import (
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Direction says which signals a query is about.
type Direction string

// The directions.
const (
	AnyDirection    Direction = "any"
	WorseDirection  Direction = "worse"
	BetterDirection Direction = "better"
)

// Allowed lists the directions.
func (Direction) Allowed() []string {
	return []string{string(AnyDirection), string(WorseDirection), string(BetterDirection)}
}

func (d Direction) passes(b dora.Bearing) bool { return d == AnyDirection || string(d) == string(b) }

// allMetrics is how a signals query names all five.
const allMetrics = "all"

// readEveryMetric takes "all" for a signals query's metric, which is also its default.
func (q *Query) readEveryMetric(object map[string]any) error {
	if object["queryType"] != string(TypeSignals) {
		return nil
	}
	switch metric := object["metric"].(type) {
	case nil:
		q.EveryMetric = true
	case string:
		if metric == allMetrics {
			q.EveryMetric = true
			delete(object, "metric")
			return nil
		}
		if !slices.Contains(dora.Metric("").Allowed(), metric) {
			return &strict.Error{Field: "metric", Problem: `"` + metric + `" is not allowed; allowed: ` + strings.Join(append([]string{allMetrics}, dora.Metric("").Allowed()...), ", ")}
		}
	}
	return nil
}

// Metrics are what a query is about.
func (q *Query) Metrics() []*dora.MetricRow {
	if !q.EveryMetric {
		return []*dora.MetricRow{q.Metric.Row()}
	}
	var rows []*dora.MetricRow
	for i := range dora.Metrics {
		rows = append(rows, &dora.Metrics[i])
	}
	return rows
}

// Changes answers a signals query.
type Changes struct {
	Basis
	Watched []Watched
}

// Watched is a series and what its limits say of it.
type Watched struct {
	figures.Series
	// Limits are nil where there are too few buckets to tell.
	Limits *figures.Limits
	// Signals are those of the query's direction, by the time at which each was complete.
	Signals []figures.Signal
	// Newest is the index of the newest bucket that is complete and mature; -1: there is none.
	Newest int

	active []int // of each bucket, how many signals it is part of
}

// Active counts the signals that a bucket is part of; nil where nothing can be said of it.
func (w *Watched) Active(bucket int) *float64 {
	if w.Limits == nil || bucket < 0 || !w.Points[bucket].Settled() {
		return nil
	}
	active := float64(w.active[bucket])
	return &active
}

// Watch works out a signals query over a snapshot that was derived with the query's definition.
func Watch(q Query, s *facts.Snapshot, r Range, now time.Time) Changes {
	changes := Changes{Basis: BasisOf(q, s, r, now)}
	for _, row := range q.Metrics() {
		one := q
		one.Metric = row.Key
		if q.EveryMetric {
			one.Statistic = row.Statistics[0]
		}
		one.Format = Table
		found, omitted := ask(one, changes.Bucket, s, r, now, nil)
		changes.Omitted += omitted
		for _, series := range found {
			changes.Watched = append(changes.Watched, q.watch(series))
		}
	}
	return changes
}

func (q *Query) watch(series figures.Series) Watched {
	w := Watched{Series: series, Limits: series.Limits(), Newest: -1, active: make([]int, len(series.Points))}
	for _, signal := range series.Signals(w.Limits) {
		if !q.Direction.passes(signal.Bearing) {
			continue
		}
		w.Signals = append(w.Signals, signal)
		for _, at := range signal.Points {
			w.active[at]++
		}
		q.Meter.Count(len(signal.Points))
	}
	q.Meter.Count(len(series.Points))
	for i := range series.Points {
		if series.Points[i].Settled() {
			w.Newest = i
		}
	}
	return w
}
