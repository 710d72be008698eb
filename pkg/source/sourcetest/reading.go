package sourcetest

import (
	"net/http"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// readingAgain: from the beginning or from the cursor, the same facts come of it, and the second costs less.
func readingAgain(b *bench) {
	first, requests := b.fresh()
	l := NewLedger()
	require.NoError(b, b.collect(l))
	l.Cursor = nil
	require.NoError(b, b.collect(l))
	b.same(first, l, "read twice from its beginning")

	b.gate.heal()
	require.NoError(b, b.collect(l))
	b.gate.heal()
	require.NoError(b, b.collect(l))
	b.same(first, l, "read on where nothing is new")
	idle := b.gate.counted()
	b.Logf("%d requests for a first reading, %d where nothing is new", requests, idle)
	if b.Idle > 0 {
		assert.LessOrEqual(b, idle, b.Idle)
	} else {
		assert.Less(b, idle, requests)
	}
}

// readingOn: step by step from the cursor, the same facts come of it as from the beginning; what changed late is among them.
func readingOn(b *bench) {
	l, _ := b.fresh()
	start := l.Facts()
	for step := range 3 {
		b.system.Pass()
		before := l.Facts()
		b.gate.heal()
		require.NoError(b, b.collect(l))
		read := b.gate.counted()
		now, requests := b.fresh()
		b.same(now, l, "step", step)
		b.Logf("step %d: %d facts are new, %d changed; %d requests, of %d for a first reading", step, len(now.Facts())-len(before), changed(before, now.Facts()), read, requests)
		assert.LessOrEqual(b, read, requests)
	}
	assert.Greater(b, len(l.Facts()), len(start), "a stand-in's time brings news")
	assert.Positive(b, changed(start, l.Facts()), "a stand-in's time changes what was there")
}

// movingLists: whenever something comes or changes while a list is read, the next run has it.
func movingLists(b *bench) {
	_, requests := b.fresh()
	for _, moment := range b.moments(requests) {
		b := b.again()
		b.gate.spoils(func(number int, _ *http.Request, _ []byte) http.HandlerFunc {
			if number == moment {
				b.system.Pass()
			}
			return nil
		})
		l := NewLedger()
		require.NoError(b, b.collect(l))
		b.gate.heal()
		require.NoError(b, b.collect(l))
		good, _ := b.fresh()
		b.same(good, l, "something happened before request", moment)
	}
}

// deleting: what is not there any more is withdrawn, and nothing else.
func deleting(b *bench) {
	if len(b.system.Delete) == 0 {
		b.Skip("in this stand-in nothing is deleted")
	}
	for name := range b.system.Delete {
		b := b.again()
		l, _ := b.fresh()
		require.NoError(b, b.collect(l))
		kind, id := b.system.Delete[name](b.T)
		key := string(kind) + " " + id
		require.Contains(b, l.Facts(), key, name)
		// What is young may only not be listed yet, so that it may take until later.
		for range 3 {
			require.NoError(b, b.collect(l))
			b.clock.wait(time.Hour)
		}
		require.NotContains(b, l.Facts(), key, name)
		require.Contains(b, l.Events, key, "%s: a store is told, and forgets nothing by itself", name)
		good, _ := b.fresh()
		b.same(good, l, name)
	}
}

// renaming: what has another name is read under it, and the former one is told gone.
func renaming(b *bench) {
	if b.system.Rename == nil {
		b.Skip("in this stand-in nothing is renamed")
	}
	l, _ := b.fresh()
	from, to := b.system.Rename(b.T)
	require.NoError(b, b.collect(l))
	require.NoError(b, b.collect(l))
	good, _ := b.fresh()
	b.same(good, l, "renamed")
	there, former := false, false
	for _, e := range l.Events {
		if r, ok := e.(*dora.Repository); ok {
			there = there || r.Name == to && !r.Withdrawn
			former = former || r.Name == from && r.Withdrawn
		}
	}
	assert.True(b, there, "%s is read", to)
	assert.True(b, former, "%s is told gone", from)
}

// restarting: wherever a run breaks off, the next one goes on, and what was handed over is not read again and again.
func restarting(b *bench) {
	good, requests := b.fresh()
	for _, moment := range b.moments(good.Batches) {
		l := NewLedger()
		l.StopAfter = moment
		require.ErrorIs(b, b.collect(l), ErrStopped)
		l.StopAfter = 0
		require.NoError(b, b.collect(l))
		b.same(good, l, "stopped after batch", moment)
	}
	b.gate.heal()
	l := NewLedger()
	runs := 0
	for {
		runs++
		require.LessOrEqual(b, runs, good.Batches+2, "the runs get nowhere")
		l.StopAfter = l.Batches + 5
		if b.collect(l) == nil {
			break
		}
	}
	b.same(good, l, "stopped after every fifth batch")
	asked := b.gate.counted()
	b.Logf("%d batches; in %d runs %d requests, of %d for one that is not stopped", good.Batches, runs, asked, requests)
	assert.LessOrEqual(b, asked, 3*requests, "what was handed over is not read again and again")
}
