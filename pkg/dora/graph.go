package dora

import (
	"bytes"
	"encoding/hex"
	"slices"
	"time"
)

// sha is a commit's name in binary.
type sha [20]byte

func parseSHA(text string) (sha, bool) {
	var s sha
	if len(text) != 2*len(s) {
		return s, false
	}
	for i := range s {
		high, low := digits[text[2*i]], digits[text[2*i+1]]
		if high|low > 0xf {
			return sha{}, false
		}
		s[i] = high<<4 | low
	}
	return s, true
}

// digits are the values of hexadecimal digits; 0xff: it is none.
var digits = func() (values [256]byte) {
	for c := range values {
		values[c] = 0xff
	}
	for value, c := range []byte("0123456789abcdef") {
		values[c], values[bytes.ToUpper([]byte{c})[0]] = byte(value), byte(value)
	}
	return values
}()

func (s sha) String() string { return hex.EncodeToString(s[:]) }

// begins says whether the name begins with some hex digits in lower case.
func (s *sha) begins(digits string) bool {
	const hexDigits = "0123456789abcdef"
	if len(digits) >= 2*len(s) {
		return false
	}
	for i := range len(digits) {
		if digit := s[i/2] >> (4 * (1 - i%2)) & 0xf; hexDigits[digit] != digits[i] {
			return false
		}
	}
	return true
}

// node numbers a commit of one repository, known or only named (as a parent, by a change, by a deployment).
type node int32

const noNode node = -1

// graph is a repository's commits and their parents. Commits may arrive in any order.
type graph struct {
	index      map[sha]node
	commits    []commit
	files      map[node]*Files // of commits of which they are known
	newDetails slab[details]
	newParents slab[node]
	size       int // commits that are known, not only named
	// filled counts the gaps that closed: commits that arrived after a walk had met them as unknown. What was derived
	// by walking into the gap must be derived again.
	filled int
	// generations are right for every node unless they are stale.
	stale bool
}

type commit struct {
	sha        sha
	known      bool
	gap        bool  // unknown, and a known commit's parent or a branch's head
	generation int32 // 1 + the highest of its parents': an ancestor's is always lower
	*details
}

// details are what is told of a commit. Most commits are only named, by the change that they became part of.
type details struct {
	parents   []node
	authored  time.Time
	committed time.Time
	author    string
	title     string
	reverts   *revert
}

// untold is of commits that are only named. Nobody writes to it.
var untold = &details{}

func newGraph(room int) *graph {
	return &graph{index: make(map[sha]node, room), commits: make([]commit, 0, room), files: map[node]*Files{}}
}

// name finds a commit's number, giving it one if it has none. A text that is no sha has none.
func (g *graph) name(text string) node {
	s, ok := parseSHA(text)
	if !ok {
		return noNode
	}
	n, ok := g.index[s]
	if !ok {
		n = node(len(g.commits))
		g.index[s] = n
		g.commits = append(g.commits, commit{sha: s, details: untold})
	}
	return n
}

// find is name without giving numbers.
func (g *graph) find(text string) node {
	if s, ok := parseSHA(text); ok {
		if n, ok := g.index[s]; ok {
			return n
		}
	}
	return noNode
}

// prefixed finds the only known commit whose name begins with the text.
func (g *graph) prefixed(text string) node {
	if n := g.find(text); n != noNode {
		return n
	}
	found := noNode
	for i := range g.commits {
		if c := &g.commits[i]; c.known && c.sha.begins(text) {
			if found != noNode {
				return noNode
			}
			found = node(i)
		}
	}
	return found
}

func (g *graph) known(n node) bool { return n != noNode && g.commits[n].known }

// add puts a commit into the graph, with the title of its message and what that says of reverts. Adding it again changes
// nothing, but that its files may be known by then.
func (g *graph) add(event *Commit, title string, reverts *revert) (added bool) {
	n := g.name(event.SHA)
	if n == noNode {
		return false
	}
	if event.Files != nil && g.files[n] == nil {
		g.files[n] = event.Files
		added = true
	}
	if g.commits[n].known {
		return added
	}
	if g.commits[n].gap {
		g.commits[n].gap = false
		g.filled++
		g.stale = true
	}
	parents := g.newParents.some(len(event.Parents))[:0]
	generation := int32(1)
	for _, text := range event.Parents {
		p := g.name(text)
		if p == noNode {
			continue
		}
		parents = append(parents, p)
		if g.commits[p].known {
			generation = max(generation, g.commits[p].generation+1)
		} else {
			g.commits[p].gap = true
			g.stale = true
		}
	}
	c := &g.commits[n]
	c.known = true
	g.size++
	c.details = g.newDetails.one()
	*c.details = details{
		parents: parents, authored: event.Authored, committed: event.Committed, author: event.Author,
		title: title, reverts: reverts,
	}
	c.generation = generation
	return true
}

