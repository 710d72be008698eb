package dataset

import (
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
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

// views are the snapshots under other definitions than the settings', each as of one version: however many ask, the
// facts are worked out once. What nobody asks for any more goes, since each is as large as the data source's own.
type views struct {
	version uint64
	kept    *cache.Cache // of *dora.Snapshot, by definition
}

// viewLimit bounds how many definitions are kept at a time, and viewLife for how long after the first question.
const (
	viewLimit = 16
	viewLife  = 10 * time.Minute
)

func (v *views) of(definition dora.Definition, version uint64, derive func() *dora.Snapshot) *dora.Snapshot {
	if v.kept == nil {
		v.kept = cache.New(viewLife, 0) // no goroutine of its own: forget is called as the store is looked at
	}
	if v.version != version {
		v.version = version
		v.kept.Flush()
	}
	text, _ := json.Marshal(definition) // plain data: it cannot fail
	if known, ok := v.kept.Get(string(text)); ok {
		return known.(*dora.Snapshot) //nolint:forcetypeassert // nothing else is put in
	}
	if v.kept.ItemCount() >= viewLimit {
		v.kept.Flush()
	}
	derived := derive()
	v.kept.SetDefault(string(text), derived)
	return derived
}

// forget lets go of what was not asked for again.
func (v *views) forget() {
	if v.kept != nil {
		v.kept.DeleteExpired()
	}
}
