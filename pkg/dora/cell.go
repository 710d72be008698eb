package dora

import "slices"

// strip is a group's samples from cut to cut: those of a point are neighbours, and points that overlap share them.
type strip struct {
	axis   *plan
	n, k   []int     // before each cut: samples, and those of them that count
	values []float64 // where the statistic reads lengths
	sums   []sum     // where it reads sums: before each cut, and, last, all of them
	weeks  *weeks    // where it looks at weeks
	// ranking is of the values, where points overlap.
	ranking *ranking
}

// sum is a sum of lengths with what its rounding left out, so that the sums of windows come out of one another as they
// would be by themselves.
type sum struct{ value, rest float64 }

// and is the sum with one more length.
func (s sum) and(length float64) sum {
	whole := s.value + length
	part := whole - s.value
	return sum{whole, s.rest + ((s.value - (whole - part)) + (length - part))}
}

// less is what one sum is more than another.
func (s sum) less(before sum) float64 { return (s.value - before.value) + (s.rest - before.rest) }

// gather reads the strip of a group.
func (g *group) gather(axis *plan, reads reading, columnOf func(*Facts) column) *strip {
	s := &strip{axis: axis, n: make([]int, len(axis.cuts)+1), k: make([]int, len(axis.cuts)+1)}
	paid := purse{toll: axis.toll}
	defer paid.settle()
	g.walk(axis.cuts, columnOf, &paid, func(between int, r run) {
		s.n[between+1] += r.to - r.from
		s.k[between+1] += r.hitsIn()
	})
	for i := range axis.cuts {
		s.n[i+1] += s.n[i]
		s.k[i+1] += s.k[i]
	}
	place, size := slices.Clone(s.n), s.n[len(axis.cuts)]
	switch reads {
	case nothing:
	case lengthsOf:
		s.values = make([]float64, size)
		g.walk(axis.cuts, columnOf, &paid, func(between int, r run) {
			r.lengths(s.values[place[between]:])
			place[between] += r.to - r.from
			paid.pay(r.to - r.from)
		})
		if axis.overlap && !paid.spent {
			s.ranking = newRanking(s.values)
		}
	case sumsOf:
		s.sums = make([]sum, len(axis.cuts)+1)
		g.walk(axis.cuts, columnOf, &paid, func(between int, r run) {
			s.sums[between+1] = r.sum(s.sums[between+1])
			paid.pay(r.to - r.from)
		})
		for i := range axis.cuts {
			before := s.sums[i]
			s.sums[i+1] = before.and(s.sums[i+1].value).and(s.sums[i+1].rest)
		}
	case daysOf:
		s.weeks = axis.weeks.marked()
		g.walk(axis.cuts, columnOf, &paid, func(_ int, r run) {
			s.weeks.mark(r)
			paid.pay(r.to - r.from)
		})
	}
	return s
}

// cell is what one point covers, but for the order of its values.
func (s *strip) cell(point int) cell {
	from, to := s.axis.from[point], s.axis.to[point]
	c := cell{span: s.axis.windows[point], n: s.n[to] - s.n[from], k: s.k[to] - s.k[from], days: s.axis.days}
	if s.values != nil {
		c.values = s.values[s.n[from]:s.n[to]]
	}
	if s.sums != nil {
		c.sum = s.sums[to].less(s.sums[from])
	}
	return c
}

// reader gives what points cover, which must be asked for from left to right.
func (s *strip) reader(paid *purse) func(point int) cell {
	if s.weeks != nil {
		moving := s.weeks.slide()
		return func(point int) cell {
			c := s.cell(point)
			c.weeks = moving
			return c
		}
	}
	if s.ranking == nil {
		return func(point int) cell {
			c := s.cell(point)
			c.order = selection(c.values)
			return c
		}
	}
	moving := s.ranking.slide()
	return func(point int) cell {
		c := s.cell(point)
		paid.pay(moving.cover(s.n[s.axis.from[point]], s.n[s.axis.to[point]]))
		c.order = moving
		return c
	}
}

// walk yields the runs of a group's samples between cuts, member by member.
func (g *group) walk(cuts []int64, columnOf func(*Facts) column, paid *purse, yield func(between int, r run)) {
	for i := range g.members {
		if !paid.pay(1) {
			return
		}
		m := &g.members[i]
		c := columnOf(m.facts)
		switch {
		case len(c.partitions) == 0:
		case c.mixed:
			c.walk(cuts, func(between int, r run) { r.of(m.lanes, func(r run) { yield(between, r) }) })
		case m.lanes[c.lane+1]:
			c.walk(cuts, yield)
		}
	}
}

// of yields the parts of a run that belong to some lanes.
func (r run) of(lanes []bool, yield func(run)) {
	for i := r.from; i < r.to; {
		for i < r.to && !lanes[r.lanes[i]+1] {
			i++
		}
		from := i
		for i < r.to && lanes[r.lanes[i]+1] {
			i++
		}
		if from < i {
			yield(run{r.partition, from, i})
		}
	}
}

// hitsIn is how many of a run count.
func (r run) hitsIn() int {
	if r.hits == nil {
		return 0
	}
	return int(r.hits[r.to] - r.hits[r.from])
}

// lengths copies a run's lengths, in seconds.
func (r run) lengths(into []float64) {
	if r.exact != nil {
		copy(into, r.exact[r.from:r.to])
		return
	}
	for i, seconds := range r.seconds[r.from:r.to] {
		into[i] = float64(seconds)
	}
}

// sum adds a run's lengths, in seconds, to others.
func (r run) sum(to sum) sum {
	if r.exact != nil {
		for _, length := range r.exact[r.from:r.to] {
			to = to.and(length)
		}
		return to
	}
	var seconds uint64 // whole numbers are exact
	for _, each := range r.seconds[r.from:r.to] {
		seconds += uint64(each)
	}
	return to.and(float64(seconds))
}
