package plugin

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/query"
)

// typeVersion is the version of the frame types that alerting reads.
var typeVersion = data.FrameTypeVersion{0, 1}

// grafanaUnits are Grafana's names of our units.
var grafanaUnits = map[dora.Measure]string{dora.Count: "short", dora.Seconds: "s", dora.Ratio: "percentunit"}

// Custom is what every frame tells about itself in meta.custom: how its figures were computed and what they rest on.
type Custom struct {
	// Definition is the reading of the metrics that was used.
	Definition dora.Definition `json:"definition"`
	// Bucket is the bucket in force, where there are buckets.
	Bucket dora.Bucket `json:"bucket,omitempty"`
	// Series tell what each series rests on, in the frame's order.
	Series []CustomSeries `json:"series,omitempty"`
	// Unmeasured counts what could not be measured for the selected services, over all time, by reason.
	Unmeasured map[dora.Reason]int `json:"unmeasured,omitempty"`
	// Collected is when the source that was longest not read was last read without an error; absent if one never was.
	Collected *time.Time `json:"collected,omitempty"`
	// Live is there where the answer can be followed.
	Live *Live `json:"live,omitempty"`
}

// CustomSeries is what one series rests on, bucket by bucket.
type CustomSeries struct {
	N        []int `json:"n"`
	K        []int `json:"k,omitempty"` // of ratios
	Partial  []int `json:"partial"`     // indices of buckets that are cut or under way
	Immature []int `json:"immature"`    // indices of buckets in which failures may still come to light
}

func rests(s dora.Series) CustomSeries {
	c := CustomSeries{Partial: []int{}, Immature: []int{}}
	for i, p := range s.Points {
		c.N = append(c.N, p.N)
		if s.Metric.Row().Unit == dora.Ratio {
			c.K = append(c.K, p.K)
		}
		if p.Partial {
			c.Partial = append(c.Partial, i)
		}
		if p.Immature {
			c.Immature = append(c.Immature, i)
		}
	}
	return c
}

// figureFrames lays figures out in the format that the query asks for.
func figureFrames(f query.Figures) data.Frames {
	switch f.Query.Format {
	case query.Numeric:
		if f.Query.Live {
			return data.Frames{inOne(numericFrames(f))}
		}
		return numericFrames(f)
	case query.Table:
		return data.Frames{figureTable(f)}
	case query.Distribution:
		return data.Frames{distributionFrame(f)}
	default:
		return data.Frames{wideFrame(f)}
	}
}

// wideFrame is one time field and one nullable field a series: what time series panels, alerts and streams read.
func wideFrame(f query.Figures) *data.Frame {
	frame := data.NewFrame(frameName(f.Query))
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: typeVersion}
	custom := Custom{Definition: f.Query.Definition, Bucket: f.Bucket, Unmeasured: f.Unmeasured}
	if len(f.Series) > 0 {
		times := make([]time.Time, len(f.Series[0].Points))
		for i, p := range f.Series[0].Points {
			times[i] = p.Start
		}
		frame.Fields = append(frame.Fields, data.NewField("time", nil, times))
	}
	for _, s := range f.Series {
		values := make([]*float64, len(s.Points))
		for i, p := range s.Points {
			values[i] = p.Value
		}
		frame.Fields = append(frame.Fields, figureField(f.Query, s, values, seriesName(f.Query, s)))
		custom.Series = append(custom.Series, rests(s))
	}
	frame.Meta.Custom = custom
	return frame
}

// numericFrames is one frame with one figure a series. Where the query compares, the figure's name tells in words what
// it rests on and how it changed, so that a stat panel shows value, unit, n and change.
func numericFrames(f query.Figures) data.Frames {
	frames := make(data.Frames, 0, len(f.Series))
	for i, s := range f.Series {
		p := s.Points[0]
		name := seriesName(f.Query, s)
		if f.Previous != nil {
			name = strings.Join(append(groupOf(f.Query, s), comparison(s, p, f.Previous[i].Points[0])), " · ")
		}
		frame := data.NewFrame(frameName(f.Query), figureField(f.Query, s, []*float64{p.Value}, name))
		frame.Meta = &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: typeVersion, Custom: Custom{
			Definition: f.Query.Definition, Unmeasured: f.Unmeasured, Series: []CustomSeries{rests(s)},
		}}
		frames = append(frames, frame)
	}
	if len(frames) == 0 {
		empty := data.NewFrame(frameName(f.Query))
		empty.Meta = &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: typeVersion, Custom: Custom{Definition: f.Query.Definition}}
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
func figureTable(f query.Figures) *data.Frame {
	frame := data.NewFrame(frameName(f.Query))
	frame.Meta = &data.FrameMeta{PreferredVisualization: data.VisTypeTable, Custom: Custom{
		Definition: f.Query.Definition, Bucket: f.Bucket, Unmeasured: f.Unmeasured,
	}}
	labels := labelNames(f)
	var starts, ends []time.Time
	texts := make([][]string, len(labels))
	var values []*float64
	var n, k []int64
	var partial, immature []bool
	unit := dora.Count
	for _, s := range f.Series {
		unit = s.Unit
		for _, p := range s.Points {
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
	value := data.NewField(string(f.Query.Statistic), nil, values)
	value.Config = &data.FieldConfig{Unit: grafanaUnits[unit]}
	frame.Fields = append(frame.Fields, value, data.NewField("n", nil, n))
	if f.Query.Type == query.TypeMetric && f.Query.Metric.Row().Unit == dora.Ratio {
		frame.Fields = append(frame.Fields, data.NewField("k", nil, k))
	}
	frame.Fields = append(frame.Fields, data.NewField("partial", nil, partial), data.NewField("immature", nil, immature))
	return frame
}

func labelNames(f query.Figures) []string {
	var names []string
	if f.Query.Type == query.TypeStages {
		names = append(names, "stage")
	}
	for _, field := range f.Query.GroupBy {
		names = append(names, string(field))
	}
	return names
}

func figureField(q query.Query, s dora.Series, values []*float64, name string) *data.Field {
	field := data.NewField(fieldName(q), data.Labels(s.Labels), values)
	field.Config = &data.FieldConfig{Unit: grafanaUnits[s.Unit], DisplayNameFromDS: name}
	return field
}

func frameName(q query.Query) string {
	if q.Type == query.TypeStages {
		return "stages"
	}
	return string(q.Metric)
}

func fieldName(q query.Query) string {
	if q.Type == query.TypeStages {
		return "stage_time"
	}
	return string(q.Metric)
}

// seriesName is what a legend calls a series: its group, else its metric, with the statistic where it is not the usual.
func seriesName(q query.Query, s dora.Series) string {
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
func groupOf(q query.Query, s dora.Series) []string {
	var parts []string
	if stage := s.Labels["stage"]; stage != "" {
		parts = append(parts, stage)
	}
	for _, field := range q.GroupBy {
		if value := s.Labels[string(field)]; value != "" {
			parts = append(parts, value)
		}
	}
	return parts
}
