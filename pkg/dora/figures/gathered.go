package figures

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// gathered is a group's samples from cut to cut: those of a point are neighbours, and points that overlap share them.
type gathered struct {
	axis   *plan
	n, k   []int         // before each cut: samples, and those of them that count
	values []float64     // where the statistic reads lengths
	sums   []samples.Sum // where it reads sums: before each cut, and, last, all of them
	weeks  *weeks        // where it looks at weeks
	// ranking is of the values, where points overlap.
	ranking *ranking
}

// gather reads what a group has.
func (g *group) gather(axis *plan, reads reading, columnOf func(*facts.Service) samples.Column) *gathered {
	s := &gathered{axis: axis, n: make([]int, len(axis.cuts)+1), k: make([]int, len(axis.cuts)+1)}
	counted := effort.Counter{Meter: axis.meter}
	defer counted.Flush()
	g.walk(axis.cuts, columnOf, &counted, func(between int, r samples.Stretch) {
		s.n[between+1] += r.To - r.From
		s.k[between+1] += r.HitsIn()
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
		g.walk(axis.cuts, columnOf, &counted, func(between int, r samples.Stretch) {
			r.Lengths(s.values[place[between]:])
			place[between] += r.To - r.From
			counted.Add(r.To - r.From)
		})
		if axis.overlap && !counted.Stopped {
			s.ranking = newRanking(s.values)
		}
	case sumsOf:
		s.sums = make([]samples.Sum, len(axis.cuts)+1)
		g.walk(axis.cuts, columnOf, &counted, func(between int, r samples.Stretch) {
			s.sums[between+1] = r.Sum(s.sums[between+1])
			counted.Add(r.To - r.From)
		})
		for i := range axis.cuts {
			before := s.sums[i]
			s.sums[i+1] = before.And(s.sums[i+1].Value).And(s.sums[i+1].Rest)
		}
	case daysOf:
		s.weeks = axis.weeks.marked()
		g.walk(axis.cuts, columnOf, &counted, func(_ int, r samples.Stretch) {
			s.weeks.mark(r)
			counted.Add(r.To - r.From)
		})
	}
	return s
}

// covered is what one point covers, but for the order of its values.
func (s *gathered) at(point int) covered {
	from, to := s.axis.from[point], s.axis.to[point]
	c := covered{span: s.axis.windows[point], n: s.n[to] - s.n[from], k: s.k[to] - s.k[from], days: s.axis.days}
	if s.values != nil {
		c.values = s.values[s.n[from]:s.n[to]]
	}
	if s.sums != nil {
		c.sum = s.sums[to].Less(s.sums[from])
	}
	return c
}

// reader gives what points cover, which must be asked for from left to right.
func (s *gathered) reader(counted *effort.Counter) func(point int) covered {
	if s.weeks != nil {
		moving := s.weeks.slide()
		return func(point int) covered {
			c := s.at(point)
			c.weeks = moving
			return c
		}
	}
	if s.ranking == nil {
		return func(point int) covered {
			c := s.at(point)
			c.order = selection(c.values)
			return c
		}
	}
	moving := s.ranking.slide()
	return func(point int) covered {
		c := s.at(point)
		counted.Add(moving.cover(s.n[s.axis.from[point]], s.n[s.axis.to[point]]))
		c.order = moving
		return c
	}
}

// walk yields the runs of a group's samples between cuts, member by member.
func (g *group) walk(cuts []int64, columnOf func(*facts.Service) samples.Column, counted *effort.Counter, yield func(between int, r samples.Stretch)) {
	for i := range g.members {
		if !counted.Add(1) {
			return
		}
		m := &g.members[i]
		c := columnOf(m.facts)
		switch {
		case len(c.Partitions) == 0:
		case c.Mixed:
			c.Walk(cuts, func(between int, r samples.Stretch) { r.Of(m.lanes, func(r samples.Stretch) { yield(between, r) }) })
		case m.lanes[c.Lane+1]:
			c.Walk(cuts, yield)
		}
	}
}
