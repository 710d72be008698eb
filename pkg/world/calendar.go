package world

import "time"

// The organisation's working day, in UTC.
const (
	dayOpens  = 9 * time.Hour
	dayCloses = 17*time.Hour + 30*time.Minute
)

// worksOn reports whether people work on t's day: Monday to Friday, public holidays and the days around Christmas apart.
func worksOn(t time.Time) bool {
	switch t.Weekday() {
	case time.Saturday, time.Sunday:
		return false
	}
	return !holiday(t)
}

func holiday(t time.Time) bool {
	month, day := t.Month(), t.Day()
	monday := t.Weekday() == time.Monday
	switch month {
	case time.January:
		return day == 1
	case time.May:
		return monday && (day <= 7 || day > 24)
	case time.August:
		return monday && day > 24
	case time.December:
		return day >= 24 && day <= 28
	}
	return false
}

// season is the share of its usual work that the organisation does at t: summer, the end of the year and Fridays are slower.
func season(t time.Time) float64 {
	share := 1.0
	switch t.Month() {
	case time.August:
		share = 0.65
	case time.December:
		if t.Day() >= 18 {
			share = 0.35
		}
	}
	if t.Weekday() == time.Friday {
		share *= 0.8
	}
	return share
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// afterWork is the moment at which d of working time has passed since t; d = 0 is the next moment at which anyone works.
func afterWork(t time.Time, d time.Duration) time.Time {
	for {
		day := midnight(t)
		if opens := day.Add(dayOpens); t.Before(opens) {
			t = opens
		}
		left := day.Add(dayCloses).Sub(t)
		if worksOn(t) && left > 0 {
			if d < left {
				return t.Add(d)
			}
			d -= left
		}
		t = day.AddDate(0, 0, 1)
	}
}
