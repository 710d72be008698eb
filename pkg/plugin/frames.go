package plugin

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// typeVersion is the version of the frame types that alerting reads.
var typeVersion = data.FrameTypeVersion{0, 1}

// grafanaUnits are Grafana's names of our units.
var grafanaUnits = map[dora.Measure]string{dora.Count: "short", dora.Seconds: "s", dora.Ratio: "percentunit"}

// figureFrames lays figures out in the format that the query asks for.
func figureFrames(f query.Figures, l links) data.Frames {
	switch f.Query.Format {
	case query.Numeric:
		if f.Query.Live {
			return data.Frames{inOne(numericFrames(f, l))}
		}
		return numericFrames(f, l)
	case query.Table:
		return data.Frames{figureTable(f, l)}
	case query.Tile:
		return data.Frames{tileFrame(f, l)}
	case query.Chart:
		return data.Frames{chartFrame(f, l)}
	case query.Distribution:
		return data.Frames{distributionFrame(f)}
	default:
		return data.Frames{wideFrame(f, l)}
	}
}

// wideFrame is one time field and one nullable field a series: what time series panels, alerts and streams read.
func wideFrame(f query.Figures, l links) *data.Frame {
	frame := data.NewFrame(frameName(f.Query))
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: typeVersion}
	custom := customOf(f.Basis)
	if len(f.Series) > 0 {
		frame.Fields = append(frame.Fields, data.NewField("time", nil, starts(f.Series[0])))
	}
	for i, s := range f.Series {
		values := make([]*float64, len(s.Points))
		for point := range s.Points {
			values[point] = s.Points[point].Value
		}
		field := figureField(f.Query, s, values, seriesName(f.Query, s))
		field.Config.Links = l.behindPoint(f, s)
		frame.Fields = append(frame.Fields, field)
		custom.Series = append(custom.Series, rests(s))
		if f.Limits != nil {
			custom.Series[i].Limits = f.Limits[i]
		}
	}
	frame.Fields = append(frame.Fields, limitFields(f)...)
	frame.Meta.Custom = custom
	return frame
}

// numericFrames is one frame with one figure a series. Where the query compares, the figure's name tells in words what
// it rests on and how it changed, so that a stat panel shows value, unit, n and change.
func numericFrames(f query.Figures, l links) data.Frames {
	frames := make(data.Frames, 0, len(f.Series))
	for i, s := range f.Series {
		p := s.Points[0]
		name := seriesName(f.Query, s)
		if f.Previous != nil {
			name = strings.Join(append(groupOf(f.Query, s), comparison(&f.Query, s, p, f.Previous[i].Points[0], f.Range.To.Sub(f.Range.From))), " · ")
		}
		field := figureField(f.Query, s, []*float64{p.Value}, name)
		field.Config.Links = l.behindFigure(f, s)
		frame := data.NewFrame(frameName(f.Query), field)
		custom := customOf(f.Basis)
		custom.Series = []CustomSeries{rests(s)}
		frame.Meta = &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: typeVersion, Custom: custom}
		frames = append(frames, frame)
	}
	if len(frames) == 0 {
		empty := data.NewFrame(frameName(f.Query))
		empty.Meta = &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: typeVersion, Custom: customOf(f.Basis)}
		frames = append(frames, empty)
	}
	return frames
}

// inOne puts numeric frames side by side into one.
func inOne(frames data.Frames) *data.Frame {
	whole := frames[0]
	whole.Meta.Type = data.FrameTypeNumericWide
	custom := whole.Meta.Custom.(Custom)
	for _, frame := range frames[1:] {
		whole.Fields = append(whole.Fields, frame.Fields...)
		custom.Series = append(custom.Series, frame.Meta.Custom.(Custom).Series...)
	}
	whole.Meta.Custom = custom
	return whole
}

