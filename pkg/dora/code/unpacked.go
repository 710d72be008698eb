package code

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// Unpacked is what a repository's commits and changes are worked into while they are unpacked.
type Unpacked struct {
	Graph      *Graph
	Main       MainLine
	Changes    map[int]*Change
	gone       map[int]dora.Header // of changes that the source shows no longer; nil where there are none
	ByMerge    ChangesOf           // what landed with a commit
	owners     ChangesOf           // whose commit it is: a change's own, or one that its rebase landed
	unresolved []*Change           // changes whose landed commits are not worked out, and some that are no more
	merges     []*Change           // changes that have a merge commit, and some that are no more
	added      int                 // how many versions of changes there were
	judged     judgement           // when promotions were told from other changes
	children   []uint8             // how many commits each has on top of it, while they are told
	in         *unpacker
	newChanges arena[Change]
	newNodes   arena[Node]
}

// Size counts what there is of each kind.
type Size struct{ Commits, Changes int }

// Change is a pull request in the graph.
type Change struct {
	Event   *dora.Change
	Merge   Node
	witness Node // a commit that speaks against its being a promotion; noNode until one was looked for
	commits []Node
	Reverts *Revert

	// Derived is what was last derived of it, under which definition's reading: a deployment that arrives changes none of
	// those that were there. It belongs to who derives.
	Derived any
	Reading int
	// Hotfix is what was last judged of it, under which reading.
	Hotfix    bool
	Promotion bool
	Judged    int
}

// newUnpacked has room for what there will be.
func newUnpacked(room packedSize) *Unpacked {
	const more = 16 // a part of the nodes, that merges and deployments name
	return &Unpacked{
		in: newUnpacker(), Graph: newGraph(room.nodes + room.nodes/more), Main: MainLine{head: NoNode},
		Changes: make(map[int]*Change, room.Changes), unresolved: make([]*Change, 0, room.Changes),
		ByMerge: ChangesOf{first: make([]*Change, room.nodes)}, owners: ChangesOf{first: make([]*Change, room.nodes)},
	}
}

func (c *Unpacked) size() Size { return Size{c.Graph.size, len(c.Changes)} }

// take takes in what was told; false: it changes nothing.
func (c *Unpacked) take(t *Told) bool {
	c.in.Rest = []byte(t.entry)
	return c.add(c.in.entry())
}

func (c *Unpacked) add(e *entry) bool {
	if e.change == nil {
		return c.Graph.add(e)
	}
	return c.addChange(e.change, e.own, e.reverts)
}

// addChange takes a change in, its commits, and what it says of reverts; false: a version that is as new is there.
func (c *Unpacked) addChange(e *dora.Change, own []compact.Raw, reverts *Revert) bool {
	if was, ok := c.gone[e.Number]; ok {
		if !e.NewerThan(was) {
			return false
		}
		delete(c.gone, e.Number)
	}
	if known := c.Changes[e.Number]; known != nil {
		if !e.NewerThan(known.Event.Header) {
			return false
		}
		c.disown(known)
	}
	c.added++
	if e.Withdrawn {
		if c.gone == nil {
			c.gone = map[int]dora.Header{}
		}
		delete(c.Changes, e.Number)
		c.gone[e.Number] = e.Header
		return true
	}
	added := c.newChanges.one()
	*added = Change{Event: e, Merge: c.Graph.Name(e.MergeCommit), witness: NoNode, Reverts: reverts, commits: c.newNodes.some(len(own))[:0]}
	for _, name := range own {
		if sha, is := name.SHA(); is {
			n := c.Graph.name(sha)
			added.commits = append(added.commits, n)
			c.owners.add(n, added)
		}
	}
	if added.Merge != NoNode {
		c.ByMerge.add(added.Merge, added)
	}
	c.Changes[e.Number] = added
	c.unresolved = append(c.unresolved, added)
	return true
}

func (c *Unpacked) disown(of *Change) {
	c.ByMerge.remove(of.Merge, of)
	for _, n := range of.commits {
		c.owners.remove(n, of)
	}
}

// Settle works out what depends on a repository as a whole: its main line, which ends at head and does not move where that
// is empty, which commits a rebase landed, and which changes are promotions.
func (c *Unpacked) Settle(head string) {
	c.Main.extend(c.Graph, c.Graph.Name(head))
	c.unresolved = slices.DeleteFunc(c.unresolved, func(of *Change) bool {
		if c.Changes[of.Event.Number] != of {
			return true // a newer version took its place
		}
		found, whole := c.landedByRebase(of)
		for _, landed := range found {
			if !slices.Contains(of.commits, landed) {
				of.commits = append(of.commits, landed)
				c.owners.add(landed, of)
			}
		}
		if c.Graph.Known(of.Merge) && c.Graph.Merge(of.Merge) {
			c.merges = append(c.merges, of)
			return true
		}
		return (whole && c.Graph.Known(of.Merge)) || of.Merge == NoNode
	})
	c.judge()
}

// landedByRebase finds the commits that a rebase put on the main line in place of the change's own: going back from
// the last that landed, each keeps the author date of one of them, in their order. It is not whole while the way back
// leads to a commit that is not known.
func (c *Unpacked) landedByRebase(of *Change) (landed []Node, whole bool) {
	own := of.Event.Commits
	at := of.Merge
	for i := len(own) - 1; i >= 0; i-- {
		if !c.Graph.Known(at) {
			return landed, false
		}
		if c.Graph.Merge(at) {
			break
		}
		if at != of.Merge && c.Graph.Commits[at].Committed.Before(of.Event.Opened) {
			break // it was on the main line before there was anything to rebase: the branch has a copy of it
		}
		if !c.Graph.Commits[at].Authored.Equal(own[i].Authored) {
			continue // merge commits of the branch do not land
		}
		landed = append(landed, at)
		if len(c.Graph.Commits[at].Parents) == 0 {
			break
		}
		at = c.Graph.Commits[at].Parents[0]
	}
	return landed, true
}

// Plain says whether a commit on the main line is a change of its own: it belongs to no pull request.
func (c *Unpacked) Plain(n Node) bool {
	_, on := c.Main.Position(n)
	return on && len(c.ByMerge.Of(n)) == 0 && !c.owned(n)
}

// Outside says whether a commit belongs to no change: it is not on the main line's history, where something brought it in,
// and no pull request's. Merges bring nothing of their own.
func (c *Unpacked) Outside(n Node) bool {
	return !c.Main.Contains(n) && !c.Graph.Merge(n) && len(c.ByMerge.Of(n)) == 0 && !c.owned(n)
}
