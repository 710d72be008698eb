package plugin_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/query"
)

func TestAlertRulesReadHowThingsStand(t *testing.T) {
	g, i := tiny(t)
	for _, row := range query.Standings {
		frames := g.one(i, fmt.Sprintf(`{"queryType":"standing","standing":%q}`, row.Key))
		labels := []data.Labels{{"service": "booking", "team": "access"}, {"service": "records", "team": "care"}}
		if row.Per == query.PerSource {
			labels = []data.Labels{{"source": "github"}}
		}
		require.Len(t, frames, len(labels), row.Key)
		for n, frame := range frames {
			assert.Equal(t, data.FrameTypeNumericMulti, frame.Meta.Type)
			assert.Equal(t, data.FrameTypeVersion{0, 1}, frame.Meta.TypeVersion)
			require.Len(t, frame.Fields, 1)
			field := frame.Fields[0]
			assert.Equal(t, data.FieldTypeNullableFloat64, field.Type())
			assert.Equal(t, 1, field.Len())
			about := maps.Clone(field.Labels)
			maps.DeleteFunc(about, func(name, _ string) bool { return name != "service" && name != "team" && name != "source" })
			assert.Equal(t, labels[n], about)
			assert.NotEmpty(t, field.Config.Unit)
			assert.NotEmpty(t, field.Config.DisplayNameFromDS)
		}
	}
	nobody := g.one(i, `{"queryType":"standing","filters":[{"field":"service","values":["nobody"]}]}`)
	require.Len(t, nobody, 1)
	assert.Empty(t, nobody[0].Fields)
	assert.Equal(t, data.FrameTypeNumericMulti, nobody[0].Meta.Type, "no data, which is no error")
}

// TestAnAlertSaysWhatFailed holds the labels by which an alert is routed, and from which its message is made.
func TestAnAlertSaysWhatFailed(t *testing.T) {
	g, i := tiny(t)
	labels := func(question string) data.Labels {
		return g.one(i, `{"queryType":"standing",`+question+`}`)[0].Fields[0].Labels
	}
	assert.Equal(t, data.Labels{
		"service": "booking", "team": "access", "incident": "#502", "title": "A certificate ran out", "since": "2024-01-25 09:00 UTC",
		"url": "https://github.example/example-health/booking/issues/502",
	}, labels(`"standing":"open_incident"`))
	held := labels(`"standing":"open_incident","definition":{"incidentWindow":"9000h"}`)
	assert.NotEmpty(t, held["deployment"], "the one that is held to have caused it")
	assert.Equal(t, "https://github.example/example-health/booking/issues/502", held["url"], "an incident is looked at first")
	failed := labels(`"standing":"unrecovered","definition":{"incidentWindow":"9000h"}`)
	assert.Equal(t, held["deployment"], failed["deployment"])
	assert.Equal(t, "2024-01-17 09:00 UTC", failed["since"])
	assert.Equal(t, data.Labels{"service": "booking", "team": "access"}, labels(`"standing":"last_deployment"`), "what may change at any time is no label")
}

func TestHowASourceStands(t *testing.T) {
	_, url, services := invented(t)
	g := start(t)
	i := g.save("dora", settings(url, services))
	g.waitFor(i, "ok")
	number := func(standing string) *float64 {
		return g.one(i, `{"queryType":"standing","standing":"`+standing+`"}`)[0].Fields[0].At(0).(*float64)
	}
	assert.GreaterOrEqual(t, *number("last_success"), 0.0)
	assert.Zero(t, *number("failed_runs"))
	left := *number("limit_left")
	assert.Positive(t, left)
	assert.Less(t, left, 1.0)
}
