package dora

import (
	"container/list"
	"strings"
	"sync"
)

// wakefulness keeps the code of repositories awake that was worked on last, up to a number of commits and changes. The
// rest lies at rest, and is woken when its services are derived again. Several goroutines may work on repositories of
// their own at a time.
type wakefulness struct {
	mu    sync.Mutex
	limit int       // commits and changes
	size  int       // of those that are awake
	order list.List // of *repository, the one that was worked on last in front
	busy  map[*repository]bool
}

// AwakeLimit is how many commits and changes are kept ready to be derived again at once; all others are kept compressed,
// in a tenth of the memory, and take about ten microseconds each to be woken.
const AwakeLimit = 20_000

// KeepAwake sets how many commits and changes are kept ready to be derived again, instead of AwakeLimit.
func (h *History) KeepAwake(limit int) { h.awake.limit = limit }

// takeCommit takes a commit in; false: it changes nothing.
func (r *repository) takeCommit(e *Commit) bool {
	if _, ok := parseSHA(e.SHA); !ok {
		return false
	}
	title, body := splitMessage(e.Message)
	reverts := parseRevert(title, body)
	switch {
	case r.code == nil:
		r.told = true
	case !r.graph.add(e, strings.Clone(title), reverts): // the rest of the message is not kept
		return false
	default:
		r.size = r.code.size() // of a repository that no service counts, nothing else would tell
	}
	r.rest.addCommit(e, title, reverts)
	return true
}

// takeChange takes a change in; false: it changes nothing.
func (r *repository) takeChange(e *Change) bool {
	reverts := parseRevert(e.Title, e.Body)
	switch {
	case r.code == nil:
		r.told = true
	case !r.addChange(copied(e), reverts):
		return false
	default:
		r.size = r.code.size()
	}
	r.rest.addChange(e, reverts)
	return true
}

// wake works code out of what lies at rest, where it is not awake.
func (r *repository) wake() {
	if r.code != nil {
		return
	}
	r.code = r.rest.awake()
	r.size, r.told = r.code.size(), false
	if r.rest.wasteful(r.size) {
		r.rest.compact()
	}
}

// use has repositories awake while some work is done, and lets those rest again that were worked on longest ago.
func (w *wakefulness) use(repositories []*repository, work func()) {
	w.mu.Lock()
	for _, r := range repositories {
		w.busy[r] = true
	}
	w.mu.Unlock()
	for _, r := range repositories {
		r.wake()
	}
	work()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range repositories {
		delete(w.busy, r)
		if r.place != nil {
			w.size -= r.weight
			w.order.Remove(r.place)
		}
		r.size = r.code.size()
		r.weight = r.size.commits + r.size.changes
		r.place = w.order.PushFront(r)
		w.size += r.weight
	}
	for at := w.order.Back(); at != nil && w.size > w.limit; {
		r, next := at.Value.(*repository), at.Prev() //nolint:forcetypeassert // nothing else is put in
		if !w.busy[r] {
			w.order.Remove(at)
			w.size -= r.weight
			r.code, r.place = nil, nil
			for _, f := range r.kept {
				f.letGo()
			}
			r.kept = nil
		}
		at = next
	}
}
