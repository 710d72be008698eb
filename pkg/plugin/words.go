package plugin

import (
	"fmt"
	"math"
	"strconv"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// comparison is the line below a tile's figure: what it rests on, and the same figure for the period before.
func comparison(s dora.Series, now, before dora.Point) string {
	line := restsOn(s, now)
	if before.Value == nil {
		return line + " · none before"
	}
	line += " · " + Figure(*before.Value, s.Unit) + " before"
	if change := changeOf(now.Value, *before.Value, s.Unit); change != "" {
		line += " (" + change + ")"
	}
	return line
}

// restsOn says how many events a figure rests on, and of a ratio how many of them count.
func restsOn(s dora.Series, p dora.Point) string {
	switch s.Metric {
	case dora.ChangeFailureRate, dora.ReworkRate:
		return fmt.Sprintf("%d of %d", p.K, p.N)
	default:
		return fmt.Sprintf("n %d", p.N)
	}
}

// many is a number of things in words.
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// changeOf is the difference in words: in percent, or for ratios in percentage points (pp).
func changeOf(now *float64, before float64, unit dora.Measure) string {
	switch {
	case now == nil:
		return ""
	case unit == dora.Ratio:
		points := (*now - before) * 100
		if math.Abs(points) < 0.05 {
			return "no change"
		}
		return signed(points, 1) + narrow + "pp"
	case before == 0:
		return ""
	}
	percent := (*now/before - 1) * 100
	if math.Abs(percent) < 0.5 {
		return "no change"
	}
	return signed(percent, 0) + narrow + "%"
}

// narrow is the space between a number and its unit, at which no line breaks.
const narrow = "\u202f"

func signed(v float64, digits int) string {
	text := strconv.FormatFloat(math.Abs(v), 'f', digits, 64)
	if v < 0 {
		return "−" + text
	}
	return "+" + text
}

// Figure writes a value with its unit as a person would: 3.1 d, 45 min, 12.5 %, 42.
func Figure(v float64, unit dora.Measure) string {
	switch unit {
	case dora.Ratio:
		return strconv.FormatFloat(v*100, 'f', 1, 64) + narrow + "%"
	case dora.Seconds:
		for _, step := range []struct {
			length float64
			name   string
		}{{86400, "d"}, {3600, "h"}, {60, "min"}} {
			if math.Abs(v) >= step.length {
				return strconv.FormatFloat(v/step.length, 'f', 1, 64) + narrow + step.name
			}
		}
		return strconv.FormatFloat(v, 'f', 0, 64) + narrow + "s"
	default:
		if v == math.Trunc(v) {
			return strconv.FormatFloat(v, 'f', 0, 64)
		}
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}
