package samples

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Sample is one event's contribution to a metric: a length in seconds, or 1 and 0 for what a ratio counts.
type Sample struct {
	At    int64 // unix milliseconds: the time that the metric is bucketed by
	Value float64
	Lane  int16 // whose environment and repository; NoLane where it belongs to none
}

// NoLane is the lane of a sample that belongs to none.
const NoLane = -1

// Column is the samples of one metric of one service, in order of time, a partition for each month that has any.
// Between two times lie neighbours, so that counting needs no look at them.
type Column struct {
	Partitions []Partition
	// Lane is every sample's, unless they are mixed.
	Lane  int16
	Mixed bool
}

// Partition is one UTC month of a column. Its arrays have an entry for each sample; which of them there are depends on
// what the metric counts. A sample takes 4 to 14 bytes.
type Partition struct {
	Begin int64    // unix milliseconds: the month's first instant
	At    []uint32 // milliseconds since
	lanes []int16  // nil unless the column is mixed
	// hits counts, for a ratio, the ones before each sample and, last, all of them.
	hits []uint32
	// seconds are lengths; exact takes their place where a length is no whole number of seconds, or longer than 136 years.
	seconds []uint32
	exact   []float64
}

// NewColumn lays samples out. It may reorder them.
func NewColumn(samples []Sample, unit dora.Measure) Column {
	if !slices.IsSortedFunc(samples, byTime) {
		slices.SortStableFunc(samples, byTime)
	}
	var c Column
	if len(samples) == 0 {
		return c
	}
	c.Lane = samples[0].Lane
	c.Mixed = slices.ContainsFunc(samples, func(s Sample) bool { return s.Lane != c.Lane })
	at := make([]uint32, len(samples))
	for first := 0; first < len(samples); {
		begin, end := month(samples[first].At)
		last := first + sort.Search(len(samples)-first, func(i int) bool { return samples[first+i].At >= end })
		p := Partition{Begin: begin, At: at[first:last:last]}
		p.fill(samples[first:last], unit)
		if c.Mixed {
			p.lanes = make([]int16, last-first)
			for i, s := range samples[first:last] {
				p.lanes[i] = s.Lane
			}
		}
		c.Partitions = append(c.Partitions, p)
		first = last
	}
	return c
}

func byTime(a, b Sample) int { return cmp.Compare(a.At, b.At) }

func (p *Partition) fill(samples []Sample, unit dora.Measure) {
	for i, s := range samples {
		p.At[i] = uint32(s.At - p.Begin)
	}
	switch unit {
	case dora.Ratio:
		p.hits = make([]uint32, len(samples)+1)
		for i, s := range samples {
			p.hits[i+1] = p.hits[i] + uint32(s.Value)
		}
	case dora.Seconds:
		if slices.ContainsFunc(samples, func(s Sample) bool { return s.Value != float64(uint32(s.Value)) }) {
			p.exact = make([]float64, len(samples))
			for i, s := range samples {
				p.exact[i] = s.Value
			}
			return
		}
		p.seconds = make([]uint32, len(samples))
		for i, s := range samples {
			p.seconds[i] = uint32(s.Value)
		}
	}
}

// Sharing gives a column the times and lanes of another that has the same samples: they are kept once.
func (c Column) Sharing(other Column) Column {
	if c.Size() != other.Size() {
		return c
	}
	for i := range c.Partitions {
		c.Partitions[i].At, c.Partitions[i].lanes = other.Partitions[i].At, other.Partitions[i].lanes
	}
	return c
}

// shares says whether a column has the times and lanes of another.
func (c Column) shares(other Column) bool {
	return len(c.Partitions) > 0 && len(c.Partitions) == len(other.Partitions) && &c.Partitions[0].At[0] == &other.Partitions[0].At[0]
}

// Size is how many samples there are.
func (c Column) Size() int {
	size := 0
	for i := range c.Partitions {
		size += len(c.Partitions[i].At)
	}
	return size
}

// First is when the first sample of some lanes is, in unix milliseconds; false: they have none.
func (c Column) First(lanes []bool) (at int64, ok bool) {
	if len(c.Partitions) == 0 || !c.Mixed && !lanes[c.Lane+1] {
		return 0, false
	}
	for i := range c.Partitions {
		p := &c.Partitions[i]
		for number, after := range p.At {
			if !c.Mixed || lanes[p.lanes[number]+1] {
				return p.Begin + int64(after), true
			}
		}
	}
	return 0, false
}

// month is the UTC month that a time lies in, in unix milliseconds.
func month(at int64) (begin, end int64) {
	t := time.UnixMilli(at).UTC()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return first.UnixMilli(), first.AddDate(0, 1, 0).UnixMilli()
}

// Walk yields the stretches of samples between neighbouring cuts, in order of time, with the number of the first of their
// two cuts. It looks at no sample on the way but those beside a cut.
func (c Column) Walk(cuts []int64, yield func(between int, r Stretch)) {
	if len(cuts) == 0 {
		return
	}
	between := 0
	p := sort.Search(len(c.Partitions), func(i int) bool { return c.Partitions[i].last() >= cuts[0] })
	for ; p < len(c.Partitions); p++ {
		part := &c.Partitions[p]
		for i := part.search(0, cuts[0]); i < len(part.At); {
			at := part.Begin + int64(part.At[i])
			for between+1 < len(cuts) && cuts[between+1] <= at {
				between++
			}
			if between+1 == len(cuts) {
				return
			}
			next := part.search(i, cuts[between+1])
			yield(between, Stretch{part, i, next})
			i = next
		}
	}
}

func (p *Partition) last() int64 { return p.Begin + int64(p.At[len(p.At)-1]) }

// search finds the first sample, from one on, that is not before a time. It gallops: what is near is found soon.
func (p *Partition) search(from int, at int64) int {
	if at <= p.Begin {
		return from
	}
	if at-p.Begin > math.MaxUint32 {
		return len(p.At)
	}
	wanted := uint32(at - p.Begin)
	step := 1
	low := from
	for low+step < len(p.At) && p.At[low+step] < wanted {
		low += step
		step *= 2
	}
	high := min(low+step, len(p.At))
	return low + sort.Search(high-low, func(i int) bool { return p.At[low+i] >= wanted })
}
