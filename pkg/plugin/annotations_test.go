package plugin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Grafana draws no mark at all on a chart where some marks have an end and others none.
func TestAnOpenIncidentIsAStretchThatLastsToTheRangesEnd(t *testing.T) {
	g, i := tiny(t)
	frame := g.one(i, `{"queryType":"annotations","events":"incidents"}`)[0]
	ends := frame.Fields[1]
	require.Equal(t, "timeEnd", ends.Name)
	require.Equal(t, 2, ends.Len())
	assert.Equal(t, year.To, ends.At(0), "A certificate ran out is open")
	for row := range ends.Len() {
		began, ended := frame.Fields[0].At(row).(time.Time), ends.At(row).(time.Time)
		assert.True(t, ended.After(began), frame.Fields[2].At(row))
	}
	for _, events := range []string{"deployments", "failures", "recoveries"} {
		frame := g.one(i, `{"queryType":"annotations","events":"`+events+`"}`)[0]
		for row := range frame.Fields[0].Len() {
			assert.Equal(t, frame.Fields[0].At(row), frame.Fields[1].At(row), "a deployment is a moment")
		}
	}
}
