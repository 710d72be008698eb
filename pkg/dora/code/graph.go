package code

import (
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// Node numbers a commit of one repository, known or only named (as a parent, by a change, by a deployment).
type Node int32

// NoNode is no commit.
const NoNode Node = -1

// Graph is a repository's commits and their parents. Commits may arrive in any order.
type Graph struct {
	index      index
	Commits    []Commit
	Files      map[Node]*dora.Files // of commits of which they are known
	newDetails arena[Details]
	newParents arena[Node]
	size       int // commits that are known, not only named
	// filled counts the gaps that closed: commits that arrived after a walk had met them as unknown. What was derived
	// by walking into the gap must be derived again.
	filled int
	// generations are right for every node unless they are stale.
	stale bool
}

// Commit is a node of the graph, and what is told of it.
type Commit struct {
	Sha        compact.SHA
	known      bool
	Gap        bool  // unknown, and a known commit's parent or a branch's head
	generation int32 // 1 + the highest of its parents': an ancestor's is always lower
	*Details
}

// Details are what is told of a commit. Most commits are only named, by the change that they became part of.
type Details struct {
	Parents   []Node
	Authored  time.Time
	Committed time.Time
	Author    string
	Title     string
	Reverts   *Revert
}

// untold is of commits that are only named. Nobody writes to it.
var untold = &Details{}

func newGraph(room int) *Graph {
	return &Graph{index: newIndex(room), Commits: make([]Commit, 0, room), Files: map[Node]*dora.Files{}}
}

// Name finds a commit's number, giving it one if it has none. A text that is no sha has none.
func (g *Graph) Name(text string) Node {
	s, ok := compact.ParseSHA(text)
	if !ok {
		return NoNode
	}
	return g.name(s)
}

func (g *Graph) name(s compact.SHA) Node {
	n, slot := g.index.find(&s, g.Commits)
	if n == NoNode {
		n = Node(len(g.Commits))
		g.Commits = append(g.Commits, Commit{Sha: s, Details: untold})
		g.index.add(slot, g.Commits)
	}
	return n
}

// Find is name without giving numbers.
func (g *Graph) Find(text string) Node {
	if s, ok := compact.ParseSHA(text); ok {
		n, _ := g.index.find(&s, g.Commits)
		return n
	}
	return NoNode
}

// Prefixed finds the only known commit whose name begins with the text.
func (g *Graph) Prefixed(text string) Node {
	if n := g.Find(text); n != NoNode {
		return n
	}
	found := NoNode
	for i := range g.Commits {
		if c := &g.Commits[i]; c.known && c.Sha.Begins(text) {
			if found != NoNode {
				return NoNode
			}
			found = Node(i)
		}
	}
	return found
}

// Beginnings finds, of texts that shas begin with, the only known commit of each. What none or several begin with is not in it.
func (g *Graph) Beginnings(texts []string) map[string]Node {
	found := map[string]Node{}
	if len(texts) == 0 {
		return found
	}
	const told = 6 // digits that all of them have
	alike := map[string][]string{}
	for _, text := range texts {
		if n := g.Find(text); n != NoNode {
			found[text] = n
		} else if len(text) >= told && !slices.Contains(alike[text[:told]], text) {
			alike[text[:told]] = append(alike[text[:told]], text)
		}
	}
	var digits [told]byte
	for i := range g.Commits {
		c := &g.Commits[i]
		if !c.known {
			continue
		}
		hex.Encode(digits[:], c.Sha[:told/2])
		for _, text := range alike[string(digits[:])] {
			if !c.Sha.Begins(text) {
				continue
			}
			if _, another := found[text]; another {
				found[text] = NoNode
				continue
			}
			found[text] = Node(i)
		}
	}
	maps.DeleteFunc(found, func(_ string, n Node) bool { return n == NoNode })
	return found
}

// Known says whether a commit is known, and not only named.
func (g *Graph) Known(n Node) bool { return n != NoNode && g.Commits[n].known }

// add puts a commit into the graph. Adding it again changes nothing, but that its files may be known by then.
func (g *Graph) add(e *entry) (added bool) {
	n := g.name(e.sha)
	if e.files != nil && g.Files[n] == nil {
		g.Files[n] = e.files
		added = true
	}
	if g.Commits[n].known {
		return added
	}
	if g.Commits[n].Gap {
		g.Commits[n].Gap = false
		g.filled++
		g.stale = true
	}
	parents := g.newParents.some(len(e.parents))[:0]
	generation := int32(1)
	for _, name := range e.parents {
		sha, is := name.SHA()
		if !is {
			continue
		}
		p := g.name(sha)
		parents = append(parents, p)
		if g.Commits[p].known {
			generation = max(generation, g.Commits[p].generation+1)
		} else {
			g.Commits[p].Gap = true
			g.stale = true
		}
	}
	c := &g.Commits[n]
	c.known = true
	g.size++
	c.Details = g.newDetails.one()
	*c.Details = Details{
		Parents: parents, Authored: e.authored, Committed: e.committed, Author: e.author,
		Title: e.title, Reverts: e.reverts,
	}
	c.generation = generation
	return true
}

// Merge says whether a commit is a merge.
func (g *Graph) Merge(n Node) bool { return len(g.Commits[n].Parents) > 1 }

// IsAncestor says whether a is a strict ancestor of d.
func (g *Graph) IsAncestor(a, d Node) bool {
	if a == d || !g.Known(a) || !g.Known(d) {
		return false
	}
	g.number()
	floor := g.Commits[a].generation
	if floor >= g.Commits[d].generation {
		return false
	}
	seen := map[Node]bool{d: true}
	for stack := []Node{d}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, p := range g.Commits[n].Parents {
			if p == a {
				return true
			}
			if !seen[p] && g.Commits[p].known && g.Commits[p].generation > floor {
				seen[p] = true
				stack = append(stack, p)
			}
		}
	}
	return false
}

