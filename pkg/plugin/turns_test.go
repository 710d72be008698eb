package plugin

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// line is turns of which all are taken, and those who wait for one, in the order of their coming.
func line(t *testing.T, order chan<- string, waiting ...string) *turns {
	t.Helper()
	turns := &turns{}
	for range runtime.GOMAXPROCS(0) {
		require.NoError(t, turns.take(t.Context(), 0))
	}
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	for n, name := range waiting {
		size := 1
		if name == "everything" {
			size = 200
		}
		all.Go(func() {
			if turns.take(t.Context(), size) == nil {
				order <- name
			}
		})
		require.Eventually(t, func() bool { turns.mu.Lock(); defer turns.mu.Unlock(); return len(turns.waiting) == n+1 }, 10*time.Second, time.Millisecond)
	}
	return turns
}

// all gives back every turn and tells in what order those who wait had theirs.
func (t *turns) all(order <-chan string) (came []string) {
	for range len(t.waiting) {
		t.giveBack()
		came = append(came, <-order)
	}
	for range runtime.GOMAXPROCS(0) {
		t.giveBack()
	}
	return came
}

func TestAServicesPanelsDoNotWaitForThoseOverEverythingNorTheseForEver(t *testing.T) {
	order := make(chan string, 10)
	waiting := []string{"everything", "everything", "everything", "a", "b", "c"}
	atOnce := line(t, order, waiting...)
	for _, w := range atOnce.waiting {
		w.came = time.Now().Add(time.Hour) // however slow this machine is
	}
	assert.Equal(t, []string{"a", "b", "c", "everything", "everything", "everything"}, atOnce.all(order))
	assert.Zero(t, atOnce.working)

	late := line(t, order, waiting...)
	for _, w := range late.waiting {
		w.came = time.Now().Add(-2 * patience)
	}
	assert.Equal(t, []string{"a", "everything", "b", "everything", "c", "everything"}, late.all(order))
	assert.Zero(t, late.working)
}

func TestWhoGoesAwayWhileWaitingTakesNoTurn(t *testing.T) {
	order := make(chan string, 10)
	turns := line(t, order)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- turns.take(ctx, 1) }()
	require.Eventually(t, func() bool { turns.mu.Lock(); defer turns.mu.Unlock(); return len(turns.waiting) == 1 }, 10*time.Second, time.Millisecond)
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	for range runtime.GOMAXPROCS(0) {
		turns.giveBack()
	}
	assert.Zero(t, turns.working)
	require.NoError(t, turns.take(t.Context(), 1))
}
