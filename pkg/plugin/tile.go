package plugin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// tileFrame is a frame for a stat panel: the figure stands first and largest, what it rests on and how it changed
// beneath it, and behind both the line of its buckets. Such a panel draws the name of a series above its value, so that the
// name is the figure and the words are what every value is mapped to; the values are the numbers of the buckets.
func tileFrame(f query.Figures, l links) *data.Frame {
	frame := data.NewFrame(frameName(f.Query))
	custom := customOf(f.Basis)
	if len(f.Series) > 0 {
		frame.Fields = append(frame.Fields, data.NewField("time", nil, starts(f.Series[0])))
	}
	for i, s := range f.Series {
		values := make([]*float64, len(s.Points))
		for point := range s.Points {
			if s.Unit == dora.Count && s.Points[point].Partial {
				continue // less because it is shorter: no fall, and no rise
			}
			values[point] = s.Points[point].Value
		}
		whole := f.Whole[i].Points[0]
		words := groupOf(f.Query, s)
		if rest := restsOnHere(&f.Query, s, whole); rest != "" {
			words = append(words, rest)
		}
		if f.Previous != nil {
			words = append(words, changed(&whole, &f.Previous[i].Points[0], s.Unit, f.Range.To.Sub(f.Range.From)))
		}
		field := figureField(f.Query, s, values, figureInWords(whole.Value, s.Unit))
		say(field, strings.Join(words, between), "")
		below(field, values)
		field.Config.Links = l.behindFigure(f, f.Whole[i])
		frame.Fields = append(frame.Fields, field)
		custom.Series, custom.Whole = append(custom.Series, rests(s)), append(custom.Whole, rests(f.Whole[i]))
	}
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: typeVersion, Custom: custom}
	return frame
}

// say has a panel write words in the place of each of a field's values, in a colour or as the panel has it.
func say(field *data.Field, words, colour string) {
	result := data.ValueMappingResult{Text: words, Color: colour}
	field.Config.Mappings = data.ValueMappings{
		data.RangeValueMapper{Result: result}, data.SpecialValueMapper{Match: data.SpecialValueNullAndNaN, Result: result},
	}
}

// lineHeight is how many times as high as its highest point a tile is, so that the line stays below the words.
const lineHeight = 2.6

// below draws a field's line from zero, in the lower part of its tile.
func below(field *data.Field, values []*float64) {
	highest := 0.0
	for _, v := range values {
		if v != nil {
			highest = max(highest, *v)
		}
	}
	if highest > 0 {
		field.Config.SetMin(0).SetMax(highest * lineHeight)
	}
}

// between stands between what a tile says.
const between = " · "

// saidOf is what say has a panel write.
func saidOf(field *data.Field) string {
	if len(field.Config.Mappings) == 0 {
		return ""
	}
	return field.Config.Mappings[0].(data.RangeValueMapper).Result.Text
}

// alarm has a tile of what failed not look calm while something is failing.
func alarm(frame *data.Frame, q query.Query, s *facts.Snapshot) {
	if q.Type != query.TypeMetric || q.Format != query.Tile || len(q.GroupBy) > 0 || (q.Metric != dora.ChangeFailureRate && q.Metric != dora.RecoveryTime) {
		return
	}
	n := 0
	filters := q.DomainFilters()
	for _, f := range s.Select(filters) {
		if !q.Meter.Count(1 + len(f.Deployments) + len(f.Incidents)) {
			return
		}
		n += len(failingIn(f, filters))
	}
	if n == 0 {
		return
	}
	for _, field := range frame.Fields {
		if field.Config == nil {
			continue
		}
		parts := slices.Insert(strings.Split(saidOf(field), between), 1, many(n, "is failing now", "are failing now"))
		say(field, strings.Join(parts, between), "red")
		field.Config.Color = map[string]any{"mode": "fixed", "fixedColor": "red"}
	}
}

// restsOnHere is what a figure rests on where it stands above: of a count, what is counted.
func restsOnHere(q *query.Query, s figures.Series, p figures.Point) string {
	words := countedBy(q, s)
	switch {
	case p.Value == nil, s.Statistic != dora.CountOf && s.Statistic != dora.N && s.Statistic != dora.K:
		return restsOn(q, s, p)
	case s.Statistic == dora.K:
		return "of " + many(p.N, words[0], words[1])
	case *p.Value == 1:
		return words[0]
	}
	return words[1]
}

// changed tells how a figure differs from that of the time of the same length before.
func changed(now, before *figures.Point, unit dora.Measure, length time.Duration) string {
	period := "the " + lengthBefore(length) + " before"
	if before.Value == nil {
		return "no figure for " + period
	}
	change := changeOf(now.Value, *before.Value, unit)
	if change == "" {
		return Figure(*before.Value, unit) + " in " + period
	}
	return change + " " + period + " (" + Figure(*before.Value, unit) + ")"
}

// figureInWords is a figure as it stands alone: 3.1 days, 45 minutes, 12.5 %, 42; a dash where there is none.
func figureInWords(value *float64, unit dora.Measure) string {
	if value == nil {
		return "–"
	}
	if unit != dora.Seconds {
		return Figure(*value, unit)
	}
	for _, step := range []struct {
		length time.Duration
		name   string
		digits int
	}{{24 * time.Hour, "days", 1}, {time.Hour, "hours", 1}, {time.Minute, "minutes", 0}} {
		if n := *value / step.length.Seconds(); n >= 1 {
			text := strconv.FormatFloat(n, 'f', step.digits, 64)
			if text == "1" {
				return "1 minute"
			}
			return text + " " + step.name
		}
	}
	return many(int(*value), "second", "seconds")
}
