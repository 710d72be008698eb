package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

func isEnd(err error) bool {
	return errors.Is(err, ErrStopped) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// refusals are the ways to say that a limit holds which all systems share.
var refusals = map[string]Refusal{
	"429 with seconds, in plain text": func(w http.ResponseWriter, _ time.Time) time.Duration {
		w.Header().Set("Retry-After", "47")
		http.Error(w, "Retry later", http.StatusTooManyRequests)
		return 47 * time.Second
	},
	"429 with a date": func(w http.ResponseWriter, now time.Time) time.Duration {
		w.Header().Set("Retry-After", now.Add(5*time.Minute).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
		return 5 * time.Minute
	},
	"429 with nothing, in JSON": func(w http.ResponseWriter, _ time.Time) time.Duration {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`))
		return time.Minute
	},
	"503 with seconds": func(w http.ResponseWriter, _ time.Time) time.Duration {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusServiceUnavailable)
		return 20 * time.Second
	},
	"503 with seconds and half a body": func(w http.ResponseWriter, _ time.Time) time.Duration {
		w.Header().Set("Retry-After", "20")
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"message": "Service`))
		return 20 * time.Second
	},
}

// refusing refuses every third request, and takes note of what is asked while that holds.
type refusing struct {
	clock  *clock
	refuse Refusal
	first  bool // the first request, since there is no third

	mu      sync.Mutex
	until   time.Time
	refused int
	early   []string
}

func (r *refusing) spoil(number int, asked *http.Request, _ []byte) http.HandlerFunc {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	if now.Before(r.until) {
		r.early = append(r.early, fmt.Sprintf("%s too early: %s", r.until.Sub(now), asked.URL.Path))
	}
	r.until = time.Time{}
	if number%3 != 0 && (!r.first || number > 1) {
		return nil
	}
	r.refused++
	return func(w http.ResponseWriter, _ *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		now := r.clock.Now().Truncate(time.Second)
		r.until = now.Add(r.refuse(w, now))
	}
}

// limits: nothing is asked before a limit is over, the wait is in sight, and nothing is lost.
func limits(b *bench) {
	good, requests := b.fresh()
	all := maps.Clone(refusals)
	maps.Copy(all, b.Refusals)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r := &refusing{clock: b.clock, refuse: all[name], first: requests < 3}
		b.gate.spoils(r.spoil)
		l := NewLedger()
		require.NoError(b, b.collect(l), name)
		b.same(good, l, name)
		assert.Positive(b, r.refused, name)
		assert.Empty(b, r.early, name)
		seen := slices.ContainsFunc(l.Told, func(p source.Progress) bool { return !p.WaitingUntil.IsZero() })
		assert.True(b, seen, "%s: the wait is in sight", name)
		assert.Zero(b, l.Told[len(l.Told)-1].WaitingUntil, "%s: and over", name)
	}
}

// lastingLimits: a limit that is longer than a run may wait ends it, and the next one goes on.
func lastingLimits(b *bench) {
	good, requests := b.fresh()
	for _, moment := range b.moments(requests) {
		b.gate.spoils(func(number int, _ *http.Request, _ []byte) http.HandlerFunc {
			if number < moment {
				return nil
			}
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "3000")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		})
		l, pace := NewLedger(), b.pace()
		pace.Patience = 30 * time.Minute
		failures := source.Failures("", b.collectAt(b.Context(), l, pace))
		require.NotEmpty(b, failures)
		assert.Equal(b, source.CauseRateLimit, failures[len(failures)-1].Cause)
		assert.Equal(b, moment, b.gate.counted(), "the rest waits as well")
		b.gate.heal()
		require.NoError(b, b.collect(l))
		b.same(good, l, "held up at request", moment)
	}
}

// cancelling: wherever a run is ended, under an answer that does not come or within a wait, it asks nothing more.
func cancelling(b *bench) {
	good, requests := b.fresh()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	limited := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }
	broken := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	gateway := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	for name, answer := range map[string]http.HandlerFunc{"no answer": hang, "a limit": limited, "a break": broken, "an overload": gateway} {
		for _, moment := range b.moments(requests) {
			ctx, cancel := context.WithCancel(b.Context())
			b.gate.spoils(func(number int, _ *http.Request, _ []byte) http.HandlerFunc {
				if number < moment {
					return nil
				}
				return func(w http.ResponseWriter, r *http.Request) {
					defer time.AfterFunc(10*time.Millisecond, cancel) // while it is waited for
					if name == "no answer" {
						cancel()
					}
					answer(w, r)
				}
			})
			pace := wire.DefaultPace() // of the real clock: it waits an hour unless it is ended
			pace.Now, pace.FirstBreak, pace.LongestBreak = b.clock.Now, time.Hour, time.Hour
			l := NewLedger()
			require.ErrorIs(b, b.collectAt(ctx, l, pace), context.Canceled, "%s at request %d", name, moment)
			require.Equal(b, moment, b.gate.counted(), "%s: nothing more is asked", name)
			b.gate.heal()
			require.NoError(b, b.collect(l))
			b.same(good, l, name, moment)
			cancel()
		}
	}
}

