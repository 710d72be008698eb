package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

// killedPath tells a second run of this test binary to write to a file until it is killed.
const killedPath = "LIVE_DORA_TEST_KILLED_PATH"

const eventsInABatch = 40

func batchOf(number int) []dora.Event {
	events := make([]dora.Event, eventsInABatch)
	for i := range events {
		events[i] = &dora.Incident{
			Header: dora.Header{Source: "pagerduty", ID: fmt.Sprintf("%d/%d", number, i), Updated: time.Unix(int64(number), 0)},
			Title:  strings.Repeat("x", 500),
		}
	}
	return events
}

// writeUntilKilled writes batches, each named by its cursor, and prints a batch's number once it is acknowledged.
func writeUntilKilled() {
	path := os.Getenv(killedPath)
	if path == "" {
		return
	}
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, "team")
	if err == nil {
		err = writeBatches(ctx, s)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func writeBatches(ctx context.Context, s *sqlite.Store) error {
	lease, err := s.Acquire(ctx, "pagerduty", "the one that is killed", time.Hour)
	if err != nil {
		return err
	}
	cursor, err := s.Cursor(ctx, "pagerduty")
	if err != nil {
		return err
	}
	number, _ := strconv.Atoi(string(cursor)) // 0 on the first run
	for {
		number++
		if _, err := s.Apply(ctx, store.Batch{
			Events: batchOf(number), Source: "pagerduty", Cursor: []byte(strconv.Itoa(number)), Epoch: lease.Epoch,
		}); err != nil {
			return err
		}
		fmt.Println(number)
	}
}

// startWriter starts a process that writes to a store, and gives a line for each batch that is acknowledged.
func startWriter(t *testing.T, path string) (writer *exec.Cmd, acknowledged *bufio.Scanner) {
	t.Helper()
	writer = exec.Command(os.Args[0])
	writer.Env = append(os.Environ(), killedPath+"="+path)
	writer.Stderr = os.Stderr
	output, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	return writer, bufio.NewScanner(output)
}

func TestEveryAcknowledgedBatchOutlivesAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	path := filepath.Join(t.TempDir(), "live-dora.db")
	acknowledged := 0
	for kill := range 10 {
		writer, lines := startWriter(t, path)
		for range 3 + 7*kill%20 { // somewhere else each time
			require.True(t, lines.Scan(), "the writer writes until it is killed")
		}
		require.NoError(t, writer.Process.Kill())
		last := lines.Text()
		for lines.Scan() {
			last = lines.Text() // acknowledged before the kill came through
		}
		_ = writer.Wait() // it was killed: that is no news
		number, err := strconv.Atoi(last)
		require.NoError(t, err)
		acknowledged = number

		s := opened(t, path)
		cursor, err := s.Cursor(t.Context(), "pagerduty")
		require.NoError(t, err)
		committed, err := strconv.Atoi(string(cursor))
		require.NoError(t, err)
		require.GreaterOrEqual(t, committed, acknowledged, "kill %d", kill)
		size := storetest.Counts(t, s)
		require.Equal(t, committed*eventsInABatch, size[dora.KindIncident], "kill %d: whole batches, as many as the cursor says", kill)
		require.NoError(t, s.Close())
	}
	require.Positive(t, acknowledged)
}

func TestTwoProcessesWriteToOneFile(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	writer, theirs := startWriter(t, path)

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
	require.GreaterOrEqual(t, size[dora.KindIncident], 10*eventsInABatch)
	require.Len(t, followed, size[dora.KindChange]+size[dora.KindIncident], "the follower missed nothing of either")
}
