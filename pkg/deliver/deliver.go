// Package deliver has figures be where settings want them: it works out what belongs into each sink, by the formula of queries,
// keeps a ledger in the store of what is there, and writes and takes away what differs. It knows the contracts of sinks and
// stores and the domain's figures. It knows no kind of sink or store, no source, and not Grafana.
package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/store"
)

// Sink is a configured sink. ID keys its ledger and its lease; Place stands for where its points are: where it is another than
// that of the ledger, everything is delivered anew.
type Sink struct {
	ID, Type, Place string
	Shape           sink.Shape
	sink.Sink
}

// Options are what figures are delivered with.
type Options struct {
	// Dataset is named in logs.
	Dataset string
	Store   store.Store
	Sinks   []Sink
	// Snapshot is the facts in force, and Moved gives a channel that closes when there may be others.
	Snapshot func() *facts.Snapshot
	Moved    func() <-chan struct{}
	// Backfill is how far back history goes. What has become older stays in a sink as it is.
	Backfill time.Duration
	// Guard runs a piece of work and turns a panic into an error; nil: nothing does.
	Guard func(func() error) error
	// Changed is called when a sink is in another state; nil: nobody is told.
	Changed func()
	Logger  *slog.Logger
}

// Deliverer delivers the figures of one dataset. It is safe for concurrent use.
type Deliverer struct{ runners []*runner }

// New is a deliverer that does nothing until Run or Once.
func New(o Options) *Deliverer {
	if o.Guard == nil {
		o.Guard = func(do func() error) error { return do() }
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Deliverer{}
	holder := store.NewHolder()
	for _, s := range o.Sinks {
		d.runners = append(d.runners, newRunner(s, holder, o))
	}
	return d
}

// Run delivers whatever changes until the context ends. Each sink has its own goroutine; none waits for another, and nobody who
// collects or asks waits for any.
func (d *Deliverer) Run(ctx context.Context) {
	var work sync.WaitGroup
	for _, r := range d.runners {
		work.Go(func() { r.follow(ctx) }) // the sink's runner: its lease and its rounds
	}
	work.Wait()
}

// Once delivers what is missing now. Its errors, by sink, are *sink.Error or the store's.
func (d *Deliverer) Once(ctx context.Context) map[string]error {
	failures := make([]error, len(d.runners))
	var work sync.WaitGroup
	for i, r := range d.runners {
		work.Go(func() { failures[i] = r.once(ctx) }) // the sink's runner: one round
	}
	work.Wait()
	return d.named(failures)
}

// Check asks each sink whether it works, all at the same time, and gives the failures.
func (d *Deliverer) Check(ctx context.Context) map[string]error {
	failures := make([]error, len(d.runners))
	var work sync.WaitGroup
	for i, r := range d.runners {
		work.Go(func() { failures[i] = r.check(ctx) }) // one question, with a bound
	}
	work.Wait()
	return d.named(failures)
}

func (d *Deliverer) named(failures []error) map[string]error {
	failed := map[string]error{}
	for i, err := range failures {
		if err != nil {
			failed[d.runners[i].sink.ID] = err
		}
	}
	return failed
}

// State tells how each sink is doing, in the order of the settings.
func (d *Deliverer) State() []State {
	states := make([]State, len(d.runners))
	for i, r := range d.runners {
		states[i] = r.state()
	}
	return states
}

// Status is what a sink is at.
type Status string

// What sinks are at.
const (
	Starting   Status = "starting"   // nothing was looked at yet
	Delivering Status = "delivering" // something is not there yet
	Current    Status = "current"    // all is there
	Failing    Status = "failing"    // it cannot be delivered; it is tried again
	Elsewhere  Status = "elsewhere"  // another instance delivers
)

// Statuses lists them all.
var Statuses = []Status{Starting, Delivering, Current, Failing, Elsewhere}

// State is how one sink is doing.
type State struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Status Status `json:"state"`
	// Delivered is when everything that was known was there last.
	Delivered time.Time `json:"delivered,omitzero"`
	// Behind is since when something is missing there.
	Behind time.Time `json:"behindSince,omitzero"`
	// Pending is how many figures of groups and buckets are to be written or taken away yet, as far as was looked.
	Pending int `json:"pending"`
	// Points counts the points that were written, Removed the series' stretches that were taken away, and Failures the rounds
	// that failed, since the start, by cause.
	Points   int64              `json:"points"`
	Removed  int64              `json:"removed"`
	Failures map[sink.Cause]int `json:"-"`
	// Failure is why delivering fails, a sentence without secrets; empty: it does not.
	Failure string `json:"error,omitempty"`
	// Remark is what a person should know though nothing fails.
	Remark string `json:"remark,omitempty"`
	// Next is when it is tried again.
	Next time.Time `json:"next,omitzero"`
}

// Sentence is how the sink is doing, for a person.
func (s *State) Sentence(now time.Time) string {
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
	text := ""
	switch s.Status {
	case Current:
		text = "All figures are delivered, the last time at " + at(s.Delivered) + "."
	case Elsewhere:
		text = "Another instance delivers; this one waits."
	case Failing:
		text = "Figures are not delivered: " + s.Failure + "."
		if !s.Behind.IsZero() {
			text += fmt.Sprintf(" It is behind by %s, and catches up by itself.", now.Sub(s.Behind).Round(time.Second))
		}
	case Delivering:
		text = "Figures are being delivered."
		if s.Pending > 0 {
			text = fmt.Sprintf("Figures are being delivered: those of %d buckets are missing yet.", s.Pending)
		}
	case Starting:
		text = "Nothing is delivered yet."
	}
	if s.Status != Current && s.Status != Elsewhere && !s.Delivered.IsZero() {
		text += " All was there last at " + at(s.Delivered) + "."
	}
	if s.Remark != "" {
		text += " " + s.Remark
	}
	return text
}
