package plugin

import (
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// limitField is one of a series' three lines: a row of limitLines.
type limitField struct {
	name string
	of   func(*figures.Limits) float64
	dash []int // lengths of stroke and gap
}

var limitLines = []limitField{
	{"mean", func(l *figures.Limits) float64 { return l.Mean }, []int{2, 6}},
	{"lower", func(l *figures.Limits) float64 { return l.Lower }, []int{8, 8}},
	{"upper", func(l *figures.Limits) float64 { return l.Upper }, []int{8, 8}},
}

// limitFields are the mean and limits of each series as lines for time series panels: thin, grey, dashed, and not in the
// legend. They come after the series, and their labels have what tells them apart, so that alerting can read the frame.
func limitFields(f query.Figures) []*data.Field {
	var fields []*data.Field
	for i, limits := range f.Limits {
		if limits == nil {
			continue
		}
		s := f.Series[i]
		unit := scale{grafanaUnits[s.Unit], "", 1}
		if f.Query.Format == query.Chart {
			unit = scaleOf(s.Unit, f.Longest)
		}
		for _, line := range limitLines {
			value := line.of(limits) / unit.one
			values := make([]*float64, len(s.Points))
			for point := range values {
				values[point] = &value
			}
			labels := data.Labels{"limit": line.name}
			for name, label := range s.Labels {
				labels[name] = label
			}
			field := data.NewField(line.name, labels, values)
			field.Config = &data.FieldConfig{
				Unit: unit.unit, DisplayNameFromDS: seriesName(f.Query, s) + ", " + line.name,
				Color: map[string]any{"mode": "fixed", "fixedColor": "#808080"},
				Custom: map[string]any{
					"drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "showPoints": "never", "pointSize": 1, "spanNulls": true,
					"lineStyle": map[string]any{"fill": "dash", "dash": line.dash},
					"hideFrom":  map[string]any{"legend": true, "tooltip": false, "viz": false},
				},
			}
			fields = append(fields, field)
		}
	}
	return fields
}

// limitsOf are a series' mean, lower and upper limit; nothing where it has none.
func limitsOf(l *figures.Limits) [3]*float64 {
	if l == nil {
		return [3]*float64{}
	}
	mean, lower, upper := l.Mean, l.Lower, l.Upper
	return [3]*float64{&mean, &lower, &upper}
}

// boundsOf are the bounds of a ratio's 95 % interval; nothing where there is no ratio.
func boundsOf(p *figures.Point) [2]*float64 {
	interval, ok := p.Interval()
	if !ok {
		return [2]*float64{}
	}
	return [2]*float64{&interval.Low, &interval.High}
}
