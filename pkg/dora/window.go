package dora

import (
	"slices"
	"time"
)

// Window makes points roll: each covers what lies before the end of its bucket, further back than the bucket and the
// range begin. At most one of the two is set; with neither a point covers its bucket.
type Window struct {
	// Days is how many calendar days each point covers, in the buckets' zone.
	Days int
	// Buckets is how many buckets each point covers, its own included.
	Buckets int
}

// IsZero says that points do not roll.
func (w Window) IsZero() bool { return w.Days <= 0 && w.Buckets <= 0 }

// Of is what the point of a bucket covers. It is cut only where it is not a whole window: one of buckets whose last is
// cut by the range's end.
func (w Window) Of(span Span, bucket Bucket) Span {
	switch {
	case w.Days > 0:
		return Span{Start: daysBefore(span.End, w.Days), End: span.End}
	case w.Buckets > 0:
		start := bucket.start(span.Start)
		whole := bucket.next(start).Equal(span.End)
		for range w.Buckets - 1 {
			start = bucket.start(start.Add(-time.Nanosecond))
		}
		return Span{Start: start, End: span.End, Cut: !whole}
	}
	return span
}

// daysBefore is the same time of day some days earlier: the first instant of its day where it is one.
func daysBefore(at time.Time, days int) time.Time {
	year, month, day := at.Date()
	if Day.start(at).Equal(at) {
		return midnight(year, month, day-days, at.Location())
	}
	return time.Date(year, month, day-days, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), at.Location())
}

// plan is where a question's points lie on the axis of time: cuts, in unix milliseconds, and between which of them each
// point is.
type plan struct {
	windows []Span
	cuts    []int64
	from    []int // the number of the cut at which a point begins
	to      []int // and at which it ends
	overlap bool  // an event can be in several points
}

func newPlan(q *Question) plan {
	p := plan{windows: make([]Span, len(q.Spans)), from: make([]int, len(q.Spans)), to: make([]int, len(q.Spans)), overlap: !q.Rolling.IsZero()}
	p.cuts = make([]int64, 0, 2*len(q.Spans))
	for i, span := range q.Spans {
		p.windows[i] = q.Rolling.Of(span, q.Bucket)
		p.cuts = append(p.cuts, upwards(p.windows[i].Start), upwards(p.windows[i].End))
	}
	slices.Sort(p.cuts)
	p.cuts = slices.Compact(p.cuts)
	for i, w := range p.windows {
		p.from[i], _ = slices.BinarySearch(p.cuts, upwards(w.Start))
		p.to[i], _ = slices.BinarySearch(p.cuts, upwards(w.End))
	}
	return p
}

// upwards is a time in whole unix milliseconds, as samples have them, none earlier than the time.
func upwards(at time.Time) int64 {
	milliseconds := at.UnixMilli()
	if at.After(time.UnixMilli(milliseconds)) {
		milliseconds++
	}
	return milliseconds
}
