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

// told is a batch of events that someone posted.
func told(events ...dora.Event) store.Batch { return store.Batch{Events: events, Merge: dora.Merge} }

func inState(state dora.DeploymentState, at time.Time) *dora.Deployment {
	d := deployment(1, at)
	d.Created, d.Rank = monday, dora.Told
	d.Statuses = []dora.DeploymentStatus{{State: state, At: at}}
	return d
}

func toldIsMerged(t *testing.T, scene *scene) {
	s := scene.store("team")
	success, running := inState(dora.StateSuccess, monday.Add(5*time.Minute)), inState(dora.StateRunning, monday.Add(time.Minute))
	apply(t, s, told(success))
	assert.Equal(t, 1, apply(t, s, told(running)).Changed, "it comes late, and belongs to it all the same")
	failure := inState(dora.StateFailure, monday.Add(time.Hour))
	apply(t, s, told(failure, failure))
	assert.Equal(t, 0, apply(t, s, told(running, success, failure, running)).Changed, "all that is known")

	changes := feed(t, s, 0)
	require.Len(t, changes, 1)
	d := changes[0].Event.(*dora.Deployment)
	assert.Equal(t, []dora.DeploymentStatus{
		{State: dora.StateRunning, At: monday.Add(time.Minute)}, {State: dora.StateSuccess, At: monday.Add(5 * time.Minute)}, {State: dora.StateFailure, At: monday.Add(time.Hour)},
	}, d.Statuses)

	apply(t, s, told(deployment(2, monday), inState(dora.StateRetired, monday.Add(2*time.Hour)), inState(dora.StateWaiting, monday)))
	changes = feed(t, s, 0)
	require.Len(t, changes, 2, "a batch may tell of one event several times")
	assert.Len(t, changes[1].Event.(*dora.Deployment).Statuses, 5)
}

func contradictionWritesNothing(t *testing.T, scene *scene) {
	s := scene.store("team")
	apply(t, s, told(deployment(1, monday)))
	before := content(t, s)
	other := deployment(1, monday.Add(time.Hour))
	other.Environment = "staging"
	_, err := s.Apply(context.Background(), told(deployment(2, monday), other))
	var contradiction *dora.Contradiction
	require.ErrorAs(t, err, &contradiction)
	assert.Equal(t, "environment", contradiction.Field)
	assert.Equal(t, before, content(t, s))
}

func rewound(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	lease, err := s.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	apply(t, s, store.Batch{Source: "github", Cursor: []byte("page 7"), Epoch: lease.Epoch})
	require.NoError(t, s.Rewind(ctx, "github", []byte("page 1")))
	_, err = s.Apply(ctx, store.Batch{Source: "github", Cursor: []byte("page 8"), Epoch: lease.Epoch})
	require.ErrorIs(t, err, store.ErrLeaseLost)
	cursor, err := s.Cursor(ctx, "github")
	require.NoError(t, err)
	assert.Equal(t, "page 1", string(cursor))

	again, err := s.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	assert.Greater(t, again.Epoch, lease.Epoch)
	require.NoError(t, s.Rewind(ctx, "github", nil))
	cursor, err = s.Cursor(ctx, "github")
	require.NoError(t, err)
	assert.Nil(t, cursor)
	require.NoError(t, s.Rewind(ctx, "a source that never ran", nil))
}

func forgotten(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	write(t, s, deployment(1, monday), deployment(2, monday), incident("another source's", monday, 0, "stays"))
	lease, err := s.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	apply(t, s, store.Batch{Source: "github", Cursor: []byte("page 7"), Epoch: lease.Epoch})
	another := scene.store("team")
	before, err := another.Forgets(ctx)
	require.NoError(t, err)
	n, err := s.Forget(ctx, "github")
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	after, err := s.Forgets(ctx)
	require.NoError(t, err)
	assert.Greater(t, after, before, "whoever follows the feed is told")
	assert.Equal(t, []string{"another source's"}, ids(feed(t, s, 0)))
	_, err = s.Apply(ctx, store.Batch{Events: deployments(3), Source: "github", Cursor: []byte("page 8"), Epoch: lease.Epoch})
	require.ErrorIs(t, err, store.ErrLeaseLost)
	cursor, err := s.Cursor(ctx, "github")
	require.NoError(t, err)
	assert.Nil(t, cursor)
	assert.Equal(t, 2, write(t, s, deployment(1, monday), deployment(2, monday)).Changed, "it can be read again")
}

func partForgotten(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	at := func(id string, rank int) dora.Header {
		return dora.Header{Source: "github", ID: id, Updated: monday, Rank: rank}
	}
	write(t, s,
		&dora.Repository{Header: at("acme/api", 0)}, &dora.Commit{Header: at("acme/api@a1", 0)}, &dora.Change{Header: at("acme/api:pull:1", 3)},
		&dora.Deployment{Header: at("acme/api:deployment:1", 2)}, &dora.Deployment{Header: at("acme/api:deployment:2", dora.Told)},
		&dora.Deployment{Header: at("acme/api-2:deployment:3", 2)}, &dora.Repository{Header: at("acme/api-2", 0)}, &dora.Repository{Header: at("acme/ap", 0)},
		&dora.Deployment{Header: dora.Header{Source: "pipeline", ID: "acme/api:deployment:1", Updated: monday}},
	)
	another := scene.store("team")
	before, err := another.Forgets(ctx)
	require.NoError(t, err)
	lease, err := s.Acquire(ctx, "github", "one", time.Minute)
	require.NoError(t, err)
	_, err = s.Apply(ctx, store.Batch{Source: "github", Forget: []string{"acme/api"}})
	require.Error(t, err, "only who collects the source may")
	_, err = s.Apply(ctx, store.Batch{Source: "github", Forget: []string{"acme/api"}, Epoch: lease.Epoch + 1})
	require.ErrorIs(t, err, store.ErrLeaseLost)
	require.Len(t, feed(t, s, 0), 9)

	apply(t, s, store.Batch{
		Source: "github", Forget: []string{"acme/api"}, Cursor: []byte("page 1"), Epoch: lease.Epoch,
		Events: []dora.Event{&dora.Change{Header: dora.Header{Source: "github", ID: "acme/api:pull:1", Updated: monday.Add(-time.Hour)}}},
	})
	assert.Equal(t, []string{"acme/api:deployment:2", "acme/api-2:deployment:3", "acme/api-2", "acme/ap", "acme/api:deployment:1", "acme/api:pull:1"}, ids(feed(t, s, 0)),
		"what was told stays, and an older version takes the place of what is gone")
	after, err := s.Forgets(ctx)
	require.NoError(t, err)
	assert.Greater(t, after, before, "whoever follows the feed is told")
}
