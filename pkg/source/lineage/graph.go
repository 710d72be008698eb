package lineage

import "slices"

// Graph is what a run has seen of a repository's commits. A commit is known when it and all its ancestors have been handed
// over, in this run or before.
type Graph struct {
	parents map[string][]string
	known   map[string]bool
}

// NewGraph is a graph of which some commits are known.
func NewGraph(anchors ...[]string) *Graph {
	g := &Graph{parents: map[string][]string{}, known: map[string]bool{}}
	for _, list := range anchors {
		for _, sha := range list {
			g.known[sha] = true
		}
	}
	return g
}

// Add takes a commit in and says whether it is news.
func (g *Graph) Add(sha string, parents []string) bool {
	_, seen := g.parents[sha]
	g.parents[sha] = parents
	if g.known[sha] {
		g.Settle(parents)
	}
	return !seen && !g.known[sha]
}

// Settle marks commits as known, and with them all their ancestors seen so far.
func (g *Graph) Settle(shas []string) {
	stack := slices.Clone(shas)
	for len(stack) > 0 {
		sha := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if g.known[sha] {
			continue
		}
		g.known[sha] = true
		stack = append(stack, g.parents[sha]...)
	}
}

// Has says whether a commit has been seen or is known.
func (g *Graph) Has(sha string) bool {
	_, seen := g.parents[sha]
	return seen || g.known[sha]
}

// Parents are those of a commit that was seen.
func (g *Graph) Parents(sha string) (parents []string, seen bool) {
	parents, seen = g.parents[sha]
	return parents, seen
}

// Size is how many commits were seen.
func (g *Graph) Size() int { return len(g.parents) }

// Complete says whether every way back from a commit ends at a known commit or at a root.
func (g *Graph) Complete(sha string) bool {
	visited := map[string]bool{}
	stack := []string{sha}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if g.known[at] || visited[at] {
			continue
		}
		parents, seen := g.parents[at]
		if !seen {
			return false
		}
		visited[at] = true
		stack = append(stack, parents...)
	}
	return true
}

// Met are the commits that were seen, or named by one that was.
func (g *Graph) Met() map[string]bool {
	all := make(map[string]bool, len(g.parents))
	for sha, parents := range g.parents {
		all[sha] = true
		for _, parent := range parents {
			all[parent] = true
		}
	}
	return all
}

// Below are the commits that some lead to, themselves included, as far as they were seen, without those before.
func (g *Graph) Below(from []string, before map[string]bool) map[string]bool {
	found := map[string]bool{}
	stack := slices.Clone(from)
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		parents, known := g.parents[at]
		if !known || found[at] || before[at] {
			continue
		}
		found[at] = true
		stack = append(stack, parents...)
	}
	return found
}
