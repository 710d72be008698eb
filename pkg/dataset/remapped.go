package dataset

import (
	"context"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// Remapped is the facts as they are, and as services that are not in force would have them. Nothing of it is kept. It panics
// where they cannot be worked out, since other figures would be wrong ones; see Regain.
func (d *Dataset) Remapped(m dora.Mapping) (now, then *facts.Snapshot) {
	d.deriving.Lock() // one at a time, so that collection waits for one at most
	defer d.deriving.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.whole(context.Background(), func() error {
		now, then = d.history.Remapped(m, d.options.Settings.Definition)
		return nil
	}); err != nil {
		panic(&code.Lost{Cause: err})
	}
	return now, then
}

// RemapSize is about how much memory it takes.
func (d *Dataset) RemapSize() int64 { return viewSize(d.Snapshot()) }
