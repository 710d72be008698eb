package plugin_test

import (
	"fmt"
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
			assert.Equal(t, labels[n], field.Labels)
			assert.NotEmpty(t, field.Config.Unit)
			assert.NotEmpty(t, field.Config.DisplayNameFromDS)
		}
	}
	nobody := g.one(i, `{"queryType":"standing","filters":[{"field":"service","values":["nobody"]}]}`)
	require.Len(t, nobody, 1)
	assert.Empty(t, nobody[0].Fields)
	assert.Equal(t, data.FrameTypeNumericMulti, nobody[0].Meta.Type, "no data, which is no error")
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
