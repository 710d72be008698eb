package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
)

// scene is where a story happens: a place for stores, and a clock that stands still unless moved.
type scene struct {
	t    *testing.T
	open Open

	mu  sync.Mutex
	now time.Time
}

func (s *scene) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *scene) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// store opens a dataset's store, closed at the end of the story.
func (s *scene) store(dataset string) store.Store {
	s.t.Helper()
	opened := s.open(dataset, s.clock)
	s.t.Cleanup(func() { require.NoError(s.t, opened.Close()) })
	return opened
}

// durable opens a dataset's store, and ends the story where a place cannot hold anything.
func (s *scene) durable(dataset string) store.Store {
	s.t.Helper()
	opened := s.store(dataset)
	if !opened.Durable() {
		s.t.Skip("the store is not durable")
	}
	return opened
}

// Counts is the number of a store's events, by kind.
func Counts(t require.TestingT, s store.Store) map[dora.Kind]int {
	counts := map[dora.Kind]int{}
	for change, err := range s.Changes(context.Background(), 0) {
		require.NoError(t, err)
		counts[change.Event.Kind()]++
	}
	return counts
}

func apply(t require.TestingT, s store.Store, batch store.Batch) store.Applied {
	applied, err := s.Apply(context.Background(), batch)
	require.NoError(t, err)
	return applied
}

func write(t require.TestingT, s store.Store, events ...dora.Event) store.Applied {
	return apply(t, s, store.Batch{Events: events})
}

// feed reads the changes after a sequence, and checks that they come in order.
func feed(t require.TestingT, s store.Store, after store.Sequence) []store.Change {
	var changes []store.Change
	last := after
	for change, err := range s.Changes(context.Background(), after) {
		require.NoError(t, err)
		require.Greater(t, change.Sequence, last, "sequences rise")
		last = change.Sequence
		changes = append(changes, change)
	}
	return changes
}

// content is what a store holds, as the JSON of each event by its key. It checks that the feed has each event once.
func content(t require.TestingT, s store.Store) map[store.Key]string {
	all := make(map[store.Key]string)
	for _, change := range feed(t, s, 0) {
		key := store.KeyOf(change.Event)
		require.NotContains(t, all, key, "the feed has each event once")
		all[key] = document(t, change.Event)
	}
	return all
}

func document(t require.TestingT, e dora.Event) string {
	body, err := dora.Encode(e)
	require.NoError(t, err)
	return string(body)
}

func ids(changes []store.Change) []string {
	found := make([]string, len(changes))
	for i, change := range changes {
		found[i] = change.Event.Head().ID
	}
	return found
}

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// incident is a version of an incident: its title tells versions apart.
func incident(id string, updated time.Time, rank int, title string) *dora.Incident {
	return &dora.Incident{
		Header: dora.Header{Source: "pagerduty", ID: id, Updated: updated, Rank: rank},
		Title:  title, Opened: monday,
	}
}

func deployment(number int, updated time.Time) *dora.Deployment {
	return &dora.Deployment{
		Header:     dora.Header{Source: "github", ID: fmt.Sprintf("example-health/api:deployment:%d", number), Updated: updated},
		Repository: "example-health/api", Number: int64(number), Environment: "production", Created: updated,
		Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: updated}},
	}
}

func deployments(count int) []dora.Event {
	events := make([]dora.Event, count)
	for i := range events {
		events[i] = deployment(i+1, monday.Add(time.Duration(i)*time.Minute))
	}
	return events
}
