// Package source is the contract between the systems that events come from and all who know of them: how a source is read
// and told, for the collector, and what a system declares of itself, for settings, the editor and the documentation. One
// sub-package speaks to one system and turns its API into events; none of them knows another, a store, or Grafana.
package source

import (
	"context"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Source reads one configured system.
type Source interface {
	// Collect reads what changed since the cursor (nil: everything since the request's history limit) and hands it
	// over in batches. It returns when it is up to date. Reading the same again is harmless.
	//
	// A part that cannot be read (one repository of many) does not stop the others: their errors are joined and
	// returned at the end. What was handed over before an error is kept. Errors are *Error where the cause is known.
	Collect(ctx context.Context, request Request) error
	// Check makes one cheap request that tells whether address and credentials work. It returns nil or an *Error.
	Check(ctx context.Context) error
}

// Fleeting is a source whose system shows some things for a short while only.
type Fleeting interface {
	// Every is how often it is to be read at least.
	Every() time.Duration
}

// Recent is a source whose system may show the newest of its incidents only.
type Recent interface {
	// Begins is since when all incidents are known that were to be read up to a cursor; zero: all that there are, or nothing is
	// said of them. It is said of every cursor that the source ever handed over.
	Begins(cursor []byte) time.Time
}

// Request is what the collector asks of a source and where the source answers.
type Request struct {
	// Cursor is what the last batch carried; nil on the first run. Its form is the source's own.
	Cursor []byte
	// Only names the parts to read, as Received.Refresh does; empty: everything. A source without parts reads everything.
	Only []string
	// Known gives what the store has of a part, of one kind, as far as the source may take it back: without what people
	// corrected. What was taken back already is in it. nil: nothing is known of the store.
	Known func(kind dora.Kind, part string) []dora.Event
	// Since limits deployments, changes and incidents of the first run. It never limits the commit graph.
	Since time.Time
	// Emit stores a batch, cursor included, in one transaction. An error from it ends the run.
	Emit func(context.Context, Batch) error
	// Report tells how far the run is. It may be called often and must not block.
	Report func(Progress)
}

// Batch is a piece of what was read, with the cursor that says "everything up to here is in".
type Batch struct {
	Events []dora.Event
	Cursor []byte
	// Forget names parts whose names mean others now: what was read of them is removed before the events are stored.
	Forget []string
}

// Progress is how far a run is, in words and numbers that a person can follow.
type Progress struct {
	// Part is what is being read, such as a repository's name.
	Part string
	// Parts is how many parts there are to read, those that cannot be read included; 0: unknown.
	Parts int
	// Done and Total count what is read and what there is to read, in one unit of the source's choice. Total 0: unknown.
	Done, Total int
	// Requests and Points are what the run has spent so far: HTTP requests, and the vendor's own quota units.
	Requests, Points int
	// WaitingUntil is set while a rate limit holds the run.
	WaitingUntil time.Time
	// Trouble says what went wrong on the way and is being tried again; empty once it works.
	Trouble string
	// Remark is what a person should know though nothing failed, such as how much is hidden; a sentence, or nothing.
	Remark string
	// Limit is the vendor's rate limit as it was last told; zero where it was not.
	Limit Limit
}

// Limit is a vendor's rate limit: how much may be spent in all and how much of it is left until it is renewed.
type Limit struct {
	Total     int       `json:"total"`
	Remaining int       `json:"remaining"`
	Reset     time.Time `json:"reset,omitzero"`
}

// Left is the share that is left, 0 to 1. It says false where the limit is not known.
func (l Limit) Left() (share float64, known bool) {
	if l.Total <= 0 {
		return 0, false
	}
	return min(1, max(0, float64(l.Remaining)/float64(l.Total))), true
}
