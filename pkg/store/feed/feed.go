// Package feed reads what stores that last keep: rows, page by page, with the bodies of a page read by as many at a time as
// there are processors while the next page is fetched. It knows the store contract and the domain's events, and nothing
// else of this module.
package feed

import (
	"context"
	"iter"

	"github.com/livedora/dora-datasource/pkg/store"
)

// Pages are where a feed's rows come from.
type Pages struct {
	// Page reads what comes after a sequence, and gives the last that it met: the one that was asked for where nothing does.
	Page func(ctx context.Context, into *Rows, after store.Sequence) (last store.Sequence, err error)
	// Met is told, at the end, which rows could not be read, and whether all rows were looked at.
	Met func(ctx context.Context, unreadable map[store.Sequence]string, all bool)
}

// Changes yields what comes after a sequence, in order; an error once, last.
func (p Pages) Changes(ctx context.Context, after store.Sequence) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		reading, cancel := context.WithCancel(ctx)
		pages := make(chan page, 1)
		go p.turn(reading, after, pages)
		defer func() {
			cancel()
			for range pages { // its reader has ended once there are no more
			}
		}()
		for each := range pages {
			for _, change := range each.changes {
				if !yield(change, nil) {
					return
				}
			}
			if each.err != nil {
				yield(store.Change{}, each.err)
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(store.Change{}, err)
		}
	}
}

type page struct {
	changes []store.Change
	err     error
}

// turn reads pages until there are no more.
func (p Pages) turn(ctx context.Context, after store.Sequence, pages chan<- page) {
	defer close(pages)
	var room Rows
	unreadable, all := map[store.Sequence]string{}, after == 0
	for {
		last, err := p.Page(ctx, &room, after)
		var changes []store.Change
		if err == nil {
			changes = room.Decode(unreadable)
		}
		select {
		case pages <- page{changes, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		if last == after {
			p.Met(ctx, unreadable, all)
			return
		}
		after = last
	}
}