// figureTable is a row for each series and bucket.
func figureTable(f query.Figures, l links) *data.Frame {
	frame := data.NewFrame(frameName(f.Query))
	frame.Meta = &data.FrameMeta{PreferredVisualization: data.VisTypeTable, Custom: customOf(f.Basis)}
	ratio := f.Query.Type == query.TypeMetric && f.Query.Metric.Row().Unit == dora.Ratio
	labels := labelNames(f)
	var starts, ends []time.Time
	texts := make([][]string, len(labels))
	var values, low, high, mean, lower, upper []*float64
	var n, k []int64
	var partial, immature []bool
	unit := dora.Count
	for number, s := range f.Series {
		unit = s.Unit
		for i := range s.Points {
			p := &s.Points[i]
			interval := boundsOf(p)
			low, high = append(low, interval[0]), append(high, interval[1])
			if f.Limits != nil {
				limits := limitsOf(f.Limits[number])
				mean, lower, upper = append(mean, limits[0]), append(lower, limits[1]), append(upper, limits[2])
			}
			starts, ends = append(starts, p.Start), append(ends, p.End)
			for i, label := range labels {
				texts[i] = append(texts[i], s.Labels[label])
			}
			values = append(values, p.Value)
			n, k = append(n, int64(p.N)), append(k, int64(p.K))
			partial, immature = append(partial, p.Partial), append(immature, p.Immature)
		}
	}
	frame.Fields = append(frame.Fields, data.NewField("start", nil, starts), data.NewField("end", nil, ends))
	for i, label := range labels {
		frame.Fields = append(frame.Fields, data.NewField(label, nil, texts[i]))
	}
	value := data.NewField(columnName(f.Query), nil, values)
	value.Config = &data.FieldConfig{Unit: grafanaUnits[unit], Links: l.behindRow(f, labels)}
	frame.Fields = append(frame.Fields, value, data.NewField("n", nil, n))
	inUnit := func(name string, measure dora.Measure, values []*float64) {
		field := data.NewField(name, nil, values)
		field.Config = &data.FieldConfig{Unit: grafanaUnits[measure]}
		frame.Fields = append(frame.Fields, field)
	}
	if ratio {
		frame.Fields = append(frame.Fields, data.NewField("k", nil, k))
		inUnit("interval_low", dora.Ratio, low)
		inUnit("interval_high", dora.Ratio, high)
	}
	if f.Limits != nil {
		inUnit("mean", unit, mean)
		inUnit("lower", unit, lower)
		inUnit("upper", unit, upper)
	}
	frame.Fields = append(frame.Fields, data.NewField("partial", nil, partial), data.NewField("immature", nil, immature))
	return frame
}

// columnName is what a spreadsheet calls a table's figures: lead_time_p50 as among events, or the metric alone where its
// statistic says no more.
func columnName(q query.Query) string {
	if slices.Contains([]dora.Statistic{dora.CountOf, dora.RatioOf}, q.Statistic) || countsServices(q) {
		return fieldName(q)
	}
	return fieldName(q) + "_" + string(q.Statistic)
}

func labelNames(f query.Figures) []string {
	var names []string
	if f.Query.Type == query.TypeStages {
		names = append(names, "stage")
	}
	if f.Query.Type == query.TypeSpread {
		names = append(names, spreadLabels[f.Query.Spread])
	}
	for _, field := range f.Query.GroupBy {
		names = append(names, string(field))
	}
	return names
}

func figureField(q query.Query, s figures.Series, values []*float64, name string) *data.Field {
	field := data.NewField(fieldName(q), data.Labels(s.Labels), values)
	field.Config = &data.FieldConfig{Unit: grafanaUnits[s.Unit], DisplayNameFromDS: name}
	return field
}

func frameName(q query.Query) string {
	switch q.Type {
	case query.TypeStages:
		return "stages"
	case query.TypeSpread:
		return "spread"
	}
	return string(q.Metric)
}

func fieldName(q query.Query) string {
	switch {
	case q.Type == query.TypeStages:
		return "stage_time"
	case countsServices(q):
		return "services"
	}
	return string(q.Metric)
}

// seriesName is what a legend calls a series: its group, else its metric, with the statistic where it is not the usual.
func seriesName(q query.Query, s figures.Series) string {
	parts := groupOf(q, s)
	if len(parts) == 0 {
		parts = append(parts, q.Metric.Row().Name)
	}
	name := strings.Join(parts, " · ")
	if q.Type == query.TypeMetric && !slices.Contains([]dora.Statistic{dora.CountOf, dora.RatioOf}, s.Statistic) {
		name += ", " + s.Statistic.Row().Name
	}
	return name
}

// groupOf is what tells a series from the others of its answer, in the query's order.
func groupOf(q query.Query, s figures.Series) []string {
	var parts []string
	if stage := s.Labels["stage"]; stage != "" {
		parts = append(parts, stage)
	}
	if s.OfServices {
		parts = append(parts, amongServices(s))
	}
	for _, field := range q.GroupBy {
		if value := s.Labels[string(field)]; value != "" {
			parts = append(parts, value)
		} else if _, there := s.Labels[string(field)]; there {
			parts = append(parts, "no "+string(field))
		}
	}
	return parts
}
