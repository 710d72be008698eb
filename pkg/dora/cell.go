package dora

import "slices"

// strip is a group's samples from cut to cut: those of a point are neighbours, and points that overlap share them.
type strip struct {
	axis   *plan
	n, k   []int     // before each cut: samples, and those of them that count
	values []float64 // where the statistic reads lengths
	times  []int64   // where it reads times; unix milliseconds
	// ranking is of the values, where points overlap.
	ranking *ranking
}

// gather reads the strip of a group.
func (g *group) gather(axis *plan, reads reading, columnOf func(*Facts) column) *strip {
	s := &strip{axis: axis, n: make([]int, len(axis.cuts)+1), k: make([]int, len(axis.cuts)+1)}
	g.walk(axis.cuts, columnOf, func(between int, r run) {
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
		g.walk(axis.cuts, columnOf, func(between int, r run) {
			r.lengths(s.values[place[between]:])
			place[between] += r.to - r.from
		})
		if axis.overlap {
			s.ranking = newRanking(s.values)
		}
	case timesOf:
		s.times = make([]int64, size)
		g.walk(axis.cuts, columnOf, func(between int, r run) {
			r.times(s.times[place[between]:])
			place[between] += r.to - r.from
		})
	}
	return s
}

// cell is what one point covers, but for the order of its values.
func (s *strip) cell(point int) cell {
	from, to := s.axis.from[point], s.axis.to[point]
	c := cell{span: s.axis.windows[point], n: s.n[to] - s.n[from], k: s.k[to] - s.k[from]}
	if s.values != nil {
		c.values = s.values[s.n[from]:s.n[to]]
	}
	if s.times != nil {
		c.at = s.times[s.n[from]:s.n[to]]
	}
	return c
}

// reader gives what points cover, which must be asked for from left to right.
func (s *strip) reader() func(point int) cell {
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
		moving.cover(s.n[s.axis.from[point]], s.n[s.axis.to[point]])
		c.order = moving
		return c
	}
}

// walk yields the runs of a group's samples between cuts, member by member.
func (g *group) walk(cuts []int64, columnOf func(*Facts) column, yield func(between int, r run)) {
	for i := range g.members {
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

// times copies a run's times, in unix milliseconds.
func (r run) times(into []int64) {
	for i, at := range r.at[r.from:r.to] {
		into[i] = r.begin + int64(at)
	}
}
