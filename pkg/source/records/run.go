// Package records is a run of a source that keeps one list of incidents, of no repository: where it goes on, what the store has,
// and which records cannot be read. It knows the domain's events, what a source is, and the other packages that sources share.
package records

import (
	"context"
	"encoding/json"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// part is what the list is called in progress and failures.
const part = "incidents"

// Run is one call of Collect or Check. P is where a run goes on: a struct that has a cursor.Versioned in it.
type Run[P any] struct {
	*wire.Session
	Request source.Request
	Cursor  *P
	Stored  *census.Incidents
	Broken  wire.Broken

	last []byte // the cursor, as it was handed over last
}

// Begin begins a run with the positions of a version; one of another is as good as none.
func Begin[P any, V interface {
	*P
	Stamp(version int)
}](host *wire.Host, request source.Request, version int) *Run[P] {
	r := &Run[P]{Session: host.Begin(request.Report), Request: request, Stored: census.NewIncidents(request.Known), last: request.Cursor}
	r.Cursor, _ = cursor.Read[P](request.Cursor, version)
	V(r.Cursor).Stamp(version)
	return r
}

// Collect has the list read, and fails where it cannot be, or where records of it cannot.
func (r *Run[P]) Collect(ctx context.Context, read func(context.Context) error) error {
	r.Progress.Part, r.Progress.Parts = part, 1
	r.Report()
	err := read(ctx)
	if err == nil {
		err = r.Unreadable()
	}
	r.Report()
	return err
}

// Unreadable says which records could not be read; nil: all could.
func (r *Run[P]) Unreadable() error { return r.Broken.Failure(r.Host, part) }

// Emit hands over events together with the position that they lead to.
func (r *Run[P]) Emit(ctx context.Context, events []dora.Event) error {
	position, err := json.Marshal(r.Cursor)
	if err != nil {
		return err
	}
	r.Progress.Done += len(events)
	r.Report()
	before := r.last
	r.last = position
	return r.Request.Hand(ctx, events, before, position)
}
