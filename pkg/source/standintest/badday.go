package standintest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// BadDay is a day on which nothing can be read.
type BadDay struct {
	Name string
	// Control is what the stand-in is told; nil: nothing.
	Control Row
	// Open makes a source that is set up in another way; nil: as always.
	Open func(at *StandIn, pace Pace) source.Source
	// Cause is what the first failure is for, and Says are words of its sentence.
	Cause source.Cause
	Says  []string
	// Unnoticed says that Check, which asks for little, is content.
	Unnoticed bool
}

// BadDays holds that each is told in a sentence, by a reading and by Check, and costs nothing that was collected.
func (s Subject) BadDays(t *testing.T, now string, days ...BadDay) {
	t.Helper()
	h := s.History(t, Synthetic(t))
	at := s.Start(t, h, now)
	s.BadDaysOf(t, at, h, now, days...)
}

// BadDaysOf is BadDays of a stand-in that runs already.
func (s Subject) BadDaysOf(t *testing.T, at *StandIn, h *replaytest.History, now string, days ...BadDay) {
	t.Helper()
	good := s.Fresh(t, at, h, instant(now))
	for _, day := range days {
		t.Run(day.Name, func(t *testing.T) {
			defer at.Reset()
			if day.Control != nil {
				at.Control(day.Control)
			}
			open := day.Open
			if open == nil {
				open = func(at *StandIn, pace Pace) source.Source { return s.Open(at, h, pace) }
			}
			l := sourcetest.NewLedger()
			l.Take(good.All())
			l.Cursor = good.Cursor
			failure := s.failed(t, l.Collect(t.Context(), open(at, At(now)), time.Time{}))
			assert.Equal(t, day.Cause, failure.Cause, failure.Error())
			for _, words := range day.Says {
				assert.Contains(t, failure.Error(), words)
			}
			sourcetest.Same(t, good, l)
			if day.Cause == source.CauseRateLimit {
				return // checking does not wait
			}
			if err := open(at, At(now)).Check(t.Context()); !day.Unnoticed {
				assert.Equal(t, day.Cause, s.failed(t, err).Cause)
			}
		})
	}
	l := sourcetest.NewLedger()
	l.Take(good.All())
	l.Cursor = good.Cursor
	s.Read(t, l, at, h, instant(now))
	sourcetest.Same(t, good, l, "once the days are over")
}

// failed is the first failure.
func (s Subject) failed(t *testing.T, err error) *source.Error {
	t.Helper()
	failures := source.Failures("", err)
	require.NotEmpty(t, failures)
	for _, failure := range failures {
		assert.NotContains(t, failure.Error(), s.Token)
	}
	return failures[0]
}
