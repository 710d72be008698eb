// Package copying carries all that a store has over to another, of whatever type, and sees that it is there. It knows the
// store contract and the domain's events, and nothing else of this module.
package copying

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
)

// together is how many events are written at once.
const together = 1000

// Copied says what was carried over.
type Copied struct {
	// Events are how many there are in the store that was copied, by kind, and Written how many the other had not, or not as new.
	Events  map[dora.Kind]int `json:"events"`
	Written int               `json:"written"`
	// Newer are how many the other had a newer version of, and More how many that are not in the first.
	Newer int `json:"newer"`
	More  int `json:"more"`
	// Unreadable are rows of the first that hold no event which can be read; they are not copied.
	Unreadable int `json:"unreadable"`
	// Sources are whose place to go on from was copied. Kept are those of which the other had a place of its own.
	Sources []string `json:"sources"`
	Kept    []string `json:"kept,omitempty"`
}

// errDifferent says that the copy is not what was copied.
var errDifferent = errors.New("the copy is not whole")

// Copy carries the events of one store over to another, and where the next run of each source goes on. What is there already
// in the same version, or a newer one, stays: a copy that was broken off is begun again, and goes on. It then reads the other
// store, and fails unless every event is there as it was.
//
// The places are taken before the events, so that what is collected meanwhile is read once more rather than never.
func Copy(ctx context.Context, from, to store.Store, sources []string, told func(written int)) (Copied, error) {
	c := Copied{Events: map[dora.Kind]int{}, Sources: []string{}}
	places := map[string][]byte{}
	for _, source := range sources {
		place, err := from.Cursor(ctx, source)
		if err != nil {
			return c, err
		}
		if place != nil {
			places[source] = place
		}
	}
	there := ledger{}
	var batch []dora.Event
	flush := func() error {
		applied, err := to.Apply(ctx, store.Batch{Events: batch})
		c.Written += applied.Changed
		batch = batch[:0]
		told(c.Written)
		return err
	}
	for change, err := range from.Changes(ctx, 0) {
		if err != nil {
			return c, err
		}
		there[standsFor(change.Event)] = versionOf(change.Event) // one that was written anew meanwhile comes again, and that counts
		c.Events[change.Event.Kind()]++
		if batch = append(batch, change.Event); len(batch) == together {
			if err := flush(); err != nil {
				return c, err
			}
		}
	}
	if err := flush(); err != nil {
		return c, err
	}
	var err error
	if c.Unreadable, err = unreadable(ctx, from); err != nil {
		return c, err
	}
	if err := c.compare(ctx, there, to); err != nil {
		return c, err
	}
	for _, source := range sources {
		if place, has := places[source]; has {
			if err := c.place(ctx, to, source, place); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// place has a source's next run go on from a place, unless the store has one already.
func (c *Copied) place(ctx context.Context, to store.Store, source string, place []byte) error {
	own, err := to.Cursor(ctx, source)
	switch {
	case err != nil:
		return err
	case own == nil:
		c.Sources = append(c.Sources, source)
		return to.Rewind(ctx, source, place)
	case slices.Equal(own, place):
		c.Sources = append(c.Sources, source)
	default:
		c.Kept = append(c.Kept, source)
	}
	return nil
}

// compare reads the other store, and sees that it has every event.
func (c *Copied) compare(ctx context.Context, there ledger, to store.Store) error {
	for change, err := range to.Changes(ctx, 0) {
		if err != nil {
			return err
		}
		switch had, known := there.take(change.Event); {
		case !known:
			c.More++
		case had != versionOf(change.Event):
			c.Newer++
			if had.updated > change.Event.Head().Updated.UnixNano() {
				return fmt.Errorf("%w: %s %s has an older version there", errDifferent, change.Event.Kind(), change.Event.Head().FullID())
			}
		}
	}
	if len(there) > 0 {
		return fmt.Errorf("%w: %d events are not there; copy again", errDifferent, len(there))
	}
	return nil
}

// ledger has the version of each event, by what stands for its key.
type ledger map[uint64]version

// version is an event as it was: what stands for all of it, and when it was last changed.
type version struct {
	all     uint64
	updated int64
}

var seed = maphash.MakeSeed()

func standsFor(e dora.Event) uint64 { return maphash.Comparable(seed, store.KeyOf(e)) }

func versionOf(e dora.Event) version {
	body, err := dora.Encode(e)
	if err != nil {
		return version{}
	}
	return version{maphash.Bytes(seed, body), e.Head().Updated.UnixNano()}
}

func (l ledger) take(e dora.Event) (version, bool) {
	key := standsFor(e)
	had, known := l[key]
	delete(l, key)
	return had, known
}

// Checked says what a store has.
type Checked struct {
	Events     map[dora.Kind]int  `json:"events"`
	Sequence   store.Sequence     `json:"sequence"`
	Unreadable []store.Unreadable `json:"unreadable"`
}

// Check reads all that a store has.
func Check(ctx context.Context, s store.Store) (Checked, error) {
	c := Checked{Events: map[dora.Kind]int{}, Unreadable: []store.Unreadable{}}
	for change, err := range s.Changes(ctx, 0) {
		if err != nil {
			return c, err
		}
		c.Events[change.Event.Kind()]++
		c.Sequence = change.Sequence
	}
	if has, ok := s.(unreadables); ok {
		rows, err := has.Unreadable(ctx)
		c.Unreadable = append(c.Unreadable, rows...)
		return c, err
	}
	return c, nil
}

// unreadables is a store that knows which of its rows cannot be read.
type unreadables interface {
	Unreadable(ctx context.Context) ([]store.Unreadable, error)
}

func unreadable(ctx context.Context, s store.Store) (int, error) {
	has, ok := s.(unreadables)
	if !ok {
		return 0, nil
	}
	rows, err := has.Unreadable(ctx)
	return len(rows), err
}
