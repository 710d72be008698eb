package github

// graph is what a run has seen of a repository's commits. A commit is known when it and all its ancestors have been
// handed over, in this run or before.
type graph struct {
	parents map[string][]string
	known   map[string]bool
}

func newGraph(anchors ...[]string) *graph {
	g := &graph{parents: map[string][]string{}, known: map[string]bool{}}
	for _, list := range anchors {
		for _, sha := range list {
			g.known[sha] = true
		}
	}
	return g
}

// add takes a commit in and says whether it is news.
func (g *graph) add(sha string, parents []string) bool {
	_, seen := g.parents[sha]
	g.parents[sha] = parents
	if g.known[sha] {
		g.settle(parents)
	}
	return !seen && !g.known[sha]
}

// settle marks commits as known, and with them all their ancestors seen so far.
func (g *graph) settle(shas []string) {
	stack := append([]string(nil), shas...)
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

// has says whether a commit has been seen or is known.
func (g *graph) has(sha string) bool {
	_, seen := g.parents[sha]
	return seen || g.known[sha]
}

// complete says whether every way back from a commit ends at a known commit or at a root.
func (g *graph) complete(sha string) bool {
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
