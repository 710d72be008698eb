// Package storetest tells the stories that every store must live up to. A store's own tests run it. It knows the store
// contract and the domain's events, and nothing else of this module.
package storetest

import (
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/store"
)

// Open opens the store of one dataset in a place. Opened again, a durable store has what was in it, and several may be
// open at once; the suite closes them. now is the clock by which leases end.
type Open func(dataset string, now func() time.Time) store.Store

// Run tells every story. place makes a new, empty place where stores can lie, such as a file or a database.
func Run(t *testing.T, place func(t *testing.T) Open) {
	t.Helper()
	for _, story := range []struct {
		name string
		tell func(*testing.T, *scene)
	}{
		{"the newest version wins in every order of arrival", newestWins},
		{"an equal version changes nothing", equalChangesNothing},
		{"an event that a batch carries twice counts once", twiceInABatch},
		{"a batch is all or nothing", allOrNothing},
		{"an empty batch changes nothing", emptyBatch},
		{"every kind of event comes back as it was", everyKind},
		{"the feed follows the order of writing", feedInOrder},
		{"an event that is rewritten over and over stays one", rewritten},
		{"the feed can be left and taken up again", feedResumed},
		{"the store can be written while the feed is read", feedWhileWriting},
		{"a cursor moves with its batch", cursorMoves},
		{"a lease is taken, renewed, refused and given back", leaseLife},
		{"a lease that ran out is taken over, and its holder's batches are refused", leaseTakenOver},
		{"pruning keeps the commit graph and what is not spent", prune},
		{"what is told of an event is put together with what is known", toldIsMerged},
		{"a contradiction ends its batch", contradictionWritesNothing},
		{"a source that is rewound begins where it was told to, and a run under way is refused", rewound},
		{"a source that is forgotten is gone, and others are not", forgotten},
		{"a part of a source that is forgotten is gone with the batch that says so, and nothing else is", partForgotten},
		{"any splitting and order of batches ends in the same content", anyOrder},
		{"writers at the same time lose nothing", concurrentWriters},
		{"a call with a cancelled context writes nothing", cancelled},
		{"closing twice is harmless", closedTwice},
		{"datasets in one place do not see each other", datasetsApart},
		{"reopening finds everything", reopened},
		{"two instances share one dataset", shared},
	} {
		t.Run(story.name, func(t *testing.T) {
			s := &scene{t: t, open: place(t), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
			story.tell(t, s)
		})
	}
}
