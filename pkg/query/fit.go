package query

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// What of a query fits together: each check refuses what would give an answer that means nothing.

// formats are those of the query's type, the default first.
func (q *Query) formats() []Format {
	switch q.Type {
	case TypeSignals:
		return SignalFormats
	case TypeCollection:
		return CollectionFormats
	case TypeSpread:
		return SpreadFormats
	}
	return []Format{TimeSeries, Numeric, Table, Distribution, Tile, Chart}
}

// SignalFormats are the formats of a signals query, the default first.
var SignalFormats = []Format{Table, TimeSeries, Numeric}

// CollectionFormats are the formats of a collection query, the default first.
var CollectionFormats = []Format{Table, Tile}

// SpreadFormats are the formats of a spread, the default first.
var SpreadFormats = []Format{TimeSeries, Numeric, Table, Chart}

// checkSpread refuses what would tell services apart in a spread, or is not known of one.
func (q *Query) checkSpread(fail func(field, format string, args ...any)) {
	if q.Type != TypeSpread {
		return
	}
	if !slices.Contains(SpreadFormats, q.Format) {
		fail("format", "%s is not allowed for queryType spread; allowed: %s", q.Format, list(SpreadFormats))
	}
	if len(q.GroupBy) > 0 {
		fail("groupBy", "is not allowed for queryType spread, which tells of services and names none; allowed: empty, and filters")
	}
	if q.Compare == ComparePrevious {
		fail("compare", "previous is not allowed for queryType spread; allowed: none")
	}
	if q.Limits {
		fail("limits", "true is not allowed for queryType spread; allowed: false")
	}
}

// bucketFor is what auto becomes over a range. Days per week need weeks at least.
func (q *Query) bucketFor(r Range) figures.Bucket {
	bucket := q.Bucket.For(r.From, r.To)
	if q.Bucket == figures.Auto && bucket == figures.Day && q.Statistic == dora.DaysPerWeek {
		return figures.Week
	}
	return bucket
}

// hasBuckets says whether the answer has a figure for each bucket.
func (q *Query) hasBuckets() bool {
	return q.Type == TypeSignals || (q.asksFigures() && q.Format != Numeric && q.Format != Distribution)
}

func (q *Query) checkBucket(fail func(field, format string, args ...any)) {
	if q.Type == TypeSignals && !slices.Contains(SignalFormats, q.Format) {
		fail("format", "%s is not allowed for queryType signals; allowed: %s", q.Format, list(SignalFormats))
	}
	if q.hasBuckets() && q.Bucket == figures.Day && q.Statistic == dora.DaysPerWeek && q.Rolling.IsZero() {
		fail("bucket", "day is not allowed with statistic %s, which needs complete weeks; allowed: auto, week, month, quarter", q.Statistic)
	}
}

func (q *Query) checkLimits(fail func(field, format string, args ...any)) {
	switch {
	case !q.Limits || q.Type == TypeSignals || !q.asksFigures():
	case !q.hasBuckets():
		fail("limits", "true is not allowed with format %s, which has no buckets; allowed: with formats time_series, table, chart", q.Format)
	case q.Format == Tile:
		fail("limits", "true is not allowed with format tile; allowed: with formats time_series, table, chart")
	case !q.Rolling.IsZero():
		fail("limits", "true is not allowed with rolling %s: windows that overlap move little, so that limits would be too narrow; allowed: without rolling", q.Rolling)
	}
}

func (q *Query) checkBenchmark(fail func(field, format string, args ...any)) {
	report := q.Benchmark.Report()
	switch {
	case report == nil || q.Type != TypeMetric:
	case len(report.Levels(q.Metric)) == 0:
		fail("benchmark", "%s is not allowed for metric %s, of which that report has no levels; allowed: none", q.Benchmark, q.Metric)
	case !q.defaultStatistic() && q.Metric != dora.DeploymentFrequency:
		fail("benchmark", "%s is not allowed with statistic %s; allowed: with %s", q.Benchmark, q.Statistic, q.Metric.Row().Statistics[0])
	}
}

func (q *Query) defaultStatistic() bool { return slices.Index(q.statistics(), q.Statistic) == 0 }
