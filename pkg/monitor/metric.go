package monitor

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/deliver"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Metric is a row of the table of what is shown. The docs are held to it by a test.
type Metric struct {
	Name   string
	Kind   Kind
	Labels []string
	Help   string
}

// Kind is a Prometheus type.
type Kind string

// The types.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Summary   Kind = "summary" // without quantiles: sum and count
	Histogram Kind = "histogram"
)

// The labels. None of them is as numerous as repositories or services: there is one data_source for each data source that
// runs, one source for each system that it reads, and one sink for each place that it delivers to.
const (
	labelDataSource = "data_source" // organisation and uid, such as 1/livedora
	labelSource     = "source"      // the source's id in the settings
	labelSink       = "sink"        // likewise a sink's
)

var (
	perSource = []string{labelDataSource, labelSource}
	perSink   = []string{labelDataSource, labelSink}
	perData   = []string{labelDataSource}
)

// Metrics lists everything that is shown, in the order of the docs.
func Metrics() []Metric {
	var all []Metric
	for _, row := range ofSources {
		all = append(all, row.Metric)
	}
	for _, row := range ofDatasets {
		all = append(all, row.Metric)
	}
	for _, row := range ofSinks {
		all = append(all, row.Metric)
	}
	return append(all, ofProcess...)
}

// sample is one value of a metric, with the labels after those that the row is keyed by.
type sample struct {
	value float64
	label string
}

// sourceRow is a metric of each source: how its value is found in the collector's books.
type sourceRow struct {
	Metric
	samples func(reading) []sample
}

// reading is what the books say of one source.
type reading struct {
	collect.SourceState
	traffic map[dataset.Outcome]int
	stored  map[dora.Kind]int
}

var ofSources = []sourceRow{
	{Metric{"livedora_source_events_total", Counter, with(perSource, "kind"), "Events that collection took in and that changed the store, by kind."},
		func(r reading) []sample { return counts(dora.Kinds, r.Events) }},
	{Metric{"livedora_source_stored_events", Gauge, with(perSource, "kind"), "Events in hand, by kind."},
		func(r reading) []sample { return counts(dora.Kinds, r.stored) }},
	{Metric{"livedora_source_requests_total", Counter, with(perSource, "outcome"), "HTTP requests to the source, each attempt for itself: ok, refused (4xx), limited (a rate limit), failed (5xx), lost (no answer), cancelled."},
		func(r reading) []sample { return counts(dataset.Outcomes, r.traffic) }},
	{Metric{"livedora_source_points_total", Counter, perSource, "The vendor's own units of quota that collection spent."},
		func(r reading) []sample { return one(float64(r.Points)) }},
	{Metric{"livedora_source_runs_total", Counter, with(perSource, "outcome"), "Runs of collection that ended: succeeded, failed (wholly or in part), interrupted."},
		func(r reading) []sample {
			return []sample{{float64(r.Runs.Succeeded), "succeeded"}, {float64(r.Runs.Failed), "failed"}, {float64(r.Runs.Interrupted), "interrupted"}}
		}},
	{Metric{"livedora_source_failed_runs_in_row", Gauge, perSource, "Runs that failed since one last succeeded."},
		func(r reading) []sample { return one(float64(r.Runs.FailedInRow)) }},
	{Metric{"livedora_source_errors_total", Counter, with(perSource, "cause"), "Parts, such as repositories, that could not be read, by cause."},
		func(r reading) []sample { return counts(source.Causes, r.Causes) }},
	{Metric{"livedora_source_run_duration_seconds", Summary, perSource, "How long runs of collection took."}, nil}, // see collector
	{Metric{"livedora_source_last_run_duration_seconds", Gauge, perSource, "How long the last run took."},
		func(r reading) []sample {
			if r.LastRun == (collect.Run{}) {
				return nil
			}
			return one(r.LastRun.Duration.Seconds())
		}},
	{Metric{"livedora_source_last_success_timestamp_seconds", Gauge, perSource, "When a run last ended with everything read. Absent before the first."},
		func(r reading) []sample { return moment(r.LastSuccess) }},
	{Metric{"livedora_source_progress_ratio", Gauge, perSource, "How far the run is that is on, or the last one was; 0 to 1."},
		func(r reading) []sample { return one(r.Progress) }},
	{Metric{"livedora_source_rate_limit", Gauge, perSource, "The vendor's rate limit as it was last told: what may be spent in all. Absent where the vendor does not tell."},
		func(r reading) []sample { return limit(r, float64(r.Limit.Total)) }},
	{Metric{"livedora_source_rate_limit_remaining", Gauge, perSource, "What is left of the rate limit."},
		func(r reading) []sample { return limit(r, float64(r.Limit.Remaining)) }},
	{Metric{"livedora_source_rate_limit_reset_timestamp_seconds", Gauge, perSource, "When the rate limit is renewed."},
		func(r reading) []sample { return moment(r.Limit.Reset) }},
}

