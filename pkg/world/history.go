package world

import (
	"container/heap"
)

// newestFirst is a heap of commits by committed time, for walking a history as `git log` does.
type newestFirst []*commit

func (h newestFirst) Len() int { return len(h) }
func (h newestFirst) Less(i, j int) bool {
	if h[i].committed.Equal(h[j].committed) {
		return h[i].sha < h[j].sha
	}
	return h[i].committed.After(h[j].committed)
}
func (h newestFirst) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *newestFirst) Push(x any)   { *h = append(*h, x.(*commit)) }
func (h *newestFirst) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// history is every commit that head reaches, in git's reverse date order: always the newest of those whose child has been seen.
func history(head *commit) []*commit {
	if head == nil {
		return nil
	}
	var walked []*commit
	frontier := newestFirst{head}
	seen := map[*commit]bool{head: true}
	for len(frontier) > 0 {
		c := heap.Pop(&frontier).(*commit)
		walked = append(walked, c)
		for _, p := range c.parents {
			if !seen[p] {
				seen[p] = true
				heap.Push(&frontier, p)
			}
		}
	}
	return walked
}

// ancestors is the set of commits that c reaches, itself included.
func ancestors(c *commit) map[*commit]bool {
	set := map[*commit]bool{}
	stack := []*commit{c}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if top == nil || set[top] {
			continue
		}
		set[top] = true
		stack = append(stack, top.parents...)
	}
	return set
}
