package sqlite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// changes are merged pull requests of a usual size: about 900 bytes of JSON.
func changes(from, count int) []dora.Event {
	events := make([]dora.Event, count)
	for i := range events {
		number := from + i
		merged := monday.Add(time.Duration(number) * time.Minute)
		events[i] = &dora.Change{
			Header:     dora.Header{Source: "github", ID: fmt.Sprintf("example-health/api:change:%d", number), Updated: merged},
			Repository: "example-health/api", Number: number, Title: "Round doses to what the pharmacy has",
			Body: strings.Repeat("Why this is so. ", 15), Author: "dev-07", Base: "main", Branch: "doses",
			URL:    fmt.Sprintf("https://git.example.org/example-health/api/pull/%d", number),
			Opened: merged.Add(-time.Hour), Merged: merged, MergeCommit: fmt.Sprintf("%040x", number),
			Commits: []dora.ChangeCommit{{SHA: fmt.Sprintf("%040x", number+1), Authored: merged}, {SHA: fmt.Sprintf("%040x", number+2), Authored: merged}},
		}
	}
	return events
}

func open(tb testing.TB) *sqlite.Store {
	s, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "live-dora.db"), "team")
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func write(tb testing.TB, s store.Store, events []dora.Event) {
	_, err := s.Apply(tb.Context(), store.Batch{Events: events})
	require.NoError(tb, err)
}

func BenchmarkApply10kInBatchesOf500(b *testing.B) {
	s := open(b)
	for i := 0; b.Loop(); i++ {
		for batch := range slices.Chunk(changes(i*10_000, 10_000), 500) {
			write(b, s, batch)
		}
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkBatchOf100(b *testing.B) {
	s := open(b)
	write(b, s, changes(0, 50_000))
	for i := 0; b.Loop(); i++ {
		write(b, s, changes(50_000+i*100, 100))
	}
}

func BenchmarkColdStartOf100k(b *testing.B) {
	s := open(b)
	for batch := range slices.Chunk(changes(0, 100_000), 5000) {
		write(b, s, batch)
	}
	for b.Loop() {
		count := 0
		for _, err := range s.Changes(b.Context(), 0) {
			require.NoError(b, err)
			count++
		}
		require.Equal(b, 100_000, count)
	}
}
