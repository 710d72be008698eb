package world

import "time"

// happening is something that will happen at a moment; of two at the same moment, the one planned first happens first.
type happening struct {
	at    time.Time
	order uint64
	do    func()
}

// queue is a heap of what has yet to happen, for container/heap.
type queue []happening

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].order < q[j].order
	}
	return q[i].at.Before(q[j].at)
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(happening)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = happening{}
	*q = old[:len(old)-1]
	return last
}
