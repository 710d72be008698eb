package plugin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADataSourceThatIsClosedLeavesNoSeriesBehind(t *testing.T) {
	g, i := tiny(t)
	g.ask(i, `{}`)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(g.process.Metrics())
	families, err := registry.Gather()
	require.NoError(t, err)
	require.NotEmpty(t, families)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			assert.Contains(t, strings.Join(strings.Fields(m.String()), " "), `name:"data_source" value:"1/dora"`, family.GetName())
		}
	}
	g.process.Close()
	families, err = registry.Gather()
	require.NoError(t, err)
	assert.Empty(t, families)
}

func TestCollectionTellsAllThatSomeoneWhoLooksAfterItAsks(t *testing.T) {
	_, url, services := invented(t)
	g := start(t)
	i := g.save("dora", settings(url, services))
	g.waitFor(i, "ok")
	var frame *data.Frame
	require.Eventually(t, func() bool { // what was read is in the snapshot a moment later
		frame = g.one(i, `{"queryType":"collection"}`)[0]
		version, _ := frame.FieldByName("snapshot_version")
		return version.At(0).(float64) > 0
	}, 10*time.Second, 20*time.Millisecond)
	for _, name := range []string{
		"source", "type", "state", "progress", "message", "last_success", "next", "events", "deployments", "changes", "incidents", "commits", "requests", "points", "error",
	} {
		field, _ := frame.FieldByName(name)
		assert.NotNil(t, field, name)
	}
	for _, name := range []string{
		"last_attempt", "last_duration", "run_requests", "run_points", "runs", "limit", "limit_remaining", "limit_left", "limit_reset",
		"snapshot_made", "snapshot_took", "snapshot_version", "snapshot_services",
	} {
		field, _ := frame.FieldByName(name)
		require.NotNil(t, field, name)
		value, there := field.ConcreteAt(0)
		assert.True(t, there, name)
		assert.NotZero(t, value, name)
	}
	for name, want := range map[string]any{"cause": "", "errors": 0.0, "failed_runs": 0.0, "failed_in_row": 0.0} {
		field, _ := frame.FieldByName(name)
		require.NotNil(t, field, name)
		assert.Equal(t, want, field.At(0), name)
	}
	waiting, _ := frame.FieldByName("waiting_until")
	_, there := waiting.ConcreteAt(0)
	assert.False(t, there)
}
