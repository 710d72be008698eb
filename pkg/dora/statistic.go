package dora

import (
	"slices"
	"time"
)

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
	// of makes the figure; false: there is none.
	of func(cell *cell) (float64, bool)
}

// Statistics are all statistics, by key.
var Statistics = []StatisticRow{
	{CountOf, "count", Count, func(c *cell) (float64, bool) { return float64(len(c.values)), true }},
	{PerDay, "per day", Count, func(c *cell) (float64, bool) { return float64(len(c.values)) / c.days(), c.days() > 0 }},
	{DaysPerWeek, "median days per week", Count, (*cell).medianDaysPerWeek},
	{Median, "median", "", func(c *cell) (float64, bool) { return c.quantile(0.5) }},
	{P75, "75th percentile", "", func(c *cell) (float64, bool) { return c.quantile(0.75) }},
	{P90, "90th percentile", "", func(c *cell) (float64, bool) { return c.quantile(0.9) }},
	{P95, "95th percentile", "", func(c *cell) (float64, bool) { return c.quantile(0.95) }},
	{Mean, "mean", "", func(c *cell) (float64, bool) { return c.sum() / float64(len(c.values)), len(c.values) > 0 }},
	{Min, "minimum", "", func(c *cell) (float64, bool) { return c.quantile(0) }},
	{Max, "maximum", "", func(c *cell) (float64, bool) { return c.quantile(1) }},
	{RatioOf, "ratio", Ratio, func(c *cell) (float64, bool) { return c.sum() / float64(len(c.values)), len(c.values) > 0 }},
	{K, "cases (k)", Count, func(c *cell) (float64, bool) { return c.sum(), true }},
	{N, "measured (n)", Count, func(c *cell) (float64, bool) { return float64(len(c.values)), true }},
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

// cell holds the samples of one series in one bucket.
type cell struct {
	span   Span
	values []float64
	at     []int64 // unix milliseconds, beside values
	sorted bool
}

func (c *cell) add(s sample) {
	c.values = append(c.values, s.value)
	c.at = append(c.at, s.at)
}

func (c *cell) sum() float64 {
	var sum float64
	for _, v := range c.values {
		sum += v
	}
	return sum
}

// quantile interpolates linearly between order statistics (SQL's PERCENTILE_CONT).
func (c *cell) quantile(q float64) (float64, bool) {
	if len(c.values) == 0 {
		return 0, false
	}
	if !c.sorted {
		slices.Sort(c.values)
		c.sorted = true
	}
	position := q * float64(len(c.values)-1)
	low := int(position)
	high := min(low+1, len(c.values)-1)
	return c.values[low] + (c.values[high]-c.values[low])*(position-float64(low)), true
}

// days is how many calendar days the bucket has; where the range cuts it, parts of a day count by their hours.
func (c *cell) days() float64 {
	var days float64
	for at := c.span.Start; at.Before(c.span.End); {
		begin := Day.start(at)
		next := Day.next(begin)
		end := next
		if end.After(c.span.End) {
			end = c.span.End
		}
		days += end.Sub(at).Hours() / next.Sub(begin).Hours()
		at = end
	}
	return days
}

// medianDaysPerWeek is DORA's form of deployment frequency: over the complete ISO weeks in the bucket, weeks without a
// deployment included, the median of distinct local days with one.
func (c *cell) medianDaysPerWeek() (float64, bool) {
	perWeek := map[int64]map[int64]bool{}
	for week := Week.start(c.span.Start); week.Before(c.span.End); week = Week.next(week) {
		if !week.Before(c.span.Start) && !Week.next(week).After(c.span.End) {
			perWeek[week.Unix()] = map[int64]bool{}
		}
	}
	zone := c.span.Start.Location()
	for _, at := range c.at {
		local := time.UnixMilli(at).In(zone)
		if days := perWeek[Week.start(local).Unix()]; days != nil {
			days[Day.start(local).Unix()] = true
		}
	}
	weeks := cell{}
	for _, days := range perWeek {
		weeks.values = append(weeks.values, float64(len(days)))
	}
	return weeks.quantile(0.5)
}
