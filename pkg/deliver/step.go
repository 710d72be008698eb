package deliver

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/sink"
)

// stepPoints bounds how many points are under way between two writings of the ledger.
const stepPoints = 20_000

// change is a bucket of which something else is in the sink than belongs there.
type change struct {
	line
	block     *block // nil: nothing belongs there
	span      int
	old, next entry
}

// step is a piece of work that the ledger knows of before it begins.
type step struct {
	changes []change
	gone    []sink.Gone
	points  int
}

// plan is what is to be done in a part: steps of bounded size.
type plan struct {
	steps   []step
	current step
	pending int
}

// differences compares what belongs into a part with what the ledger has of it. What begins before a time stays as it is.
func differences(there entries, wanted []*block, since int64) *plan {
	p := &plan{}
	seen := map[line]bool{}
	for _, b := range wanted {
		seen[b.line] = true
		p.compare(b.line, there[b.line], b, since)
	}
	for l, list := range there {
		if !seen[l] {
			p.compare(l, list, nil, since)
		}
	}
	p.cut()
	return p
}

// compare goes through the buckets of a line in order of time.
func (p *plan) compare(l line, there []entry, b *block, since int64) {
	r := runs{plan: p, line: l}
	defer r.end()
	at, _ := find(there, since)
	there = there[at:]
	spans := 0
	if b != nil {
		spans = len(b.spans)
	}
	for span := 0; span < spans || len(there) > 0; {
		c := change{line: l, block: b, span: span}
		switch {
		case span < spans && (len(there) == 0 || b.spans[span].Start.Unix() <= there[0].start):
			c.next = b.entry(span)
			c.old = entry{start: c.next.start}
			if len(there) > 0 && there[0].start == c.next.start {
				c.old, there = there[0], there[1:]
			}
			span++
		default: // of another zone, or of a line that is no more
			c.old, there = there[0], there[1:]
			c.next, c.block = entry{start: c.old.start}, nil
		}
		r.pass(&c)
	}
}

// runs are stretches of buckets of a line out of which something is taken: in one go, as far as nothing stays as it is in
// between. What is written anew in between is taken too, before it is written.
type runs struct {
	*plan
	line line
	of   map[int]*sink.Gone // by kind; everything by -1
}

const everything = -1

// pass takes a bucket into the plan, where something is to be done.
func (r *runs) pass(c *change) {
	if c.old.kinds == 0 && c.next.kinds == 0 {
		return
	}
	if c.old.digest == c.next.digest && c.old.kinds == c.next.kinds && c.old.digest != unsure {
		for kind := range r.of {
			if kind == everything || c.next.kinds&(1<<kind) != 0 {
				r.close(kind)
			}
		}
		return
	}
	r.current.changes = append(r.current.changes, *c)
	r.pending++
	for kind := range sink.Kinds {
		if c.next.kinds&(1<<kind) != 0 {
			r.current.points++
		} else if c.next.kinds != 0 && c.old.kinds&(1<<kind) != 0 {
			r.extend(kind, c.old.start)
		}
	}
	if c.next.kinds == 0 {
		r.extend(everything, c.old.start)
		r.current.points++
	}
	if r.current.points >= stepPoints {
		r.end()
		r.cut()
	}
}

func (r *runs) extend(kind int, start int64) {
	at := time.Unix(start, 0).UTC()
	if g := r.of[kind]; g != nil {
		g.To = at
		return
	}
	g := &sink.Gone{Group: r.line.Group, Bucket: r.line.Bucket, From: at, To: at}
	if kind != everything {
		g.Metric, g.Statistic = sink.Kinds[kind].Metric, sink.Kinds[kind].Statistic
	}
	if r.of == nil {
		r.of = map[int]*sink.Gone{}
	}
	r.of[kind] = g
}

func (r *runs) close(kind int) {
	r.current.gone = append(r.current.gone, *r.of[kind])
	delete(r.of, kind)
}

func (r *runs) end() {
	for kind := range r.of {
		r.close(kind)
	}
}

// cut ends the step under way.
func (p *plan) cut() {
	if len(p.current.changes) > 0 {
		p.steps = append(p.steps, p.current)
	}
	p.current = step{}
}

// intend enters what may be in the sink from now on.
func (s *step) intend(in entries) {
	for i := range s.changes {
		c := &s.changes[i]
		in.put(c.line, entry{c.old.start, unsure, c.old.kinds | c.next.kinds})
	}
}

// settle enters what is in the sink now.
func (s *step) settle(in entries) {
	for i := range s.changes {
		in.put(s.changes[i].line, s.changes[i].next)
	}
}

// written are the points of a step.
func (s *step) written() []sink.Point {
	points := make([]sink.Point, 0, s.points)
	for i := range s.changes {
		if c := &s.changes[i]; c.block != nil && c.next.kinds != 0 {
			points = c.block.points(c.span, points)
		}
	}
	return points
}

// forget drops what begins before a time, which stays in the sink as it is.
func (all entries) forget(since int64) {
	for l, list := range all {
		if at, _ := find(list, since); at == len(list) {
			delete(all, l)
		} else if at > 0 {
			all[l] = slices.Clone(list[at:])
		}
	}
}
