package samples

// Stretch is neighbouring samples of one partition: from one, inclusive, to another, exclusive.
type Stretch struct {
	*Partition
	From, To int
}

// Of yields the parts of a stretch that belong to some lanes.
func (r Stretch) Of(lanes []bool, yield func(Stretch)) {
	for i := r.From; i < r.To; {
		for i < r.To && !lanes[r.lanes[i]+1] {
			i++
		}
		from := i
		for i < r.To && lanes[r.lanes[i]+1] {
			i++
		}
		if from < i {
			yield(Stretch{r.Partition, from, i})
		}
	}
}

// HitsIn is how many of a stretch count.
func (r Stretch) HitsIn() int {
	if r.hits == nil {
		return 0
	}
	return int(r.hits[r.To] - r.hits[r.From])
}

// Lengths copies a stretch's lengths, in seconds.
func (r Stretch) Lengths(into []float64) {
	if r.exact != nil {
		copy(into, r.exact[r.From:r.To])
		return
	}
	for i, seconds := range r.seconds[r.From:r.To] {
		into[i] = float64(seconds)
	}
}

// Sum adds a stretch's lengths, in seconds, to others.
func (r Stretch) Sum(to Sum) Sum {
	if r.exact != nil {
		for _, length := range r.exact[r.From:r.To] {
			to = to.And(length)
		}
		return to
	}
	var seconds uint64 // whole numbers are exact
	for _, each := range r.seconds[r.From:r.To] {
		seconds += uint64(each)
	}
	return to.And(float64(seconds))
}

// Sum is a sum of lengths with what its rounding left out, so that the sums of windows come out of one another as they
// would be by themselves.
type Sum struct{ Value, Rest float64 }

// And is the sum with one more length.
func (s Sum) And(length float64) Sum {
	whole := s.Value + length
	part := whole - s.Value
	return Sum{whole, s.Rest + ((s.Value - (whole - part)) + (length - part))}
}

// Less is what one sum is more than another.
func (s Sum) Less(before Sum) float64 { return (s.Value - before.Value) + (s.Rest - before.Rest) }
