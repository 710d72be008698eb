// Package store is the contract for where events rest. Its sub-packages keep them in memory and in SQLite. A store
// knows events as keyed, versioned documents; it knows nothing of what they mean, of sources, or of Grafana.
//
// One open store serves one dataset: whatever else lies in the same file or database is invisible through it.
package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Sequence numbers what was written, in order. 0 is before everything.
type Sequence int64

// Store keeps the events of one dataset. It is safe for concurrent use.
type Store interface {
	// Apply writes a batch in one transaction: all of it or nothing. Of two versions of an event (source, kind, id) the
	// newer wins, whichever arrives first; an equal or older one changes nothing.
	Apply(ctx context.Context, batch Batch) (Applied, error)
	// Changes yields, in order of writing, the current version of every event written after a sequence.
	// From 0 it is everything: the cold start. It yields an error once, last, if reading fails.
	Changes(ctx context.Context, after Sequence) iter.Seq2[Change, error]
	// Cursor is where a source's next run goes on; nil if it never ran.
	Cursor(ctx context.Context, source string) ([]byte, error)
	// Acquire takes or renews the right to collect one source. It fails with a *Held while another holder's right lasts,
	// and with ErrReplica where this instance only reads.
	Acquire(ctx context.Context, source, holder string, lasting time.Duration) (Lease, error)
	// Release gives the right back early, so that a successor need not wait. Releasing what is not held is harmless.
	Release(ctx context.Context, lease Lease) error
	// Prune shows every deployment, change and incident last updated before a time to spent, removes those that spent
	// returns, and says how many. Only age can be seen here; what is still open, only spent knows. Repositories and
	// commits stay: the commit graph must be whole. Nothing is locked while spent thinks; an event that is rewritten
	// meanwhile stays too.
	Prune(ctx context.Context, before time.Time, spent func(old []dora.Event) []dora.Event) (int, error)
	// Rewind sets where a source's next run goes on (nil: at its beginning), and takes the right to collect the source
	// from whoever has it: what a run that is under way hands over from now on is refused with ErrLeaseLost.
	Rewind(ctx context.Context, source string, cursor []byte) error
	// Forget removes all events and the cursor of a source, says how many events there were, and ends runs as Rewind does.
	// The feed tells nobody: who follows it must begin anew.
	Forget(ctx context.Context, source string) (int, error)
	// Forgets is how often a source, or a part of one, was forgotten, by anyone, or the store itself may have lost what it had
	// acknowledged. Where it is another number than before, who follows the feed must begin anew.
	Forgets(ctx context.Context) (int64, error)
	// Durable says whether events outlive the process.
	Durable() bool
	// Close releases files and connections. Closing twice is harmless.
	Close() error
}

// Batch is what one transaction writes.
type Batch struct {
	Events []dora.Event
	// Source and Cursor move a source's cursor together with the events. A nil cursor leaves it where it is.
	Source string
	Cursor []byte
	// Forget names parts of the source, such as repositories, of which all that was read is removed before the events are
	// written: their names mean others now. It needs an epoch. What was told stays. Who follows the feed must begin anew.
	Forget []string
	// Epoch fences scheduled collection: a batch whose lease was released or has passed to another holder fails with
	// ErrLeaseLost. 0 is unfenced: events that were pushed to us, without a cursor.
	Epoch int64
	// Merge puts together what the store has of an event and what the batch brings, within the transaction; nil: of two
	// versions the newer wins. It returns what the store has where nothing is new. Its error ends the batch, and nothing
	// of it is written.
	Merge func(known, told dora.Event) (dora.Event, error)
}

// Applied says what a batch changed.
type Applied struct {
	// Sequence is the newest in the store after the batch.
	Sequence Sequence
	// Changed counts the events that were new or newer than what the store had.
	Changed int
	// Kinds is Changed by kind; nil if nothing changed.
	Kinds map[dora.Kind]int
}

// Count takes note of an event that changed.
func (a *Applied) Count(kind dora.Kind) {
	if a.Kinds == nil {
		a.Kinds = make(map[dora.Kind]int)
	}
	a.Kinds[kind]++
	a.Changed++
}

// Change is an event with the sequence of its last writing.
type Change struct {
	Sequence Sequence
	Event    dora.Event
}

// Reader reads a stored event in a way of its own. It need not keep to the types of package dora; nil: it has none for this
// one, which is read as any other. Several goroutines call it, and the body is there only while it reads.
type Reader func(kind dora.Kind, body []byte) dora.Event

// Lease is the right to collect one source until a time, unless renewed.
type Lease struct {
	Source string
	Holder string
	// Epoch rises each time the right passes from one holder to another; renewing keeps it. The first is 1.
	Epoch int64
	Until time.Time
}

// What a store refuses.
var (
	// ErrLeaseHeld says that another holder collects the source.
	ErrLeaseHeld = errors.New("another instance collects this source")
	// ErrReplica says that this instance may only read, as its settings say.
	ErrReplica = errors.New("this Grafana only reads, from a replica (store.use: replica); ask one that uses the primary")
	// ErrLeaseLost says that a batch came from a holder whose right has passed on; nothing of it was written.
	ErrLeaseLost = errors.New("the right to collect this source has passed to another instance")
	// ErrNewerStore says that a newer version of the product wrote the store.
	ErrNewerStore = errors.New("the store was written by a newer version of Live DORA: update the plugin, or name another file or database in store.path or store.database")
)

// Held is ErrLeaseHeld, with how long the other holder's right lasts unless it is renewed.
type Held struct{ Lasts time.Duration }

func (h *Held) Error() string { return ErrLeaseHeld.Error() }

// Is says that it is ErrLeaseHeld.
func (h *Held) Is(target error) bool { return target == ErrLeaseHeld }
