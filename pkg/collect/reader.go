package collect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/store"
)

// reader reads one source. Its methods but refresh run in one goroutine.
type reader struct {
	source   Source
	holder   string
	store    store.Store
	every    time.Duration
	often    bool // more often than was asked for
	backfill time.Duration
	changed  func()
	known    func(source string, kind dora.Kind, part string) []dora.Event
	log      *slog.Logger
	trace    func(context.Context, string) (context.Context, func(error))

	wake   chan struct{} // holds one wish to run now
	parts  parts         // wishes to read some parts now
	status *status

	failures int       // in a row
	due      time.Time // of the next run; in the past or zero: now
}

func newReader(s Source, holder string, options Options) *reader {
	every := options.Every
	if fleeting, is := s.Source.(source.Fleeting); is {
		every = min(every, fleeting.Every())
	}
	return &reader{
		source: s, holder: holder, store: options.Store,
		every: every, often: every < options.Every, backfill: options.Backfill, changed: options.Changed, known: options.Known,
		log:    options.Logger.With("source", s.ID),
		trace:  options.Trace,
		wake:   make(chan struct{}, 1),
		parts:  newParts(),
		status: newStatus(s),
	}
}

func (r *reader) refresh() {
	select {
	case r.wake <- struct{}{}:
	default: // a wish waits already
	}
}

// sleep waits until a time, or until someone wishes a run. It says whether the context still lasts.
func (r *reader) sleep(ctx context.Context, until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-r.wake:
	}
	return ctx.Err() == nil
}

// follow collects whenever this instance has the lease, until the context ends.
func (r *reader) follow(ctx context.Context) {
	for ctx.Err() == nil {
		lease, err := r.acquire(ctx, false)
		if err != nil {
			return // the context has ended
		}
		r.lead(ctx, lease, r.keepSchedule)
	}
}

// keepSchedule runs the source when it is due, until the lease is lost or the context ends.
func (r *reader) keepSchedule(ctx context.Context, lease store.Lease) {
	for {
		r.status.scheduled(r.due)
		only, lasts := r.await(ctx)
		if !lasts {
			return
		}
		o := r.run(ctx, lease, only)
		switch {
		case errors.Is(o.err, store.ErrLeaseLost):
			r.due = time.Time{}
			return
		case ctx.Err() != nil:
			return
		case only != nil: // the schedule stays, but what failed is tried again soon
			if retry := o.ended.Add(retryAfter(r.source.ID, 1, r.every)); o.err != nil && retry.Before(r.due) {
				r.due = retry
			}
		case o.err != nil:
			r.failures++
			r.due = o.ended.Add(retryAfter(r.source.ID, r.failures, r.every))
		default:
			r.failures = 0
			r.due = o.began.Add(nextAfter(r.source.ID, r.every))
		}
	}
}

// once is one run, for which the lease is taken and given back.
func (r *reader) once(ctx context.Context) (o outcome) {
	began := time.Now()
	lease, err := r.acquire(ctx, true)
	if err != nil {
		failed := &source.Error{Cause: source.CauseConfiguration, Source: r.source.ID, Advice: "the source was not read", Err: err}
		r.status.failed([]*source.Error{failed})
		return outcome{began: began, ended: time.Now(), err: failed}
	}
	r.lead(ctx, lease, func(ctx context.Context, lease store.Lease) { o = r.run(ctx, lease, nil) })
	return o
}

// outcome is what came of a run.
type outcome struct {
	began, ended     time.Time
	events           map[dora.Kind]int
	requests, points int
	err              error
}

// run reads the source once, or only some parts of it. What came before a failure is kept.
func (r *reader) run(ctx context.Context, lease store.Lease, only []string) outcome {
	if only == nil {
		select {
		case <-r.wake: // this is the run that was wished for
		default:
		}
	}
	r.status.began(time.Now())
	traced, end := r.trace(ctx, r.source.ID)
	err := r.collect(traced, lease, only)
	if ctx.Err() != nil { // whatever failed, failed because of this
		err = context.Cause(ctx)
	}
	var failures []*source.Error
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrLeaseLost) {
		failures = source.Failures(r.source.ID, err)
	}
	end(err)
	var o outcome
	if only == nil {
		o = r.status.ended(time.Now(), err, failures)
	} else {
		o = r.status.endedParts(time.Now(), err)
	}
	switch log := r.log.With("events", o.events, "requests", o.requests, "points", o.points, "duration", o.ended.Sub(o.began)); {
	case err == nil && only != nil:
		log.Debug("Parts of the source were read", "parts", only)
	case err == nil && r.often && len(o.events) == 0:
		log.Debug("The source is up to date, and has nothing new")
	case err == nil:
		log.Info("The source is up to date")
	case failures == nil:
		log.Info("The run was interrupted", "reason", err)
	default:
		log.Warn("The source could not be read completely", "error", err)
	}
	return o
}

