package code

import (
	"hash/maphash"

	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// index finds the nodes of a graph by the names of their commits. The names are in the graph alone: there are as many as a
// repository has commits, and the index is made anew each time that it is unpacked.
type index struct {
	slots []int32 // 1 + the node, where the name's hash leads or in one of those behind; 0: none
	used  int
}

var indexSeed = maphash.MakeSeed()

// newIndex has room for so many nodes.
func newIndex(room int) index {
	size := 8
	for crowded(room, size) {
		size *= 2
	}
	return index{slots: make([]int32, size)}
}

// crowded says whether so many in so many slots would often lie far from where they are looked for.
func crowded(used, slots int) bool { return used > slots/4*3 }

// find gives the node of a name, or no node and the slot where it would be.
func (x *index) find(name *compact.SHA, of []Commit) (n Node, slot int) {
	last := len(x.slots) - 1
	for slot = int(maphash.Bytes(indexSeed, name[:])) & last; x.slots[slot] != 0; slot = (slot + 1) & last { //nolint:gosec // any bits do
		if n := Node(x.slots[slot] - 1); of[n].Sha == *name {
			return n, slot
		}
	}
	return NoNode, slot
}

// add enters the last of the nodes, in the slot where it was not found.
func (x *index) add(slot int, of []Commit) {
	x.slots[slot] = int32(len(of)) //nolint:gosec // nodes are that small
	if x.used++; !crowded(x.used+1, len(x.slots)) {
		return
	}
	more := newIndex(2 * x.used)
	for i := range of {
		_, slot := more.find(&of[i].Sha, of)
		more.slots[slot] = int32(i + 1) //nolint:gosec // likewise
	}
	x.slots = more.slots
}
