package dora

// Statistic makes one figure of the samples in a bucket.
type Statistic string

// The statistics.
const (
	CountOf     Statistic = "count"
	PerDay      Statistic = "per_day"
	DaysPerWeek Statistic = "median_days_per_week"
	Median      Statistic = "p50"
	P75         Statistic = "p75"
	P90         Statistic = "p90"
	P95         Statistic = "p95"
	Mean        Statistic = "mean"
	Min         Statistic = "min"
	Max         Statistic = "max"
	RatioOf     Statistic = "ratio"
	K           Statistic = "k"
	N           Statistic = "n"
)

// StatisticRow is all there is to know of a statistic: one row of Statistics.
type StatisticRow struct {
	Key  Statistic
	Name string
	// unit is the figure's where it is not the metric's.
	unit Measure
	// reads is what of the samples it is made of; how many there are and how many of them count is always known.
	reads reading
	// of makes the figure; false: there is none.
	of func(cell *cell) (float64, bool)
}

// reading is what a statistic needs to see of each sample.
type reading int

const (
	nothing reading = iota
	lengthsOf
	sumsOf // of lengths
	daysOf // which days have any
)

// Statistics are all statistics, by key.
var Statistics = []StatisticRow{
	{CountOf, "count", Count, nothing, func(c *cell) (float64, bool) { return float64(c.n), true }},
	{PerDay, "per day", Count, nothing, (*cell).perDay},
	{DaysPerWeek, "median days per week", Count, daysOf, (*cell).medianDaysPerWeek},
	{Median, "median", "", lengthsOf, func(c *cell) (float64, bool) { return c.quantile(0.5) }},
	{P75, "75th percentile", "", lengthsOf, func(c *cell) (float64, bool) { return c.quantile(0.75) }},
	{P90, "90th percentile", "", lengthsOf, func(c *cell) (float64, bool) { return c.quantile(0.9) }},
	{P95, "95th percentile", "", lengthsOf, func(c *cell) (float64, bool) { return c.quantile(0.95) }},
	{Mean, "mean", "", sumsOf, func(c *cell) (float64, bool) { return c.sum / float64(c.n), c.n > 0 }},
	{Min, "minimum", "", lengthsOf, func(c *cell) (float64, bool) { return c.quantile(0) }},
	{Max, "maximum", "", lengthsOf, func(c *cell) (float64, bool) { return c.quantile(1) }},
	{RatioOf, "ratio", Ratio, nothing, func(c *cell) (float64, bool) { return float64(c.k) / float64(c.n), c.n > 0 }},
	{K, "cases (k)", Count, nothing, func(c *cell) (float64, bool) { return float64(c.k), true }},
	{N, "measured (n)", Count, nothing, func(c *cell) (float64, bool) { return float64(c.n), true }},
}

// Row finds a statistic's row; nil if there is no such statistic.
func (s Statistic) Row() *StatisticRow {
	for i := range Statistics {
		if Statistics[i].Key == s {
			return &Statistics[i]
		}
	}
	return nil
}

// UnitOf is the unit of a statistic of a metric.
func (s Statistic) UnitOf(metric Measure) Measure {
	if row := s.Row(); row != nil && row.unit != "" {
		return row.unit
	}
	return metric
}

// cell is the samples of one series that one point covers.
type cell struct {
	span   Span
	known  Span      // from the first event that was collected until now
	n, k   int       // all of them, and those that count
	values []float64 // lengths, in any order; filled where the statistic reads them
	sum    float64   // of lengths; likewise
	order  order     // finds order statistics of the values
	days   *days     // the calendar that the span lies in, where days are counted
	weeks  *weeks    // which days have samples, where weeks are looked at
}

// quantile interpolates linearly between order statistics (SQL's PERCENTILE_CONT).
func (c *cell) quantile(q float64) (float64, bool) {
	if len(c.values) == 0 {
		return 0, false
	}
	position := q * float64(len(c.values)-1)
	low := int(position)
	value, next := c.order.at(low)
	return value + (next-value)*(position-float64(low)), true
}
