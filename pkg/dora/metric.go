package dora

import "time"

// Metric is one of the five.
type Metric string

// The five metrics.
const (
	DeploymentFrequency Metric = "deployment_frequency"
	LeadTime            Metric = "lead_time"
	ChangeFailureRate   Metric = "change_failure_rate"
	RecoveryTime        Metric = "recovery_time"
	ReworkRate          Metric = "rework_rate"
)

// Measure is the unit of a figure.
type Measure string

// The units of figures.
const (
	Count   Measure = "count"
	Seconds Measure = "s"
	Ratio   Measure = "ratio"
)

// MetricRow is all there is to know of a metric: one row of Metrics.
type MetricRow struct {
	Key         Metric
	Name        string
	Unit        Measure
	Description string
	// Higher is what it means that the figure rises.
	Higher Bearing
	// Statistics are those that make sense for it, the default first.
	Statistics []Statistic
	// zero says that an empty bucket is 0; else it is nothing.
	zero    bool
	samples func(f *Facts, def *Definition, add func(at time.Time, lane int, value float64))
}

var (
	lengths = []Statistic{Median, P75, P90, P95, Mean, Min, Max, N}
	ratios  = []Statistic{RatioOf, K, N}
)

// Metrics are the five metrics, in the order in which they are shown.
var Metrics = []MetricRow{deploymentFrequency, leadTime, changeFailureRate, recoveryTime, reworkRate}

// Row finds a metric's row; nil if there is no such metric.
func (m Metric) Row() *MetricRow {
	for i := range Metrics {
		if Metrics[i].Key == m {
			return &Metrics[i]
		}
	}
	return nil
}

// Allowed lists the metrics that a query may name.
func (Metric) Allowed() []string {
	keys := make([]string, len(Metrics))
	for i := range Metrics {
		keys[i] = string(Metrics[i].Key)
	}
	return keys
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
