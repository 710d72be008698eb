package dataset

import (
	"context"
	"errors"
	"time"

	"github.com/livedora/dora-datasource/pkg/discover"
)

// lookTime bounds how long somebody looks around.
const lookTime = 30 * time.Minute

// ErrNoSource says that no source of an id is configured.
var ErrNoSource = errors.New("there is no such source")

// LookAround begins to look at what some sources have to offer; none named: all that can look around. It says false where that is
// under way already, which goes on.
func (d *Dataset) LookAround(ids []string) (began bool, err error) {
	var targets []discover.Target
	for i, s := range d.sources {
		t := discover.Target{Given: d.options.Settings.Sources[i].Given(), Source: s.Source}
		if len(ids) == 0 && discover.Able(t) || len(ids) > 0 && ids[0] == s.ID {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		if len(ids) > 0 {
			return false, ErrNoSource
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
