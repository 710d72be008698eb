package sourcetest

import (
	"bytes"
	"net/http"
	"sync/atomic"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
)

const (
	// answerAtMost bounds what is read of one answer, in bytes, with what is under way when the connection is closed.
	answerAtMost = 256 << 20
	// batchAtMost bounds what is handed over at once, in events, and cursorAtMost what each batch carries, in bytes.
	batchAtMost  = 5000
	cursorAtMost = 1 << 20
	// flightAtMost bounds the requests under way at the same time.
	flightAtMost = 10
)

// bounds: an answer without an end is left, batches and cursors are small, and few requests are under way at a time.
func bounds(b *bench) {
	good, _ := b.fresh()
	b.Logf("largest batch %d events, cursor %d bytes, %d requests at a time", good.Largest, len(good.Cursor), b.gate.peak)
	assert.LessOrEqual(b, good.Largest, batchAtMost)
	assert.LessOrEqual(b, len(good.Cursor), cursorAtMost)
	assert.LessOrEqual(b, b.gate.peak, flightAtMost)

	var sent atomic.Int64
	b.gate.spoils(func(int, *http.Request, []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"data": "`))
			for some := bytes.Repeat([]byte("x"), 1<<20); sent.Load() < 2*answerAtMost; {
				n, err := w.Write(some)
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		}
	})
	failures := source.Failures("", b.collect(NewLedger()))
	require.NotEmpty(b, failures)
	assert.Equal(b, source.CauseAnswer, failures[0].Cause)
	assert.Less(b, sent.Load(), int64(answerAtMost))
}
