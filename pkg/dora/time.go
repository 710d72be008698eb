package dora

import "time"

// Latest is the latest of some times, zero where there is none.
func Latest(times ...time.Time) time.Time {
	var latest time.Time
	for _, at := range times {
		if at.After(latest) {
			latest = at
		}
	}
	return latest
}

// Sooner is the earlier of two times, either of which may be unknown.
func Sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) && !b.IsZero() {
		return b
	}
	return a
}
