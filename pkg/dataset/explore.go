package dataset

import (
	"context"
	"time"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/discover"
)

// lookTime bounds how long somebody looks around.
const lookTime = 30 * time.Minute

// ErrUnknownSource says that no source has an id.
var ErrUnknownSource = collect.ErrUnknownSource

// LookAround begins to look at what a source has to offer; none named: all that can look around. It says false where that is
// under way already, which goes on.
func (d *Dataset) LookAround(id string) (began bool, err error) {
	var targets []discover.Target
	for i, s := range d.sources {
		t := discover.Target{Given: d.options.Settings.Sources[i].Given(), Source: s.Source}
		if id == s.ID || id == "" && discover.Able(t) {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		if id != "" {
			return false, ErrUnknownSource
		}
		return false, discover.ErrCannotLook
	}
	run, began, err := d.search.Begin(targets, time.Now())
	if !began {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	go func() { // until the dataset is closed at the latest
		select {
		case <-d.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	go func() {
		defer cancel()
		if err := d.guarded(func() error { run(ctx); return nil }); err != nil {
			d.search.Fail(err)
		}
	}()
	return true, nil
}

// Looked is how the looking around is, with what was found last.
func (d *Dataset) Looked() discover.Report { return d.search.Report() }

// Reconsidered is what was found last, by what people say of it.
func (d *Dataset) Reconsidered(corrections []discover.Correction) (*discover.Proposal, error) {
	return d.search.Correct(corrections)
}
