package dora

import (
	"cmp"
	"slices"
)

// A promotion is a pull request that brings in only what was merged before: a release request from develop to main, or a
// merge back. It is no change of its own; what is inside it counts as itself.

// judgement is what of a repository it rests on which of its changes are promotions.
type judgement struct {
	commits, filled, changes int
	head                     node
}

// judge tells promotions from other changes, where anything came that they may depend on. The landed commits of rebases,
// and the main line, are worked out before.
func (c *code) judge() {
	now := judgement{c.graph.size, c.graph.filled, c.added, c.main.head}
	if now == c.judged {
		return
	}
	if now.filled != c.judged.filled {
		for _, of := range c.merges {
			of.witness = noNode // it may have been there before
		}
	}
	c.judged = now
	c.merges = slices.DeleteFunc(c.merges, func(of *change) bool {
		of.promotion = c.promotes(of)
		return c.changes[of.event.Number] != of // a newer version took its place
	})
	c.children = nil
}

// promotes says whether a change is a promotion: it has a merge commit, and all that this brings in, but for other merges,
// belongs to changes that were merged before. The tip of most changes says that it is none.
func (c *code) promotes(of *change) bool {
	if slices.Contains(of.commits, of.merge) {
		return false // it was the tip of the branch, and landed as it was
	}
	if of.witness != noNode {
		return c.promotesOffLine(of)
	}
	if position, on := c.main.position(of.merge); on {
		return c.promotesOnLine(of, int32(position)+1)
	}
	return c.promotesOffLine(of)
}

// promotesOnLine walks over what a commit of the main line brought in.
func (c *code) promotesOnLine(of *change, position int32) bool {
	g := c.graph
	seen := map[node]bool{}
	stack := slices.Clone(g.commits[of.merge].parents[1:])
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case !g.known(n):
			return c.promotesOffLine(of) // whether it was there before takes a longer walk
		case c.main.bringer[n] != position || seen[n]:
			continue
		case !g.merge(n) && !c.mergedBefore(n, of):
			return false
		}
		seen[n] = true
		stack = append(stack, g.commits[n].parents...)
	}
	return true
}

// promotesOffLine finds out what a merge anywhere brought in. The first commit that speaks against a promotion is
// remembered, for the next time that the question comes.
func (c *code) promotesOffLine(of *change) bool {
	g := c.graph
	g.number()
	if n := of.witness; n != noNode && !c.mergedBefore(n, of) && !c.landedBefore(n, of, nil) {
		return false
	}
	if of.witness = c.ownWork(of); of.witness != noNode {
		return false
	}
	brought := map[node]bool{}
	promotes := true
	g.between(g.commits[of.merge].parents[0], of.merge, func(n node) bool {
		brought[n] = true
		switch {
		case !g.known(n):
			promotes = false // never guessed
		case g.merge(n) || c.mergedBefore(n, of) || c.landedBefore(n, of, brought):
		default:
			promotes, of.witness = false, n
		}
		return promotes
	})
	return promotes
}

// ownWork looks for a commit that speaks against a promotion where it takes no long walk: down the branch that was merged,
// as long as nothing else was made on top of it. noNode: there is none.
func (c *code) ownWork(of *change) node {
	g := c.graph
	if c.children == nil {
		c.children = g.children()
	}
	for _, n := range g.commits[of.merge].parents[1:] {
		for g.known(n) && c.children[n] == 1 {
			if !g.merge(n) && !c.mergedBefore(n, of) && !c.landedBefore(n, of, nil) {
				return n
			}
			if len(g.commits[n].parents) == 0 {
				break
			}
			n = g.commits[n].parents[0]
		}
	}
	return noNode
}

// children counts, for each commit, those made on top of it; 2 stands for more.
func (g *graph) children() []uint8 {
	count := make([]uint8, len(g.commits))
	for i := range g.commits {
		for _, p := range g.commits[i].parents {
			count[p] = min(count[p]+1, 2)
		}
	}
	return count
}

// mergedBefore says whether a commit belongs to a pull request that was merged before a change.
func (c *code) mergedBefore(n node, of *change) bool {
	before := func(other *change) bool { return other != of && byMerged(other, of) < 0 }
	return slices.ContainsFunc(c.owners.of(n), before) || slices.ContainsFunc(c.byMerge.of(n), before)
}

// landedBefore says whether a commit that a change brings in belongs to what brought it to the main line before. That is
// then among what the change brings in, of which a walk knows; without one, what may be is taken for it.
func (c *code) landedBefore(n node, of *change, brought map[node]bool) bool {
	if !c.main.contains(n) {
		return false
	}
	landed := c.main.landed[c.main.bringer[n]-1]
	if landed == of.merge || c.graph.commits[landed].generation >= c.graph.commits[of.merge].generation {
		return false
	}
	return (brought == nil || brought[landed]) && (len(c.byMerge.of(landed)) == 0 || c.mergedBefore(landed, of))
}

// byMerged orders changes by when they were merged; of one moment, by number.
func byMerged(a, b *change) int {
	return cmp.Or(a.event.Merged.Compare(b.event.Merged), cmp.Compare(a.event.Number, b.event.Number))
}

// owned says whether a commit belongs to a change by its own commits. What a promotion lists belongs to others.
func (c *code) owned(n node) bool { return len(c.ownersOf(n)) > 0 }

// ownersOf lists the changes that a commit belongs to by their own commits, by number.
func (c *code) ownersOf(n node) []*change {
	owners := c.owners.of(n)
	isPromotion := func(of *change) bool { return of.promotion }
	if !slices.ContainsFunc(owners, isPromotion) {
		return owners
	}
	return slices.DeleteFunc(slices.Clone(owners), isPromotion)
}
