package main_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/monitor"
)

// metrics are what Prometheus reads of the process, by name, and as text.
func (p *process) metrics() (map[string]*dto.MetricFamily, string) {
	p.Helper()
	answer, err := p.Diagnostics.CollectMetrics(p.Context(), &pluginv2.CollectMetricsRequest{})
	require.NoError(p, err)
	text := answer.GetMetrics().GetPrometheus()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	require.NoError(p, err)
	return families, string(text)
}

// valueOf is the value of the only series with these labels.
func valueOf(t *testing.T, family *dto.MetricFamily, labels map[string]string) float64 {
	t.Helper()
	require.NotNil(t, family)
	for _, m := range family.GetMetric() {
		has := map[string]string{}
		for _, pair := range m.GetLabel() {
			has[pair.GetName()] = pair.GetValue()
		}
		if maps.Equal(has, labels) {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetSummary().GetSampleSum() + m.GetHistogram().GetSampleSum()
		}
	}
	require.Fail(t, "no such series", "%s %v", family.GetName(), labels)
	return 0
}

func TestPrometheusReadsHowTheBuiltPluginIsDoing(t *testing.T) {
	p := start(t)
	dora := source("dora", settings(github(t), ""), 1)
	p.waitUntilRead(dora)
	p.ask(dora, nil, `{"metric":"lead_time"}`)
	families, text := p.metrics()
	require.NotContains(t, text, token)
	require.NotContains(t, text, "example-health", "no repository is a label")

	github := map[string]string{"data_source": "1/dora", "source": "github"}
	of := func(label, value string) map[string]string {
		labels := maps.Clone(github)
		labels[label] = value
		return labels
	}
	for _, name := range []string{
		"livedora_source_points_total", "livedora_source_run_duration_seconds", "livedora_source_last_success_timestamp_seconds",
		"livedora_source_last_run_duration_seconds", "livedora_source_rate_limit", "livedora_source_rate_limit_remaining", "livedora_source_rate_limit_reset_timestamp_seconds",
	} {
		assert.Positive(t, valueOf(t, families[name], github), name)
	}
	assert.Positive(t, valueOf(t, families["livedora_source_events_total"], of("kind", "deployment")))
	assert.Positive(t, valueOf(t, families["livedora_source_stored_events"], of("kind", "commit")))
	assert.Positive(t, valueOf(t, families["livedora_source_requests_total"], of("outcome", "ok")))
	assert.Zero(t, valueOf(t, families["livedora_source_requests_total"], of("outcome", "failed")), "there from the beginning")
	assert.InDelta(t, 1, valueOf(t, families["livedora_source_runs_total"], of("outcome", "succeeded")), 0)
	assert.Zero(t, valueOf(t, families["livedora_source_errors_total"], of("cause", "credentials")))
	ofData := map[string]string{"data_source": "1/dora"}
	assert.Positive(t, valueOf(t, families["livedora_snapshot_facts"], map[string]string{"data_source": "1/dora", "kind": "service"}))
	assert.Positive(t, valueOf(t, families["livedora_snapshot_version"], ofData))
	assert.Positive(t, valueOf(t, families["livedora_snapshot_timestamp_seconds"], ofData))
	assert.InDelta(t, 1, valueOf(t, families["livedora_store_up"], ofData), 0)
	assert.Positive(t, valueOf(t, families["livedora_query_duration_seconds"], map[string]string{"query_type": "metric", "outcome": "ok"}))

	var promised []string
	for _, m := range monitor.Metrics() {
		promised = append(promised, m.Name)
		if family := families[m.Name]; family != nil {
			assert.Equal(t, string(m.Kind), map[dto.MetricType]string{
				dto.MetricType_COUNTER: "counter", dto.MetricType_GAUGE: "gauge", dto.MetricType_SUMMARY: "summary", dto.MetricType_HISTOGRAM: "histogram",
			}[family.GetType()], m.Name)
		}
	}
	for name := range families {
		if len(name) > 9 && name[:9] == "livedora_" {
			assert.True(t, slices.Contains(promised, name), "%s is not in the table", name)
		}
	}
}

// Grafana never tells that a data source was deleted. Who takes out its sources before ends its collection at once.
func TestADataSourceWithoutSourcesIsCollectedNoLonger(t *testing.T) {
	p, url := start(t), github(t)
	dora, other := source("dora", settings(url, ""), 1), source("other", settings(url, ""), 1)
	p.waitUntilRead(dora)
	p.waitUntilRead(other)
	_, text := p.metrics()
	require.Contains(t, text, `livedora_source_runs_total{data_source="1/dora"`)

	status, says := p.health(source("dora", `{}`, 2)) // as "Save & test" asks
	require.Equal(t, backend.HealthStatusError, status)
	require.Contains(t, says, "No source is configured.")
	_, text = p.metrics()
	assert.NotContains(t, text, `livedora_source_runs_total{data_source="1/dora"`)
	assert.Contains(t, text, `livedora_source_runs_total{data_source="1/other"`)
}

func TestASourceThatFailsIsCountedByCause(t *testing.T) {
	p := start(t)
	refused := source("refused", settings(github(t), ""), 1)
	refused.DataSourceInstanceSettings.DecryptedSecureJSONData["sources.github.token"] = "another"
	require.Eventually(t, func() bool {
		state, _ := p.collection(refused)
		return state == "failing"
	}, patience, glance)
	families, _ := p.metrics()
	github := map[string]string{"data_source": "1/refused", "source": "github"}
	assert.Positive(t, valueOf(t, families["livedora_source_errors_total"], map[string]string{"data_source": "1/refused", "source": "github", "cause": "credentials"}))
	assert.Positive(t, valueOf(t, families["livedora_source_requests_total"], map[string]string{"data_source": "1/refused", "source": "github", "outcome": "refused"}))
	assert.InDelta(t, 1, valueOf(t, families["livedora_source_failed_runs_in_row"], github), 0)
	for _, m := range families["livedora_source_last_success_timestamp_seconds"].GetMetric() {
		assert.Fail(t, "there was no success", "%v", m)
	}
}
