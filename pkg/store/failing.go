package store

import (
	"sync/atomic"
	"time"
)

// Failing remembers why a store could not be written. The zero value remembers nothing.
type Failing struct{ last atomic.Pointer[failure] }

// failure is why, and when.
type failure struct {
	err error
	at  time.Time
}

// failureLasts is for how long a failure outweighs small successes: where events find no room on a disk, a lease may.
const failureLasts = time.Minute

// Failed remembers a failure to write.
func (f *Failing) Failed(err error) { f.last.Store(&failure{err, time.Now()}) }

// Wrote takes note that something was written, and how many events.
func (f *Failing) Wrote(events int) {
	if events > 0 {
		f.last.Store(nil)
		return
	}
	if had := f.last.Load(); had != nil && time.Since(had.at) > failureLasts {
		f.last.CompareAndSwap(had, nil)
	}
}

// Why is why the store could not be written last time; nil if it could.
func (f *Failing) Why() error {
	if last := f.last.Load(); last != nil {
		return last.err
	}
	return nil
}
