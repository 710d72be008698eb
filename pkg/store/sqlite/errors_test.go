package sqlite

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

// A disk is made full by SQLite's own limit, which only the writing connection can set: hence a test from inside.
func TestAFullDiskIsExplainedAndTheBatchIsNotThere(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "live-dora.db"), "team")
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, err = s.file.writer.ExecContext(t.Context(), `PRAGMA max_page_count = 40`)
	require.NoError(t, err)

	var events []dora.Event
	for i := range 100 {
		events = append(events, &dora.Incident{
			Header: dora.Header{Source: "pagerduty", ID: strconv.Itoa(i), Updated: time.Unix(int64(i), 0)},
			Title:  strings.Repeat("x", 4000),
		})
	}
	_, err = s.Apply(t.Context(), store.Batch{Events: events[:1]})
	require.NoError(t, err)
	_, err = s.Apply(t.Context(), store.Batch{Events: events})
	require.ErrorContains(t, err, "cannot grow because the disk is full: make room")
	assert.ErrorContains(t, err, "store.path")
	size := storetest.Counts(t, s)
	assert.Equal(t, map[dora.Kind]int{dora.KindIncident: 1}, size)

	require.ErrorContains(t, s.Failing(), "because the disk is full", "which is so until something can be written")
	_, err = s.Apply(t.Context(), store.Batch{Events: []dora.Event{nil}})
	require.Error(t, err)
	require.ErrorContains(t, s.Failing(), "because the disk is full", "what is refused says nothing of the disk")
	_, err = s.file.writer.ExecContext(t.Context(), `PRAGMA max_page_count = 4000`)
	require.NoError(t, err)
	_, err = s.Apply(t.Context(), store.Batch{Events: events})
	require.NoError(t, err)
	require.NoError(t, s.Failing())
}

func TestEveryAcknowledgedBatchIsSynced(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "live-dora.db"), "team")
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var synchronous int
	require.NoError(t, s.file.writer.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&synchronous))
	assert.Equal(t, 2, synchronous, "FULL: in WAL mode, each commit reaches the disk before it is acknowledged")
}
