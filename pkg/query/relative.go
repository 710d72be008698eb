package query

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/strict"
)

// Relative is a range as a dashboard writes it, so that whoever holds a question can ask it again later: each end is
// now, now-90d, now/w, milliseconds or RFC 3339.
type Relative struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Timezone is the one whose days, weeks, months and years ends are rounded to.
	Timezone Zone `json:"timezone"`
}

// A time as Grafana writes it: now, some steps, and what it is rounded to.
var (
	relative = regexp.MustCompile(`^now((?:[+-]\d{1,6}[smhdwMy])*)(?:/([smhdwMy]))?$`)
	step     = regexp.MustCompile(`([+-]\d+)([smhdwMy])`)
)

// At is the range at a moment. The end of a rounded range is the end of its day, week, month or year; weeks begin on
// Monday. The error is a *strict.Error that names from or to.
func (r Relative) At(now time.Time) (Range, error) {
	zone := r.Timezone.Location
	if zone == nil {
		zone = time.UTC
	}
	from, unit, err := moment("from", r.From, now.In(zone))
	if err != nil {
		return Range{}, err
	}
	from = floor(from, unit)
	to, unit, err := moment("to", r.To, now.In(zone))
	if err != nil {
		return Range{}, err
	}
	if unit != "" {
		to = after(floor(to, unit), 1, unit).Add(-time.Millisecond)
	}
	return Range{From: from, To: to}, nil
}

func moment(field, text string, now time.Time) (at time.Time, unit string, err error) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).In(now.Location()), "", nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, "", nil
	}
	parts := relative.FindStringSubmatch(text)
	if parts == nil {
		return now, "", &strict.Error{Field: field, Problem: fmt.Sprintf("%q is no time; allowed: such as now, now-90d, now/w, milliseconds or RFC 3339", text)}
	}
	at = now
	for _, s := range step.FindAllStringSubmatch(parts[1], -1) {
		n, _ := strconv.Atoi(s[1]) // at most six digits
		at = after(at, n, s[2])
	}
	return at, parts[2], nil
}

func after(t time.Time, n int, unit string) time.Time {
	switch unit {
	case "y":
		return t.AddDate(n, 0, 0)
	case "M":
		return t.AddDate(0, n, 0)
	case "w":
		return t.AddDate(0, 0, 7*n)
	case "d":
		return t.AddDate(0, 0, n)
	default:
		return t.Add(time.Duration(n) * map[string]time.Duration{"h": time.Hour, "m": time.Minute, "s": time.Second}[unit])
	}
}

// floor is the begin of the unit that the time lies in.
func floor(t time.Time, unit string) time.Time {
	year, month, day := t.Date()
	switch unit {
	case "y":
		month, day = time.January, 1
	case "M":
		day = 1
	case "w":
		day -= (int(t.Weekday()) + 6) % 7
	case "d":
	case "":
		return t
	default:
		return t.Truncate(map[string]time.Duration{"h": time.Hour, "m": time.Minute, "s": time.Second}[unit])
	}
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}
