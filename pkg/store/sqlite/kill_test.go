package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

func openTeam(ctx context.Context, path string) (store.Store, error) {
	return sqlite.Open(ctx, path, "team")
}

func TestEveryAcknowledgedBatchOutlivesAKill(t *testing.T) {
	storetest.Killed(t, filepath.Join(t.TempDir(), "live-dora.db"), openTeam)
}

func TestTwoProcessesWriteToOneFile(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	writer, theirs := storetest.StartWriter(t, path)

	followed := make(map[string]bool)
	var position store.Sequence
	follow := func() {
		for change, err := range s.Changes(t.Context(), position) {
			require.NoError(t, err)
			require.Greater(t, change.Sequence, position)
			position = change.Sequence
			followed[change.Event.Head().ID] = true
		}
	}
	for round := range 10 {
		require.True(t, theirs.Scan(), "the other process writes on")
		write(t, s, changes(round*20, 20))
		follow()
	}
	require.NoError(t, writer.Process.Kill())
	for theirs.Scan() { // what it had said before it was killed
	}
	_ = writer.Wait() // it was killed: that is no news
	follow()
	size := storetest.Counts(t, s)
	require.Equal(t, 200, size[dora.KindChange])
	require.GreaterOrEqual(t, size[dora.KindIncident], 10*storetest.EventsInABatch)
	require.Len(t, followed, size[dora.KindChange]+size[dora.KindIncident], "the follower missed nothing of either")
}
