package plugin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// signalFrames lays signals out: a row each; how many each bucket is part of; or, for alerts, how many the newest
// complete and mature bucket is part of.
func signalFrames(c query.Changes) data.Frames {
	switch c.Query.Format {
	case query.Numeric:
		return numericSignals(c)
	case query.TimeSeries:
		return data.Frames{wideSignals(c)}
	default:
		return data.Frames{signalTable(c)}
	}
}

// signalLabels tell a watched series from the others of its answer.
func signalLabels(w *query.Watched) data.Labels {
	labels := data.Labels{"metric": string(w.Metric)}
	for field, value := range w.Labels {
		labels[field] = value
	}
	return labels
}

func signalField(c query.Changes, w *query.Watched, values []*float64) *data.Field {
	name := strings.Join(append([]string{w.Metric.Row().Name}, groupOf(c.Query, w.Series)...), " · ")
	field := data.NewField("signals", signalLabels(w), values)
	field.Config = (&data.FieldConfig{Unit: grafanaUnits[dora.Count], DisplayNameFromDS: name}).SetDecimals(0).SetMin(0)
	return field
}

func signalCustom(c query.Changes) Custom {
	custom := customOf(c.Basis)
	for i := range c.Watched {
		series := rests(c.Watched[i].Series)
		series.Metric, series.Limits = c.Watched[i].Metric, c.Watched[i].Limits
		custom.Series = append(custom.Series, series)
	}
	return custom
}

func numericSignals(c query.Changes) data.Frames {
	custom := signalCustom(c)
	meta := func(series []CustomSeries) *data.FrameMeta {
		one := custom
		one.Series = series
		return &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: typeVersion, Custom: one}
	}
	var frames data.Frames
	for i := range c.Watched {
		w := &c.Watched[i]
		frame := data.NewFrame("signals", signalField(c, w, []*float64{w.Active(w.Newest)}))
		frame.Meta = meta(custom.Series[i : i+1])
		frames = append(frames, frame)
	}
	if len(frames) == 0 {
		empty := data.NewFrame("signals")
		empty.Meta = meta(nil)
		frames = append(frames, empty)
	}
	return frames
}

func wideSignals(c query.Changes) *data.Frame {
	frame := data.NewFrame("signals")
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: typeVersion, Custom: signalCustom(c)}
	for i := range c.Watched {
		w := &c.Watched[i]
		if i == 0 {
			frame.Fields = append(frame.Fields, data.NewField("time", nil, starts(w.Series)))
		}
		values := make([]*float64, len(w.Points))
		for bucket := range values {
			values[bucket] = w.Active(bucket)
		}
		frame.Fields = append(frame.Fields, signalField(c, w, values))
	}
	return frame
}

func starts(s figures.Series) []time.Time {
	times := make([]time.Time, len(s.Points))
	for i, p := range s.Points {
		times[i] = p.Start
	}
	return times
}

// signalTable is a row for each signal, the newest first.
func signalTable(c query.Changes) *data.Frame {
	type row struct {
		w *query.Watched
		s *figures.Signal
	}
	var rows []row
	for i := range c.Watched {
		for j := range c.Watched[i].Signals {
			rows = append(rows, row{&c.Watched[i], &c.Watched[i].Signals[j]})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return b.w.Points[last(b.s)].Start.Compare(a.w.Points[last(a.s)].Start)
	})
	t := &table{}
	for _, each := range rows[:min(len(rows), query.RowLimit)] {
		w, s := each.w, each.s
		p := w.Points[last(s)]
		t.time("since", w.Points[s.Points[0]].Start)
		t.time("bucket", p.Start)
		t.text("metric", w.Metric.Row().Name)
		for _, field := range c.Query.GroupBy {
			t.text(string(field), w.Labels[string(field)])
		}
		t.text("changed", string(s.Bearing))
		t.text("what", signalWords(w, s, c.Bucket))
		t.text("rule", string(s.Rule))
		t.text("side", string(s.Side))
		t.number("points", float64(len(s.Points)))
		t.text("figure", Figure(*p.Value, w.Unit))
		t.number("value", *p.Value)
		t.number("mean", w.Limits.Mean)
		t.number("lower", w.Limits.Lower)
		t.number("upper", w.Limits.Upper)
		t.text("active", strconv.FormatBool(s.Includes(w.Newest)))
	}
	frame := t.frame()
	frame.Name = "signals"
	frame.Meta = &data.FrameMeta{PreferredVisualization: data.VisTypeTable, Custom: signalCustom(c)}
	return frame
}

func last(s *figures.Signal) int { return s.Points[len(s.Points)-1] }

// signalWords says what happened: "8 weeks in a row above the mean of 3.1 d".
func signalWords(w *query.Watched, s *figures.Signal, bucket figures.Bucket) string {
	mean := string(s.Side) + " the mean of " + Figure(w.Limits.Mean, w.Unit)
	n := len(s.Points)
	of := last(s) - s.Points[0] + 1
	switch {
	case s.Rule == figures.RuleOutside:
		limit := w.Limits.Upper
		if s.Side == figures.Below {
			limit = w.Limits.Lower
		}
		return Figure(*w.Points[last(s)].Value, w.Unit) + ", " + string(s.Side) + " the limit of " + Figure(limit, w.Unit)
	case s.Rule == figures.RuleEight:
		return fmt.Sprintf("%d %ss in a row %s", n, bucket, mean)
	case n == of:
		return fmt.Sprintf("%d %ss in a row far %s", n, bucket, mean)
	default:
		return fmt.Sprintf("%d of %d %ss far %s", n, of, bucket, mean)
	}
}
