package dataset

import (
	"context"
	"errors"
	"fmt"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Most of the history may lie in a file, and files get damaged. What cannot be read again there is in the store still.

// whole does something that derives. Where history that was laid aside cannot be read again, it begins anew from the
// store. d.mu is held.
func (d *Dataset) whole(ctx context.Context, derive func() error) (err error) {
	defer func() {
		switch panicked := recover().(type) {
		case nil:
		case *dora.Lost:
			d.options.Logger.Warn("the history is read from the store again", "dataset", d.options.Name, "error", panicked)
			if err = d.begin(ctx); err == nil {
				err = derive()
			}
		default:
			panic(panicked)
		}
	}()
	return derive()
}

// Regain is for whoever recovers from a panic in work on a snapshot. Where a part of the history was lost, it has the
// store read again, and gives the sentence for whoever waits for an answer; nil: the panic says something else.
func (d *Dataset) Regain(panicked any) error {
	if lost, ok := panicked.(*dora.Lost); ok {
		return d.regain(lost)
	}
	return nil
}

func (d *Dataset) regain(lost *dora.Lost) error {
	d.options.Logger.Warn("the history will be read from the store again", "dataset", d.options.Name, "error", lost)
	d.lost.Store(true)
	d.wake()
	return fmt.Errorf("a part of the history could not be read again from the file beside the store (%w); the store is being read instead: ask again in a minute", errors.Unwrap(lost))
}
