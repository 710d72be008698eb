package dataset

import (
	"fmt"

	"github.com/livedora/dora-datasource/pkg/source"
)

// Undeployed says how many repositories of a source are read and were never deployed, and which; empty where none is. They are
// no services until they are. While the history is worked on, they are those of before.
func (d *Dataset) Undeployed(id string) string {
	names := d.undeployed()[id]
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("Read, never deployed (%d): %s.", len(names), source.Listed(names))
}

func (d *Dataset) undeployed() map[string][]string {
	if !d.mu.TryLock() {
		if before := d.idle.Load(); before != nil {
			return *before
		}
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	idle := d.history.Undeployed()
	d.idle.Store(&idle)
	return idle
}
