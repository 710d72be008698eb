package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// march is a live question for the number of a service's deployments in the month that webhooks tell of.
func (p *process) march(to backend.PluginContext, service string) subscription {
	p.Helper()
	const from, until = "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"
	answer, err := p.Data.QueryData(p.Context(), backend.ToProto().QueryDataRequest(&backend.QueryDataRequest{
		PluginContext: to, Queries: []backend.DataQuery{{
			RefID:     "A",
			JSON:      fmt.Appendf(nil, `{"metric":"deployment_frequency","format":"numeric","filters":[{"field":"service","values":[%q]}],"live":true,"range":{"from":%q,"to":%q}}`, service, from, until),
			TimeRange: backend.TimeRange{From: moment(p.T, from), To: moment(p.T, until)},
		}},
	}))
	require.NoError(p, err)
	response, err := backend.FromProto().QueryDataResponse(answer)
	require.NoError(p, err)
	require.NoError(p, response.Responses["A"].Error)
	text, err := json.Marshal(response.Responses["A"].Frames[0].Meta.Custom)
	require.NoError(p, err)
	var custom struct {
		Live struct {
			Channel string
			Query   json.RawMessage
		}
	}
	require.NoError(p, json.Unmarshal(text, &custom))
	path, found := strings.CutPrefix(custom.Live.Channel, "ds/"+to.DataSourceInstanceSettings.UID+"/")
	require.True(p, found, string(text))
	return subscription{path, custom.Live.Query}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

// Two Grafana nodes share a store. Each runs the streams of its own people; what one is told, the other's people see too,
// and when one goes, the other goes on.
func TestWhatOneNodeIsToldTheStreamsOfAnotherShow(t *testing.T) {
	from := source("dora", settings(quiet(t), `,"store":{"path":"`+filepath.Join(t.TempDir(), "dora.db")+`"}`), 1)
	from.DataSourceInstanceSettings.DecryptedSecureJSONData["webhooks.secret"] = hookSecret
	nodes := []*process{start(t), start(t)}
	told := 0
	tell := func(node *process) time.Time {
		told++
		header, body := hook(20 * told) // of one service, each a deployment of its own
		began := time.Now()
		status, answer, err := node.call(from, http.MethodPost, "webhooks?source=github", header, body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, string(answer))
		require.Contains(t, string(answer), `"stored":1`)
		return began
	}
	tell(nodes[0])

	var screens []*channel
	for _, node := range nodes {
		screen := node.follow(from, node.march(from, "example-health/api-0"))
		screen.until(t, 1)
		screens = append(screens, screen)
	}
	for n := range 4 {
		teller := n % len(nodes)
		began := tell(nodes[teller])
		for _, node := range []int{teller, 1 - teller} {
			for _, figure := range screens[node].until(t, float64(told)) {
				assert.InDelta(t, told-1, figure, 0, "a deployment counts once, whoever tells of it")
			}
			t.Logf("node %d is told of a deployment; node %d shows it after %s", teller, node, time.Since(began).Round(time.Millisecond))
		}
	}

	header, body := hook(20)
	status, answer, err := nodes[1].call(from, http.MethodPost, "webhooks?source=github", header, body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, string(answer), `"stored":0`, "what the other node was told is known here")

	nodes[0].Close()
	tell(nodes[1])
	screens[1].until(t, float64(told))
}