// bad are answers that are none, by name.
var bad = map[string]http.HandlerFunc{
	"a server error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
	"a refusal": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `{"message":"403 Forbidden %s"}`, r.Header)
	},
	"a token that expires": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"message":"401 Unauthorized %s"}`, r.Header)
	},
	"a login page": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><html><title>Sign in</title></html>`))
	},
	"a gateway's page": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte(`<html>Bad gateway</html>`))
	},
	"half an answer": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data": {"repository": {"na`)) },
	"half a body": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`[{"id": 1}`))
	},
	"a connection that breaks": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"an object of nothing":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) },
	"a bad request": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"bad request"}`))
	},
}

// failing: from whichever request on answers are none, a run says so, or has all the facts; what was known is kept; and the
// next run has what this one lacks.
func failing(b *bench) {
	start, requests := b.fresh()
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		b.Run(name, func(t *testing.T) {
			b := &bench{T: t, Subject: b.Subject, system: b.system, gate: b.gate, clock: b.clock, address: b.address, client: b.client}
			for _, moment := range b.moments(requests) {
				l := NewLedger()
				b.breaks(l, start, moment, bad[name])
			}
		})
	}
	before := start.Facts()
	b.system.Pass()
	now, _ := b.fresh()
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		for _, moment := range b.moments(max(2, requests/3)) {
			l := &Ledger{Events: maps.Clone(start.Events), Cursor: start.Cursor}
			b.breaksRefresh(l, now, before, moment, name)
		}
	}
}

// breaks has answers be none from a request on, in a first reading.
func (b *bench) breaks(l, good *Ledger, moment int, answer http.HandlerFunc) {
	b.Helper()
	b.gate.spoils(func(number int, _ *http.Request, _ []byte) http.HandlerFunc {
		if number >= moment {
			return answer
		}
		return nil
	})
	err := b.collect(l)
	if err == nil {
		b.same(good, l, "a run that succeeds has all, whatever failed from request", moment)
	}
	b.gate.heal()
	require.NoError(b, b.collect(l), "after it failed from request %d", moment)
	b.same(good, l, "after it failed from request", moment)
}

func (b *bench) breaksRefresh(l, good *Ledger, before map[string]dora.Event, moment int, name string) {
	b.Helper()
	b.gate.spoils(func(number int, _ *http.Request, _ []byte) http.HandlerFunc {
		if number >= moment {
			return bad[name]
		}
		return nil
	})
	err := b.collect(l)
	if err == nil {
		b.same(good, l, name, "from request", moment)
	}
	b.keeps(before, good.Facts(), l, name, "from request", moment)
	b.gate.heal()
	require.NoError(b, b.collect(l), "%s from request %d", name, moment)
	b.same(good, l, name, "from request", moment)
}

// badParts: a part that cannot be read is named, keeps its facts, and stops no other.
func badParts(b *bench) {
	if len(b.system.Parts) < 2 || b.system.About == nil {
		b.Skip("this stand-in has one part")
	}
	good, _ := b.fresh()
	part := b.system.Parts[0]
	require.NotEmpty(b, b.system.Unseen)
	for way, answer := range b.system.Unseen {
		for when, l := range map[string]*Ledger{"at first": NewLedger(), "later": {Events: maps.Clone(good.Events), Cursor: good.Cursor}} {
			var spoiled atomic.Bool
			b.gate.spoils(func(_ int, r *http.Request, body []byte) http.HandlerFunc {
				if !b.system.About(r, body, part) {
					return nil
				}
				spoiled.Store(true)
				return answer
			})
			err := b.collect(l)
			failures := source.Failures("", err)
			require.Equal(b, spoiled.Load(), len(failures) > 0, "%s %s: %v", way, when, err)
			for _, failure := range failures {
				assert.Equal(b, part, failure.Part, "%s %s is named", way, when)
			}
			found := l.Facts()
			for key, e := range good.Facts() {
				if when == "later" || slices.Contains(b.system.Parts[1:], partOf(e)) {
					require.NotNil(b, found[key], "%s %s: %s", way, when, key)
				}
			}
			b.gate.heal()
			require.NoError(b, b.collect(l))
			b.same(good, l, way, when)
		}
	}
}
