package monitor

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/livedora/dora-datasource/pkg/dataset"
)

// New shows the datasets that run, whichever those are when Prometheus asks.
func New(running func() []*dataset.Dataset) prometheus.Collector { return collector{running} }

type collector struct{ running func() []*dataset.Dataset }

// Describe implements prometheus.Collector.
func (c collector) Describe(into chan<- *prometheus.Desc) {
	for _, row := range ofSources {
		into <- row.desc()
	}
	for _, row := range ofDatasets {
		into <- row.desc()
	}
	for _, row := range ofSinks {
		into <- row.desc()
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(into chan<- prometheus.Metric) {
	for _, d := range c.running() {
		stored, traffic := d.Counts(), d.Traffic()
		for _, state := range d.State() {
			r := reading{SourceState: state, traffic: traffic[state.ID], stored: stored[state.ID]}
			for _, row := range ofSources {
				if row.Kind == Summary {
					ended := r.Runs.Succeeded + r.Runs.Failed + r.Runs.Interrupted
					into <- prometheus.MustNewConstSummary(row.desc(), uint64(ended), r.Spent.Seconds(), nil, d.Owner(), state.ID) //nolint:gosec // a count
					continue
				}
				send(into, row.Metric, row.samples(r), d.Owner(), state.ID)
			}
		}
		for _, row := range ofDatasets {
			send(into, row.Metric, row.samples(d), d.Owner())
		}
		for _, state := range d.Deliveries() {
			for _, row := range ofSinks {
				send(into, row.Metric, row.samples(state), d.Owner(), state.ID)
			}
		}
	}
}

func send(into chan<- prometheus.Metric, m Metric, samples []sample, keys ...string) {
	for _, s := range samples {
		labels := keys
		if s.label != "" {
			labels = with(keys, s.label)
		}
		into <- prometheus.MustNewConstMetric(m.desc(), m.valueType(), s.value, labels...)
	}
}
