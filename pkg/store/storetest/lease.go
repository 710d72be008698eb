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

func cursorMoves(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	at := func(source string) []byte {
		cursor, err := s.Cursor(ctx, source)
		require.NoError(t, err)
		return cursor
	}
	assert.Nil(t, at("github"), "it never ran")

	github, err := s.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	apply(t, s, store.Batch{Events: deployments(1), Source: "github", Cursor: []byte{0, 0xff, 'x'}, Epoch: github.Epoch})
	assert.Equal(t, []byte{0, 0xff, 'x'}, at("github"))
	assert.Nil(t, at("pagerduty"), "each source has its own")

	apply(t, s, store.Batch{Source: "github", Cursor: []byte("page 2"), Epoch: github.Epoch})
	assert.Equal(t, "page 2", string(at("github")), "a batch without events moves it too")
	apply(t, s, store.Batch{Events: deployments(2), Source: "github", Epoch: github.Epoch})
	assert.Equal(t, "page 2", string(at("github")), "a batch without a cursor leaves it")
}

func leaseLife(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	first, err := s.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	assert.Equal(t, store.Lease{Source: "github", Holder: "one", Epoch: 1, Until: scene.clock().Add(time.Minute)}, first)

	_, err = s.Acquire(ctx, "github", "two", time.Minute)
	require.ErrorIs(t, err, store.ErrLeaseHeld)
	_, err = s.Acquire(ctx, "pagerduty", "two", time.Minute)
	require.NoError(t, err, "each source has its own")

	scene.wait(50 * time.Second)
	renewed, err := s.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	assert.Equal(t, first.Epoch, renewed.Epoch)
	assert.Equal(t, scene.clock().Add(time.Minute), renewed.Until)
	scene.wait(50 * time.Second)
	_, err = s.Acquire(ctx, "github", "two", time.Minute)
	require.ErrorIs(t, err, store.ErrLeaseHeld, "it was renewed")
	var held *store.Held
	require.ErrorAs(t, err, &held)
	assert.InDelta(t, 10*time.Second, held.Lasts, float64(time.Millisecond), "who waits is told for how long")

	require.NoError(t, s.Release(ctx, store.Lease{Source: "github", Holder: "two", Epoch: renewed.Epoch}), "not held: harmless")
	_, err = s.Acquire(ctx, "github", "two", time.Minute)
	require.ErrorIs(t, err, store.ErrLeaseHeld)

	require.NoError(t, s.Release(ctx, renewed))
	require.NoError(t, s.Release(ctx, renewed), "twice: harmless")
	_, err = s.Apply(ctx, store.Batch{Events: deployments(1), Source: "github", Epoch: renewed.Epoch})
	require.ErrorIs(t, err, store.ErrLeaseLost, "it was given back")
	second, err := s.Acquire(ctx, "github", "two", time.Minute)
	require.NoError(t, err)
	assert.Greater(t, second.Epoch, first.Epoch)
}

func leaseTakenOver(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	slow, err := s.Acquire(ctx, "github", "slow", time.Minute)
	require.NoError(t, err)
	scene.wait(2 * time.Minute)
	first := apply(t, s, store.Batch{Events: deployments(1), Source: "github", Cursor: []byte("page 1"), Epoch: slow.Epoch})
	assert.Equal(t, 1, first.Changed, "it ran out, but nobody took over")

	next, err := s.Acquire(ctx, "github", "next", time.Minute)
	require.NoError(t, err)
	assert.Greater(t, next.Epoch, slow.Epoch)
	_, err = s.Apply(ctx, store.Batch{
		Events: []dora.Event{incident("P1", monday, 0, "too late")},
		Source: "github", Cursor: []byte("page 2, too late"), Epoch: slow.Epoch,
	})
	require.ErrorIs(t, err, store.ErrLeaseLost)
	assert.Empty(t, feed(t, s, first.Sequence), "nothing of it was written")
	cursor, err := s.Cursor(ctx, "github")
	require.NoError(t, err)
	assert.Equal(t, "page 1", string(cursor))
	_, err = s.Acquire(ctx, "github", "slow", time.Minute)
	require.ErrorIs(t, err, store.ErrLeaseHeld)

	require.NoError(t, s.Release(ctx, slow), "what is not held any more: harmless")
	apply(t, s, store.Batch{Events: deployments(2), Source: "github", Cursor: []byte("page 2"), Epoch: next.Epoch})
	write(t, s, incident("P2", monday, 0, "pushed to us, without a lease"))
	assert.Len(t, feed(t, s, 0), 3)

	_, err = s.Apply(ctx, store.Batch{Events: deployments(1), Source: "pagerduty", Epoch: 1})
	require.ErrorIs(t, err, store.ErrLeaseLost, "nobody ever took this one")
}
