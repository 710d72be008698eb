package plugin

import (
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// distributionFrame is a row for each step of length, and a column of counts for each group: what bar charts read.
func distributionFrame(f query.Figures) *data.Frame {
	frame := data.NewFrame(frameName(f.Query), data.NewField("length", nil, stepNames()))
	custom := Custom{Definition: f.Query.Definition, Unmeasured: f.Unmeasured}
	for _, d := range f.Distribution {
		counts := make([]float64, len(d.Counts))
		for i, n := range d.Counts {
			counts[i] = float64(n)
		}
		field := data.NewField("count", data.Labels(d.Labels), counts)
		field.Config = &data.FieldConfig{Unit: grafanaUnits[dora.Count], DisplayNameFromDS: seriesName(f.Query, figures.Series{Labels: d.Labels, Statistic: dora.CountOf})}
		frame.Fields = append(frame.Fields, field)
		custom.Series = append(custom.Series, CustomSeries{N: []int{d.N}, Partial: []int{}, Immature: []int{}})
	}
	frame.Meta = &data.FrameMeta{PreferredVisualization: data.VisTypeTable, Custom: custom}
	return frame
}

// stepNames say the steps in words: < 1 h, 1 – 4 h, …, ≥ 4 w.
func stepNames() []string {
	names := []string{"< " + length(figures.Steps[0])}
	for i, to := range figures.Steps[1:] {
		names = append(names, length(figures.Steps[i])+" – "+length(to))
	}
	return append(names, "≥ "+length(figures.Steps[len(figures.Steps)-1]))
}

// length is a bound as short as can be: 4 h, 2 d, 1 w.
func length(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d%(7*day) == 0:
		return Figure(d.Hours()/24/7, dora.Count) + narrow + "w"
	case d%day == 0:
		return Figure(d.Hours()/24, dora.Count) + narrow + "d"
	default:
		return Figure(d.Hours(), dora.Count) + narrow + "h"
	}
}
