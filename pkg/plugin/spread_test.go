package plugin_test

import (
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/plugin"
)

func TestASpreadTellsOfServicesAndNamesNone(t *testing.T) {
	g, i := tiny(t)
	frame := g.one(i, `{"queryType":"spread","metric":"deployment_frequency","bucket":"month","format":"chart"}`)[0]
	require.GreaterOrEqual(t, len(frame.Fields), 4)
	for n, name := range []string{"lower quartile", "median", "upper quartile"} {
		assert.Equal(t, name, frame.Fields[n+1].Config.DisplayNameFromDS)
	}
	assert.Equal(t, "lower quartile", frame.Fields[3].Config.Custom["fillBelowTo"], "half of the services lie in a band")
	told := frame.Meta.Custom.(plugin.Custom)
	assert.Nil(t, told.Series[0].K)
	assert.Contains(t, textOfNotices(frame), "Quartiles need 5 services that are counted")

	counted := g.one(i, `{"queryType":"spread","spread":"counted","metric":"change_failure_rate","bucket":"month","format":"table"}`)[0]
	names := []string{}
	for _, field := range counted.Fields {
		names = append(names, field.Name)
	}
	assert.Equal(t, []string{"start", "end", "counted", "services", "n", "partial", "immature"}, names)
	assert.NotContains(t, textOfNotices(counted), "Quartiles")
}

// textOfNotices is what a frame's notices say.
func textOfNotices(frame *data.Frame) string {
	var texts []string
	for _, notice := range frame.Meta.Notices {
		texts = append(texts, notice.Text)
	}
	return strings.Join(texts, " ")
}
