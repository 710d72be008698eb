package plugin

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// turns let as many streams work at a time as there are processors, so that what they hold while they work is bounded.
// When one event concerns the five panels of a service and a hundred over everything, the five need not wait for the
// hundred: turns go to the smallest work, but every other one to who has waited longer than they should.
type turns struct {
	mu      sync.Mutex
	working int
	waiting []*waiter // in the order of their coming
	small   bool      // the last turn went to the smallest work
}

// patience is how long one waits before smaller work no longer goes first each time.
const patience = time.Second

// waiter waits for a turn.
type waiter struct {
	size int
	came time.Time
	turn chan struct{} // closed when it has come
}

// take waits for a turn for work of a size, in services that are read.
func (t *turns) take(ctx context.Context, size int) error {
	t.mu.Lock()
	if t.working < runtime.GOMAXPROCS(0) {
		t.working++
		t.mu.Unlock()
		return nil
	}
	w := &waiter{size: size, came: time.Now(), turn: make(chan struct{})}
	t.waiting = append(t.waiting, w)
	t.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	at := slices.Index(t.waiting, w)
	if at >= 0 {
		t.waiting = slices.Delete(t.waiting, at, at+1)
	}
	t.mu.Unlock()
	if at < 0 { // it came just now
		t.giveBack()
	}
	return ctx.Err()
}

// giveBack hands a turn on.
func (t *turns) giveBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.working--
		return
	}
	next := 0
	if t.small = !t.small || time.Since(t.waiting[0].came) < patience; t.small {
		for i, w := range t.waiting {
			if w.size < t.waiting[next].size {
				next = i
			}
		}
	}
	close(t.waiting[next].turn)
	t.waiting = slices.Delete(t.waiting, next, next+1)
}
