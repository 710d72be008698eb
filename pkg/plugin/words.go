package plugin

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// comparison is the line above a tile's figure: what it rests on, and how it changed against the time of the same length
// before.
func comparison(q *query.Query, s figures.Series, now, before figures.Point, length time.Duration) string {
	var parts []string
	if rest := restsOn(q, s, now); rest != "" {
		parts = append(parts, rest)
	}
	return strings.Join(append(parts, changed(&now, &before, s.Unit, length)), " · ")
}

// lengthBefore is a length of time in whole days or hours, as it stands before the word before.
func lengthBefore(length time.Duration) string {
	const day = 24 * time.Hour
	whole := func(step time.Duration) int { return int((length + time.Minute) / step) } // a range that moves is a moment short
	for _, step := range []struct {
		length    time.Duration
		one, more string
	}{{day, "day", "days"}, {time.Hour, "hour", "hours"}} {
		if n := whole(step.length); n > 1 {
			return many(n, step.one, step.more)
		} else if n == 1 {
			return step.one
		}
	}
	return "time"
}

// counted are what figures rest on, one and several.
var counted = map[dora.Metric][2]string{
	dora.DeploymentFrequency: {"deployment", "deployments"}, dora.LeadTime: {"change", "changes"}, dora.RecoveryTime: {"recovery", "recoveries"},
	dora.ChangeFailureRate: {"deployment", "deployments"}, dora.ReworkRate: {"deployment", "deployments"},
}

// countedUnits are what lead time rests on where its unit is not the change.
var countedUnits = map[dora.Unit][2]string{dora.UnitPullRequest: {"pull request", "pull requests"}, dora.UnitCommit: {"commit", "commits"}}

// restsOn says how many events a figure rests on, and of a ratio how many of them count. Of a count it says nothing more.
func restsOn(q *query.Query, s figures.Series, p figures.Point) string {
	words, of := countedBy(q, s), ""
	switch {
	case s.Statistic == dora.CountOf || s.Statistic == dora.N:
		return ""
	case s.Statistic == dora.RatioOf || s.Statistic == dora.K:
		of = strconv.Itoa(p.K) + " of "
	case p.N == 0:
		return "no " + words[1]
	}
	return of + many(p.N, words[0], words[1])
}

// countedBy are the words for what a figure counts, or rests on: one and several.
func countedBy(q *query.Query, s figures.Series) [2]string {
	if s.Metric == dora.RecoveryTime && q.Definition.Recovery == dora.RecoveryToAcknowledge {
		return [2]string{"acknowledgement", "acknowledgements"}
	}
	if words, ok := countedUnits[q.Definition.Unit]; ok && s.Metric == dora.LeadTime {
		return words
	}
	return counted[s.Metric]
}

// many is a number of things in words.
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// changeOf is the difference in words, up to what it is compared with: in percent, or for ratios in percentage points.
func changeOf(now *float64, before float64, unit dora.Measure) string {
	if now == nil || unit != dora.Ratio && before == 0 {
		return ""
	}
	difference, measure, same, more, less := (*now/before-1)*100, narrow+"%", 0.5, "more", "less"
	digits := 0
	switch unit {
	case dora.Ratio:
		difference, measure, same, digits = (*now-before)*100, " points", 0.05, 1
	case dora.Seconds:
		more, less = "longer", "shorter"
	}
	if math.Abs(difference) < same {
		return "as in"
	}
	word := more
	if difference < 0 {
		word = less
	}
	return strconv.FormatFloat(math.Abs(difference), 'f', digits, 64) + measure + " " + word + " than"
}

// narrow is the space between a number and its unit, at which no line breaks.
const narrow = "\u202f"

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
