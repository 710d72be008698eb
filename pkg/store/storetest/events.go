package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
)

func newestWins(t *testing.T, scene *scene) {
	versions := []dora.Event{
		incident("P1", monday, 0, "opened"),
		incident("P1", monday, 1, "acknowledged in the same second"),
		incident("P1", monday.Add(time.Nanosecond), 0, "resolved a moment later"),
	}
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	for _, order := range orders {
		s := scene.store(fmt.Sprint(order))
		best := -1
		for _, i := range order {
			applied := write(t, s, versions[i])
			changes := feed(t, s, 0)
			require.Len(t, changes, 1, "order %v", order)
			assert.Equal(t, applied.Sequence, changes[0].Sequence, "order %v", order)
			if i > best {
				best = i
				assert.Equal(t, 1, applied.Changed, "order %v: version %d is news", order, i)
			} else {
				assert.Zero(t, applied.Changed, "order %v: version %d is old", order, i)
			}
			assert.Equal(t, document(t, versions[best]), document(t, changes[0].Event), "order %v", order)
		}
		assert.Equal(t, map[store.Key]string{store.KeyOf(versions[2]): document(t, versions[2])}, content(t, s), "order %v", order)
	}
}

func equalChangesNothing(t *testing.T, scene *scene) {
	s := scene.store("team")
	first := write(t, s, incident("P1", monday, 3, "as it was"))
	again := write(t, s, incident("P1", monday.In(time.FixedZone("", 3600)), 3, "the same version, told otherwise"))
	assert.Equal(t, store.Applied{Sequence: first.Sequence}, again)
	require.Len(t, feed(t, s, 0), 1)
	assert.Equal(t, "as it was", feed(t, s, 0)[0].Event.(*dora.Incident).Title)
}

func twiceInABatch(t *testing.T, scene *scene) {
	s := scene.store("team")
	applied := write(t, s,
		incident("P1", monday, 0, "opened"),
		incident("P2", monday, 0, "another"),
		incident("P1", monday.Add(time.Hour), 0, "resolved"),
		incident("P1", monday.Add(time.Minute), 0, "acknowledged"),
	)
	assert.Equal(t, 2, applied.Changed)
	changes := feed(t, s, 0)
	assert.Equal(t, []string{"P1", "P2"}, ids(changes))
	assert.Equal(t, "resolved", changes[0].Event.(*dora.Incident).Title)
	assert.Equal(t, changes[1].Sequence, applied.Sequence)
}

func allOrNothing(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	lease, err := s.Acquire(ctx, "pagerduty", "one", time.Minute)
	require.NoError(t, err)
	before := apply(t, s, store.Batch{
		Events: []dora.Event{incident("P1", monday, 0, "kept")},
		Source: "pagerduty", Cursor: []byte("page 1"), Epoch: lease.Epoch,
	})
	_, err = s.Apply(ctx, store.Batch{
		Events: []dora.Event{
			incident("P2", monday, 0, "good"),
			incident("P1", monday.Add(time.Hour), 0, "good as well"),
			incident("", monday, 0, "has no id"),
		},
		Source: "pagerduty", Cursor: []byte("page 2"), Epoch: lease.Epoch,
	})
	require.Error(t, err)
	assert.Equal(t, []string{"P1"}, ids(feed(t, s, 0)))
	assert.Empty(t, feed(t, s, before.Sequence))
	cursor, err := s.Cursor(ctx, "pagerduty")
	require.NoError(t, err)
	assert.Equal(t, "page 1", string(cursor))

	for name, batch := range map[string]store.Batch{
		"a missing event":           {Events: []dora.Event{nil}},
		"a cursor without a lease":  {Source: "pagerduty", Cursor: []byte("page 2")},
		"a cursor without a source": {Cursor: []byte("page 2"), Epoch: lease.Epoch},
		"an epoch without a source": {Events: deployments(1), Epoch: lease.Epoch},
	} {
		_, err := s.Apply(ctx, batch)
		assert.Error(t, err, name)
	}
	assert.Empty(t, feed(t, s, before.Sequence))
}

