package storetest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
)

// killedPlace tells a second run of a test binary to write to a place until it is killed.
const killedPlace = "LIVE_DORA_TEST_KILLED_PLACE"

// EventsInABatch is how many incidents a writer that is killed writes at once.
const EventsInABatch = 40

func batchOf(number int) []dora.Event {
	events := make([]dora.Event, EventsInABatch)
	for i := range events {
		events[i] = &dora.Incident{
			Header: dora.Header{Source: "pagerduty", ID: fmt.Sprintf("%d/%d", number, i), Updated: time.Unix(int64(number), 0)},
			Title:  strings.Repeat("x", 500),
		}
	}
	return events
}

// WriteUntilKilled writes batches, each named by its cursor, and prints a batch's number once it is acknowledged, where
// StartWriter started this process; it belongs at the beginning of a package's TestMain. A failure to write is tried again.
func WriteUntilKilled(open func(ctx context.Context, place string) (store.Store, error)) {
	place := os.Getenv(killedPlace)
	if place == "" {
		return
	}
	ctx := context.Background()
	for range 600 { // a minute
		s, err := open(ctx, place)
		if err == nil {
			err = writeBatches(ctx, s)
		}
		fmt.Fprintln(os.Stderr, err)
		if s != nil {
			_ = s.Close() // it is opened anew
		}
		time.Sleep(100 * time.Millisecond)
	}
	os.Exit(1)
}

func writeBatches(ctx context.Context, s store.Store) error {
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

// StartWriter starts a process that writes to a store, and gives a line for each batch that is acknowledged.
func StartWriter(t *testing.T, place string) (writer *exec.Cmd, acknowledged *bufio.Scanner) {
	t.Helper()
	writer = exec.Command(os.Args[0]) //nolint:gosec // this test
	writer.Env = append(os.Environ(), killedPlace+"="+place)
	output, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	return writer, bufio.NewScanner(output)
}

// Killed kills a writer ten times, each time somewhere else, and sees that every batch which was acknowledged is there, and
// none in part.
func Killed(t *testing.T, place string, open func(ctx context.Context, place string) (store.Store, error)) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	for kill := range 10 {
		writer, lines := StartWriter(t, place)
		for range 3 + 7*kill%20 {
			require.True(t, lines.Scan(), "the writer writes until it is killed")
		}
		require.NoError(t, writer.Process.Kill())
		last := lines.Text()
		for lines.Scan() {
			last = lines.Text() // acknowledged before the kill came through
		}
		_ = writer.Wait() // it was killed: that is no news
		s, err := open(t.Context(), place)
		require.NoError(t, err)
		IsWhole(t, s, last)
		require.NoError(t, s.Close())
	}
}

// IsWhole sees that a store has at least the batch of a number, and whole batches, as many as its cursor says or, where
// somebody goes on writing, more.
func IsWhole(t *testing.T, s store.Store, acknowledged string) {
	t.Helper()
	number, err := strconv.Atoi(acknowledged)
	require.NoError(t, err)
	cursor, err := s.Cursor(t.Context(), "pagerduty")
	require.NoError(t, err)
	committed, err := strconv.Atoi(string(cursor))
	require.NoError(t, err)
	require.GreaterOrEqual(t, committed, number)
	count := Counts(t, s)[dora.KindIncident]
	require.GreaterOrEqual(t, count, committed*EventsInABatch)
	require.Zero(t, count%EventsInABatch)
	if cursor, err = s.Cursor(t.Context(), "pagerduty"); string(cursor) == strconv.Itoa(committed) {
		require.Equal(t, committed*EventsInABatch, count)
	}
	require.NoError(t, err)
}
