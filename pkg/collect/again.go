package collect

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrUnknownSource says that no source has an id.
var ErrUnknownSource = errors.New("there is no such source")

// Again reads a source again from a time on, whichever instance collects it. A run that is under way is ended.
func (c *Collector) Again(ctx context.Context, id string, from time.Time) error {
	for _, r := range c.readers {
		if r.source.ID != id {
			continue
		}
		since := time.Now().Add(-r.backfill)
		if from.Before(since) {
			since = from
		}
		text, err := bookmark{Since: since, From: from}.encode()
		if err != nil {
			return err
		}
		if err := r.store.Rewind(ctx, id, text); err != nil {
			return fmt.Errorf("the source cannot be read again: %w", err)
		}
		r.refresh()
		return nil
	}
	return ErrUnknownSource
}

// Forget removes all that a source told of, and where its reading stood. A source that is still configured is read
// anew.
func (c *Collector) Forget(ctx context.Context, id string) (int, error) {
	forgotten, err := c.options.Store.Forget(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("the source cannot be forgotten: %w", err)
	}
	c.Refresh(id)
	return forgotten, nil
}
