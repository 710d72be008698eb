package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
)

// central is the store of settings whose data lie in a database.
func central(d postgres.Database, more string) string {
	return fmt.Sprintf(`,"store":{"address":%q,"database":%q,"user":%q,"tls":"disable"%s}`, d.Address, d.Name, d.User, more)
}

// told is a data source of a GitHub, with a secret for its webhooks.
func told(url, more string) backend.PluginContext {
	from := source("dora", settings(url, more), 1)
	from.DataSourceInstanceSettings.DecryptedSecureJSONData["webhooks.secret"] = hookSecret
	return from
}

// hears has a node told of a deployment, each number of one of its own.
func (p *process) hears(from backend.PluginContext, number int) (status int, answer string) {
	p.Helper()
	header, body := hook(number)
	status, text, err := p.call(from, http.MethodPost, "webhooks?source=github", header, body)
	require.NoError(p, err)
	return status, string(text)
}

// One Grafana uses the primary, another only reads from a replica.
func TestAGrafanaOnAReplicaAnswersAndCollectsNothing(t *testing.T) {
	primary := postgrestest.ForTest(t)
	d, err := primary.Database(t.Context())
	require.NoError(t, err)
	replica := primary.ReplicaForTest(t)
	both := d
	both.Address = primary.Address() + "," + replica.Address()
	url := github(t)
	writes, reads := told(url, central(both, "")), told(url, central(both, `,"use":"replica"`))

	one := start(t)
	one.waitUntilRead(writes)
	other := start(t)
	require.Eventually(t, func() bool { // the replica may not have it yet, and says so
		status, says := other.health(reads)
		return status == backend.HealthStatusOk && strings.Contains(says, "This Grafana reads from a replica, which is up to date.")
	}, time.Minute, glance)
	var has int64
	require.Eventually(t, func() bool {
		_, had := one.collection(writes)
		_, has = other.collection(reads)
		return has == had
	}, time.Minute, glance)
	assert.Equal(t, "waiting", other.column(reads, "state"))
	assert.Equal(t, "Another instance collects this source; this one reads what it stores. This Grafana reads from a replica, which is up to date.", other.column(reads, "message"))
	families, _ := other.metrics()
	assert.Zero(t, valueOf(t, families["livedora_store_behind_seconds"], map[string]string{"data_source": "1/dora"}))
	families, _ = one.metrics()
	assert.Nil(t, families["livedora_store_behind_seconds"], "it reads no replica")

	status, answer := one.hears(writes, 1)
	require.Equal(t, http.StatusOK, status, answer)
	require.Eventually(t, func() bool { _, now := other.collection(reads); return now > has }, time.Minute, glance, "it follows")
	status, answer = other.hears(reads, 2)
	assert.Equal(t, http.StatusConflict, status)
	assert.Contains(t, answer, "this Grafana only reads, from a replica (store.use: replica); ask one that uses the primary")

	require.NoError(t, primary.Kill())
	require.Eventually(t, func() bool {
		_, says := other.health(reads)
		return strings.Contains(says, "from a replica that hears nothing from its primary, and lacks")
	}, time.Minute, glance)
	assert.Contains(t, other.noticed(reads), "This Grafana reads from a replica that hears nothing from its primary, and lacks what was written in the last ")
	require.Eventually(t, func() bool {
		state, says := one.health(writes)
		return state == backend.HealthStatusError && strings.Contains(says, both.Address+" has no server now that can be written: a fail-over may be under way; it is tried again")
	}, time.Minute, glance)

	require.NoError(t, replica.Promote(t.Context()))
	require.Eventually(t, func() bool { status, _ := one.hears(writes, 3); return status == http.StatusOK }, time.Minute, glance, "it goes on by itself")
	require.Eventually(t, func() bool { state, _ := one.health(writes); return state == backend.HealthStatusOk }, time.Minute, glance)
}

// While a team updates one Grafana after the other, the older one meets a database that it must not write.
func TestAGrafanaThatIsOlderThanItsDatabaseAnswersOnAndSaysWhyItStoresNothing(t *testing.T) {
	server := postgrestest.ForTest(t)
	d, err := server.Database(t.Context())
	require.NoError(t, err)
	from := told(github(t), central(d, ""))
	older := start(t)
	older.waitUntilRead(from)
	_, had := older.collection(from)

	require.NoError(t, server.Exec(t.Context(), d.Name, `UPDATE livedora_schema SET needs = 99`))
	status, answer := older.hears(from, 1)
	assert.Equal(t, http.StatusServiceUnavailable, status, "who sent it may send it again")
	assert.Contains(t, answer, "the store was written by a newer version of Live DORA: update the plugin")
	assert.NotContains(t, answer, d.Address)
	require.Eventually(t, func() bool {
		state, says := older.health(from)
		return state == backend.HealthStatusError && strings.Contains(says, "a newer version of Live DORA")
	}, time.Minute, glance)
	_, has := older.collection(from)
	assert.Equal(t, had, has, "it answers from what it knew")

	require.NoError(t, server.Exec(t.Context(), d.Name, `UPDATE livedora_schema SET needs = version`))
	require.Eventually(t, func() bool { status, _ := older.hears(from, 1); return status == http.StatusOK }, time.Minute, glance)
}
