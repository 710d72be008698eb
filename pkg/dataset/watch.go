package dataset

import (
	"reflect"
	"sync"

	"github.com/livedora/dora-datasource/pkg/collect"
)

// broadcast wakes everyone who waits. It never blocks the one who calls, keeps no list of those who wait, and so has
// nothing to lose or to leak.
type broadcast struct {
	mu   sync.Mutex
	next chan struct{}
}

// wait gives a channel that closes at the next call.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *broadcast) call() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Moved gives a channel that closes when there is a new snapshot, or collecting is in another state. To miss nothing,
// take the channel first, then look.
func (d *Dataset) Moved() <-chan struct{} { return d.moved.wait() }

// Ended closes when the dataset is kept up to date no longer: its settings changed, and another took its place, or the
// process ends.
func (d *Dataset) Ended() <-chan struct{} { return d.ended }

// watchState says when collecting is in another state than last time.
func (d *Dataset) watchState(last []collect.SourceState) []collect.SourceState {
	now := d.State()
	if !reflect.DeepEqual(last, now) {
		d.moved.call()
	}
	return now
}
