package dataset

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/deliver"
)

// delivery is how this dataset's figures come into its sinks.
func (d *Dataset) delivery() deliver.Options {
	o := deliver.Options{
		Dataset: d.options.Name, Store: d.store, Snapshot: d.Snapshot, Moved: d.Moved, Backfill: time.Duration(d.options.Settings.Collect.Backfill),
		Guard: d.guarded, Changed: d.moved.call, Logger: d.options.Logger,
	}
	for i := range d.options.Settings.Sinks {
		s := &d.options.Settings.Sinks[i]
		o.Sinks = append(o.Sinks, deliver.Sink{ID: s.ID, Type: s.Type, Place: s.Place(), Shape: s.Shape, Sink: s.Open(d.options.Name, d.options.Client)})
	}
	return o
}

// Deliveries tell how each sink is doing, in the order of the settings.
func (d *Dataset) Deliveries() []deliver.State { return d.deliverer.State() }

// CheckSinks asks each sink whether it works, all at the same time, and gives the failures by the sinks' ids.
func (d *Dataset) CheckSinks(ctx context.Context) map[string]error { return d.deliverer.Check(ctx) }

func (d *Dataset) deliverOnce(ctx context.Context) error {
	failed := d.deliverer.Once(ctx)
	var failures []error
	for _, id := range slices.Sorted(maps.Keys(failed)) {
		failures = append(failures, failed[id])
	}
	return errors.Join(failures...)
}