// collect calls the source. A source that panics has failed; the others go on.
func (r *reader) collect(ctx context.Context, lease store.Lease, only []string) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			r.log.Error("The source panicked", "panic", describe(panicked), "stack", string(debug.Stack()))
			err = &source.Error{
				Cause: source.CauseServer, Source: r.source.ID,
				Advice: "reading stopped because of a defect in Live DORA: please report it with the log of this moment",
				Err:    fmt.Errorf("panic: %s", describe(panicked)),
			}
		}
	}()
	mark, err := r.bookmark(ctx, time.Now().Add(-r.backfill))
	if err != nil {
		return err
	}
	if only != nil && mark.Cursor == nil {
		return nil // it was never read: the run that is due reads it all
	}
	since := mark.Since
	if !mark.From.IsZero() {
		since = mark.From
	}
	var known func(dora.Kind, string) []dora.Event
	if r.known != nil {
		known = func(kind dora.Kind, part string) []dora.Event { return r.known(r.source.ID, kind, part) }
	}
	err = r.source.Collect(ctx, source.Request{
		Cursor: mark.Cursor,
		Since:  since,
		Known:  known,
		Only:   only,
		Emit: func(ctx context.Context, batch source.Batch) error {
			if batch.Cursor != nil {
				mark.Cursor = batch.Cursor
			}
			batch.Events = r.admitted(batch.Events)
			return r.write(ctx, lease, batch, mark)
		},
		Report: r.status.reported,
	})
	if err != nil || only != nil {
		return err
	}
	mark.Finished, mark.From = time.Now(), time.Time{}
	if err := r.write(ctx, lease, source.Batch{}, mark); err != nil {
		return err
	}
	r.status.complete(mark.completeSince(r.keep()))
	return nil
}

// begins is since when incidents are known of a source that shows the newest only.
func (r *reader) begins(mark bookmark) time.Time {
	if recent, is := r.source.Source.(source.Recent); is && mark.Cursor != nil {
		return recent.Begins(mark.Cursor)
	}
	return time.Time{}
}

// keep is for how long events are kept at least.
func (r *reader) keep() time.Duration { return max(r.backfill, retention) }

// admitted leaves out events of which a time cannot have been: one of them must not cost those that came with it.
func (r *reader) admitted(events []dora.Event) []dora.Event {
	return slices.DeleteFunc(events, func(e dora.Event) bool {
		err := dora.Admit(e)
		if err != nil {
			r.log.Warn("An event is left out, because a time of it cannot have been", "event", e.Head().FullID(), "problem", err)
			r.status.leftOut()
		}
		return err != nil
	})
}

// write stores a batch together with the bookmark.
func (r *reader) write(ctx context.Context, lease store.Lease, batch source.Batch, mark bookmark) error {
	cursor, err := mark.encode()
	if err != nil {
		return r.storeFailed(err)
	}
	applied, err := r.store.Apply(ctx, store.Batch{Events: batch.Events, Forget: batch.Forget, Source: r.source.ID, Cursor: cursor, Epoch: lease.Epoch})
	if err != nil {
		return r.storeFailed(err)
	}
	r.status.wrote(applied.Kinds)
	r.status.begins(r.begins(mark))
	if applied.Changed > 0 || len(batch.Forget) > 0 {
		r.changed()
	}
	return nil
}

// describe tells what a panic was about. Only the runtime's own words are known to hold no secrets.
func describe(panicked any) string {
	if known, ok := panicked.(runtime.Error); ok {
		return known.Error()
	}
	return fmt.Sprintf("a value of type %T", panicked)
}

func (r *reader) storeFailed(err error) error {
	return &source.Error{Cause: source.CauseConfiguration, Source: r.source.ID, Advice: "what was read cannot be stored", Err: err}
}
