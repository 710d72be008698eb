package samples

import "github.com/livedora/dora-datasource/pkg/dora/compact"

// Write writes a column, without the times and lanes that it shares with another.
func (c Column) Write(w *compact.Writer, other Column) {
	shared := c.shares(other)
	w.Number(int(c.Lane))
	w.Truths(c.Mixed, shared)
	w.Number(len(c.Partitions))
	for i := range c.Partitions {
		p := &c.Partitions[i]
		w.Number(int(p.Begin))
		w.Words(p.hits)
		w.Words(p.seconds)
		w.Floats(p.exact)
		if shared {
			continue
		}
		w.Words(p.At)
		w.Number(len(p.lanes))
		for _, lane := range p.lanes {
			w.Number(int(lane))
		}
	}
}

// ReadColumn reads what column.write wrote, of a service that has so many lanes. It may share the times and lanes of another.
func ReadColumn(r *compact.Reader, lanes int, other Column) Column {
	c := Column{Lane: int16(r.Number())} //nolint:gosec // as it was written
	is := r.Truths()
	c.Mixed = is[0]
	c.Partitions = make([]Partition, r.Length())
	if is[1] && len(other.Partitions) != len(c.Partitions) {
		r.Fail()
		return Column{}
	}
	for i := range c.Partitions {
		p := &c.Partitions[i]
		p.Begin, p.hits, p.seconds = int64(r.Number()), r.Words(), r.Words()
		p.exact = r.Floats()
		if is[1] {
			p.At, p.lanes = other.Partitions[i].At, other.Partitions[i].lanes
			continue
		}
		p.At = r.Words()
		if n := r.Length(); n > 0 {
			p.lanes = make([]int16, n)
			for i := range p.lanes {
				p.lanes[i] = int16(r.Number()) //nolint:gosec // as it was written
				if p.lanes[i] < NoLane || int(p.lanes[i]) >= lanes {
					r.Fail()
				}
			}
		}
	}
	return c
}