// datasetRow is a metric of each data source.
type datasetRow struct {
	Metric
	samples func(*dataset.Dataset) []sample
}

var ofDatasets = []datasetRow{
	{Metric{"livedora_snapshot_facts", Gauge, with(perData, "kind"), "What the snapshot that answers holds: services, deployments to production, incidents."},
		func(d *dataset.Dataset) []sample {
			size := d.Size()
			return []sample{{float64(size.Services), "service"}, {float64(size.Deployments), "deployment"}, {float64(size.Incidents), "incident"}}
		}},
	{Metric{"livedora_snapshot_version", Gauge, perData, "Rises whenever events came in that may change facts."},
		func(d *dataset.Dataset) []sample { return one(float64(d.Snapshot().Version)) }},
	{Metric{"livedora_snapshot_timestamp_seconds", Gauge, perData, "When the snapshot was made."},
		func(d *dataset.Dataset) []sample { return moment(d.Derivation().At) }},
	{Metric{"livedora_snapshot_derivation_seconds", Gauge, perData, "How long it took to derive the snapshot."},
		func(d *dataset.Dataset) []sample { return one(d.Derivation().Took.Seconds()) }},
	{Metric{"livedora_store_up", Gauge, perData, "1 if the store could be read the last time, 0 if not."},
		func(d *dataset.Dataset) []sample {
			if d.StoreFailure() != nil {
				return one(0)
			}
			return one(1)
		}},
	{Metric{"livedora_store_behind_seconds", Gauge, perData, "How far the replica that this node reads may be behind its primary. Absent where it reads none, or the replica does not tell."},
		func(d *dataset.Dataset) []sample {
			if b := d.Behind(); b != nil && !b.Unknown {
				return one(b.By.Seconds())
			}
			return nil
		}},
}

// sinkRow is a metric of each sink.
type sinkRow struct {
	Metric
	samples func(deliver.State) []sample
}

var ofSinks = []sinkRow{
	{Metric{"livedora_sink_up", Gauge, perSink, "1 if figures could be delivered the last time, or another instance delivers them, 0 if not."},
		func(s deliver.State) []sample {
			if s.Status == deliver.Failing {
				return one(0)
			}
			return one(1)
		}},
	{Metric{"livedora_sink_points_total", Counter, perSink, "Points that were written."},
		func(s deliver.State) []sample { return one(float64(s.Points)) }},
	{Metric{"livedora_sink_pending", Gauge, perSink, "Buckets of groups whose figures are to be written or taken away yet."},
		func(s deliver.State) []sample { return one(float64(s.Pending)) }},
	{Metric{"livedora_sink_behind_since_timestamp_seconds", Gauge, perSink, "Since when something is missing in the sink. Absent where nothing is."},
		func(s deliver.State) []sample { return moment(s.Behind) }},
	{Metric{"livedora_sink_delivered_timestamp_seconds", Gauge, perSink, "When everything that was known was in the sink last. Absent before the first time."},
		func(s deliver.State) []sample { return moment(s.Delivered) }},
	{Metric{"livedora_sink_errors_total", Counter, with(perSink, "cause"), "Rounds of delivering that failed, by cause."},
		func(s deliver.State) []sample { return counts(sink.Causes, s.Failures) }},
}

func one(v float64) []sample { return []sample{{value: v}} }

// moment is a time as Prometheus writes it; none where there is none.
func moment(t time.Time) []sample {
	if t.IsZero() {
		return nil
	}
	return one(float64(t.UnixMilli()) / 1000)
}

// counts gives every possible key its series from the beginning, so that its first increase is seen.
func counts[K ~string](keys []K, of map[K]int) []sample {
	samples := make([]sample, len(keys))
	for i, key := range keys {
		samples[i] = sample{float64(of[key]), string(key)}
	}
	return samples
}

func limit(r reading, v float64) []sample {
	if r.Limit.Total <= 0 {
		return nil
	}
	return one(v)
}

func with(labels []string, more string) []string {
	return append(append([]string(nil), labels...), more)
}

func (m Metric) desc() *prometheus.Desc { return prometheus.NewDesc(m.Name, m.Help, m.Labels, nil) }

func (m Metric) valueType() prometheus.ValueType {
	if m.Kind == Counter {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}
