package standintest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// Subject is a source, and the stand-in that it is tried against.
type Subject struct {
	// System names the stand-in, and Arguments are what it is started with besides a history and the time.
	System    string
	Arguments []string
	// Token is what it lets in, and what must not show.
	Token string
	// Open makes the source that reads what a stand-in has of a history. It is made anew for each run.
	Open func(at *StandIn, h *replaytest.History, pace Pace) source.Source
	// Called gives a history the id of the source and the name that the system has its repository by; nil: those of GitHub.
	Called func(h *replaytest.History)
	// Check holds all that was read against the values beside a history; nil: h.Check, which is for a source that reads code
	// and incidents as well. What another source reads of the same history is added by Join.
	Check func(t *testing.T, h *replaytest.History, events []dora.Event)
	// Until is where Steps ends; empty: after everything, as it does always where LIVEDORA_TORTURE is set.
	Until string
	// Overlays says that histories without invented failures have nothing that the source reads.
	Overlays bool
}

// Synthetic is the directory of the history with invented failures, incidents and reviews.
func Synthetic(t *testing.T) string {
	t.Helper()
	for _, dir := range replaytest.Directories(t) {
		if strings.HasSuffix(dir, "+synthetic") {
			return dir
		}
	}
	t.Skip("there is no history with invented failures")
	return ""
}

// History reads a recorded history, called as the system does.
func (s Subject) History(t *testing.T, dir string) *replaytest.History {
	t.Helper()
	h := replaytest.Load(t, dir)
	if s.Called != nil {
		s.Called(h)
	}
	return h
}

// Start starts the stand-in with a history.
func (s Subject) Start(t *testing.T, h *replaytest.History, now string, arguments ...string) *StandIn {
	t.Helper()
	all := append([]string{"--data", h.Dir}, s.Arguments...)
	return Start(t, s.System, s.Token, now, append(all, arguments...)...)
}

// Read reads on.
func (s Subject) Read(t *testing.T, l *sourcetest.Ledger, at *StandIn, h *replaytest.History, now time.Time) {
	t.Helper()
	require.NoError(t, l.Collect(t.Context(), s.Open(at, h, AtTime(now)), time.Time{}))
}

// Fresh is what a first reading gives now.
func (s Subject) Fresh(t *testing.T, at *StandIn, h *replaytest.History, now time.Time) *sourcetest.Ledger {
	t.Helper()
	l := sourcetest.NewLedger()
	s.Read(t, l, at, h, now)
	return l
}

// Histories holds the figures of every history against those that git gives, read at once; that reading again changes
// nothing and costs less; and that nothing is asked that the stand-in does not know.
func (s Subject) Histories(t *testing.T) {
	t.Helper()
	for _, dir := range replaytest.Directories(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			h := s.History(t, dir)
			if s.Overlays && !h.Overlay {
				t.Skip("there is nothing in it that the source reads")
			}
			at, now := s.Start(t, h, AfterAll), instant(AfterAll)
			l := s.Fresh(t, at, h, now)
			first, batches := l.Last().Requests, l.Batches
			s.holds(t, h, l)
			whole := sourcetest.NewLedger()
			whole.Take(l.All())
			s.Read(t, l, at, h, now)
			t.Logf("%d events by %d requests in %d batches at first, %d requests where nothing changed", len(whole.Events), first, batches, l.Last().Requests)
			sourcetest.Same(t, whole, l)
			assert.Less(t, l.Last().Requests, max(3, first))
			assert.Empty(t, at.Stats().Unsupported)
		})
	}
}

func (s Subject) holds(t *testing.T, h *replaytest.History, l *sourcetest.Ledger) {
	t.Helper()
	if s.Check != nil {
		s.Check(t, h, l.All())
	} else {
		h.Check(t, l.All())
	}
}

// Long says that the long forms of tests are asked for.
func Long() bool { return os.Getenv("LIVEDORA_TORTURE") != "" }

// fewSteps are as many as there are where the long form is not asked for.
const fewSteps = 12

// Steps holds that a history which is read every so many days, from when it had nothing or little, ends where one reading
// does. Unless the long form is asked for the days are as many as it takes for a few steps.
func (s Subject) Steps(t *testing.T, from time.Time, days int) {
	t.Helper()
	until := s.Until
	if until == "" || Long() {
		until = AfterAll
	}
	h := s.History(t, Synthetic(t))
	at, end := s.Start(t, h, until), instant(until)
	if !Long() {
		days = max(days, 1+int(end.Sub(from)/(fewSteps*24*time.Hour)))
	}
	whole, grown := s.Fresh(t, at, h, end), sourcetest.NewLedger()
	steps, requests := 0, 0
	for now := from; ; now = now.AddDate(0, 0, days) {
		if now.After(end) {
			now = end
		}
		at.Move(now)
		s.Read(t, grown, at, h, now)
		steps, requests = steps+1, requests+grown.Last().Requests
		if now.Equal(end) {
			break
		}
	}
	t.Logf("%d requests in %d steps", requests, steps)
	sourcetest.Same(t, whole, grown, "after", steps, "steps")
}

// Kills ends a reading between two batches, as often as is said and spread evenly, and holds that the next one ends where
// one that is not ended does; a hundred times where the long form is asked for.
func (s Subject) Kills(t *testing.T, now string, times int) {
	t.Helper()
	if Long() {
		times = 100
	}
	h := s.History(t, Synthetic(t))
	at := s.Start(t, h, now)
	whole := s.Fresh(t, at, h, instant(now))
	for i := range times {
		l := sourcetest.NewLedger()
		l.StopAfter = 1 + i*max(0, whole.Batches-2)/max(1, times-1)
		require.ErrorIs(t, l.Collect(t.Context(), s.Open(at, h, At(now)), time.Time{}), sourcetest.ErrStopped)
		l.StopAfter = 0
		s.Read(t, l, at, h, instant(now))
		sourcetest.Same(t, whole, l, "ended after batch", 1+i*max(0, whole.Batches-2)/max(1, times-1), "of", whole.Batches)
	}
}

// Faults holds that a reading has everything whatever happens on its way, where trying again helps: each row is a fault of
// the stand-in's, such as {"kind": "http500", "every": 4}.
func (s Subject) Faults(t *testing.T, now string, faults ...Row) {
	t.Helper()
	h := s.History(t, Synthetic(t))
	at := s.Start(t, h, now)
	whole := s.Fresh(t, at, h, instant(now))
	for _, fault := range faults {
		at.Control(Row{"faults": []Row{fault}})
		l := s.Fresh(t, at, h, instant(now))
		sourcetest.Same(t, whole, l, fault)
		kind, _ := fault["kind"].(string)
		assert.Positive(t, at.Stats().Faults[kind], fault)
		at.Reset()
	}
}
