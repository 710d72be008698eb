package figures

import (
	"math/bits"
	"slices"
	"sort"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// days are the calendar days that a question's points lie on. They are counted once: what a point covers is found among
// them, however far it looks back.
type days struct {
	starts []time.Time // the first instant of each, and of the day after the last
}

// daysOver are the days of [from, to), in the zone of its begin.
func daysOver(from, to time.Time, counted *effort.Counter) *days {
	d := &days{starts: []time.Time{Day.start(from)}}
	for last := d.starts[0]; last.Before(to) && counted.Add(1); {
		last = Day.next(last)
		d.starts = append(d.starts, last)
	}
	return d
}

// in is how many days a span has; where it cuts one, parts of the day count by their hours.
func (d *days) in(span Span) float64 {
	if !span.Start.Before(span.End) {
		return 0
	}
	first := sort.Search(len(d.starts), func(i int) bool { return d.starts[i].After(span.Start) }) - 1
	last := sort.Search(len(d.starts), func(i int) bool { return !d.starts[i].Before(span.End) }) - 1
	part := func(day int, from, to time.Time) float64 {
		return to.Sub(from).Hours() / d.starts[day+1].Sub(d.starts[day]).Hours()
	}
	if last >= len(d.starts)-1 { // the count was given up
		return 0
	}
	if first == last {
		return part(first, span.Start, span.End)
	}
	return part(first, span.Start, d.starts[first+1]) + float64(last-first-1) + part(last, d.starts[last], span.End)
}

// perDay is the samples for each day of the span.
func (c *covered) perDay() (float64, bool) {
	days := c.days.in(c.span)
	return float64(c.n) / days, days > 0
}

// weekCalendar are the ISO weeks that a question's points lie on: the first instant of each, and of the week after the
// last.
type weekCalendar struct {
	starts []time.Time
	at     []int64 // the same, in unix milliseconds
	zone   *time.Location
}

func weeksOver(from, to time.Time, counted *effort.Counter) *weekCalendar {
	w := &weekCalendar{zone: from.Location()}
	for week := Week.start(from); ; week = Week.next(week) {
		w.starts = append(w.starts, week)
		w.at = append(w.at, week.UnixMilli())
		if !week.Before(to) || !counted.Add(1) {
			return w
		}
	}
}

// weeks are the days of each week on which one group has samples, and the counts of such days over the weeks that a
// point covers. From one point to the next costs as much as they differ.
type weeks struct {
	*weekCalendar
	marks []uint8 // a bit for each day of the week

	from, to int // the weeks that are counted
	of       [8]int
}

func (w *weekCalendar) marked() *weeks {
	return &weeks{weekCalendar: w, marks: make([]uint8, len(w.starts))}
}

// mark takes note of the days of a run of samples.
func (w *weeks) mark(r samples.Stretch) {
	week := 0
	for i := r.From; i < r.To; i++ {
		at := r.Begin + int64(r.At[i])
		if i == r.From || week+1 < len(w.at) && w.at[week+1] <= at {
			week = sort.Search(len(w.at), func(n int) bool { return w.at[n] > at }) - 1
		}
		w.marks[week] |= 1 << time.UnixMilli(at).In(w.zone).Weekday()
	}
}

// slide is the weeks for points that are asked for from left to right.
func (w *weeks) slide() *weeks { return &weeks{weekCalendar: w.weekCalendar, marks: w.marks} }

// cover moves on to the weeks that lie wholly in a span, are over by now, and ended after something was collected.
func (w *weeks) cover(span, known Span) {
	from := sort.Search(len(w.starts)-1, func(i int) bool { return !w.starts[i].Before(span.Start) && w.starts[i+1].After(known.Start) })
	to := sort.Search(len(w.starts)-1, func(i int) bool { return w.starts[i+1].After(span.End) || w.starts[i+1].After(known.End) })
	to = max(from, to)
	if from >= w.to || from < w.from || to < w.to {
		w.of, w.from, w.to = [8]int{}, from, from
	}
	for ; w.from < from; w.from++ {
		w.of[bits.OnesCount8(w.marks[w.from])]--
	}
	for ; w.to < to; w.to++ {
		w.of[bits.OnesCount8(w.marks[w.to])]++
	}
}

// medianDaysPerWeek is DORA's form of deployment frequency: over the complete ISO weeks in the bucket, weeks without a
// deployment included, the median of distinct local days with one. A week that is not over is not complete; of one
// that ended before anything was collected nothing is known.
func (c *covered) medianDaysPerWeek() (float64, bool) {
	c.weeks.cover(c.span, c.known)
	count := c.weeks.to - c.weeks.from
	if count == 0 {
		return 0, false
	}
	at := func(position int) float64 {
		days := slices.IndexFunc(c.weeks.of[:], func(n int) bool { position -= n; return position < 0 })
		return float64(days)
	}
	value, next := at((count-1)/2), at(count/2)
	return value + (next-value)*0.5, true
}
