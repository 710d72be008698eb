package collect

import (
	"context"
	"encoding/json"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// bookmark is what the store keeps as a source's cursor: the source's own, and what the collector must know when it
// starts again.
type bookmark struct {
	// Cursor is the source's own; nil if it never handed one over.
	Cursor []byte `json:"cursor,omitempty"`
	// Since is how far back the source has been read.
	Since time.Time `json:"since"`
	// From is from when on the source is read again, until a run has ended with everything read; zero: from Since on.
	From time.Time `json:"from,omitzero"`
	// Finished is when a run last ended with everything read; zero if none has.
	Finished time.Time `json:"finished,omitzero"`
}

// bookmark reads what the store keeps. Where the settings reach further back than what was read, the source begins
// anew: reading again is harmless.
func (r *reader) bookmark(ctx context.Context, since time.Time) (bookmark, error) {
	text, err := r.store.Cursor(ctx, r.source.ID)
	if err != nil {
		return bookmark{}, r.storeFailed(err)
	}
	mark := bookmark{Since: since}
	if text == nil {
		return mark, nil
	}
	if err := json.Unmarshal(text, &mark); err != nil || !mark.sound() {
		r.log.Warn("Where reading stood is damaged in the store, and the source is read from its beginning")
		return bookmark{Since: since}, nil //nolint:nilerr // to read again is harmless
	}
	if since.Before(mark.Since.Add(-day)) {
		mark = bookmark{Since: since}
	}
	return mark, nil
}

// completeSince is since when all is known of what can be read, where events are kept for some time; zero where that cannot
// be said.
func (b bookmark) completeSince(keep time.Duration) time.Time {
	if b.Finished.IsZero() || b.Cursor == nil { // who has nothing to read hands no cursor over
		return time.Time{}
	}
	return dora.Latest(b.Since, b.Finished.Add(-keep).Truncate(day)) // a day at a time, so that it seldom moves
}

// sound says whether the times of a bookmark can have been.
func (b bookmark) sound() bool {
	return b.Since.Before(dora.After) && b.From.Before(dora.After) && b.Finished.Before(dora.After)
}

func (b bookmark) encode() ([]byte, error) { return json.Marshal(b) }

// Recall takes over from the store when each source was last read, so that what was collected before this process is
// not taken for a first collection under way.
func (c *Collector) Recall(ctx context.Context) error {
	for _, r := range c.readers {
		if err := r.recall(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) recall(ctx context.Context) error {
	mark, err := r.bookmark(ctx, time.Now().Add(-r.backfill))
	if err == nil {
		r.status.recalled(mark.Finished, mark.completeSince(r.keep()), r.begins(mark))
	}
	return err
}