// number makes the generations right again after commits arrived before their parents. A cycle, which git cannot
// make, ends where it closes.
func (g *Graph) number() {
	if !g.stale {
		return
	}
	g.stale = false
	const open = -1
	for i := range g.Commits {
		g.Commits[i].generation = 0
	}
	for i := range g.Commits {
		if g.Commits[i].generation != 0 || !g.Commits[i].known {
			continue
		}
		stack := []Node{Node(i)}
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			c := &g.Commits[n]
			if c.generation > 0 {
				stack = stack[:len(stack)-1]
				continue
			}
			first := c.generation == 0
			c.generation = open
			highest, ready := int32(0), true
			for _, p := range c.Parents {
				parent := &g.Commits[p]
				switch {
				case parent.generation > 0:
					highest = max(highest, parent.generation)
				case first && parent.known && parent.generation == 0:
					stack = append(stack, p)
					ready = false
				}
			}
			if ready || !first {
				c.generation = highest + 1
				stack = stack[:len(stack)-1]
			}
		}
	}
}

// Reach walks from a commit through everything not yet marked, marks it, and calls visit for each. It says whether
// the whole history below was known.
func (g *Graph) Reach(from Node, marked []bool, visit func(Node)) (whole bool) {
	if marked[from] {
		return true
	}
	whole = true
	marked[from] = true
	for stack := []Node{from}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !g.Commits[n].known {
			whole = false
			continue
		}
		visit(n)
		for _, p := range g.Commits[n].Parents {
			if !marked[p] {
				marked[p] = true
				stack = append(stack, p)
			}
		}
	}
	return whole
}

// MainLine is the first-parent history of a default branch: which commits landed on it, and what each brought in.
type MainLine struct {
	head   Node
	filled int
	// Landed are the commits on the line, oldest first.
	Landed []Node
	// Bringer is, for each node, 1 + the position on the line of the commit that brought it in; 0 where it is not on
	// the main line's history.
	Bringer []int32
	// on is 1 + the position of a node that is itself on the line; 0 for every other.
	on []int32
	// FirstAuthored is, for each position, the earliest authored time of what it brought in.
	FirstAuthored []time.Time
	marked        []bool
}

// extend follows a head that moved. Where the head did not come from the old one, or a gap was filled, the line is
// walked anew.
func (m *MainLine) extend(g *Graph, head Node) {
	if head == NoNode {
		return
	}
	if head == m.head && m.filled == g.filled {
		return
	}
	if !g.Known(head) {
		// Nothing is on the line until its head is known: what was on it before depends on what arrived first.
		g.Commits[head].Gap = true
		*m = MainLine{head: NoNode}
		return
	}
	if m.filled != g.filled || !m.goesOn(g, head) {
		*m = MainLine{head: NoNode, filled: g.filled}
	}
	m.Bringer = grow(m.Bringer, len(g.Commits))
	m.on = grow(m.on, len(g.Commits))
	m.marked = grow(m.marked, len(g.Commits))
	fresh := m.ahead(g, head)
	for _, n := range fresh {
		m.Landed = append(m.Landed, n)
		position := int32(len(m.Landed))
		m.on[n] = position
		first := g.Commits[n].Authored
		g.Reach(n, m.marked, func(brought Node) {
			m.Bringer[brought] = position
			first = dora.Sooner(first, g.Commits[brought].Authored)
		})
		m.FirstAuthored = append(m.FirstAuthored, first)
	}
	m.head = head
}

func (m *MainLine) goesOn(g *Graph, head Node) bool {
	if m.head == NoNode {
		return true
	}
	fresh := m.ahead(g, head)
	last := head
	if len(fresh) > 0 {
		if parents := g.Commits[fresh[0]].Parents; len(parents) > 0 {
			last = parents[0]
		} else {
			last = NoNode
		}
	}
	return last == m.head
}

// ahead lists the first-parent chain from head down to the known line, oldest first.
func (m *MainLine) ahead(g *Graph, head Node) []Node {
	var chain []Node
	seen := map[Node]bool{}
	for n := head; g.Known(n) && !seen[n] && (int(n) >= len(m.on) || m.on[n] == 0); {
		seen[n] = true
		chain = append(chain, n)
		if len(g.Commits[n].Parents) == 0 {
			break
		}
		n = g.Commits[n].Parents[0]
	}
	slices.Reverse(chain)
	return chain
}

// Contains says whether a commit is reachable from the head.
func (m *MainLine) Contains(n Node) bool {
	return n != NoNode && int(n) < len(m.Bringer) && m.Bringer[n] > 0
}

// Position is where on the line a commit itself landed.
func (m *MainLine) Position(n Node) (int, bool) {
	if n == NoNode || int(n) >= len(m.on) || m.on[n] == 0 {
		return 0, false
	}
	return int(m.on[n]) - 1, true
}

func grow[T any](s []T, length int) []T {
	if len(s) >= length {
		return s
	}
	return append(s, make([]T, length-len(s))...)
}
