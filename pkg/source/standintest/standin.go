package standintest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// AfterAll is an instant after everything in the histories, as StandIns and At take it.
const AfterAll = "2026-11-30T12:00:00Z"

// Secret is what StandIn.Given and webhooks have.
const Secret = "a-secret-of-webhooks"

// Row is what a stand-in is told, such as {"now": …} or {"faults": []Row{{"kind": "http500"}}}. Its README lists what it
// understands.
type Row = map[string]any

// Pace sets how patiently a system is asked, as the option WithPace of a source takes it.
type Pace = func(*wire.Pace)

// StandIn is a running one. It belongs to one test.
type StandIn struct {
	// URL is the address that it tells, with the path beneath which it lies.
	URL string

	t     *testing.T
	token string
}

// Start starts the stand-in of a system at an instant that stands still until it is moved. The token is let in.
func Start(t *testing.T, system, token, now string, arguments ...string) *StandIn {
	t.Helper()
	server := replayserver.StartSystem(t, system, token, append(arguments, "--now", now)...)
	t.Cleanup(server.End)
	return &StandIn{URL: server.URL, t: t, token: token}
}

// Given is what a source of this stand-in is given: its token, and the secret of webhooks.
func (s *StandIn) Given() source.Given {
	return source.Given{ID: "stand-in", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": s.token, "webhookSecret": Secret}}
}

// Control tells it what is to be from now on.
func (s *StandIn) Control(what Row) {
	s.t.Helper()
	s.post("/_control", what)
}

// Move sets its clock, and waits until webhooks of the time between are delivered where there are any.
func (s *StandIn) Move(to time.Time) {
	s.t.Helper()
	s.Control(Row{"now": to})
}

// Reset takes back whatever the test told it.
func (s *StandIn) Reset() {
	s.t.Helper()
	s.post("/_reset", nil)
}

// Stats are what it counted.
type Stats struct {
	// Requests are all, and ByKind those of each route.
	Requests int
	ByKind   map[string]int
	// Unsupported was asked of it and it has not, though the vendor may.
	Unsupported map[string]int
	// Faults were injected, by kind.
	Faults map[string]int
}

// Stats asks for them.
func (s *StandIn) Stats() (stats Stats) {
	s.t.Helper()
	response, err := http.Get(s.root() + "/_stats")
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, response.Body.Close()) }()
	require.NoError(s.t, json.NewDecoder(response.Body).Decode(&stats))
	return stats
}

// root is where it is told things: beside the path beneath which the system lies.
func (s *StandIn) root() string {
	at, err := url.Parse(s.URL)
	require.NoError(s.t, err)
	return at.Scheme + "://" + at.Host
}

func (s *StandIn) post(path string, what any) {
	s.t.Helper()
	text, err := json.Marshal(what)
	require.NoError(s.t, err)
	response, err := http.Post(s.root()+path, "application/json", bytes.NewReader(text))
	require.NoError(s.t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	require.Equal(s.t, http.StatusOK, response.StatusCode, string(answer))
}

// At is a clock that stands at an instant. It waits for nothing, and tries no more often than a test has time for.
func At(now string) Pace { return AtTime(instant(now)) }

// AtTime is At of a time.
func AtTime(now time.Time) Pace {
	return func(p *wire.Pace) {
		p.Now, p.Sleep = func() time.Time { return now }, func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		Fast(p)
	}
}

// Fast tries again at once, and not often.
func Fast(p *wire.Pace) {
	p.Retries, p.FirstBreak, p.LongestBreak = 2, time.Millisecond, 2*time.Millisecond
}

func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}
