package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
)

// soon is how long something may take that is not measured here.
const soon = 30 * time.Second

// idsOf are the incidents that a store shows.
func idsOf(t *testing.T, s *postgres.Store) (ids []string) {
	t.Helper()
	for change, err := range s.Changes(context.Background(), 0) {
		require.NoError(t, err)
		ids = append(ids, change.Event.Head().ID)
	}
	return ids
}

func apply(t *testing.T, s *postgres.Store, id string) {
	t.Helper()
	_, err := s.Apply(context.Background(), store.Batch{Events: []dora.Event{incident(id, monday, "new")}})
	require.NoError(t, err)
}

func TestAReplicaIsReadAndSaysHowFarItIsBehind(t *testing.T) {
	primary := postgrestest.ForTest(t)
	d, err := primary.Database(t.Context())
	require.NoError(t, err)
	replica := primary.ReplicaForTest(t, "wal_receiver_status_interval=1s")
	reads := d
	reads.Address, reads.Replica = primary.Address()+","+replica.Address(), true

	_, err = postgres.Open(t.Context(), reads, "team")
	require.ErrorContains(t, err, "yet")
	writer := open(t, d, "team")
	apply(t, writer, "P1")
	require.Eventually(t, func() bool { // once it has come
		s, err := postgres.Open(t.Context(), reads, "team")
		if err == nil {
			assert.NoError(t, s.Close())
		}
		return err == nil
	}, soon, 10*time.Millisecond)
	s := open(t, reads, "team")
	shows := func(ids ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return assert.ObjectsAreEqual(ids, idsOf(t, s)) }, soon, 10*time.Millisecond)
	}
	shows("P1")
	says := func(of func(*store.Behind) bool) {
		t.Helper()
		require.Eventually(t, func() bool {
			behind, err := s.Behind(t.Context())
			require.NoError(t, err)
			return of(behind)
		}, soon, 10*time.Millisecond)
	}
	says(func(b *store.Behind) bool { return *b == store.Behind{} })

	// Nothing is written there, whoever is asked to.
	_, err = s.Acquire(t.Context(), "github", "one", time.Minute)
	require.ErrorIs(t, err, store.ErrReplica)
	_, err = s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P9", monday, "new")}})
	require.ErrorIs(t, err, store.ErrReplica)
	require.NoError(t, s.Failing(), "that is no failure of the database")
	pruned, err := s.Prune(t.Context(), time.Now(), func(old []dora.Event) []dora.Event { return old })
	require.NoError(t, err)
	assert.Zero(t, pruned)

	// A replica that falls behind says so, and one that is cut off from its primary.
	require.NoError(t, replica.Exec(t.Context(), "postgres", "SELECT pg_wal_replay_pause()"))
	apply(t, writer, "P2")
	says(func(b *store.Behind) bool { return b.By > 0 && !b.Cut })
	shows("P1")
	require.NoError(t, replica.Exec(t.Context(), "postgres", "SELECT pg_wal_replay_resume()"))
	shows("P1", "P2")
	says(func(b *store.Behind) bool { return *b == store.Behind{} })
	require.NoError(t, primary.End())
	says(func(b *store.Behind) bool { return b.Cut })
	shows("P1", "P2")

	require.NoError(t, replica.Promote(t.Context()))
	says(func(b *store.Behind) bool { return b.Primary })
	_, err = s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P9", monday, "new")}})
	require.ErrorIs(t, err, store.ErrReplica, "as the settings say")
}

func TestWhoUsesAReplicaAsItsPrimaryIsToldWhatToDo(t *testing.T) {
	primary := postgrestest.ForTest(t)
	d, err := primary.Database(t.Context())
	require.NoError(t, err)
	apply(t, open(t, d, "team"), "P1")
	replica := primary.ReplicaForTest(t)
	d.Address = replica.Address()
	s := open(t, d, "team")
	_, err = s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P2", monday, "new")}})
	require.ErrorContains(t, err, "it is a replica, or read-only; name the primary in store.address, or all servers with commas between; or set store.use to replica")
	assert.Equal(t, []string{"P1"}, idsOf(t, s))
}

// The primary is lost before its replica had the last of it, and nobody waited for that. What it acknowledged last is gone,
// and the new primary gives the same numbers to other events: who follows is told to begin anew.
func TestAFailOverThatLostSomethingIsNoticed(t *testing.T) {
	primary := postgrestest.ForTest(t)
	d, err := primary.Database(t.Context())
	require.NoError(t, err)
	replica := primary.ReplicaForTest(t)
	d.Address = primary.Address() + "," + replica.Address()
	s := open(t, d, "team")
	apply(t, s, "P1")
	before, err := s.Forgets(t.Context())
	require.NoError(t, err)
	again, err := s.Forgets(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, again)
	onReplica := d
	onReplica.Address = replica.Address()
	require.Eventually(t, func() bool {
		seen, err := postgres.Open(t.Context(), onReplica, "team")
		if err != nil {
			return false
		}
		defer func() { assert.NoError(t, seen.Close()) }()
		return len(idsOf(t, seen)) == 1
	}, soon, 10*time.Millisecond)

	require.NoError(t, replica.End()) // it hears nothing more
	apply(t, s, "P2")
	require.NoError(t, primary.Kill())
	require.NoError(t, replica.Run(t.Context()))
	require.NoError(t, replica.Promote(t.Context()))
	require.Eventually(t, func() bool {
		_, err := s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P3", monday, "new")}})
		return err == nil
	}, soon, 10*time.Millisecond, "it goes on by itself")
	assert.Equal(t, []string{"P1", "P3"}, idsOf(t, s))
	after, err := s.Forgets(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, before, after)
}
