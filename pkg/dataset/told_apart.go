package dataset

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// toldApartEvery is how often it is looked for anew, at most: all deployments are looked at, and rows that are followed ask
// for it whenever anything happens.
const toldApartEvery = time.Minute

// lookedApart is what was found, and when in what.
type lookedApart struct {
	at      time.Time
	version uint64
	found   []history.ToldApart
}

// ToldApart are services that seem to count the same deployments, as of now.
func (d *Dataset) ToldApart() []history.ToldApart {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lookApart()
}

// lookApart is ToldApart while d.mu is held.
func (d *Dataset) lookApart() []history.ToldApart {
	if len(d.options.Settings.Sources) < 2 {
		return nil
	}
	now := lookedApart{at: time.Now(), version: d.history.Version(), found: d.history.ToldApart()}
	d.apart.Store(&now)
	return now.found
}

// LatelyToldApart is ToldApart as of the last minute, for those who ask often: while the history is worked on, as of before.
func (d *Dataset) LatelyToldApart() []history.ToldApart {
	before := d.apart.Load()
	if before != nil && (before.version == d.Snapshot().Version || time.Since(before.at) < toldApartEvery) {
		return before.found
	}
	if !d.mu.TryLock() {
		if before != nil {
			return before.found
		}
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	return d.lookApart()
}
