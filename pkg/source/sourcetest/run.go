package sourcetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// promises are what all sources promise, by name.
var promises = []struct {
	name  string
	holds func(*bench)
}{
	{"reading again is harmless", readingAgain},
	{"reading on is enough", readingOn},
	{"a list that moves while it is read loses nothing", movingLists},
	{"every limit is waited out", limits},
	{"a limit that outlasts a run ends it", lastingLimits},
	{"a run that is ended ends", cancelling},
	{"whatever cannot be read is an error and never a zero", failing},
	{"one bad part costs one part", badParts},
	{"a run that breaks off at any moment is gone on with", restarting},
	{"what was deleted is withdrawn", deleting},
	{"what was renamed is read under its new name", renaming},
	{"no secret shows", secrets},
	{"no other host hears anything", otherHosts},
	{"work in flight has a bound", bounds},
}

// Run holds a source to all promises.
func Run(t *testing.T, s Subject) {
	t.Helper()
	for _, promise := range promises {
		t.Run(promise.name, func(t *testing.T) { promise.holds(s.begin(t)) })
	}
}

// bench is where one promise is tried: a stand-in, and the gate before it.
type bench struct {
	*testing.T
	Subject
	system  *System
	gate    *gate
	clock   *clock
	address string
	client  *http.Client
}

func (s Subject) begin(t *testing.T) *bench {
	t.Helper()
	if s.Moments == 0 {
		s.Moments = 6
	}
	system := s.Start(t)
	c := &clock{system: system}
	b := &bench{T: t, Subject: s, system: system, clock: c, gate: &gate{system: system, clock: c, secrets: s.Secrets}}
	server := httptest.NewServer(b.gate)
	t.Cleanup(server.Close)
	b.address, b.client = server.URL, server.Client()
	return b
}

// again is another bench of the same kind.
func (b *bench) again() *bench { return b.begin(b.T) }

// pace waits for nothing in earnest: its clock moves by being waited for.
func (b *bench) pace() wire.Pace {
	p := wire.DefaultPace()
	p.Now = b.clock.Now
	p.Sleep = func(ctx context.Context, d time.Duration) error {
		if ctx.Err() == nil {
			b.clock.wait(d)
		}
		return ctx.Err()
	}
	p.Retries, p.FirstBreak, p.LongestBreak, p.Patience = 2, time.Millisecond, 2*time.Millisecond, 1000*time.Hour
	return p
}

// collect reads on with a source that has just been made: nothing is kept between runs but the cursor.
func (b *bench) collect(l *Ledger) error { return b.collectAt(b.Context(), l, b.pace()) }

func (b *bench) collectAt(ctx context.Context, l *Ledger, pace wire.Pace) error {
	err := l.Collect(ctx, b.Open(b.address, b.client, pace), time.Time{})
	for _, p := range l.Told {
		require.Empty(b, concealed(p.Trouble, b.Secrets), "no secret shows in progress")
	}
	b.named(err)
	return err
}

// named holds that an error is one of causes and advice, or the context's or the ledger's.
func (b *bench) named(err error) {
	b.Helper()
	if err == nil {
		return
	}
	require.Empty(b, concealed(err.Error(), b.Secrets), err)
	for _, failure := range source.Failures("", err) {
		if failure.Source == "" { // of another type
			require.True(b, isEnd(failure.Err), "%v has no cause", failure.Err)
			continue
		}
		require.Contains(b, source.Causes, failure.Cause, err)
		require.NotEmpty(b, failure.Advice, err)
	}
}

// fresh is what a first reading gives now, without any trouble, and how many requests it took.
func (b *bench) fresh() (*Ledger, int) {
	b.Helper()
	b.gate.heal()
	l := NewLedger()
	require.NoError(b, b.collect(l))
	facts := l.Facts()
	require.NotEmpty(b, facts, "a stand-in has a history")
	requests := b.gate.counted()
	if b.system.Holds == nil {
		return l, requests
	}
	read := map[dora.Kind]int{}
	for _, e := range facts {
		read[e.Kind()]++
	}
	for kind, count := range b.system.Holds() {
		require.Equal(b, count, read[kind], "a first reading is everything: %s", kind)
	}
	return l, requests
}

// moments are some of the numbers from 1 to a count, the first and the last among them, spread evenly.
func (b *bench) moments(count int) []int {
	if testing.Short() {
		b.Moments = min(b.Moments, 2)
	}
	found := []int{}
	for i := range min(b.Moments, count) {
		found = append(found, 1+i*(count-1)/max(1, min(b.Moments, count)-1))
	}
	return found
}

// same holds that two ledgers have the same facts.
func (b *bench) same(want, got *Ledger, why ...any) {
	b.Helper()
	Same(b.T, want, got, why...)
}

// keeps holds that a ledger has lost nothing of what another has of things that are still there.
func (b *bench) keeps(before, after map[string]dora.Event, got *Ledger, why ...any) {
	b.Helper()
	found := got.Facts()
	for key := range before {
		_, still := after[key]
		if _, kept := found[key]; still && !kept {
			require.Fail(b, "it is lost: "+key, why...)
		}
	}
}

// changed counts what is in both and differs.
func changed(before, after map[string]dora.Event) (count int) {
	for key, e := range before {
		if other, still := after[key]; still && !reflect.DeepEqual(e, other) {
			if r, repository := e.(*dora.Repository); !repository || r.Entity != nil { // a head is another one with each commit
				count++
			}
		}
	}
	return count
}
