package dashboard

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// relative is a time as Grafana writes it: now, some steps, and what it is rounded to: now-90d, now-1M/M.
var (
	relative = regexp.MustCompile(`^now((?:[+-]\d+[smhdwMy])*)(?:/([smhdwMy]))?$`)
	step     = regexp.MustCompile(`([+-]\d+)([smhdwMy])`)
)

// span reads both ends of a range. The end of a rounded range is the end of its day, week, month or year.
func (t Times) span(now time.Time, zone *time.Location) (from, to time.Time, err error) {
	from, unit, err := moment(t.From, now.In(zone))
	if err != nil {
		return from, to, fmt.Errorf("time.from: %w", err)
	}
	from = floor(from, unit)
	to, unit, err = moment(t.To, now.In(zone))
	if err != nil {
		return from, to, fmt.Errorf("time.to: %w", err)
	}
	if unit != "" {
		to = after(floor(to, unit), 1, unit).Add(-time.Millisecond)
	}
	return from, to, nil
}

func moment(text string, now time.Time) (at time.Time, unit string, err error) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).In(now.Location()), "", nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, "", nil
	}
	parts := relative.FindStringSubmatch(text)
	if parts == nil {
		return now, "", fmt.Errorf("%q is no time; allowed: such as now, now-90d, now/w, milliseconds or RFC 3339", text)
	}
	at = now
	for _, s := range step.FindAllStringSubmatch(parts[1], -1) {
		n, err := strconv.Atoi(s[1])
		if err != nil {
			return now, "", fmt.Errorf("%q is no time: %w", text, err)
		}
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

// floor is the begin of the unit that the time lies in; weeks begin on Monday.
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
