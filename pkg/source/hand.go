package source

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// batchLimit bounds how many events go in one batch.
const batchLimit = 1000

// Hand hands over events in batches of a bounded size, and bounds their texts. Only the last batch carries where the run goes
// on after all of them; those before it carry where it was, from which all of them are read again.
func (r *Request) Hand(ctx context.Context, events []dora.Event, before, after []byte, forget ...string) error {
	for _, e := range events {
		dora.Bound(e)
	}
	for {
		some := events[:min(len(events), batchLimit)]
		events = events[len(some):]
		position := before
		if len(events) == 0 {
			position = after
		}
		if err := r.Emit(ctx, Batch{Events: some, Cursor: position, Forget: forget}); err != nil || len(events) == 0 {
			return err
		}
		forget = nil
	}
}

// HandNews hands over what a run that read everything found, and the position after it. Where neither is new, nothing is
// handed over.
func (r *Request) HandNews(ctx context.Context, events []dora.Event, position any) error {
	after, err := json.Marshal(position)
	if err != nil || len(events) == 0 && bytes.Equal(r.Cursor, after) {
		return err
	}
	return r.Hand(ctx, events, r.Cursor, after)
}
