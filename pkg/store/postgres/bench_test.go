package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
)

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
			Opened: merged.Add(-time.Hour), Merged: merged, MergeCommit: fmt.Sprintf("%040x", number),
			Commits: []dora.ChangeCommit{{SHA: fmt.Sprintf("%040x", number+1), Authored: merged}, {SHA: fmt.Sprintf("%040x", number+2), Authored: merged}},
		}
	}
	return events
}

func openForBench(b *testing.B) (s, other *postgres.Store) {
	b.Helper()
	d, err := server.Database(b.Context())
	require.NoError(b, err)
	for _, each := range []**postgres.Store{&s, &other} {
		opened, err := postgres.Open(b.Context(), d, "team")
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, opened.Close()) })
		*each = opened
	}
	return s, other
}

func write(b *testing.B, s store.Store, events []dora.Event) {
	b.Helper()
	_, err := s.Apply(b.Context(), store.Batch{Events: events})
	require.NoError(b, err)
}

func BenchmarkBatchOf2000(b *testing.B) {
	s, _ := openForBench(b)
	for i := 0; b.Loop(); i++ {
		write(b, s, changes(i*2000, 2000))
	}
	b.ReportMetric(float64(b.N)*2000/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkBatchOf100(b *testing.B) {
	s, _ := openForBench(b)
	write(b, s, changes(0, 50_000))
	for i := 0; b.Loop(); i++ {
		write(b, s, changes(50_000+i*100, 100))
	}
}

func BenchmarkColdStartOf100k(b *testing.B) {
	s, _ := openForBench(b)
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

// BenchmarkToAnotherNode is from the beginning of a commit until another node has read it, with the call between.
func BenchmarkToAnotherNode(b *testing.B) {
	s, other := openForBench(b)
	woken := other.Woken()
	var behind store.Sequence
	read := func() (n int) {
		for change, err := range other.Changes(b.Context(), behind) {
			require.NoError(b, err)
			behind = change.Sequence
			n++
		}
		return n
	}
	write(b, s, changes(0, 1000))
	for called := false; !called; { // until it listens
		write(b, s, changes(int(behind)+1_000_000, 1))
		select {
		case <-woken:
			called = true
		case <-time.After(50 * time.Millisecond):
		}
		read()
	}
	took := []time.Duration{}
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		write(b, s, changes(2_000_000+i*10, 10))
		for read() == 0 {
			<-woken
		}
		took = append(took, time.Since(begin))
		for len(woken) > 0 {
			<-woken
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "ms(p50)")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "ms(p99)")
}
