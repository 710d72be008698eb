package figures

import "github.com/livedora/dora-datasource/pkg/dora"

// computation is how a statistic makes one figure of the samples that a point covers.
type computation struct {
	// reads is what of the samples it is made of; how many there are and how many of them count is always known.
	reads reading
	// of makes the figure; false: there is none.
	of func(c *covered) (float64, bool)
}

// reading is what a statistic needs to see of each sample.
type reading int

const (
	nothing reading = iota
	lengthsOf
	sumsOf // of lengths
	daysOf // which days have any
)

// computations are those of all statistics.
var computations = map[dora.Statistic]computation{
	dora.CountOf:     {nothing, func(c *covered) (float64, bool) { return float64(c.n), true }},
	dora.PerDay:      {nothing, (*covered).perDay},
	dora.DaysPerWeek: {daysOf, (*covered).medianDaysPerWeek},
	dora.Median:      {lengthsOf, func(c *covered) (float64, bool) { return c.quantile(0.5) }},
	dora.P75:         {lengthsOf, func(c *covered) (float64, bool) { return c.quantile(0.75) }},
	dora.P90:         {lengthsOf, func(c *covered) (float64, bool) { return c.quantile(0.9) }},
	dora.P95:         {lengthsOf, func(c *covered) (float64, bool) { return c.quantile(0.95) }},
	dora.Mean:        {sumsOf, func(c *covered) (float64, bool) { return c.sum / float64(c.n), c.n > 0 }},
	dora.Min:         {lengthsOf, func(c *covered) (float64, bool) { return c.quantile(0) }},
	dora.Max:         {lengthsOf, func(c *covered) (float64, bool) { return c.quantile(1) }},
	dora.RatioOf:     {nothing, func(c *covered) (float64, bool) { return float64(c.k) / float64(c.n), c.n > 0 }},
	dora.K:           {nothing, func(c *covered) (float64, bool) { return float64(c.k), true }},
	dora.N:           {nothing, func(c *covered) (float64, bool) { return float64(c.n), true }},
}

// covered is the samples of one series that one point covers.
type covered struct {
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
func (c *covered) quantile(q float64) (float64, bool) {
	if len(c.values) == 0 {
		return 0, false
	}
	position := q * float64(len(c.values)-1)
	low := int(position)
	value, next := c.order.at(low)
	return value + (next-value)*(position-float64(low)), true
}