func emptyBatch(t *testing.T, scene *scene) {
	s := scene.store("team")
	assert.Equal(t, store.Applied{}, apply(t, s, store.Batch{}))
	assert.Empty(t, feed(t, s, 0))
	size := Counts(t, s)
	assert.Empty(t, size)

	first := write(t, s, incident("P1", monday, 0, "opened"))
	assert.Equal(t, store.Applied{Sequence: first.Sequence}, apply(t, s, store.Batch{}))
}

func everyKind(t *testing.T, scene *scene) {
	s := scene.store("team")
	head := dora.Header{Source: "github", ID: "1", Updated: monday.Add(123456789 * time.Nanosecond), Rank: 2}
	events := []dora.Event{
		&dora.Repository{Header: head, Name: "example-health/api", DefaultBranch: "main", HeadSHA: "abc"},
		&dora.Commit{Header: head, Repository: "example-health/api", SHA: "abc", Parents: []string{"p1", "p2"}, Message: "größer, \"quoted\" and \x00 null 🚀"},
		&dora.Change{Header: head, Number: 7, Title: "x", Labels: []string{"hotfix"}, Commits: []dora.ChangeCommit{{SHA: "abc", Authored: monday}}},
		deployment(1, monday),
		incident("1", monday, 0, "down"),
		incident("zero", time.Time{}, 0, "of unknown age"),
	}
	applied := write(t, s, events...)
	assert.Equal(t, len(events), applied.Changed, "kinds have ids of their own")
	want := make(map[store.Key]string)
	for _, e := range events {
		want[store.KeyOf(e)] = document(t, e)
	}
	assert.Equal(t, want, content(t, s))
	size := Counts(t, s)
	assert.Equal(t, map[dora.Kind]int{
		dora.KindRepository: 1, dora.KindCommit: 1, dora.KindChange: 1, dora.KindDeployment: 1, dora.KindIncident: 2,
	}, size)
	assert.Equal(t, size, applied.Kinds)
	assert.Equal(t, 1, write(t, s, incident("zero", monday, 0, "of known age")).Changed)
}

func feedInOrder(t *testing.T, scene *scene) {
	s := scene.store("team")
	write(t, s, incident("P1", monday, 0, "opened"), incident("P2", monday, 0, "opened"))
	middle := write(t, s, incident("P3", monday, 0, "opened"))
	newest := write(t, s, incident("P1", monday.Add(time.Hour), 0, "resolved"))

	assert.Equal(t, []string{"P2", "P3", "P1"}, ids(feed(t, s, 0)))
	tail := feed(t, s, middle.Sequence)
	require.Equal(t, []string{"P1"}, ids(tail))
	assert.Equal(t, "resolved", tail[0].Event.(*dora.Incident).Title)
	assert.Equal(t, newest.Sequence, tail[0].Sequence)
	assert.Empty(t, feed(t, s, newest.Sequence))
	assert.Empty(t, feed(t, s, newest.Sequence+100))
}

func rewritten(t *testing.T, scene *scene) {
	const events, rounds = 150, 30
	s := scene.store("team")
	var newest store.Sequence
	for round := range rounds {
		batch := make([]dora.Event, events)
		for i := range batch {
			batch[i] = incident(fmt.Sprintf("P%d", i), monday.Add(time.Duration(round)*time.Second), 0, fmt.Sprint(round))
		}
		if round == rounds-1 {
			batch = batch[:10]
		}
		newest = write(t, s, batch...).Sequence
	}
	all := feed(t, s, 0)
	require.Len(t, all, events)
	assert.Equal(t, "P10", all[0].Event.Head().ID, "what was not rewritten at last comes first")
	assert.Equal(t, newest, all[events-1].Sequence)
	assert.Equal(t, all[100:], feed(t, s, all[99].Sequence))
}

func feedResumed(t *testing.T, scene *scene) {
	const count = 5000 // more than stores read at once
	s := scene.store("team")
	for batch := range slices.Chunk(deployments(count), 700) {
		write(t, s, batch...)
	}
	var (
		position store.Sequence
		seen     []string
	)
	for len(seen) < count {
		left := 0
		for change, err := range s.Changes(context.Background(), position) {
			require.NoError(t, err)
			seen = append(seen, change.Event.Head().ID)
			position = change.Sequence
			if left++; left == 1234 {
				break
			}
		}
		require.Positive(t, left)
	}
	assert.Equal(t, ids(feed(t, s, 0)), seen)
}

