package query

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Model describes the query model as data. The frontend's editors and the docs are held to it by a test.
type Model struct {
	Version           int              `json:"version"`
	Migrations        []Migration      `json:"migrations"`
	QueryTypes        []string         `json:"queryTypes"`
	Metrics           []ModelMetric    `json:"metrics"`
	Statistics        []ModelNamed     `json:"statistics"`
	StageStatistics   []dora.Statistic `json:"stageStatistics"`
	Buckets           []string         `json:"buckets"`
	Rolling           []string         `json:"rolling"` // what editors offer; any number of days or buckets is allowed
	GroupBy           []string         `json:"groupBy"`
	FilterFields      []string         `json:"filterFields"`
	FilterOps         []string         `json:"filterOps"`
	Formats           []string         `json:"formats"`
	SignalFormats     []Format         `json:"signalFormats"`
	CollectionFormats []Format         `json:"collectionFormats"`
	SpreadFormats     []Format         `json:"spreadFormats"`
	Compare           []string         `json:"compare"`
	Benchmarks        []string         `json:"benchmarks"`
	Directions        []string         `json:"directions"`
	Events            []string         `json:"events"`
	Values            []string         `json:"values"`
	Standings         []StandingRow    `json:"standings"`
	LiveTypes         []Type           `json:"liveTypes"`
	Stages            []string         `json:"stages"`
	Spreads           []string         `json:"spreads"`
	Marks             []Events         `json:"marks"`
}

// ModelMetric is a metric with the statistics that it has, the default first.
type ModelMetric struct {
	Key         dora.Metric      `json:"key"`
	Name        string           `json:"name"`
	Unit        dora.Measure     `json:"unit"`
	Statistics  []dora.Statistic `json:"statistics"`
	Description string           `json:"description"`
	// Benchmarks are the years whose reports have levels of it.
	Benchmarks []figures.Benchmark `json:"benchmarks"`
}

// ModelNamed is a key with its name in words.
type ModelNamed struct {
	Key  dora.Statistic `json:"key"`
	Name string         `json:"name"`
}

// Describe is the model in force.
func Describe() Model {
	m := Model{
		Version: Version, Migrations: Migrations, QueryTypes: Type("").Allowed(), StageStatistics: StageStatistics,
		Buckets: figures.Bucket("").Allowed(), GroupBy: dora.Field("").Allowed(), FilterFields: dora.Field("").Allowed(),
		FilterOps: FilterOp("").Allowed(), Formats: Format("").Allowed(), SignalFormats: SignalFormats, CollectionFormats: CollectionFormats, SpreadFormats: SpreadFormats, Compare: Compare("").Allowed(),
		Rolling: []string{"7 days", "28 days", "90 days", "3 buckets", "12 buckets"}, Benchmarks: figures.Benchmark("").Allowed(), Directions: Direction("").Allowed(),
		Events: Events("").Allowed(), Values: dora.Field("").Allowed(), LiveTypes: LiveTypes,
		Stages: Stage("").Allowed(), Spreads: Spread("").Allowed(), Marks: marks,
	}
	m.Standings = Standings
	for _, row := range dora.Metrics {
		metric := ModelMetric{row.Key, row.Name, row.Unit, row.Statistics, row.Description, []figures.Benchmark{figures.NoBenchmark}}
		for i := range figures.Reports {
			if len(figures.Reports[i].Levels(row.Key)) > 0 {
				metric.Benchmarks = append(metric.Benchmarks, figures.Reports[i].Year)
			}
		}
		m.Metrics = append(m.Metrics, metric)
	}
	for _, row := range dora.Statistics {
		m.Statistics = append(m.Statistics, ModelNamed{row.Key, row.Name})
	}
	return m
}
