package gate_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/gate"
)

const heavy = 8 << 20

// fill lets in heavy work until no more fits, and gives what ends it, one piece at a time.
func fill(t *testing.T, g *gate.Gate) (end []func()) {
	t.Helper()
	for range max(2, runtime.GOMAXPROCS(0)) {
		leave, err := g.Enter(t.Context(), gate.Work{Party: "busy", Size: heavy})
		require.NoError(t, err)
		end = append(end, leave)
	}
	return end
}

func TestLightWorkDoesNotWaitForHeavyWork(t *testing.T) {
	g := &gate.Gate{}
	for _, end := range fill(t, g) {
		defer end()
	}
	leave, err := g.Enter(t.Context(), gate.Work{Party: "stranger", Size: 1000})
	require.NoError(t, err)
	leave()
}

func TestPartiesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate.Gate{}
		busy := fill(t, g)
		order := make(chan string, 10)
		var all sync.WaitGroup
		ask := func(party string) {
			all.Go(func() {
				leave, err := g.Enter(t.Context(), gate.Work{Party: party, Size: heavy})
				if assert.NoError(t, err) {
					order <- party
					leave()
				}
			})
			synctest.Wait()
		}
		for range 4 {
			ask("many")
		}
		ask("few")
		ask("one")
		for _, end := range busy[1:] {
			defer end()
		}
		busy[0]()
		all.Wait()
		close(order)
		var came []string
		for party := range order {
			came = append(came, party)
		}
		assert.Equal(t, []string{"many", "few", "one", "many", "many", "many"}, came)
	})
}

func TestAPartyThatFillsItsShareIsToldSoAndNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate.Gate{}
		for _, end := range fill(t, g) {
			defer end()
		}
		ctx, leave := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		for range gate.QueueShare {
			waiting.Go(func() {
				_, err := g.Enter(ctx, gate.Work{Party: "many", Size: heavy})
				assert.ErrorIs(t, err, context.Canceled)
			})
		}
		synctest.Wait()
		var busy *gate.Busy
		_, err := g.Enter(ctx, gate.Work{Party: "many", Size: heavy})
		require.ErrorAs(t, err, &busy)
		assert.True(t, busy.Own)
		assert.ErrorContains(t, err, "try again")
		for n := gate.QueueShare; n < gate.QueueLimit; n++ {
			waiting.Go(func() { _, _ = g.Enter(ctx, gate.Work{Party: fmt.Sprint(n), Size: heavy}) })
		}
		synctest.Wait()
		_, err = g.Enter(ctx, gate.Work{Party: "stranger", Size: heavy})
		require.ErrorAs(t, err, &busy)
		assert.False(t, busy.Own)
		leave()
		waiting.Wait()

		began := time.Now()
		_, err = g.Enter(t.Context(), gate.Work{Party: "stranger", Size: heavy})
		require.ErrorAs(t, err, &busy, "who left waits no longer")
		assert.Equal(t, gate.Patience, time.Since(began))
	})
}

func TestWhatWaitsHoldsNoMoreThanItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate.Gate{}
		for _, end := range fill(t, g) {
			defer end()
		}
		ctx, leave := context.WithCancel(t.Context())
		var refused int
		var mu sync.Mutex
		var all sync.WaitGroup
		for n := range 100 {
			all.Go(func() {
				_, err := g.Enter(ctx, gate.Work{Party: fmt.Sprint(n), Size: heavy, Held: 1 << 20})
				if errors.As(err, new(*gate.Busy)) {
					mu.Lock()
					refused++
					mu.Unlock()
				}
			})
		}
		synctest.Wait()
		leave()
		all.Wait()
		assert.Equal(t, 36, refused)
	})
}

func TestHeavyWorkTakesNoMoreThanTheRoom(t *testing.T) {
	g := &gate.Gate{}
	leave, err := g.Enter(t.Context(), gate.Work{Size: gate.Room - 1})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = g.Enter(ctx, gate.Work{Size: heavy})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	leave()
	leave, err = g.Enter(t.Context(), gate.Work{Size: 2 * gate.Room})
	require.NoError(t, err, "alone, anything may")
	leave()
}

func TestPatientWorkWaitsAsLongAsItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate.Gate{}
		busy := fill(t, g)
		var all sync.WaitGroup
		for range 2 * gate.QueueLimit {
			all.Go(func() {
				leave, err := g.Enter(t.Context(), gate.Work{Party: "streams", Size: heavy, Patient: true})
				if assert.NoError(t, err) {
					leave()
				}
			})
		}
		time.Sleep(2 * gate.Patience)
		for _, end := range busy {
			end()
		}
		all.Wait()
	})
}

func TestAnAnswerCountsUntilItHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate.Gate{}
		gone := g.Keep(gate.Room - heavy/2)
		var asking sync.WaitGroup
		let := false
		asking.Go(func() {
			leave, err := g.Enter(t.Context(), gate.Work{Party: "one", Size: heavy})
			if assert.NoError(t, err) {
				let = true
				leave()
			}
		})
		synctest.Wait()
		assert.False(t, let, "nothing is at work, and yet there is no room")
		leave, err := g.Enter(t.Context(), gate.Work{Party: "stranger", Size: 1000})
		require.NoError(t, err, "light work has room of its own")
		leave()
		gone()
		asking.Wait()
		assert.True(t, let)
		assert.Zero(t, g.Taken())
	})
}

func TestLongWorkWaitsForItsLikeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate.Gate{}
		var ends []func()
		var all sync.WaitGroup
		const readers = 20
		refused := 0
		var mu sync.Mutex
		for n := range readers {
			all.Go(func() {
				leave, err := g.Enter(t.Context(), gate.Work{Party: fmt.Sprint(n), Long: true})
				mu.Lock()
				defer mu.Unlock()
				if errors.As(err, new(*gate.Busy)) {
					refused++
				} else if assert.NoError(t, err) {
					ends = append(ends, leave)
				}
			})
			synctest.Wait()
		}
		atATime := len(ends)
		assert.Equal(t, max(2, runtime.GOMAXPROCS(0)), atATime, "some go on, so that they end")
		leave, err := g.Enter(t.Context(), gate.Work{Party: "0", Size: heavy})
		require.NoError(t, err, "a piece of it, or a question")
		leave()
		ends[0]()
		synctest.Wait()
		assert.Len(t, ends, atATime+1, "one ended and the next begins")
		all.Wait()
		assert.Equal(t, readers-atATime-1, refused, "the others are told to try again")
		for _, end := range ends[1:] {
			end()
		}
	})
}
