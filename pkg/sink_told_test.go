package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/sink/influxdbtest"
)

// How a sink is doing is told wherever one asks: by Save & test, by the table of collection, by the API and by metrics. No password
// is in any of it.
func TestHowASinkIsDoingIsToldEverywhere(t *testing.T) {
	p := start(t)
	server := influxdbtest.ForTest(t, influxdbtest.Options{Auth: true})
	database, err := server.Database(t.Context())
	require.NoError(t, err)
	options := func(database string) string {
		return settings(github(t), fmt.Sprintf(`,"sinks":[{"id":"influx","type":"influxdb","url":%q,"database":%q,"user":%q}],"store":{"path":%q}`,
			server.URL, database, influxdbtest.Administrator, filepath.Join(t.TempDir(), "dora.db")))
	}
	dora := source("dora", options(database), 1)
	dora.DataSourceInstanceSettings.DecryptedSecureJSONData["sinks.influx.password"] = influxdbtest.Password
	p.waitUntilRead(dora)
	row := func() (state, message, failure string) {
		frame := p.ask(dora, nil, `{"queryType":"collection"}`)[0]
		require.Equal(t, 2, frame.Rows(), "of the source and of the sink")
		cell := func(name string) string {
			field, _ := frame.FieldByName(name)
			require.NotNil(t, field, name)
			return field.At(1).(string)
		}
		require.Equal(t, "influx", cell("source"))
		return cell("state"), cell("message"), cell("error")
	}
	of := map[string]string{"data_source": "1/dora", "sink": "influx"}
	require.Eventually(t, func() bool {
		families, _ := p.metrics()
		state, _, _ := row()
		return state == "current" && valueOf(t, families["livedora_sink_points_total"], of) > 0
	}, patience, glance)
	_, message, failure := row()
	assert.Contains(t, message, "All figures are delivered, the last time at ")
	assert.Empty(t, failure)
	status, says := p.health(dora)
	assert.Equal(t, backend.HealthStatusOk, status, says)
	assert.Contains(t, says, "influx: All figures are delivered")
	families, text := p.metrics()
	assert.InDelta(t, 1, valueOf(t, families["livedora_sink_up"], of), 0)
	assert.Positive(t, valueOf(t, families["livedora_sink_delivered_timestamp_seconds"], of))
	assert.NotContains(t, text+says, influxdbtest.Password)

	code, answer, err := p.call(dora, http.MethodGet, "v1/collection", nil, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code)
	var told struct {
		Sinks []struct{ ID, State, Message string }
	}
	require.NoError(t, json.Unmarshal(answer, &told))
	require.Len(t, told.Sinks, 1)
	assert.Equal(t, "current", told.Sinks[0].State)

	require.NoError(t, server.Exec(t.Context(), "", "DROP DATABASE "+database))
	status, says = p.health(dora)
	assert.Equal(t, backend.HealthStatusError, status)
	assert.Contains(t, says, fmt.Sprintf(`Sources answer, and figures cannot be delivered. influx: there is no database %q: make it`, database))

	refused := source("refused", options(database), 1)
	refused.DataSourceInstanceSettings.DecryptedSecureJSONData["sinks.influx.password"] = "another-password"
	p.waitUntilRead(refused)
	status, says = p.health(refused)
	assert.Equal(t, backend.HealthStatusError, status)
	assert.Contains(t, says, "influx: InfluxDB knows nobody by this log-in")
	assert.NotContains(t, says, "another-password")
}
