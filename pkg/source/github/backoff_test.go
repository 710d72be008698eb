package github_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// refusing is a GitHub that refuses some requests, each until a time, and takes note of when the next one comes. Its clock
// is the collector's, moved by a skew, and passes by being waited for.
type refusing struct {
	next   http.Handler
	clock  *waits
	skew   time.Duration
	every  int
	refuse func(rw http.ResponseWriter, now time.Time) time.Duration // says how long it holds

	requests, refused int
	until             time.Time // while it holds
	early, late       []string
}

func (g *refusing) now() time.Time { return g.clock.now.Add(g.skew) }

func (g *refusing) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	now := g.now()
	switch {
	case g.until.IsZero():
	case now.Before(g.until):
		g.early = append(g.early, fmt.Sprintf("%s too early: %s", g.until.Sub(now), r.URL))
	case now.After(g.until.Add(2 * time.Second)):
		g.late = append(g.late, fmt.Sprintf("%s too late: %s", now.Sub(g.until), r.URL))
	}
	g.until = time.Time{}
	rw.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if g.requests++; g.requests%g.every == 0 {
		g.refused++
		g.until = now.Add(g.refuse(rw, now))
		return
	}
	g.next.ServeHTTP(rw, r)
}

// Whichever way GitHub says until when a limit holds: nothing is asked before, and not much after. The wait is in sight
// with its end, and the events are those of a good day. That holds when one of the two clocks is hours wrong.
func TestALimitIsWaitedOutAsLongAsItIsToldAndNotLonger(t *testing.T) {
	abuse := func(rw http.ResponseWriter, status int) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(`{"message": "You have exceeded a secondary rate limit. Please wait."}`))
	}
	exhausted := func(rw http.ResponseWriter, now time.Time, until time.Duration) {
		rw.Header().Set("X-RateLimit-Limit", "5000")
		rw.Header().Set("X-RateLimit-Remaining", "0")
		rw.Header().Set("X-RateLimit-Reset", fmt.Sprint(now.Add(until).Unix()))
	}
	for name, c := range map[string]struct {
		refuse func(rw http.ResponseWriter, now time.Time) time.Duration
		apis   []github.API
	}{
		"403 with seconds": {func(rw http.ResponseWriter, _ time.Time) time.Duration {
			rw.Header().Set("Retry-After", "47")
			abuse(rw, http.StatusForbidden)
			return 47 * time.Second
		}, nil},
		"429 with seconds": {func(rw http.ResponseWriter, _ time.Time) time.Duration {
			rw.Header().Set("Retry-After", "90")
			abuse(rw, http.StatusTooManyRequests)
			return 90 * time.Second
		}, nil},
		"503 with seconds": {func(rw http.ResponseWriter, _ time.Time) time.Duration {
			rw.Header().Set("Retry-After", "20")
			rw.WriteHeader(http.StatusServiceUnavailable)
			return 20 * time.Second
		}, nil},
		"503 with seconds and half a body": {func(rw http.ResponseWriter, _ time.Time) time.Duration {
			rw.Header().Set("Retry-After", "20")
			rw.Header().Set("Content-Length", "1000")
			rw.WriteHeader(http.StatusServiceUnavailable)
			_, _ = rw.Write([]byte(`{"message": "Service`))
			return 20 * time.Second
		}, nil},
		"429 with a date": {func(rw http.ResponseWriter, now time.Time) time.Duration {
			rw.Header().Set("Retry-After", now.Add(5*time.Minute).UTC().Format(http.TimeFormat))
			abuse(rw, http.StatusTooManyRequests)
			return 5 * time.Minute
		}, nil},
		"403 with the hour's reset": {func(rw http.ResponseWriter, now time.Time) time.Duration {
			exhausted(rw, now, 11*time.Minute)
			abuse(rw, http.StatusForbidden)
			return 11 * time.Minute
		}, nil},
		"429 without a time, a minute": {func(rw http.ResponseWriter, _ time.Time) time.Duration {
			abuse(rw, http.StatusTooManyRequests)
			return time.Minute
		}, nil},
		"an answer with the hour's reset": {func(rw http.ResponseWriter, now time.Time) time.Duration {
			exhausted(rw, now, 7*time.Minute)
			_, _ = rw.Write([]byte(`{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}`))
			return 7 * time.Minute
		}, []github.API{github.APIGraphQL}},
	} {
		apis := c.apis
		if apis == nil {
			apis = []github.API{github.APIGraphQL, github.APIREST}
		}
		for _, api := range apis {
			for _, skew := range []time.Duration{0, 3 * time.Hour, -3 * time.Hour} {
				if skew != 0 && api == github.APIREST {
					continue // the same clock decides
				}
				t.Run(fmt.Sprintf("%s over %s, GitHub's clock off by %s", name, api, skew), func(t *testing.T) {
					config := configured{
						ID: "github", API: api, Repositories: []string{world.Organization + "/*"},
						Secrets: map[string]string{"token": secret},
					}
					g := &refusing{next: world.New(world.Options{Seed: 3, Months: 1, Now: worldNow}).Handler(secret), clock: &waits{now: worldNow}, skew: skew, every: 1 << 30, refuse: c.refuse}
					server := httptest.NewServer(g)
					defer server.Close()
					config.URL = server.URL
					good := newLedger()
					require.NoError(t, good.collect(t.Context(), open(config, server.Client(), g.clock.option()), time.Time{}))

					g.every, g.requests = 3, 0
					l := newLedger()
					require.NoError(t, l.collect(t.Context(), open(config, server.Client(), g.clock.option(), github.WithPatience(1000*time.Hour)), time.Time{}))
					assertEqualEvents(t, good, l)
					assert.Positive(t, g.refused)
					assert.Empty(t, strings.Join(append(g.early, g.late...), "\n"))
					assert.Len(t, g.clock.waited, g.refused)
					seen := map[time.Time]bool{}
					for _, p := range l.progress {
						if !p.WaitingUntil.IsZero() {
							seen[p.WaitingUntil] = true
						}
					}
					assert.Len(t, seen, g.refused, "each wait is told with its end")
					assert.Zero(t, l.last.WaitingUntil)
				})
			}
		}
	}
}

// A limit without a time is waited for longer each time that it still holds.
func TestALimitWithoutATimeIsAskedAboutLessAndLess(t *testing.T) {
	clock := &waits{now: worldNow}
	asked := []time.Time{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		asked = append(asked, clock.now)
		rw.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	err := newLedger().collect(t.Context(), till(server.URL, server.Client(), clock.option(), github.WithPatience(time.Hour)), time.Time{})
	require.Error(t, err)
	var breaks []time.Duration
	for i := 1; i < len(asked); i++ {
		breaks = append(breaks, asked[i].Sub(asked[i-1]))
	}
	assert.Equal(t, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 16 * time.Minute}, breaks)
}
