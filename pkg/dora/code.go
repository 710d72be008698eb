package dora

import "slices"

// code is what a repository's commits and changes are worked into while they are awake.
type code struct {
	graph      *graph
	main       mainLine
	changes    map[int]*change
	gone       map[int]Header // of changes that the source shows no longer; nil where there are none
	byMerge    claims         // what landed with a commit
	owners     claims         // whose commit it is: a change's own, or one that its rebase landed
	unresolved []*change      // changes whose landed commits are not worked out, and some that are no more
	merges     []*change      // changes that have a merge commit, and some that are no more
	added      int            // how many versions of changes there were
	judged     judgement      // when promotions were told from other changes
	children   []uint8        // how many commits each has on top of it, while they are told
	newChanges slab[change]
	newNodes   slab[node]
}

// codeSize counts what there is of each kind.
type codeSize struct{ commits, changes int }

type change struct {
	event   *Change
	merge   node
	witness node // a commit that speaks against its being a promotion; noNode until one was looked for
	commits []node
	reverts *revert

	// fact is what was last derived of it, under which definition's reading: a deployment that arrives changes none of
	// those that were there.
	fact    *ChangeFact
	reading int
	// hotfix is what was last judged of it, under which reading.
	hotfix    bool
	promotion bool
	judged    int
}

// newCode has room for what there will be.
func newCode(room restSize) *code {
	const more = 16 // a part of the nodes, that merges and deployments name
	return &code{
		graph: newGraph(room.nodes + room.nodes/more), main: mainLine{head: noNode},
		changes: make(map[int]*change, room.changes), unresolved: make([]*change, 0, room.changes),
		byMerge: claims{first: make([]*change, room.nodes)}, owners: claims{first: make([]*change, room.nodes)},
	}
}

func (c *code) size() codeSize { return codeSize{c.graph.size, len(c.changes)} }

// addChange takes a change in, and what it says of reverts; false: a version that is as new is there. It keeps the event,
// without what nothing asks for once it is read: its text, and its commits' names, which the graph has. That is a third
// of it.
func (c *code) addChange(e *Change, reverts *revert) bool {
	if was, ok := c.gone[e.Number]; ok {
		if !e.NewerThan(was) {
			return false
		}
		delete(c.gone, e.Number)
	}
	if known := c.changes[e.Number]; known != nil {
		if !e.NewerThan(known.event.Header) {
			return false
		}
		c.disown(known)
	}
	c.added++
	if e.Withdrawn {
		if c.gone == nil {
			c.gone = map[int]Header{}
		}
		delete(c.changes, e.Number)
		c.gone[e.Number] = e.Header
		return true
	}
	added := c.newChanges.one()
	*added = change{event: e, merge: c.graph.name(e.MergeCommit), witness: noNode, reverts: reverts, commits: c.newNodes.some(len(e.Commits))[:0]}
	for i := range e.Commits {
		if n := c.graph.name(e.Commits[i].SHA); n != noNode {
			added.commits = append(added.commits, n)
			c.owners.add(n, added)
		}
		e.Commits[i].SHA = ""
	}
	e.Body = ""
	if added.merge != noNode {
		c.byMerge.add(added.merge, added)
	}
	c.changes[e.Number] = added
	c.unresolved = append(c.unresolved, added)
	return true
}

// copied is a change that may be altered.
func copied(e *Change) *Change {
	own := *e
	own.Commits = slices.Clone(e.Commits)
	return &own
}

func (c *code) disown(of *change) {
	c.byMerge.remove(of.merge, of)
	for _, n := range of.commits {
		c.owners.remove(n, of)
	}
}

// settle works out what depends on a repository as a whole: its main line, which commits a rebase landed, and which changes
// are promotions.
func (r *repository) settle() {
	if r.event != nil {
		r.main.extend(r.graph, r.graph.name(r.event.HeadSHA))
	}
	r.unresolved = slices.DeleteFunc(r.unresolved, func(c *change) bool {
		if r.changes[c.event.Number] != c {
			return true // a newer version took its place
		}
		found, whole := r.landedByRebase(c)
		for _, landed := range found {
			if !slices.Contains(c.commits, landed) {
				c.commits = append(c.commits, landed)
				r.owners.add(landed, c)
			}
		}
		if r.graph.known(c.merge) && r.graph.merge(c.merge) {
			r.merges = append(r.merges, c)
			return true
		}
		return (whole && r.graph.known(c.merge)) || c.merge == noNode
	})
	r.judge()
}

// landedByRebase finds the commits that a rebase put on the main line in place of the change's own: going back from
// the last that landed, each keeps the author date of one of them, in their order. It is not whole while the way back
// leads to a commit that is not known.
func (c *code) landedByRebase(of *change) (landed []node, whole bool) {
	own := of.event.Commits
	at := of.merge
	for i := len(own) - 1; i >= 0; i-- {
		if !c.graph.known(at) {
			return landed, false
		}
		if c.graph.merge(at) {
			break
		}
		if at != of.merge && c.graph.commits[at].committed.Before(of.event.Opened) {
			break // it was on the main line before there was anything to rebase: the branch has a copy of it
		}
		if !c.graph.commits[at].authored.Equal(own[i].Authored) {
			continue // merge commits of the branch do not land
		}
		landed = append(landed, at)
		if len(c.graph.commits[at].parents) == 0 {
			break
		}
		at = c.graph.commits[at].parents[0]
	}
	return landed, true
}

// plain says whether a commit on the main line is a change of its own: it belongs to no pull request.
func (c *code) plain(n node) bool {
	_, on := c.main.position(n)
	return on && len(c.byMerge.of(n)) == 0 && !c.owned(n)
}

// outside says whether a commit belongs to no change: it is not on the main line's history, where something brought it in,
// and no pull request's. Merges bring nothing of their own.
func (c *code) outside(n node) bool {
	return !c.main.contains(n) && !c.graph.merge(n) && len(c.byMerge.of(n)) == 0 && !c.owned(n)
}