func (g *graph) merge(n node) bool { return len(g.commits[n].parents) > 1 }

// isAncestor says whether a is a strict ancestor of d.
func (g *graph) isAncestor(a, d node) bool {
	if a == d || !g.known(a) || !g.known(d) {
		return false
	}
	g.number()
	floor := g.commits[a].generation
	if floor >= g.commits[d].generation {
		return false
	}
	seen := map[node]bool{d: true}
	for stack := []node{d}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, p := range g.commits[n].parents {
			if p == a {
				return true
			}
			if !seen[p] && g.commits[p].known && g.commits[p].generation > floor {
				seen[p] = true
				stack = append(stack, p)
			}
		}
	}
	return false
}

// number makes the generations right again after commits arrived before their parents. A cycle, which git cannot
// make, ends where it closes.
func (g *graph) number() {
	if !g.stale {
		return
	}
	g.stale = false
	const open = -1
	for i := range g.commits {
		g.commits[i].generation = 0
	}
	for i := range g.commits {
		if g.commits[i].generation != 0 || !g.commits[i].known {
			continue
		}
		stack := []node{node(i)}
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			c := &g.commits[n]
			if c.generation > 0 {
				stack = stack[:len(stack)-1]
				continue
			}
			first := c.generation == 0
			c.generation = open
			highest, ready := int32(0), true
			for _, p := range c.parents {
				parent := &g.commits[p]
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

// reach walks from a commit through everything not yet marked, marks it, and calls visit for each. It says whether
// the whole history below was known.
func (g *graph) reach(from node, marked []bool, visit func(node)) (whole bool) {
	if marked[from] {
		return true
	}
	whole = true
	marked[from] = true
	for stack := []node{from}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !g.commits[n].known {
			whole = false
			continue
		}
		visit(n)
		for _, p := range g.commits[n].parents {
			if !marked[p] {
				marked[p] = true
				stack = append(stack, p)
			}
		}
	}
	return whole
}

// mainLine is the first-parent history of a default branch: which commits landed on it, and what each brought in.
type mainLine struct {
	head   node
	filled int
	// landed are the commits on the line, oldest first.
	landed []node
	// bringer is, for each node, 1 + the position on the line of the commit that brought it in; 0 where it is not on
	// the main line's history.
	bringer []int32
	// on is 1 + the position of a node that is itself on the line; 0 for every other.
	on []int32
	// firstAuthored is, for each position, the earliest authored time of what it brought in.
	firstAuthored []time.Time
	marked        []bool
}

// extend follows a head that moved. Where the head did not come from the old one, or a gap was filled, the line is
// walked anew.
func (m *mainLine) extend(g *graph, head node) {
	if head == noNode {
		return
	}
	if head == m.head && m.filled == g.filled {
		return
	}
	if !g.known(head) {
		// Nothing is on the line until its head is known: what was on it before depends on what arrived first.
		g.commits[head].gap = true
		*m = mainLine{head: noNode}
		return
	}
	if m.filled != g.filled || !m.goesOn(g, head) {
		*m = mainLine{head: noNode, filled: g.filled}
	}
	m.bringer = grow(m.bringer, len(g.commits))
	m.on = grow(m.on, len(g.commits))
	m.marked = grow(m.marked, len(g.commits))
	fresh := m.ahead(g, head)
	for _, n := range fresh {
		m.landed = append(m.landed, n)
		position := int32(len(m.landed))
		m.on[n] = position
		first := g.commits[n].authored
		g.reach(n, m.marked, func(brought node) {
			m.bringer[brought] = position
			earliest(&first, g.commits[brought].authored)
		})
		m.firstAuthored = append(m.firstAuthored, first)
	}
	m.head = head
}

func (m *mainLine) goesOn(g *graph, head node) bool {
	if m.head == noNode {
		return true
	}
	fresh := m.ahead(g, head)
	last := head
	if len(fresh) > 0 {
		if parents := g.commits[fresh[0]].parents; len(parents) > 0 {
			last = parents[0]
		} else {
			last = noNode
		}
	}
	return last == m.head
}

// ahead lists the first-parent chain from head down to the known line, oldest first.
func (m *mainLine) ahead(g *graph, head node) []node {
	var chain []node
	seen := map[node]bool{}
	for n := head; g.known(n) && !seen[n] && (int(n) >= len(m.on) || m.on[n] == 0); {
		seen[n] = true
		chain = append(chain, n)
		if len(g.commits[n].parents) == 0 {
			break
		}
		n = g.commits[n].parents[0]
	}
	slices.Reverse(chain)
	return chain
}

// contains says whether a commit is reachable from the head.
func (m *mainLine) contains(n node) bool {
	return n != noNode && int(n) < len(m.bringer) && m.bringer[n] > 0
}

// position is where on the line a commit itself landed.
func (m *mainLine) position(n node) (int, bool) {
	if n == noNode || int(n) >= len(m.on) || m.on[n] == 0 {
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
