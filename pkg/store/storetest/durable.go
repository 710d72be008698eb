package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
)

func closedTwice(t *testing.T, scene *scene) {
	s := scene.open("team", scene.clock)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
}

func datasetsApart(t *testing.T, scene *scene) {
	ctx := context.Background()
	medicines, records := scene.durable("1/medicines"), scene.durable("1/records")
	lease, err := medicines.Acquire(ctx, "pagerduty", "one", time.Minute)
	require.NoError(t, err)
	_, err = records.Acquire(ctx, "pagerduty", "two", time.Minute)
	require.NoError(t, err, "a lease is of one dataset")

	first := apply(t, medicines, store.Batch{
		Events: []dora.Event{incident("P1", monday.Add(time.Hour), 0, "medicines are late")},
		Source: "pagerduty", Cursor: []byte("page 1"), Epoch: lease.Epoch,
	})
	assert.Empty(t, content(t, records))
	assert.Equal(t, 1, write(t, records, incident("P1", monday, 0, "records are lost")).Changed, "an older version, of another dataset's event")
	write(t, records, incident("P2", monday, 0, "records are found"))

	assert.Equal(t, "medicines are late", feed(t, medicines, 0)[0].Event.(*dora.Incident).Title)
	assert.Len(t, feed(t, medicines, 0), 1)
	assert.Equal(t, first.Sequence, apply(t, medicines, store.Batch{}).Sequence, "others' writing does not move a dataset")
	assert.Equal(t, []string{"P1", "P2"}, ids(feed(t, records, 0)))
	cursor, err := records.Cursor(ctx, "pagerduty")
	require.NoError(t, err)
	assert.Nil(t, cursor)
	size := Counts(t, records)
	assert.Equal(t, map[dora.Kind]int{dora.KindIncident: 2}, size)

	pruned, err := records.Prune(ctx, monday.Add(24*time.Hour), everything)
	require.NoError(t, err)
	assert.Equal(t, 2, pruned)
	assert.Len(t, feed(t, medicines, 0), 1)
}

func reopened(t *testing.T, scene *scene) {
	ctx := context.Background()
	s := scene.durable("team")
	lease, err := s.Acquire(ctx, "github", "one", time.Hour)
	require.NoError(t, err)
	applied := apply(t, s, store.Batch{Events: deployments(20), Source: "github", Cursor: []byte("page 1"), Epoch: lease.Epoch})
	before := feed(t, s, 0)
	require.NoError(t, s.Close())

	again := scene.store("team")
	assert.Equal(t, before, feed(t, again, 0), "events and sequences")
	cursor, err := again.Cursor(ctx, "github")
	require.NoError(t, err)
	assert.Equal(t, "page 1", string(cursor))
	_, err = again.Acquire(ctx, "github", "two", time.Hour)
	require.ErrorIs(t, err, store.ErrLeaseHeld)
	assert.Greater(t, write(t, again, incident("P1", monday, 0, "after")).Sequence, applied.Sequence)
}

func shared(t *testing.T, scene *scene) {
	ctx := context.Background()
	predecessor, successor := scene.durable("team"), scene.store("team")
	lease, err := predecessor.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	written := write(t, predecessor, deployments(3)...)
	assert.Len(t, feed(t, successor, 0), 3, "what one writes, the other reads")
	_, err = successor.Acquire(ctx, "github", "two", time.Minute)
	require.ErrorIs(t, err, store.ErrLeaseHeld)

	require.NoError(t, predecessor.Release(ctx, lease))
	require.NoError(t, predecessor.Close())
	_, err = successor.Acquire(ctx, "github", "two", time.Minute)
	require.NoError(t, err)
	assert.Greater(t, write(t, successor, incident("P1", monday, 0, "later")).Sequence, written.Sequence)
}
