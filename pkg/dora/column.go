package dora

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"
)

// sample is one event's contribution to a metric: a length in seconds, or 1 and 0 for what a ratio counts.
type sample struct {
	at    int64 // unix milliseconds: the time that the metric is bucketed by
	value float64
	lane  int16 // whose environment and repository; noLane where it belongs to none
}

const noLane = -1

// column is the samples of one metric of one service, in order of time, a partition for each month that has any.
// Between two times lie neighbours, so that counting needs no look at them.
type column struct {
	partitions []partition
	// lane is every sample's, unless they are mixed.
	lane  int16
	mixed bool
}

// partition is one UTC month of a column. Its arrays have an entry for each sample; which of them there are depends on
// what the metric counts. A sample takes 4 to 14 bytes.
type partition struct {
	begin int64    // unix milliseconds: the month's first instant
	at    []uint32 // milliseconds since
	lanes []int16  // nil unless the column is mixed
	// hits counts, for a ratio, the ones before each sample and, last, all of them.
	hits []uint32
	// seconds are lengths; exact takes their place where a length is no whole number of seconds, or longer than 136 years.
	seconds []uint32
	exact   []float64
}

// newColumn lays samples out. It may reorder them.
func newColumn(samples []sample, unit Measure) column {
	if !slices.IsSortedFunc(samples, byTime) {
		slices.SortStableFunc(samples, byTime)
	}
	var c column
	if len(samples) == 0 {
		return c
	}
	c.lane = samples[0].lane
	c.mixed = slices.ContainsFunc(samples, func(s sample) bool { return s.lane != c.lane })
	at := make([]uint32, len(samples))
	for first := 0; first < len(samples); {
		begin, end := month(samples[first].at)
		last := first + sort.Search(len(samples)-first, func(i int) bool { return samples[first+i].at >= end })
		p := partition{begin: begin, at: at[first:last:last]}
		p.fill(samples[first:last], unit)
		if c.mixed {
			p.lanes = make([]int16, last-first)
			for i, s := range samples[first:last] {
				p.lanes[i] = s.lane
			}
		}
		c.partitions = append(c.partitions, p)
		first = last
	}
	return c
}

func byTime(a, b sample) int { return cmp.Compare(a.at, b.at) }

func (p *partition) fill(samples []sample, unit Measure) {
	for i, s := range samples {
		p.at[i] = uint32(s.at - p.begin)
	}
	switch unit {
	case Ratio:
		p.hits = make([]uint32, len(samples)+1)
		for i, s := range samples {
			p.hits[i+1] = p.hits[i] + uint32(s.value)
		}
	case Seconds:
		if slices.ContainsFunc(samples, func(s sample) bool { return s.value != float64(uint32(s.value)) }) {
			p.exact = make([]float64, len(samples))
			for i, s := range samples {
				p.exact[i] = s.value
			}
			return
		}
		p.seconds = make([]uint32, len(samples))
		for i, s := range samples {
			p.seconds[i] = uint32(s.value)
		}
	}
}

// sharing gives a column the times and lanes of another that has the same samples: they are kept once.
func (c column) sharing(other column) column {
	if c.size() != other.size() {
		return c
	}
	for i := range c.partitions {
		c.partitions[i].at, c.partitions[i].lanes = other.partitions[i].at, other.partitions[i].lanes
	}
	return c
}

// shares says whether a column has the times and lanes of another.
func (c column) shares(other column) bool {
	return len(c.partitions) > 0 && len(c.partitions) == len(other.partitions) && &c.partitions[0].at[0] == &other.partitions[0].at[0]
}

func (c column) size() int {
	size := 0
	for i := range c.partitions {
		size += len(c.partitions[i].at)
	}
	return size
}

// month is the UTC month that a time lies in, in unix milliseconds.
func month(at int64) (begin, end int64) {
	t := time.UnixMilli(at).UTC()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return first.UnixMilli(), first.AddDate(0, 1, 0).UnixMilli()
}

// run is neighbouring samples of one partition: from one, inclusive, to another, exclusive.
type run struct {
	*partition
	from, to int
}

// walk yields the runs of samples between neighbouring cuts, in order of time, with the number of the first of their
// two cuts. It looks at no sample on the way but those beside a cut.
func (c column) walk(cuts []int64, yield func(between int, r run)) {
	if len(cuts) == 0 {
		return
	}
	between := 0
	p := sort.Search(len(c.partitions), func(i int) bool { return c.partitions[i].last() >= cuts[0] })
	for ; p < len(c.partitions); p++ {
		part := &c.partitions[p]
		for i := part.search(0, cuts[0]); i < len(part.at); {
			at := part.begin + int64(part.at[i])
			for between+1 < len(cuts) && cuts[between+1] <= at {
				between++
			}
			if between+1 == len(cuts) {
				return
			}
			next := part.search(i, cuts[between+1])
			yield(between, run{part, i, next})
			i = next
		}
	}
}

func (p *partition) last() int64 { return p.begin + int64(p.at[len(p.at)-1]) }

// search finds the first sample, from one on, that is not before a time. It gallops: what is near is found soon.
func (p *partition) search(from int, at int64) int {
	if at <= p.begin {
		return from
	}
	if at-p.begin > math.MaxUint32 {
		return len(p.at)
	}
	wanted := uint32(at - p.begin)
	step := 1
	low := from
	for low+step < len(p.at) && p.at[low+step] < wanted {
		low += step
		step *= 2
	}
	high := min(low+step, len(p.at))
	return low + sort.Search(high-low, func(i int) bool { return p.at[low+i] >= wanted })
}
