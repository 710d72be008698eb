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

// promotesOffLine walks over what a merge anywhere brought in. The first commit that speaks against a promotion is
// remembered, for the next time that the question comes.
func (c *code) promotesOffLine(of *change) bool {
	g := c.graph
	if n := of.witness; n != noNode && !c.mergedBefore(n, of) && !c.main.contains(n) {
		return false
	}
	parents := g.commits[of.merge].parents
	for _, tip := range parents[1:] { // git makes no merge of what is there
		if g.known(tip) && !g.merge(tip) && !c.mergedBefore(tip, of) && !c.main.contains(tip) {
			of.witness = tip
			return false
		}
	}
	brought := map[node]bool{}
	promotes := true
	g.between(parents[0], of.merge, func(n node) bool {
		brought[n] = true
		switch {
		case !g.known(n):
			promotes = false // never guessed
		case g.merge(n) || c.mergedBefore(n, of):
		case c.main.contains(n) && c.landedBefore(c.main.landed[c.main.bringer[n]-1], of, brought):
		default:
			promotes, of.witness = false, n
		}
		return promotes
	})
	return promotes
}

// mergedBefore says whether a commit belongs to a pull request that was merged before a change.
func (c *code) mergedBefore(n node, of *change) bool {
	before := func(other *change) bool { return other != of && byMerged(other, of) < 0 }
	return slices.ContainsFunc(c.owners.of(n), before) || slices.ContainsFunc(c.byMerge.of(n), before)
}

// landedBefore says whether a commit of the main line, which brought in another one, did so before a change that brings
// both of them in.
func (c *code) landedBefore(landed node, of *change, brought map[node]bool) bool {
	return landed != of.merge && brought[landed] && (len(c.byMerge.of(landed)) == 0 || c.mergedBefore(landed, of))
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
