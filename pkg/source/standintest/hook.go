package standintest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// Hook is how a stand-in tells what happens.
type Hook struct {
	// Register is what the stand-in takes as "webhook", without the address; its secret is to be Secret where the source is
	// given that.
	Register Row
	// Kinds have to be told at least once.
	Kinds []string
	// Forged says that some calls are, and have to be refused.
	Forged bool
	// Down says on which days nobody answers; nil: on none.
	Down func(day int) bool
	// Arguments are those of the stand-in.
	Arguments []string
}

// Told holds that a span of days that is told day by day, with one reading at its end, ends where a first reading does.
func (s Subject) Told(t *testing.T, from time.Time, days int, hook Hook) {
	t.Helper()
	h := s.History(t, Synthetic(t))
	at := s.Start(t, h, from.Format(time.RFC3339), hook.Arguments...)
	l := s.Fresh(t, at, h, from)
	receiver, is := s.Open(at, h, AtTime(from)).(source.Receiver)
	require.True(t, is, "the source hears nobody")
	ear := listen(t, receiver)
	register := Row{"url": ear.URL}
	for key, value := range hook.Register {
		register[key] = value
	}
	at.Control(Row{"webhook": register})
	now := from
	for day := range days {
		ear.set(hook.Down != nil && hook.Down(day))
		now = now.AddDate(0, 0, 1)
		at.Control(Row{"now": now, "wait": true})
		parts, events := ear.told()
		l.Take(events)
		if len(parts) > 0 {
			l.Only = parts
			s.Read(t, l, at, h, now)
			assert.Positive(t, l.Last().Requests, "what is to be read is known by %v", parts)
		}
	}
	ear.mu.Lock()
	defer ear.mu.Unlock()
	assert.Empty(t, ear.mistakes)
	for _, kind := range hook.Kinds {
		assert.Positive(t, ear.kinds[kind], "%s in %v", kind, ear.kinds)
	}
	assert.Equal(t, hook.Forged, ear.refused > 0, "what is forged is refused, and nothing else")
	l.Only = nil // the hourly reading
	s.Read(t, l, at, h, now)
	sourcetest.Same(t, s.Fresh(t, at, h, now), l)
}

// ear is told things, as the plugin would be.
type ear struct {
	*httptest.Server

	mu       sync.Mutex
	down     bool
	received []source.Received
	kinds    map[string]int
	refused  int
	mistakes []error
}

func listen(t *testing.T, receiver source.Receiver) *ear {
	e := &ear{kinds: map[string]int{}}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		body, _ := io.ReadAll(r.Body)
		received, err := receiver.Receive(r.Header, body)
		switch {
		case errors.Is(err, source.ErrForged), errors.Is(err, source.ErrStale), errors.Is(err, source.ErrNoSecret):
			e.refused++
			w.WriteHeader(http.StatusUnauthorized)
			return
		case err != nil:
			e.mistakes = append(e.mistakes, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		e.kinds[received.Kind]++
		e.received = append(e.received, received)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *ear) set(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

// told takes the parts that are to be read, each once, and what was stated exactly.
func (e *ear) told() (parts []string, events []dora.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.received {
		events = append(events, r.Events...)
		for _, part := range r.Refresh {
			if !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	e.received = nil
	return parts, events
}
