package gitlab

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// Nothing tells of an entry that was deleted or moved elsewhere, or of an issue that is no incident any more. But GitLab
// counts a list with each page of it. Where there are not as many as there were and have come since, all of them are called,
// and what is not called is withdrawn.

// reconcile compares the list's length with what it was, and calls all of it where they do not agree.
func (r *reading[T, P]) reconcile(ctx context.Context) error {
	if r.request.Known == nil || r.total < 0 {
		return nil
	}
	if r.pos.Total < 0 && !r.anyStored() && r.agrees() { // the first time: what the store has is what was read
		return r.settle(ctx, r.total)
	}
	if !r.pos.Doubtful && r.total == r.pos.Total+len(r.came) {
		if len(r.came) == 0 {
			return nil
		}
		return r.settle(ctx, r.total)
	}
	return r.call(ctx)
}

// agrees says that a first reading met as many as there are. Where the history has a limit there may be more, which are older.
func (r *reading[T, P]) agrees() bool {
	met := len(r.first)
	return met == r.total || met < r.total && !r.request.Since.IsZero()
}

// anyStored says that the store had events of the list before it was first counted.
func (r *reading[T, P]) anyStored() bool {
	r.store()
	return len(r.stored) > 0
}

func (r *reading[T, P]) settle(ctx context.Context, total int) error {
	if r.pos.Total == total && !r.pos.Doubtful {
		return nil
	}
	r.pos.Total, r.pos.Top, r.pos.Doubtful = total, max(r.pos.Top, r.top), false
	return r.emit(ctx, nil)
}

// call reads the whole list for who is in it. What the store has and nobody called is withdrawn; what was withdrawn and is
// there again comes back, as does what the store should have and has not.
func (r *reading[T, P]) call(ctx context.Context) error {
	r.stored = nil
	r.store()
	began := r.Now()
	called := map[string]bool{}
	var missing []*T
	if err := r.forward(ctx, time.Time{}, func(_ context.Context, rows []*T) (bool, error) {
		for _, row := range rows {
			name := r.id(row)
			number, updated := P(row).stand()
			r.top = max(r.top, number)
			if r.counts(row) && !called[name] && !isThere(r.stored[name]) && !r.came[name] && !updated.Before(r.request.Since) {
				missing = append(missing, row)
			}
			called[name] = called[name] || r.counts(row)
		}
		return true, nil
	}); err != nil {
		return err
	}
	var events []dora.Event
	for some := range slices.Chunk(missing, widest) {
		back, err := r.take(ctx, some)
		if err != nil {
			return err
		}
		for _, e := range back {
			events = append(events, census.Above(e, r.stored[e.Head().ID]))
		}
	}
	doubtful := false
	for name, e := range r.stored {
		switch {
		case called[name] || census.IsWithdrawn(e) || r.isPosted(e):
		case !census.Happened(e).Before(began.Add(-cursor.Overlap)):
			doubtful = true // it may have come since the list was called
		default:
			events = append(events, census.Withdraw(e))
		}
	}
	slices.SortFunc(events, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
	r.pos.Total, r.pos.Top, r.pos.Doubtful = r.total, max(r.pos.Top, r.top), doubtful
	return r.emit(ctx, events)
}

func (r *reading[T, P]) isPosted(e dora.Event) bool {
	switch e := e.(type) {
	case *dora.Deployment:
		return e.Posted() || e.Created.Before(r.request.Since)
	case *dora.Incident:
		return e.Opened.Before(r.request.Since)
	}
	return false
}
