package postgres_test

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

// A primary fails while somebody writes, and Patroni has its replica take its place. What was acknowledged is all there, and
// whoever writes goes on by itself. In the long form that happens ten times to three servers, every other time with the whole
// machine of the primary.
func TestAFailOverInTheMiddleOfWritingLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	members, failures := 2, 1
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		members, failures = 3, 10
	}
	began := time.Now()
	cluster := postgrestest.ClusterForTest(t, members)
	t.Logf("a cluster of %d is there after %s", members, time.Since(began).Round(100*time.Millisecond))
	d, err := cluster.Database(t.Context(), "livedora")
	require.NoError(t, err)
	place := placeOf(t, d)
	writer, lines := storetest.StartWriter(t, place)
	var last atomic.Pointer[string]
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() {
			number := lines.Text()
			last.Store(&number)
		}
	}()
	writes := func(batches int) { // so many more are acknowledged
		t.Helper()
		for range batches {
			had := last.Load()
			require.Eventually(t, func() bool { return last.Load() != had }, 2*time.Minute, time.Millisecond, "the writer goes on by itself")
		}
	}
	for failure := range failures {
		writes(10)
		require.NoError(t, cluster.Whole(t.Context()))
		primary, err := cluster.Primary(t.Context())
		require.NoError(t, err)
		machine := failure%2 == 1
		began, acknowledged := time.Now(), *last.Load()
		if machine {
			require.NoError(t, primary.KillMachine())
		} else {
			require.NoError(t, primary.KillDatabase())
		}
		writes(3)
		took := time.Since(began)
		next, err := cluster.Primary(t.Context())
		require.NoError(t, err)
		t.Logf("failure %d, of the whole machine %t: batch %s was acknowledged before it by %s, and %s by %s after %s",
			failure+1, machine, acknowledged, primary.Name, *last.Load(), next.Name, took.Round(100*time.Millisecond))
		s, err := openTeam(t.Context(), place)
		require.NoError(t, err)
		storetest.IsWhole(t, s, *last.Load())
		require.NoError(t, s.Close())
		if machine {
			require.NoError(t, primary.Run(t.Context()))
		}
	}
	require.NoError(t, writer.Process.Kill())
	<-ended
	_ = writer.Wait() // it was killed: that is no news
}
