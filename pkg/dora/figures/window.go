package figures

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
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

// over is what the points of a question cover. Neighbouring buckets are stepped over once for all of them.
func (w Window) over(spans []Span, bucket Bucket, counted *effort.Counter) []Span {
	windows := make([]Span, len(spans))
	starts, ok := w.starts(spans, bucket, counted)
	for i, span := range spans {
		switch {
		case !counted.Add(1):
			return windows
		case ok:
			own := starts[w.Buckets-1+i]
			windows[i] = Span{Start: starts[i], End: span.End, Cut: !bucket.next(own).Equal(span.End)}
		default:
			windows[i] = w.Of(span, bucket)
		}
	}
	return windows
}

// starts are those of the buckets of neighbouring spans, and of as many before them as the window looks back on; false
// where they are no neighbours, or nothing looks back on buckets.
func (w Window) starts(spans []Span, bucket Bucket, counted *effort.Counter) ([]time.Time, bool) {
	if w.Days > 0 || w.Buckets <= 0 || len(spans) < 2 {
		return nil, false
	}
	before := w.Buckets - 1
	starts := make([]time.Time, before+len(spans))
	starts[before] = bucket.start(spans[0].Start)
	for i := before - 1; i >= 0; i-- {
		if starts[i] = bucket.start(starts[i+1].Add(-time.Nanosecond)); !counted.Add(1) {
			return nil, false
		}
	}
	for i := 1; i < len(spans); i++ {
		start := bucket.start(spans[i].Start)
		if !counted.Add(1) || !bucket.start(start.Add(-time.Nanosecond)).Equal(starts[before+i-1]) {
			return nil, false
		}
		starts[before+i] = start
	}
	return starts, true
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
	from    []int         // the number of the cut at which a point begins
	to      []int         // and at which it ends
	overlap bool          // an event can be in several points
	days    *days         // where the statistic counts days
	weeks   *weekCalendar // where it looks at weeks
	meter   effort.Meter
}

func newPlan(q *Question) plan {
	p := plan{from: make([]int, len(q.Spans)), to: make([]int, len(q.Spans)), overlap: !q.Rolling.IsZero(), meter: q.Meter}
	counted := effort.Counter{Meter: q.Meter}
	defer counted.Flush()
	p.windows = q.Rolling.over(q.Spans, q.Bucket, &counted)
	if len(p.windows) > 0 {
		first := slices.MinFunc(p.windows, func(a, b Span) int { return a.Start.Compare(b.Start) }).Start
		last := slices.MaxFunc(p.windows, func(a, b Span) int { return a.End.Compare(b.End) }).End
		switch q.Statistic {
		case dora.PerDay:
			p.days = daysOver(first, last, &counted)
		case dora.DaysPerWeek:
			p.weeks = weeksOver(first, last, &counted)
		}
	}
	p.cuts = make([]int64, 0, 2*len(q.Spans))
	for _, window := range p.windows {
		p.cuts = append(p.cuts, upwards(window.Start), upwards(window.End))
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
