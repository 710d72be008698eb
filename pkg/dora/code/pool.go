package code

import (
	"container/list"
	"sync"
)

// Pool keeps the code of those repositories unpacked that were worked on last, up to a number of commits and changes.
// All others are packed, and are unpacked when their services are derived again. Several goroutines may work on
// repositories of their own at a time.
type Pool struct {
	mu    sync.Mutex
	limit int       // commits and changes
	size  int       // of those that are unpacked
	order list.List // of *Repository, the one that was worked on last in front
	busy  map[*Repository]bool
}

// UnpackedLimit is how many commits and changes are kept ready to be derived again at once; all others are kept compressed,
// in a tenth of the memory, and take about ten microseconds each to be unpacked.
const UnpackedLimit = 20_000

// NewPool keeps UnpackedLimit commits and changes unpacked.
func NewPool() *Pool {
	return &Pool{limit: UnpackedLimit, busy: map[*Repository]bool{}}
}

// SetLimit sets how many commits and changes are kept unpacked.
func (u *Pool) SetLimit(limit int) { u.limit = limit }

// Use has repositories unpacked while some work is done, and packs those again that were worked on longest ago.
func (u *Pool) Use(repositories []*Repository, work func()) {
	u.mu.Lock()
	for _, r := range repositories {
		u.busy[r] = true
	}
	u.mu.Unlock()
	for _, r := range repositories {
		r.unpack()
	}
	work()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range repositories {
		delete(u.busy, r)
		if r.place != nil {
			u.size -= r.weight
			u.order.Remove(r.place)
		}
		r.Size = r.size()
		r.weight = r.Size.Commits + r.Size.Changes
		r.place = u.order.PushFront(r)
		u.size += r.weight
	}
	for at := u.order.Back(); at != nil && u.size > u.limit; {
		r, next := at.Value.(*Repository), at.Prev() //nolint:forcetypeassert // nothing else is put in
		if !u.busy[r] {
			u.order.Remove(at)
			u.size -= r.weight
			r.Unpacked, r.place = nil, nil
			for _, by := range r.kept {
				by.LetGo()
			}
			r.kept = nil
		}
		at = next
	}
}
