package figures

import "time"

// Bucket is a calendar unit in a time zone; days have 23, 24 or 25 hours there.
type Bucket string

// The buckets.
const (
	Auto    Bucket = "auto" // chosen by the length of the range
	Day     Bucket = "day"
	Week    Bucket = "week" // ISO: from Monday
	Month   Bucket = "month"
	Quarter Bucket = "quarter"
)

// Allowed lists the buckets that a query may name.
func (Bucket) Allowed() []string {
	return []string{string(Auto), string(Day), string(Week), string(Month), string(Quarter)}
}

// For chooses a bucket that shows a range in a readable number of points.
func (b Bucket) For(from, to time.Time) Bucket {
	if b != Auto && b != "" {
		return b
	}
	days := to.Sub(from).Hours() / 24
	switch {
	case days <= 45:
		return Day
	case days <= 400:
		return Week
	case days <= 3*366:
		return Month
	default:
		return Quarter
	}
}

// Span is a stretch of time: from Start, inclusive, to End, exclusive.
type Span struct {
	Start, End time.Time
	// Cut says that the range leaves out a part of the bucket.
	Cut bool
}

// spanLimit bounds how many buckets one answer may have.
const spanLimit = 20000

// Fits says whether a range has no more buckets than an answer may have.
func (b Bucket) Fits(from, to time.Time) bool {
	shortest := map[Bucket]int64{Day: 1, Week: 7, Month: 28, Quarter: 90}[b]
	return shortest == 0 || to.Unix()-from.Unix() < (spanLimit-2)*shortest*24*60*60
}

// Spans cuts [from, to) into buckets in a zone. The first and last may be cut by the range. A range that does not fit
// ends early.
func (b Bucket) Spans(from, to time.Time, zone *time.Location) []Span {
	var spans []Span
	for begin := b.start(from.In(zone)); begin.Before(to) && len(spans) < spanLimit; {
		end := b.next(begin)
		span := Span{Start: begin, End: end}
		if begin.Before(from) {
			span.Start, span.Cut = from.In(zone), true
		}
		if end.After(to) {
			span.End, span.Cut = to.In(zone), true
		}
		spans = append(spans, span)
		begin = end
	}
	return spans
}

// Cover widens [from, to] to whole buckets.
func (b Bucket) Cover(from, to time.Time, zone *time.Location) (time.Time, time.Time) {
	return b.start(from.In(zone)), b.next(b.start(to.In(zone)))
}

// start is the first instant of the bucket that a local time lies in.
func (b Bucket) start(at time.Time) time.Time {
	year, month, day := at.Date()
	switch b {
	case Week:
		day -= (int(at.Weekday()) + 6) % 7
	case Month:
		day = 1
	case Quarter:
		month, day = month-(month-1)%3, 1
	}
	return midnight(year, month, day, at.Location())
}

// next is the first instant of the bucket that follows the one that begins at a time.
func (b Bucket) next(begin time.Time) time.Time {
	year, month, day := begin.Date()
	switch b {
	case Week:
		day += 7
	case Month:
		month, day = month+1, 1
	case Quarter:
		month, day = month+3, 1
	default:
		day++
	}
	return midnight(year, month, day, begin.Location())
}

// midnight is the first instant of a day in a zone. Where clocks go forward at midnight that is one o'clock; where
// they go back over it, the first of the two midnights.
func midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	noon := time.Date(year, month, day, 12, 0, 0, 0, zone)
	sameDay := func(at time.Time) bool { return at.YearDay() == noon.YearDay() && at.Year() == noon.Year() }
	at := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if !sameDay(at) {
		if _, end := at.ZoneBounds(); !end.IsZero() && sameDay(end) {
			return end
		}
	}
	for earlier := at.Add(-30 * time.Minute); sameDay(earlier); earlier = at.Add(-30 * time.Minute) {
		at = earlier
	}
	return at
}
