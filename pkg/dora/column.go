package dora

import (
	"cmp"
	"slices"
	"time"
)

// sample is one event's contribution to a metric: a length in seconds, or 1 and 0 for what a ratio counts.
type sample struct {
	at    int64 // unix milliseconds: the time that the metric is bucketed by
	value float64
	lane  int16 // whose environment and repository; noLane where it belongs to none
}

const noLane = -1

// partition is one UTC month of a column, sorted by time. A question reads only the months that it asks for.
type partition struct {
	month   int32 // since 1970-01
	samples []sample
}

func monthOf(at time.Time) int32 {
	at = at.UTC()
	return int32((at.Year()-1970)*12 + int(at.Month()) - 1)
}

// column sorts samples into months.
func column(samples []sample) []partition {
	slices.SortStableFunc(samples, func(a, b sample) int { return cmp.Compare(a.at, b.at) })
	var partitions []partition
	for begin := 0; begin < len(samples); {
		month := monthOf(time.UnixMilli(samples[begin].at))
		end := begin + 1
		for end < len(samples) && monthOf(time.UnixMilli(samples[end].at)) == month {
			end++
		}
		partitions = append(partitions, partition{month, samples[begin:end:end]})
		begin = end
	}
	return partitions
}

// scan yields a column's samples in [from, to).
func scan(column []partition, from, to time.Time, yield func(sample)) {
	first, last := monthOf(from), monthOf(to)
	at, _ := slices.BinarySearchFunc(column, first, func(p partition, month int32) int { return cmp.Compare(p.month, month) })
	begin, end := from.UnixMilli(), to.UnixMilli()
	if from.After(time.UnixMilli(begin)) {
		begin++
	}
	for ; at < len(column) && column[at].month <= last; at++ {
		for _, s := range column[at].samples {
			if s.at >= begin && s.at < end {
				yield(s)
			}
		}
	}
}
