package dataset

import (
	"context"
	"crypto/rand"
	"strconv"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// newStamp tells this opening of a dataset from every other.
func newStamp() string { return rand.Text()[:12] }

// Stamp changes whenever an answer may have changed, and is never the same as another process's.
func (d *Dataset) Stamp() string {
	return d.stamp + "-" + strconv.FormatUint(d.Snapshot().Version, 36)
}

// Environments counts the deployments of each environment, production or not.
func (d *Dataset) Environments() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.history.Environments()
}

// known is what the store has of a repository, as far as its source may take it back.
func (d *Dataset) known(source string, kind dora.Kind, repository string) (events []dora.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.whole(context.Background(), func() error {
		events = d.history.Known(source, kind, repository)
		return nil
	}); err != nil {
		panic(&code.Lost{Cause: err}) // the run fails, and takes nothing back
	}
	return events
}

// Places lists where repositories were deployed to, and the services that count it.
func (d *Dataset) Places() []history.Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.history.Places()
}

// Preview matches services that are not in force with what has been collected; false: the meter ended it.
func (d *Dataset) Preview(m dora.Mapping, meter effort.Meter) (history.Preview, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.history.PreviewAt(m, meter)
}
