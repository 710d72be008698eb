package dataset

import (
	"context"
	"sync"
	"time"
)

// knownFor is how long what came of trying a source is told again: whoever asks meanwhile, and however often, the source is
// asked once. Where collection has learnt more since, it is asked again.
const knownFor = 5 * time.Second

// trial is a source that is tried, by all who ask at the same time together.
type trial struct {
	mu      sync.Mutex
	over    chan struct{} // closes when the one under way is over; nil: none is
	known   bool
	failure error
	at      time.Time
	since   learnt
}

// learnt is what collection knew of a source when it was tried.
type learnt struct {
	attempt, success time.Time
	failure          string
}

// ask gives what came of trying lately, else what comes of it now. The context is only for waiting: others may wait too.
func (t *trial) ask(ctx context.Context, by learnt, try func() error) error {
	t.mu.Lock()
	if t.known && t.since == by && time.Since(t.at) < knownFor {
		defer t.mu.Unlock()
		return t.failure
	}
	over := t.over
	if over == nil {
		over = make(chan struct{})
		t.over = over
		go func() { // for whoever waits, until it is tried, which has a bound
			failure := try()
			t.mu.Lock()
			defer t.mu.Unlock()
			t.known, t.failure, t.at, t.since, t.over = true, failure, time.Now(), by, nil
			close(over)
		}()
	}
	t.mu.Unlock()
	select {
	case <-over:
	case <-ctx.Done():
		return ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failure
}
