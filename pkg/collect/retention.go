package collect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const (
	// retention is how long events stay, unless the back-fill reads further: what was just read must not go.
	retention = 365 * day
	// firstPrune leaves the minutes after a start to those who read the store.
	firstPrune = 10 * time.Minute
	// shippingLag is how long a change may wait between its merge and the deployment that ships it, so that deployments
	// that stay keep their changes.
	shippingLag = 2 * 365 * day
)

// retain prunes once a day until the context ends.
func (c *Collector) retain(ctx context.Context) {
	timer := time.NewTimer(firstPrune)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := c.prune(ctx); err != nil && ctx.Err() == nil {
			c.options.Logger.Warn("Old events could not be removed", "error", err)
		}
		timer.Reset(day)
	}
}

func (c *Collector) prune(ctx context.Context) error {
	before := time.Now().Add(-max(c.options.Backfill, retention))
	pruned, err := c.options.Store.Prune(ctx, before, func(old []dora.Event) []dora.Event { return spent(old, before) })
	if err != nil {
		return fmt.Errorf("old events cannot be removed: %w", err)
	}
	if pruned > 0 {
		c.options.Logger.Info("Old events were removed", "events", pruned, "before", before)
	}
	return nil
}

// target is where deployments succeed each other. What a version's tag begins with, up to its first digit, tells apart
// the services of a monorepo.
type target struct{ source, repository, environment, task, prefix string }

func targetOf(d *dora.Deployment) target {
	t := target{source: d.Source, repository: d.Repository, environment: strings.ToLower(d.Environment), task: d.Task}
	if digit := strings.IndexAny(d.Ref, "0123456789"); digit > 0 && d.RefKind == dora.RefTag {
		t.prefix = d.Ref[:digit]
	}
	return t
}

// spent chooses, among events older than the retention, those that nothing recent needs. It keeps
//   - incidents that are unresolved and deployments that are unfinished;
//   - of each target, the newest success: it is what runs there, and what the next deployment's contents begin after;
//   - changes that were merged after a repository's newest success, or within two years before: they wait to be shipped,
//     or a younger deployment shipped them; and those that were read because a deployment that is kept may ship them.
func spent(old []dora.Event, before time.Time) []dora.Event {
	type repository struct{ source, name string }
	running := make(map[target]*dora.Deployment)
	newest := make(map[repository]time.Time)
	for _, e := range old {
		d, ok := e.(*dora.Deployment)
		if !ok || !d.Settled() {
			continue
		}
		if had := running[targetOf(d)]; had == nil || later(d, had) {
			running[targetOf(d)] = d
		}
		if at := (repository{d.Source, d.Repository}); d.Finished().After(newest[at]) {
			newest[at] = d.Finished()
		}
	}

	var gone []dora.Event
	for _, e := range old {
		keep := true
		switch e := e.(type) {
		case *dora.Incident:
			keep = e.Resolved.IsZero() && !e.Withdrawn
		case *dora.Deployment:
			keep = running[targetOf(e)] == e || unfinished(e)
		case *dora.Change:
			shipped, known := newest[repository{e.Source, e.Repository}]
			if !known {
				shipped = before
			}
			keep = e.Early || e.Merged.After(shipped.Add(-shippingLag))
		}
		if !keep {
			gone = append(gone, e)
		}
	}
	return gone
}

// later follows the order of deployments: by when they finished, then by the vendor's number.
func later(a, b *dora.Deployment) bool {
	if !a.Finished().Equal(b.Finished()) {
		return a.Finished().After(b.Finished())
	}
	return a.Number > b.Number
}

// unfinished says that a deployment may still succeed: it waits or runs, and no other took its place.
func unfinished(d *dora.Deployment) bool {
	if d.Retried { // it has ended; how, nobody can tell
		return false
	}
	for _, s := range d.Statuses {
		if s.State != dora.StateWaiting && s.State != dora.StateRunning {
			return false
		}
	}
	return true
}
