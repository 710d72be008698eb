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

// StatisticRow is what there is to say of a statistic: one row of Statistics. How it is worked out is in pkg/dora/figures.
type StatisticRow struct {
	Key  Statistic
	Name string
	// Unit is the figure's where it is not the metric's.
	Unit Measure
}

// Statistics are all statistics, by key.
var Statistics = []StatisticRow{
	{CountOf, "count", Count},
	{PerDay, "per day", Count},
	{DaysPerWeek, "median days per week", Count},
	{Median, "median", ""},
	{P75, "75th percentile", ""},
	{P90, "90th percentile", ""},
	{P95, "95th percentile", ""},
	{Mean, "mean", ""},
	{Min, "minimum", ""},
	{Max, "maximum", ""},
	{RatioOf, "ratio", Ratio},
	{K, "cases (k)", Count},
	{N, "measured (n)", Count},
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
	if row := s.Row(); row != nil && row.Unit != "" {
		return row.Unit
	}
	return metric
}
