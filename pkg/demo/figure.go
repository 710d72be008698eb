package demo

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/plugin"
)

// measures are our names of Grafana's units.
var measures = map[string]dora.Measure{"s": dora.Seconds, "percentunit": dora.Ratio, "short": dora.Count}

// figure writes a value with its unit as Grafana would; a unit that is not ours stands behind the number.
func figure(v float64, unit string) string {
	measure, known := measures[unit]
	switch {
	case unit == "":
		return plugin.Figure(v, dora.Count)
	case !known:
		return plugin.Figure(v, dora.Count) + " " + unit
	}
	return plugin.Figure(v, measure)
}

func unitOf(field *data.Field, otherwise string) string {
	if field.Config != nil && field.Config.Unit != "" {
		return field.Config.Unit
	}
	return otherwise
}

func nameOf(field *data.Field) string {
	if field.Config != nil && field.Config.DisplayNameFromDS != "" {
		return field.Config.DisplayNameFromDS
	}
	return field.Name
}

// numbers are a field's values; what is missing is NaN.
func numbers(field *data.Field) []float64 {
	values := make([]float64, field.Len())
	for i := range values {
		v, err := field.NullableFloatAt(i)
		if values[i] = math.NaN(); err == nil && v != nil {
			values[i] = *v
		}
	}
	return values
}

func last(values []float64) (v float64, there bool) {
	for _, each := range values {
		if !math.IsNaN(each) {
			v, there = each, true
		}
	}
	return v, there
}

const (
	bars      = "▁▂▃▄▅▆▇█"
	lineWidth = 48
)

// sparkline draws values from zero up; where nothing was measured it leaves a gap.
func sparkline(values []float64) string {
	values = thin(values, lineWidth)
	top := 0.0
	for _, v := range values {
		top = max(top, zeroWhereMissing(v))
	}
	heights := []rune(bars)
	var b strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			b.WriteRune(' ')
		case top == 0:
			b.WriteRune(heights[0])
		default:
			b.WriteRune(heights[min(len(heights)-1, int(max(0, v)/top*float64(len(heights))))])
		}
	}
	return b.String()
}

func zeroWhereMissing(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// thin brings values down to a width: each is the mean of those it stands for.
func thin(values []float64, width int) []float64 {
	if len(values) <= width {
		return values
	}
	thinned := make([]float64, width)
	for i := range thinned {
		sum, n := 0.0, 0
		for _, v := range values[i*len(values)/width : (i+1)*len(values)/width] {
			if !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		if thinned[i] = math.NaN(); n > 0 {
			thinned[i] = sum / float64(n)
		}
	}
	return thinned
}

const minute = "2006-01-02 15:04"

// cellText is a cell of a table as a person would read it.
func cellText(field *data.Field, row int) string {
	v, there := field.ConcreteAt(row)
	if !there {
		return ""
	}
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(minute)
	case string:
		return v
	}
	if n, err := field.FloatAt(row); err == nil {
		return figure(n, unitOf(field, ""))
	}
	return fmt.Sprint(v)
}
