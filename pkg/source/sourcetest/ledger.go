package sourcetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Ledger keeps what a source hands over, as a store does.
type Ledger struct {
	// Events are the newest versions, by kind and id.
	Events map[string]dora.Event
	// Cursor is what the last batch carried, Batches how many there were, and Largest how many events the largest had.
	Cursor           []byte
	Batches, Largest int
	// Told is all progress of the last run.
	Told []source.Progress
	// Forgotten are the parts whose names came to mean others, in the order in which that was told.
	Forgotten []string
	// StopAfter ends a run with ErrStopped once that many batches are in; 0 never does.
	StopAfter int
	// Only names the parts that runs are to read; empty: everything.
	Only []string
}

// ErrStopped is how a ledger ends a run.
var ErrStopped = errors.New("the collector was stopped")

// NewLedger is empty.
func NewLedger() *Ledger { return &Ledger{Events: map[string]dora.Event{}} }

func keyOf(e dora.Event) string { return string(e.Kind()) + " " + e.Head().ID }

// Collect has a source read from where it was, everything since a time at first.
func (l *Ledger) Collect(ctx context.Context, s source.Source, since time.Time) error {
	l.Told = nil
	return s.Collect(ctx, source.Request{
		Cursor: l.Cursor, Since: since, Only: l.Only, Known: l.known, Emit: l.take,
		Report: func(p source.Progress) { l.Told = append(l.Told, p) },
	})
}

// Take keeps what a webhook told.
func (l *Ledger) Take(events []dora.Event) {
	for _, e := range events {
		if old, known := l.Events[keyOf(e)]; !known || e.Head().NewerThan(old.Head()) {
			l.Events[keyOf(e)] = e
		}
	}
}

// Last is the progress that the last run ended with.
func (l *Ledger) Last() source.Progress {
	if len(l.Told) == 0 {
		return source.Progress{}
	}
	return l.Told[len(l.Told)-1]
}

// All are the newest versions of everything.
func (l *Ledger) All() []dora.Event { return slices.Collect(maps.Values(l.Events)) }

// Of lists the events of one type that were not taken back, by id.
func Of[T dora.Event](l *Ledger) map[string]T {
	found := map[string]T{}
	for _, e := range l.Events {
		if typed, is := e.(T); is && (factOf(e) != nil || e.Kind() == dora.KindRepository) {
			found[e.Head().ID] = typed
		}
	}
	return found
}

// Same holds that two ledgers have the same facts.
func Same(t *testing.T, want, got *Ledger, why ...any) {
	t.Helper()
	wanted, found := want.Facts(), got.Facts()
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if !assert.ObjectsAreEqual(wanted[key], found[key]) {
			assert.Equal(t, wanted[key], found[key], append([]any{key}, why...)...)
			t.FailNow()
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if _, known := wanted[key]; !known { // require.Contains goes through all of a map
			require.Fail(t, "there is more than there should be: "+key, why...)
		}
	}
}

func (l *Ledger) take(_ context.Context, b source.Batch) error {
	l.Forgotten = append(l.Forgotten, b.Forget...)
	for key, e := range l.Events {
		if slices.ContainsFunc(b.Forget, func(part string) bool { return strings.EqualFold(part, partOf(e)) }) {
			delete(l.Events, key)
		}
	}
	l.Take(b.Events)
	l.Cursor = slices.Clone(b.Cursor)
	l.Batches++
	l.Largest = max(l.Largest, len(b.Events))
	if l.StopAfter > 0 && l.Batches >= l.StopAfter {
		return ErrStopped
	}
	return nil
}

// known is what the ledger has of a part, as a source may ask for it.
func (l *Ledger) known(kind dora.Kind, part string) (found []dora.Event) {
	for _, e := range l.Events {
		if e.Kind() == kind && strings.EqualFold(partOf(e), part) {
			found = append(found, e)
		}
	}
	return found
}

// partOf is the repository that an event is of.
func partOf(e dora.Event) string {
	switch e := e.(type) {
	case *dora.Repository:
		return e.Name
	case *dora.Commit:
		return e.Repository
	case *dora.Change:
		return e.Repository
	case *dora.Deployment:
		return e.Repository
	case *dora.Incident:
		return e.Repository
	}
	return ""
}

// Facts are the events by which figures are made, as two ledgers can be compared by: without what was withdrawn, what has
// another name now, when something was announced, and what retired a deployment after its success, which is not asked for.
func (l *Ledger) Facts() map[string]dora.Event {
	gone := map[string]bool{}
	for _, e := range l.Events {
		if r, ok := e.(*dora.Repository); ok && r.Withdrawn {
			gone[strings.ToLower(r.Name)] = true
		}
	}
	facts := map[string]dora.Event{}
	for key, e := range l.Events {
		if gone[strings.ToLower(partOf(e))] {
			continue
		}
		if fact := factOf(e); fact != nil {
			facts[key] = fact
		}
	}
	return facts
}

func factOf(e dora.Event) dora.Event {
	switch e := e.(type) {
	case *dora.Repository:
		fact := *e
		fact.Header, fact.Formerly, fact.Began = dora.Header{}, nil, time.Time{}
		return &fact
	case *dora.Change:
		if e.Withdrawn {
			return nil
		}
		fact := *e
		fact.Header = dora.Header{}
		return &fact
	case *dora.Incident:
		if e.Withdrawn {
			return nil
		}
		fact := *e
		fact.Header = dora.Header{}
		return &fact
	case *dora.Deployment:
		if e.Withdrawn {
			return nil
		}
		fact := *e
		fact.Header = dora.Header{}
		if fact.Settled() {
			fact.Statuses = slices.DeleteFunc(slices.Clone(e.Statuses), func(s dora.DeploymentStatus) bool { return s.State == dora.StateRetired })
		}
		return &fact
	}
	return e
}
