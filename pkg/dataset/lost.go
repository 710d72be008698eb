package dataset

import (
	"context"
	"fmt"

	"github.com/livedora/dora-datasource/pkg/dora/code"
)

// Most of the history may lie in a file, and files get damaged. What cannot be read again there is in the store still.

// whole does something that derives. Where history that was laid aside cannot be read again, it begins anew from the
// store. d.mu is held.
func (d *Dataset) whole(ctx context.Context, derive func() error) (err error) {
	defer func() {
		switch panicked := recover().(type) {
		case nil:
		case *code.Lost:
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
	if lost, ok := panicked.(*code.Lost); ok {
		return d.regain(lost)
	}
	return nil
}

func (d *Dataset) regain(lost *code.Lost) error {
	if !d.lost.Swap(true) { // many may meet it
		d.options.Logger.Warn("the history will be read from the store again", "dataset", d.options.Name, "error", lost)
	}
	d.wake()
	return fmt.Errorf("a part of the history was lost (%w); it is being read from the store again: ask again in a minute", lost.Cause)
}
