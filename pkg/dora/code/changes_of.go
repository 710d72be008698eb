package code

import (
	"cmp"
	"slices"
)

// ChangesOf are the changes that commits belong to. Nearly every commit belongs to one or none, so those have an array, and
// only the rest a map.
type ChangesOf struct {
	first []*Change // by node; nil where there is none, or several
	more  map[Node][]*Change
}

// Of lists the changes of a commit, by number.
func (c *ChangesOf) Of(n Node) []*Change {
	switch {
	case n == NoNode || int(n) >= len(c.first):
		return nil
	case c.first[n] != nil:
		return c.first[n : n+1 : n+1]
	}
	return c.more[n]
}

func (c *ChangesOf) add(n Node, to *Change) {
	if n == NoNode {
		return
	}
	for int(n) >= len(c.first) {
		c.first = append(c.first, nil)
	}
	if len(c.Of(n)) == 0 {
		c.first[n] = to
		return
	}
	all := append(slices.Clone(c.Of(n)), to)
	slices.SortFunc(all, func(a, b *Change) int { return cmp.Compare(a.Event.Number, b.Event.Number) })
	if c.more == nil {
		c.more = map[Node][]*Change{}
	}
	c.first[n], c.more[n] = nil, all
}

func (c *ChangesOf) remove(n Node, of *Change) {
	if n == NoNode || int(n) >= len(c.first) {
		return
	}
	if c.first[n] == of {
		c.first[n] = nil
		return
	}
	if left := slices.DeleteFunc(c.more[n], func(other *Change) bool { return other == of }); len(left) > 0 {
		c.more[n] = left
	} else {
		delete(c.more, n)
	}
}
