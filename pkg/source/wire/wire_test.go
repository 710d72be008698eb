package wire_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	token = "glpat-Aa0Zz9Qq7Kk5Mm3Xx1Tt"
	part  = "shop/till"
)

// clock moves by being waited for.
type clock struct {
	now    time.Time
	waited []time.Duration
}

func (c *clock) pace() wire.Pace {
	p := wire.DefaultPace()
	p.Now = func() time.Time { return c.now }
	p.Sleep = func(ctx context.Context, d time.Duration) error {
		c.now = c.now.Add(d)
		c.waited = append(c.waited, d)
		return ctx.Err()
	}
	p.Retries, p.FirstBreak, p.LongestBreak = 1, time.Millisecond, time.Millisecond
	return p
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

// vendor is a system with names of its own for everything.
func vendor(t *testing.T, c *clock, serve http.HandlerFunc) (*wire.Session, string) {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	host := &wire.Host{
		Name: "Forge", ID: "forge", Client: wire.WithinHost(server.Client()), Addresses: []string{server.URL},
		Credentials: wire.Token{Text: token, Refused: "Forge does not accept the token: enter a new one"},
		Sign:        func(h http.Header, token string) { h.Set("Private-Token", token) },
		Limits:      wire.Limits{Total: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset"},
		Genuine:     func(h http.Header) bool { return h.Get("X-Forge") != "" },
		Pace:        c.pace(),
	}
	return host.Begin(nil), server.URL
}

// In whichever of the field's ways a limit is told, it is waited out for as long as it holds.
func TestEveryShapeOfALimitIsWaitedOut(t *testing.T) {
	for name, c := range map[string]struct {
		refuse func(w http.ResponseWriter, now time.Time)
		wait   time.Duration
	}{
		"429 in plain text with seconds": {func(w http.ResponseWriter, _ time.Time) {
			w.Header().Set("Retry-After", "42")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte("Retry later\n"))
		}, 42 * time.Second},
		"429 with a date": {func(w http.ResponseWriter, now time.Time) {
			w.Header().Set("Retry-After", now.Add(3*time.Minute).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		}, 3 * time.Minute},
		"429 with the quota's reset": {func(w http.ResponseWriter, now time.Time) {
			w.Header().Set("RateLimit-Remaining", "0")
			w.Header().Set("RateLimit-Reset", fmt.Sprint(now.Add(30*time.Second).Unix()))
			w.WriteHeader(http.StatusTooManyRequests)
		}, 31 * time.Second},
		"429 in JSON with nothing": {func(w http.ResponseWriter, _ time.Time) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`))
		}, time.Minute},
		"503 with seconds": {func(w http.ResponseWriter, _ time.Time) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			at := newClock()
			asked := 0
			s, url := vendor(t, at, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, token, r.Header.Get("Private-Token"))
				w.Header().Set("Date", at.now.Format(http.TimeFormat))
				if asked++; asked == 1 {
					c.refuse(w, at.now)
					return
				}
				w.Header().Set("RateLimit-Limit", "2000")
				w.Header().Set("RateLimit-Remaining", "1999")
				_, _ = w.Write([]byte(`{"name":"till"}`))
			})
			answer, err := s.Fetch(t.Context(), part, wire.Call{Address: url + "/projects/7"})
			require.NoError(t, err)
			project, err := wire.Decode[struct{ Name string }](s, part, answer)
			require.NoError(t, err)
			assert.Equal(t, "till", project.Name)
			assert.Equal(t, []time.Duration{c.wait}, at.waited)
			assert.Equal(t, source.Limit{Total: 2000, Remaining: 1999, Reset: time.Time{}}, s.Progress.Limit)
			assert.Equal(t, 2, s.Progress.Requests)
		})
	}
}

// Some vendors have a status of their own for a limit, and say nothing besides.
func TestAStatusOfTheVendorsOwnCanMeanALimit(t *testing.T) {
	at, asked := newClock(), 0
	s, url := vendor(t, at, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(420)
		}
	})
	s.Limits.Also = []int{420}
	_, err := s.Fetch(t.Context(), part, wire.Call{Address: url})
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{time.Minute}, at.waited)
}

// An answer may name any address to read on at. Whoever is not the configured host hears nothing, and no token.
func TestALinkToAnotherHostIsNotFollowed(t *testing.T) {
	var heard []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard = append(heard, fmt.Sprint(r.Header)) }))
	defer other.Close()
	s, url := vendor(t, newClock(), func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`[]`)) })
	for _, address := range []string{other.URL + "/next", strings.Replace(url, "http:", "https:", 1), strings.Replace(url, "http://", "http://user@", 1), "://"} {
		_, err := s.Fetch(t.Context(), part, wire.Call{Address: address})
		failures := source.Failures("forge", err)
		require.Len(t, failures, 1, address)
		assert.Equal(t, source.CauseAnswer, failures[0].Cause)
		assert.NotContains(t, err.Error(), token)
	}
	assert.Empty(t, heard)
	assert.Zero(t, s.Progress.Requests)
	_, err := s.Fetch(t.Context(), part, wire.Call{Address: url + "/next"})
	require.NoError(t, err)
}

func TestARefusalIsASentenceWithItsCause(t *testing.T) {
	for status, cause := range map[int]source.Cause{
		http.StatusUnauthorized: source.CauseCredentials, http.StatusForbidden: source.CausePermission, http.StatusNotFound: source.CauseAnswer,
		http.StatusInternalServerError: source.CauseServer, http.StatusMovedPermanently: source.CauseConfiguration, http.StatusNotModified: source.CauseAnswer,
		http.StatusBadGateway: source.CauseServer,
	} {
		for _, genuine := range []bool{true, false} {
			s, url := vendor(t, newClock(), func(w http.ResponseWriter, r *http.Request) {
				if genuine {
					w.Header().Set("X-Forge", "1")
				}
				w.Header().Set("Location", "https://sso.example/?state="+token)
				w.WriteHeader(status)
				if status != http.StatusNotModified {
					_, _ = w.Write([]byte(`{"message":"no, ` + r.Header.Get("Private-Token") + `"}`))
				}
			})
			_, err := s.Fetch(t.Context(), part, wire.Call{Address: url})
			failures := source.Failures("forge", err)
			require.Len(t, failures, 1)
			assert.Equal(t, cause, failures[0].Cause, err)
			assert.NotContains(t, err.Error(), token)
			says := status != http.StatusMovedPermanently && status != http.StatusNotModified
			assert.Equal(t, genuine && says, strings.Contains(err.Error(), "no, (token)"), err)
		}
	}
	s, url := vendor(t, newClock(), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	answer, err := s.Fetch(t.Context(), part, wire.Call{Address: url}, http.StatusNotFound)
	require.NoError(t, err, "the caller knows what it means")
	s, url = vendor(t, newClock(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusForbidden)
	})
	_, err = s.Fetch(t.Context(), part, wire.Call{Address: url})
	require.Equal(t, source.CausePermission, source.Failures("forge", err)[0].Cause, "some give this header with every answer")
	assert.Equal(t, http.StatusNotFound, answer.Status)
}

// Some systems tell in how many seconds a quota is renewed, in place of when.
func TestAQuotaThatIsRenewedInSecondsIsWaitedOut(t *testing.T) {
	at := newClock()
	asked := 0
	s, url := vendor(t, at, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit-Limit", "960")
		w.Header().Set("RateLimit-Remaining", "0")
		w.Header().Set("RateLimit-Reset", "37")
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	s.Limits.Within = true
	_, err := s.Fetch(t.Context(), part, wire.Call{Address: url})
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{38 * time.Second}, at.waited)
	assert.Equal(t, source.Limit{Total: 960, Reset: at.now.Add(37 * time.Second)}, s.Progress.Limit)
}

// A run that is ended while it waits ends, whatever it waits for.
func TestWaitingEndsWithTheRun(t *testing.T) {
	for name, refuse := range map[string]func(http.ResponseWriter){
		"a limit":  func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
		"a break":  func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"overload": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s, url := vendor(t, newClock(), func(w http.ResponseWriter, _ *http.Request) {
				refuse(w)
				cancel()
			})
			pace := wire.DefaultPace() // minutes and seconds, of the real clock
			pace.FirstBreak, pace.LongestBreak = time.Hour, time.Hour
			s.Pace = pace
			_, err := s.Begin(nil).Fetch(ctx, part, wire.Call{Address: url})
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}

func TestAPageTooWideIsAskedForInANarrowerForm(t *testing.T) {
	at := newClock()
	s, _ := vendor(t, at, nil)
	var widths []int
	err := s.Persist(t.Context(), part, func() (*wire.Answer, wire.Verdict, error) {
		widths = append(widths, s.Width.Now)
		if s.Width.Now > 30 {
			return &wire.Answer{Status: http.StatusOK}, wire.Overloaded, nil
		}
		return &wire.Answer{Status: http.StatusOK}, wire.Answered, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []int{100, 50, 25}, widths)
}