func feedWhileWriting(t *testing.T, scene *scene) {
	s := scene.store("team")
	write(t, s, deployments(3000)...)
	seen := 0
	for change, err := range s.Changes(context.Background(), 0) {
		require.NoError(t, err)
		if seen++; seen <= 3 {
			// The reader itself writes, and reads something else: neither may wait for the feed's end.
			write(t, s, incident(change.Event.Head().ID, monday, 0, "found on the way"))
			_, err := s.Cursor(context.Background(), "github")
			require.NoError(t, err)
		}
	}
	assert.GreaterOrEqual(t, seen, 3000)
	assert.Len(t, feed(t, s, 0), 3003)
}

// anyOrder is the algebra of versions: whatever way events take, the same is in the store in the end.
func anyOrder(t *testing.T, scene *scene) {
	places := 0
	version := rapid.Custom(func(t *rapid.T) dora.Event {
		id := fmt.Sprintf("P%d", rapid.IntRange(1, 5).Draw(t, "id"))
		after := time.Duration(rapid.IntRange(0, 3).Draw(t, "minute")) * time.Minute
		rank := rapid.IntRange(0, 2).Draw(t, "rank")
		// The title follows from the version: a vendor tells one version in one way.
		return incident(id, monday.Add(after), rank, fmt.Sprintf("%s %s %d", id, after, rank))
	})
	rapid.Check(t, func(r *rapid.T) {
		events := rapid.SliceOfN(version, 1, 30).Draw(r, "events")
		places++
		straight := scene.open(fmt.Sprintf("straight %d", places), scene.clock)
		shuffled := scene.open(fmt.Sprintf("shuffled %d", places), scene.clock)
		defer func() {
			require.NoError(r, straight.Close())
			require.NoError(r, shuffled.Close())
		}()

		write(r, straight, events...)
		changed := 0
		rest := rapid.Permutation(events).Draw(r, "order")
		for len(rest) > 0 {
			cut := rapid.IntRange(1, len(rest)).Draw(r, "batch")
			changed += write(r, shuffled, rest[:cut]...).Changed
			rest = rest[cut:]
		}
		require.Equal(r, content(r, straight), content(r, shuffled))
		require.GreaterOrEqual(r, changed, len(content(r, straight)))
		require.Zero(r, write(r, shuffled, events...).Changed, "reading the same again is harmless")
	})
}

// concurrentWriters write versions of the same events at the same time, while a follower reads. The follower never
// meets a sequence below one that it has passed: it ends with everything.
func concurrentWriters(t *testing.T, scene *scene) {
	const writers, rounds, events = 4, 15, 20
	s := scene.store("team")
	writing, ctx := errgroup.WithContext(context.Background())
	for w := range writers {
		writing.Go(func() error {
			for round := range rounds {
				var batch []dora.Event
				for e := range events {
					batch = append(batch, incident(fmt.Sprintf("P%d", e), monday.Add(time.Duration(round)*time.Second), w, fmt.Sprintf("%d by %d", round, w)))
				}
				if _, err := s.Apply(ctx, store.Batch{Events: batch}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	done := make(chan error, 1)
	go func() { done <- writing.Wait() }() // ends with the writers

	followed := make(map[string]string)
	var position store.Sequence
	follow := func() {
		for _, change := range feed(t, s, position) {
			position = change.Sequence
			followed[change.Event.Head().ID] = change.Event.(*dora.Incident).Title
		}
	}
	for running := true; running; {
		select {
		case err := <-done:
			require.NoError(t, err)
			running = false
		default:
		}
		follow()
	}
	require.Len(t, followed, events)
	for id, title := range followed {
		assert.Equal(t, fmt.Sprintf("%d by %d", rounds-1, writers-1), title, id)
	}
}

func cancelled(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.Apply(ctx, store.Batch{Events: deployments(3)})
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, feed(t, s, 0))

	write(t, s, deployments(3)...)
	var last error
	for _, err := range s.Changes(ctx, 0) {
		last = err
	}
	require.ErrorIs(t, last, context.Canceled)
}
