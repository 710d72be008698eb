package dora

import (
	"cmp"
	"slices"
)

// claims are the changes that commits belong to. Nearly every commit belongs to one or none, so those have an array, and
// only the rest a map.
type claims struct {
	first []*change // by node; nil where there is none, or several
	more  map[node][]*change
}

// of lists the changes of a commit, by number.
func (c *claims) of(n node) []*change {
	switch {
	case n == noNode || int(n) >= len(c.first):
		return nil
	case c.first[n] != nil:
		return c.first[n : n+1 : n+1]
	}
	return c.more[n]
}

func (c *claims) add(n node, to *change) {
	if n == noNode {
		return
	}
	for int(n) >= len(c.first) {
		c.first = append(c.first, nil)
	}
	if len(c.of(n)) == 0 {
		c.first[n] = to
		return
	}
	all := append(slices.Clone(c.of(n)), to)
	slices.SortFunc(all, func(a, b *change) int { return cmp.Compare(a.event.Number, b.event.Number) })
	if c.more == nil {
		c.more = map[node][]*change{}
	}
	c.first[n], c.more[n] = nil, all
}

func (c *claims) remove(n node, of *change) {
	if n == noNode || int(n) >= len(c.first) {
		return
	}
	if c.first[n] == of {
		c.first[n] = nil
		return
	}
	if left := slices.DeleteFunc(c.more[n], func(other *change) bool { return other == of }); len(left) > 0 {
		c.more[n] = left
	} else {
		delete(c.more, n)
	}
}
