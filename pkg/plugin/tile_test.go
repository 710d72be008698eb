package plugin_test

import (
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
)

// words are what a tile says beneath its figure, whichever of its buckets a panel picks, and in which colour.
func words(t *testing.T, field *data.Field) (text, colour string) {
	t.Helper()
	require.Len(t, field.Config.Mappings, 2)
	number, nothing := field.Config.Mappings[0].(data.RangeValueMapper), field.Config.Mappings[1].(data.SpecialValueMapper)
	assert.Nil(t, number.From)
	assert.Nil(t, number.To)
	assert.Equal(t, data.SpecialValueNullAndNaN, nothing.Match)
	assert.Equal(t, number.Result, nothing.Result)
	return number.Result.Text, number.Result.Color
}

// TestATileSaysItsFigureFirst and beneath it what the figure rests on and how it changed; its line is that of the buckets.
func TestATileSaysItsFigureFirst(t *testing.T) {
	g, i := tiny(t)
	january := backend.TimeRange{From: datasettest.At("Jan 02 00:00"), To: datasettest.At("Jan 30 00:00")}
	for metric, says := range map[string][2]string{
		`"metric":"deployment_frequency"`:                {"4", "deployments · 300\u202f% more than the 28 days before (1)"},
		`"metric":"lead_time"`:                           {"18.0 hours", "2 changes · no figure for the 28 days before"},
		`"metric":"lead_time","statistic":"n"`:           {"2", "changes · 0 in the 28 days before"},
		`"metric":"change_failure_rate"`:                 {"50.0\u202f%", "2 of 4 deployments · 1 is failing now · 50.0 points more than the 28 days before (0.0\u202f%)"},
		`"metric":"change_failure_rate","statistic":"k"`: {"2", "of 4 deployments · 1 is failing now · 0 in the 28 days before"},
		`"metric":"recovery_time"`:                       {"14.0 hours", "2 recoveries · 1 is failing now · no figure for the 28 days before"},
		`"queryType":"stages","stage":"longest"`:         {"12.0 hours", "deploy · 2 changes · no figure for the 28 days before"},
		`"metric":"deployment_frequency","filters":[{"field":"service","values":["records"]}]`: {"1", "deployment · 0 in the 28 days before"},
	} {
		service := `,"filters":[{"field":"service","values":["booking"]}]`
		if says[0] == "1" {
			service = ""
		}
		answered := g.askOver(i, january, `{"format":"tile","compare":"previous","bucket":"week",`+metric+service+`}`)["A"]
		require.NoError(t, answered.Error, metric)
		frame := answered.Frames[0]
		require.Len(t, frame.Fields, 2, metric)
		assert.Equal(t, "time", frame.Fields[0].Name)
		assert.Equal(t, says[0], frame.Fields[1].Config.DisplayNameFromDS, metric)
		text, _ := words(t, frame.Fields[1])
		assert.Equal(t, says[1], text, metric)
		assert.Equal(t, 5, frame.Rows(), "%s: a number for each week", metric)
	}
	counts := g.askOver(i, january, `{"format":"tile","bucket":"week"}`)["A"].Frames[0].Fields[1]
	first, whole := counts.At(0).(*float64), counts.At(1).(*float64)
	assert.Nil(t, first, "a week that is cut counts less because it is shorter")
	require.NotNil(t, whole)
	assert.Equal(t, 1.0, *whole)
}

// TestATileIsNotCalmWhileSomethingIsFailing where the figure is about failures.
func TestATileIsNotCalmWhileSomethingIsFailing(t *testing.T) {
	g, i := tiny(t)
	for metric, alarmed := range map[string]bool{
		"change_failure_rate": true, "recovery_time": true, "deployment_frequency": false, "lead_time": false, "rework_rate": false,
	} {
		field := g.one(i, `{"format":"tile","compare":"previous","metric":"`+metric+`"}`)[0].Fields[1]
		text, colour := words(t, field)
		if alarmed {
			assert.Contains(t, text, " · 1 is failing now · ", metric)
			assert.Equal(t, "red", colour, metric)
			assert.Equal(t, "red", field.Config.Color["fixedColor"], metric)
		} else {
			assert.NotContains(t, text, "failing", metric)
			assert.Empty(t, colour, metric)
		}
	}
	calm := g.one(i, `{"format":"tile","metric":"recovery_time","filters":[{"field":"service","values":["records"]}]}`)[0].Fields[1]
	text, colour := words(t, calm)
	assert.Equal(t, "no recoveries", text)
	assert.Empty(t, colour)
	assert.Equal(t, "–", calm.Config.DisplayNameFromDS)
}

func TestATileOfASourceThatWasNeverReadIsNoIdleTeams(t *testing.T) {
	g := start(t)
	i := g.save("dora", settings(silent(t)))
	g.waitFor(i, "collecting")
	frame := g.one(i, `{"format":"tile","compare":"previous"}`)[0]
	require.Len(t, frame.Fields, 1)
	text, _ := words(t, frame.Fields[0])
	assert.Equal(t, "not read yet · github", text)
	assert.Equal(t, "–", frame.Fields[0].Config.DisplayNameFromDS)
	assert.Nil(t, frame.Fields[0].At(0))
}
