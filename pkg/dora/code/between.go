package code

import "container/heap"

// Between walks over the commits that one of two reaches and the other does not, themselves included, until visit says
// that it is enough. It walks from the youngest generation down, where every commit comes after all that lead to it.
func (g *Graph) Between(a, b Node, visit func(Node) (more bool)) {
	if a == b {
		return
	}
	const fromA, fromB, fromBoth = 1, 2, 3
	g.number()
	marks := map[Node]uint8{a: fromA, b: fromB}
	queue := &byGeneration{graph: g, nodes: []Node{a, b}}
	heap.Init(queue)
	single := 2 // of those in the queue that only one reaches, as far as is known
	for single > 0 && queue.Len() > 0 {
		n := heap.Pop(queue).(Node)
		if marks[n] != fromBoth {
			single--
			if !visit(n) {
				return
			}
		}
		for _, p := range g.Commits[n].Parents {
			before, after := marks[p], marks[p]|marks[n]
			if after == before {
				continue
			}
			marks[p] = after
			if before == 0 {
				heap.Push(queue, p)
			}
			if after != fromBoth {
				single++
			} else if before != 0 {
				single--
			}
		}
	}
}

// byGeneration is a heap of commits, the youngest generation first.
type byGeneration struct {
	graph *Graph
	nodes []Node
}

func (q *byGeneration) Len() int { return len(q.nodes) }

func (q *byGeneration) Less(i, j int) bool {
	return q.graph.Commits[q.nodes[i]].generation > q.graph.Commits[q.nodes[j]].generation
}

func (q *byGeneration) Swap(i, j int) { q.nodes[i], q.nodes[j] = q.nodes[j], q.nodes[i] }

func (q *byGeneration) Push(n any) { q.nodes = append(q.nodes, n.(Node)) }

func (q *byGeneration) Pop() any {
	last := len(q.nodes) - 1
	n := q.nodes[last]
	q.nodes = q.nodes[:last]
	return n
}
