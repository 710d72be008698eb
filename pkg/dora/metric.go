package dora

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

// MetricRow is what there is to say of a metric: one row of Metrics. What it is made of is in pkg/dora/facts, in a file that
// is named after it.
type MetricRow struct {
	Key         Metric
	Name        string
	Unit        Measure
	Description string
	// Higher is what it means that the figure rises.
	Higher Bearing
	// Statistics are those that make sense for it, the default first.
	Statistics []Statistic
	// Zero says that an empty bucket is 0; else it is nothing.
	Zero bool
}

var (
	lengths = []Statistic{Median, P75, P90, P95, Mean, Min, Max, N}
	ratios  = []Statistic{RatioOf, K, N}
)

// Metrics are the five metrics, in the order in which they are shown.
var Metrics = []MetricRow{
	{
		Key: DeploymentFrequency, Name: "Deployment frequency", Unit: Count, Higher: Better,
		Description: "How often the service is deployed to production: every deployment that succeeded.",
		Statistics:  []Statistic{CountOf, PerDay, DaysPerWeek},
		Zero:        true,
	},
	{
		Key: LeadTime, Name: "Change lead time", Unit: Seconds, Higher: Worse,
		Description: "How long a change takes from its first commit to running in production.",
		Statistics:  lengths,
	},
	{
		Key: ChangeFailureRate, Name: "Change failure rate", Unit: Ratio, Higher: Worse,
		Description: "The share of deployments that failed in production, each counted once however many incidents it caused.",
		Statistics:  ratios,
	},
	{
		Key: RecoveryTime, Name: "Failed deployment recovery time", Unit: Seconds, Higher: Worse,
		Description: "How long it takes to recover from a deployment that failed.",
		Statistics:  lengths,
	},
	{
		Key: ReworkRate, Name: "Deployment rework rate", Unit: Ratio, Higher: Worse,
		Description: "The share of deployments that were unplanned, made to repair what users saw.",
		Statistics:  ratios,
	},
}

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

// Bearing is what a move means for those who use the service.
type Bearing string

// The bearings.
const (
	Better  Bearing = "better"
	Worse   Bearing = "worse"
	Neither Bearing = "neither"
)
