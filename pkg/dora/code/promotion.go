package code

import (
	"cmp"
	"slices"
)

// A promotion is a pull request that brings in only what was merged before: a release request from develop to main, or a
// merge back. It is no change of its own; what is inside it counts as itself.

// judgement is what of a repository it rests on which of its changes are promotions.
type judgement struct {
	commits, filled, changes int
	head                     Node
}

// judge tells promotions from other changes, where anything came that they may depend on. The landed commits of rebases,
// and the main line, are worked out before.
func (c *Unpacked) judge() {
	now := judgement{c.Graph.size, c.Graph.filled, c.added, c.Main.head}
	if now == c.judged {
		return
	}
	if now.filled != c.judged.filled {
		for _, of := range c.merges {
			of.witness = NoNode // it may have been there before
		}
	}
	c.judged = now
	c.merges = slices.DeleteFunc(c.merges, func(of *Change) bool {
		of.Promotion = c.promotes(of)
		return c.Changes[of.Event.Number] != of // a newer version took its place
	})
	c.children = nil
}

// promotes says whether a change is a promotion: it has a merge commit, and all that this brings in, but for other merges,
// belongs to changes that were merged before. The tip of most changes says that it is none.
func (c *Unpacked) promotes(of *Change) bool {
	if slices.Contains(of.commits, of.Merge) {
		return false // it was the tip of the branch, and landed as it was
	}
	if of.witness != NoNode {
		return c.promotesOffLine(of)
	}
	if position, on := c.Main.Position(of.Merge); on {
		return c.promotesOnLine(of, int32(position)+1)
	}
	return c.promotesOffLine(of)
}

// promotesOnLine walks over what a commit of the main line brought in.
func (c *Unpacked) promotesOnLine(of *Change, position int32) bool {
	g := c.Graph
	seen := map[Node]bool{}
	stack := slices.Clone(g.Commits[of.Merge].Parents[1:])
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case !g.Known(n):
			return c.promotesOffLine(of) // whether it was there before takes a longer walk
		case c.Main.Bringer[n] != position || seen[n]:
			continue
		case !g.Merge(n) && !c.mergedBefore(n, of):
			return false
		}
		seen[n] = true
		stack = append(stack, g.Commits[n].Parents...)
	}
	return true
}

// promotesOffLine finds out what a merge anywhere brought in. The first commit that speaks against a promotion is
// remembered, for the next time that the question comes.
func (c *Unpacked) promotesOffLine(of *Change) bool {
	g := c.Graph
	g.number()
	if n := of.witness; n != NoNode && !c.mergedBefore(n, of) && !c.landedBefore(n, of, nil) {
		return false
	}
	if of.witness = c.ownWork(of); of.witness != NoNode {
		return false
	}
	brought := map[Node]bool{}
	promotes := true
	g.Between(g.Commits[of.Merge].Parents[0], of.Merge, func(n Node) bool {
		brought[n] = true
		switch {
		case !g.Known(n):
			promotes = false // never guessed
		case g.Merge(n) || c.mergedBefore(n, of) || c.landedBefore(n, of, brought):
		default:
			promotes, of.witness = false, n
		}
		return promotes
	})
	return promotes
}

// ownWork looks for a commit that speaks against a promotion where it takes no long walk: down the branch that was merged,
// as long as nothing else was made on top of it. noNode: there is none.
func (c *Unpacked) ownWork(of *Change) Node {
	g := c.Graph
	if c.children == nil {
		c.children = g.children()
	}
	for _, n := range g.Commits[of.Merge].Parents[1:] {
		for g.Known(n) && c.children[n] == 1 {
			if !g.Merge(n) && !c.mergedBefore(n, of) && !c.landedBefore(n, of, nil) {
				return n
			}
			if len(g.Commits[n].Parents) == 0 {
				break
			}
			n = g.Commits[n].Parents[0]
		}
	}
	return NoNode
}

// children counts, for each commit, those made on top of it; 2 stands for more.
func (g *Graph) children() []uint8 {
	count := make([]uint8, len(g.Commits))
	for i := range g.Commits {
		for _, p := range g.Commits[i].Parents {
			count[p] = min(count[p]+1, 2)
		}
	}
	return count
}

// mergedBefore says whether a commit belongs to a pull request that was merged before a change.
func (c *Unpacked) mergedBefore(n Node, of *Change) bool {
	before := func(other *Change) bool { return other != of && byMerged(other, of) < 0 }
	return slices.ContainsFunc(c.owners.Of(n), before) || slices.ContainsFunc(c.ByMerge.Of(n), before)
}

// landedBefore says whether a commit that a change brings in belongs to what brought it to the main line before. That is
// then among what the change brings in, of which a walk knows; without one, what may be is taken for it.
func (c *Unpacked) landedBefore(n Node, of *Change, brought map[Node]bool) bool {
	if !c.Main.Contains(n) {
		return false
	}
	landed := c.Main.Landed[c.Main.Bringer[n]-1]
	if landed == of.Merge || c.Graph.Commits[landed].generation >= c.Graph.Commits[of.Merge].generation {
		return false
	}
	return (brought == nil || brought[landed]) && (len(c.ByMerge.Of(landed)) == 0 || c.mergedBefore(landed, of))
}

// byMerged orders changes by when they were merged; of one moment, by number.
func byMerged(a, b *Change) int {
	return cmp.Or(a.Event.Merged.Compare(b.Event.Merged), cmp.Compare(a.Event.Number, b.Event.Number))
}

// owned says whether a commit belongs to a change by its own commits. What a promotion lists belongs to others.
func (c *Unpacked) owned(n Node) bool { return len(c.OwnersOf(n)) > 0 }

// OwnersOf lists the changes that a commit belongs to by their own commits, by number.
func (c *Unpacked) OwnersOf(n Node) []*Change {
	owners := c.owners.Of(n)
	isPromotion := func(of *Change) bool { return of.Promotion }
	if !slices.ContainsFunc(owners, isPromotion) {
		return owners
	}
	return slices.DeleteFunc(slices.Clone(owners), isPromotion)
}
