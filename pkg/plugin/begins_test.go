package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
)

// A public status page shows its fifty newest incidents: of January it shows none, which is not that there was none.
func TestAPublicPageWithoutAHistoryIsSaidToHaveNone(t *testing.T) {
	var shown []string
	for n := range 50 {
		at := datasettest.At("Feb 01 09:00").Add(time.Duration(50-n) * time.Hour).Format(time.RFC3339)
		shown = append(shown, fmt.Sprintf(`{"id":"id%d","name":"down","status":"investigating","impact":"major","created_at":%q,"started_at":%q,"updated_at":%q,"components":[{"name":"Booking"}]}`, n, at, at, at))
	}
	page := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"page":{"id":"kctbh9vrtdwd"},"incidents":[%s]}`, strings.Join(shown, ","))
	})
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	store, err := json.Marshal(map[string]string{"type": "sqlite", "path": path})
	require.NoError(t, err)
	g := start(t)
	i := g.save("dora", fmt.Sprintf(`{"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/*"]},{"id":"status","type":"statuspage","pages":[%q]}],
		"services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"}],"incidents":[{"source":"status","labels":["service:Booking"]}]}],
		"collect":{"backfill":"3650d"},"store":%s}`, silent(t), page, store))

	var row []any
	require.Eventually(t, func() bool {
		all := rows(t, g.one(i, `{"queryType":"collection"}`)[0], "source", "state", "message")
		row = all[len(all)-1]
		return row[1] == "ok"
	}, time.Minute, 10*time.Millisecond)
	since := datasettest.At("Feb 01 10:00").UTC().Format("2006-01-02 15:04 UTC")
	assert.Equal(t, []any{"status", "ok", "Up to date. Its incidents are known since " + since + ", since no earlier ones are shown."}, row)

	alone := g.save("alone", fmt.Sprintf(`{"sources":[{"id":"status","type":"statuspage","pages":[%q]}]}`, page))
	g.waitFor(alone, "ok")
	assert.Contains(t, g.health(alone).Message, "status: Its incidents are known since "+since)

	const rate = `{"metric":"change_failure_rate","format":"table","bucket":"day","definition":{"evidence":["explicit","incident"]}}`
	said := "info: status shows no incident from before " + since
	require.Eventually(t, func() bool { return strings.Contains(notices(g.one(i, rate)), said) }, time.Minute, 10*time.Millisecond)
	frames := g.one(i, rate)
	starts, _ := frames[0].FieldByName("start")
	figure, _ := frames[0].FieldByName("change_failure_rate")
	partial, _ := frames[0].FieldByName("partial")
	for n := range 30 { // days of January
		assert.True(t, figure.NilAt(n), "never 0: %s", starts.At(n))
		assert.Equal(t, true, partial.At(n), starts.At(n))
	}
	for question, told := range map[string]bool{
		`{"metric":"recovery_time"}`:                                              true,
		`{"metric":"rework_rate","definition":{"rework":"incident"}}`:             true,
		`{"metric":"rework_rate"}`:                                                false,
		`{"metric":"deployment_frequency"}`:                                       false,
		`{"metric":"change_failure_rate","definition":{"evidence":["rollback"]}}`: false,
		`{"metric":"change_failure_rate","statistic":"n"}`:                        false,
	} {
		assert.Equal(t, told, strings.Contains(notices(g.one(i, question)), said), question)
	}
	later := g.over(i, rate, datasettest.At("Feb 03 00:00"), datasettest.At("Mar 01 00:00"))
	assert.NotContains(t, notices(later), said, "all that is asked for is known")
}
