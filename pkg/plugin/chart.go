package plugin

import (
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// chartFrame is a frame for a time series panel: lengths of time are in the unit in which its axis reads round, which their
// names tell, and the figures of buckets that are not whole stand apart. A week that began this morning is less because it is
// shorter, and must look neither like a fall nor like a breakthrough: its point ends a dashed line.
func chartFrame(f query.Figures, l links) *data.Frame {
	frame := data.NewFrame(frameName(f.Query))
	custom := customOf(f.Basis)
	if len(f.Series) > 0 {
		frame.Fields = append(frame.Fields, data.NewField("time", nil, starts(f.Series[0])))
	}
	var apart []*data.Field
	for i, s := range f.Series {
		scale := scaleOf(s.Unit, f.Longest)
		values := scale.of(s)
		whole, part, way := apartOf(s.Points, values)
		name := chartName(f.Query, s, scale)
		drawn := func(values []*float64, named, as string) *data.Field {
			field := figureField(f.Query, s, values, named)
			field.Name += as
			field.Config.Unit = scale.unit
			field.Config.Links = l.behindPoint(f, s)
			return field
		}
		field := drawn(whole, name, "")
		if band := bandOf(s, chartName(f.Query, f.Series[0], scale)); band != nil {
			field.Config.Custom = band
		}
		frame.Fields = append(frame.Fields, field)
		if part != nil {
			points := inPart(drawn(part, name+", in part", "_in_part"))
			if s.OfServices {
				points.Config.Custom["fillOpacity"] = 0 // it is the band that is filled
			}
			apart = append(apart, points, leading(drawn(way, name+", leading to it", "_leading")))
		}
		custom.Series = append(custom.Series, rests(s))
		if f.Limits != nil {
			custom.Series[i].Limits = f.Limits[i]
		}
	}
	frame.Fields = append(frame.Fields, apart...)
	frame.Fields = append(frame.Fields, limitFields(f)...)
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: typeVersion, Custom: custom}
	return frame
}

// apartOf parts a series' values: those of whole buckets, those of buckets that are not, and the latter with their
// neighbours, between which a line leads. Where all are whole there are only those.
func apartOf(points []figures.Point, values []*float64) (whole, part, way []*float64) {
	whole = make([]*float64, len(values))
	for i, value := range values {
		if !points[i].Partial {
			whole[i] = value
			continue
		}
		if part == nil {
			part, way = make([]*float64, len(values)), make([]*float64, len(values))
		}
		part[i] = value
		for near := max(0, i-1); near < min(len(values), i+2); near++ {
			way[near] = values[near]
		}
	}
	return whole, part, way
}

// finelyDashed is the line of what is not whole.
var finelyDashed = map[string]any{"fill": "dash", "dash": []int{3, 4}}

// inPart has panels draw the figures of buckets that are not whole as points, or as bars that are pale, and not name them in
// a legend.
func inPart(field *data.Field) *data.Field {
	field.Config.Custom = map[string]any{
		"fillOpacity": 12, "lineWidth": 1, "lineStyle": finelyDashed, "hideFrom": map[string]any{"legend": true, "tooltip": false, "viz": false},
	}
	return field
}

// leading has panels draw the way to such figures, and say nothing of it.
func leading(field *data.Field) *data.Field {
	field.Config.Custom = map[string]any{
		"drawStyle": "line", "fillOpacity": 0, "showPoints": "never", "lineWidth": 1, "lineStyle": finelyDashed,
		"hideFrom": map[string]any{"legend": true, "tooltip": true, "viz": false},
	}
	return field
}

// scale is the unit in which a chart's axis is read: Grafana puts ticks at round numbers of whatever a value counts, so that
// hours and days are round only where values count them.
type scale struct {
	unit string  // Grafana's name of it
	name string  // as a legend tells it; empty: the unit needs no telling
	one  float64 // in the domain's unit
}

// lengthScales are the units of lengths of time, the longest first.
var lengthScales = []scale{
	{"suffix:d", "days", (24 * time.Hour).Seconds()},
	{"suffix:h", "hours", time.Hour.Seconds()},
	{"suffix:min", "minutes", time.Minute.Seconds()},
	{"suffix:s", "seconds", 1},
}

// scaleOf is the longest unit of which there are two at least in the longest that is to be drawn, in seconds.
func scaleOf(unit dora.Measure, longest float64) scale {
	if unit != dora.Seconds {
		return scale{unit: grafanaUnits[unit], one: 1}
	}
	for _, each := range lengthScales {
		if longest >= 2*each.one || longest == 0 { // of what was not measured any unit does
			return each
		}
	}
	return lengthScales[len(lengthScales)-1]
}

// of are the values of a series in the unit.
func (c scale) of(s figures.Series) []*float64 {
	values := make([]*float64, len(s.Points))
	for i := range s.Points {
		if value := s.Points[i].Value; value != nil {
			scaled := *value / c.one
			values[i] = &scaled
		}
	}
	return values
}

// legends are what charts call figures that are counted or shares of what is counted; others go by their statistic.
var legends = map[dora.Metric]map[dora.Statistic]string{
	dora.ChangeFailureRate: {dora.RatioOf: "share failed", dora.K: "of which failed"},
	dora.ReworkRate:        {dora.RatioOf: "share unplanned", dora.K: "of which unplanned"},
}

// chartName is what a chart's legend calls a series: its group or, where there is none, what is counted, and of lengths of time the
// statistic and the unit.
func chartName(q query.Query, s figures.Series, c scale) string {
	if group := groupOf(q, s); len(group) > 0 {
		name := seriesName(q, s)
		if c.name != "" {
			name += ", " + c.name
		}
		return name
	}
	switch told := legends[s.Metric][s.Statistic]; {
	case told != "":
		return told
	case s.Statistic == dora.CountOf || s.Statistic == dora.N:
		return countedBy(&q, s)[1]
	case c.name != "":
		return s.Statistic.Row().Name + ", " + c.name
	}
	return s.Statistic.Row().Name
}
