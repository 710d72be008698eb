package plugin_test

import (
	"net/http"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The facts are damaged in memory, so that whatever looks at them panics. The queries of the same request that do not are
// answered as ever, and so is everything once the damage is gone.
func TestAPanicInOneQueryTouchesNoOther(t *testing.T) {
	g, i := tiny(t)
	const (
		touched = `{"metric":"lead_time","format":"numeric"}`
		apart   = `{"metric":"lead_time","format":"numeric","definition":{"incidentWindow":"12h"}}` // has facts of its own
		about   = `{"metric":"deployment_frequency","groupBy":["service"],"format":"numeric","definition":{"incidentWindow":"12h"}}`
		wrong   = `{"metric":"velocity"}`
	)
	before := g.ask(i, apart, touched, about, wrong)
	require.NoError(t, before["B"].Error)
	follow := g.invited(i, `{"metric":"lead_time","format":"numeric",`+allTheYear+`}`)
	subscribe := func() error {
		_, err := i.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{Path: follow.path, Data: follow.data})
		return err
	}
	require.NoError(t, subscribe())
	first := i.Snapshot().Services[0]
	i.Snapshot().Services[0] = nil
	during := g.ask(i, apart, touched, about, wrong, touched)
	for _, panicked := range []string{"B", "E"} {
		require.EqualError(t, during[panicked].Error, "this query hit a defect in Live DORA; Grafana's log has the details")
		assert.Equal(t, backend.StatusInternal, during[panicked].Status)
		assert.Equal(t, backend.ErrorSourcePlugin, during[panicked].ErrorSource)
		assert.Empty(t, during[panicked].Frames)
	}
	for _, answered := range []string{"A", "C"} {
		require.NoError(t, during[answered].Error)
		assert.Equal(t, before[answered].Frames[0].Fields, during[answered].Frames[0].Fields)
	}
	assert.Equal(t, before["D"].Error, during["D"].Error, "what is wrong for another reason says so")

	viewer := &program{T: t, instance: i, role: "Viewer"}
	refused := viewer.send("GET", "v1/services", nil)
	assert.Equal(t, http.StatusInternalServerError, refused.status)
	assert.JSONEq(t, `{"error":"this request hit a defect in Live DORA; Grafana's log has the details"}`, string(refused.body))

	require.EqualError(t, subscribe(), "this stream hit a defect in Live DORA; Grafana's log has the details")

	i.Snapshot().Services[0] = first
	after := g.ask(i, apart, touched, about, wrong)
	require.NoError(t, after["B"].Error)
	assert.Equal(t, before["B"].Frames[0].Fields, after["B"].Frames[0].Fields)
	require.NoError(t, subscribe())
	assert.Equal(t, http.StatusOK, viewer.send("GET", "v1/services", nil).status)
}
