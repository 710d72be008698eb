// Package collect reads the sources of one dataset into its store: on a schedule, one run of a source at a time, and
// under a lease, so that of several instances one collects and the others wait. It knows the contracts of sources and
// stores and the domain's events. It knows no vendor, no kind of store, and not Grafana.
package collect

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/store"
)

// Source is a configured source. ID keys its events, cursor and lease; Type is for people.
type Source struct {
	ID, Type string
	source.Source
}

// Options are what a collector works with.
type Options struct {
	// Dataset is named in logs.
	Dataset string
	Store   store.Store
	Sources []Source
	// Every is the time from the beginning of a run to the beginning of the next; an hour if 0.
	Every time.Duration
	// Backfill is how far back a source's first run reads; 365 days if 0.
	Backfill time.Duration
	// Known gives what is known of a part of a source; see source.Request. It may be nil.
	Known func(source string, kind dora.Kind, part string) []dora.Event
	// Changed is called after a batch that changed the store. It must not block.
	Changed func()
	// Logger may be nil.
	Logger *slog.Logger
	// Trace, where given, is told when a run begins. What it returns is the run's context, and is told how the run ended.
	Trace func(ctx context.Context, source string) (context.Context, func(error))
}

const day = 24 * time.Hour

// Collector collects one dataset. It is safe for concurrent use.
type Collector struct {
	options Options
	readers []*reader
	running atomic.Bool
}

// New is a collector that does nothing until Run or Once.
func New(options Options) *Collector {
	if options.Every <= 0 {
		options.Every = time.Hour
	}
	if options.Backfill <= 0 {
		options.Backfill = 365 * day
	}
	if options.Changed == nil {
		options.Changed = func() {}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Trace == nil {
		options.Trace = func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} }
	}
	options.Logger = options.Logger.With("dataset", options.Dataset)
	c := &Collector{options: options}
	holder := store.NewHolder()
	for _, s := range options.Sources {
		c.readers = append(c.readers, newReader(s, holder, options))
	}
	return c
}

var errRunning = errors.New("the collector is running already")

// Run collects on schedule until the context ends, and returns once every run has ended; then it returns nil.
// It holds the lease of each source that it can get all the while, and gives it back at the end.
func (c *Collector) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return errRunning
	}
	defer c.running.Store(false)
	var work sync.WaitGroup
	for _, r := range c.readers {
		work.Go(func() { r.follow(ctx) }) // the source's reader: its schedule and its runs
	}
	work.Go(func() { c.retain(ctx) }) // retention: prunes once a day
	work.Wait()
	return nil
}

// Once runs every source once, until it is up to date, all at the same time. Its error joins everything that failed;
// the summary is complete even then. A source that another instance goes on collecting is a failure.
func (c *Collector) Once(ctx context.Context) (Summary, error) {
	if !c.running.CompareAndSwap(false, true) {
		return Summary{}, errRunning
	}
	defer c.running.Store(false)
	outcomes := make([]outcome, len(c.readers))
	var work sync.WaitGroup
	for i, r := range c.readers {
		work.Go(func() { outcomes[i] = r.once(ctx) }) // the source's reader: one run
	}
	work.Wait()

	failures := make([]error, 0, len(outcomes)+1)
	for _, o := range outcomes {
		failures = append(failures, o.err)
	}
	if ctx.Err() == nil {
		failures = append(failures, c.prune(ctx))
	}
	err := errors.Join(failures...)
	return summarise(c.readers, outcomes, err), err
}

// Refresh runs sources now, or again after the run that they are in. Without ids, all of them. Calls that come while
// one waits are one. Unknown ids are passed over.
func (c *Collector) Refresh(ids ...string) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	for _, r := range c.readers {
		if len(ids) == 0 || wanted[r.source.ID] {
			r.refresh()
		}
	}
}

// State tells how each source is doing, in the order of the settings.
func (c *Collector) State() []SourceState {
	states := make([]SourceState, len(c.readers))
	for i, r := range c.readers {
		states[i] = r.status.snapshot()
	}
	return states
}
