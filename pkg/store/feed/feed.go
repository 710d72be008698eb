// Package feed reads what stores that last keep: rows, page by page, with the bodies of a page read by as many at a time as
// there are processors while the next page is fetched. It knows the store contract and the domain's events, and nothing
// else of this module.
package feed

import (
	"context"
	"iter"

	"github.com/livedora/dora-datasource/pkg/dora"
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
	return p.ChangesBy(ctx, after, AsEvents)
}

// AsEvents has every event read as what it is.
func AsEvents(dora.Kind, []byte) dora.Event { return nil }

// ChangesBy is Changes with events as a reader reads them.
func (p Pages) ChangesBy(ctx context.Context, after store.Sequence, read store.Reader) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		reading, cancel := context.WithCancel(ctx)
		fetched, free, pages := make(chan fetched), make(chan *Rows, together), make(chan page, 1)
		for range together {
			free <- &Rows{}
		}
		go p.fetch(reading, after, free, fetched)
		go p.decode(reading, after == 0, read, fetched, free, pages)
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

// together is how many pages of rows there are at a time: one that is fetched, and one that is decoded.
const together = 2

// fetched is a page whose bodies are not read yet; nil: there are no more.
type fetched struct {
	rows *Rows
	err  error
}

type page struct {
	changes []store.Change
	err     error
}

// fetch reads pages until there are no more.
func (p Pages) fetch(ctx context.Context, after store.Sequence, free <-chan *Rows, into chan<- fetched) {
	defer close(into)
	for rows := range free {
		last, err := p.Page(ctx, rows, after)
		if err != nil {
			rows = nil
		}
		select {
		case into <- fetched{rows, err}:
		case <-ctx.Done():
			return
		}
		if err != nil || last == after {
			return
		}
		after = last
	}
}

// decode reads the bodies of pages, and tells at the end which could not be read.
func (p Pages) decode(ctx context.Context, all bool, read store.Reader, from <-chan fetched, free chan<- *Rows, into chan<- page) {
	defer close(into)
	defer close(free)
	unreadable := map[store.Sequence]string{}
	for each := range from {
		var changes []store.Change
		if each.err == nil {
			changes = each.rows.Decode(unreadable, read)
			free <- each.rows
		}
		select {
		case into <- page{changes, each.err}:
		case <-ctx.Done():
		}
		if each.err != nil {
			return
		}
	}
	if ctx.Err() == nil {
		p.Met(ctx, unreadable, all)
	}
}
