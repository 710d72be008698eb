package monitor_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/goldentest"
	"github.com/livedora/dora-datasource/pkg/monitor"
)

func TestTheDocsListEveryMetric(t *testing.T) {
	var want strings.Builder
	want.WriteString("\n| metric | type | labels | is |\n| --- | --- | --- | --- |\n")
	for _, m := range monitor.Metrics() {
		labels := ""
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", m.Name, m.Kind, labels, m.Help)
	}
	want.WriteString("\n")
	goldentest.Section("operate.md", "metrics").Holds(t, want.String(), false)
}

func TestNamesFollowPrometheusConventions(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range monitor.Metrics() {
		assert.Regexp(t, `^livedora_[a-z_]+$`, m.Name)
		assert.False(t, seen[m.Name], m.Name)
		seen[m.Name] = true
		assert.Equal(t, m.Kind == monitor.Counter, strings.HasSuffix(m.Name, "_total"), m.Name)
		assert.Regexp(t, regexp.MustCompile(`^[A-Z1].*\.$`), m.Help)
		for _, label := range m.Labels {
			assert.Contains(t, []string{"data_source", "source", "sink", "kind", "outcome", "cause", "query_type"}, label, "none that grows with repositories or services")
		}
	}
}

func TestWithoutDatasetsThereIsNothingToShow(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(monitor.New(func() []*dataset.Dataset { return nil }))
	families, err := registry.Gather()
	require.NoError(t, err)
	assert.Empty(t, families)
}
