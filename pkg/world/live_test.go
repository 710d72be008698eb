package world_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

func TestTheWorldLivesOn(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	before := w.Truth().Services["reminders"].Deployments
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var ended error
	var living sync.WaitGroup
	living.Go(func() { ended = w.Live(ctx, 100_000) })
	require.Eventually(t, func() bool {
		// a reader at the same time sees a whole state: whatever is merged has landed
		seen, _ := pages[pull](t, server, "reminders", everyPull)
		for _, p := range seen {
			if (p.MergedAt == nil) != (p.MergeCommit == nil) {
				return false
			}
		}
		return w.Truth().Services["reminders"].Deployments > before
	}, 20*time.Second, 20*time.Millisecond)
	stop()
	living.Wait()
	require.ErrorIs(t, ended, context.Canceled)
	assert.True(t, w.Now().After(thursday))
	deployments := everything[deployment](t, server, "reminders", everyDeployment)
	assert.True(t, deployments[0].CreatedAt.After(thursday))
	assert.Error(t, w.Live(t.Context(), 0))
}

func TestThePastIsNotRewritten(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	merged := func() map[int]pull {
		seen := map[int]pull{}
		all, _ := pages[pull](t, server, "booking", everyPull)
		for _, p := range all {
			if p.MergedAt != nil {
				seen[p.Number] = p
			}
		}
		return seen
	}
	old, planned := merged(), w.Truth().Services["booking"].Failures
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var living sync.WaitGroup
	living.Go(func() { _ = w.Live(ctx, 1_000_000) })
	require.Eventually(t, func() bool { return len(merged()) > len(old) }, time.Minute, 20*time.Millisecond)
	stop()
	living.Wait()
	now := merged()
	for number, p := range old {
		assert.Equal(t, p, now[number])
	}
	later := w.Truth().Services["booking"].Failures
	for _, f := range planned {
		assert.Contains(t, deploymentsOf(later), f.Deployment)
	}
}

func deploymentsOf(failures []world.Failure) []int64 {
	var ids []int64
	for _, f := range failures {
		ids = append(ids, f.Deployment)
	}
	return ids
}

func TestSomeoneDeploysRightNow(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	for _, s := range w.Services() {
		before := w.Truth().Services[s.Name].Deployments
		made, err := w.Deploy(s.Name)
		require.NoError(t, err)
		assert.Equal(t, before+1, w.Truth().Services[s.Name].Deployments)
		assert.Equal(t, thursday, made.Finished)
		assert.Equal(t, s.Production, made.Environment)
		name := s.Repository[len(world.Organization)+1:]
		type answer struct {
			Repository struct {
				Deployments struct{ Nodes []deployment }
				PullRequest struct{ Nodes []pull }
				Object      struct {
					History connection[struct{ Oid string }]
				}
			}
		}
		got := ask[answer](t, server, fmt.Sprintf(`{repository(owner: "example-health", name: %q) {
			deployments(first: 1, environments: [%q], orderBy: {field: CREATED_AT, direction: DESC}) {nodes {databaseId commitOid state statuses(first: 5) {nodes {state createdAt}}}}
			pullRequest: pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}, states: [MERGED]) {nodes {number mergedAt mergeCommit {oid}}}
			object(expression: "main") {... on Commit {history(first: 1) {nodes {oid}}}}}}`, name, s.Production), nil).Repository
		require.Len(t, got.Deployments.Nodes, 1)
		d := got.Deployments.Nodes[0]
		assert.Equal(t, made.ID, d.DatabaseID)
		assert.Equal(t, "ACTIVE", d.State)
		finished, ok := d.finished()
		require.True(t, ok)
		assert.True(t, finished.Equal(made.Finished))
		assert.Equal(t, made.SHA, d.CommitOid)
		assert.Equal(t, made.SHA, got.Object.History.Nodes[0].Oid)
		assert.Equal(t, made.PullRequest, got.PullRequest.Nodes[0].Number)
		assert.Equal(t, made.SHA, got.PullRequest.Nodes[0].MergeCommit.Oid)
	}
	_, err := w.Deploy("nothing")
	assert.ErrorIs(t, err, world.ErrUnknownService)
}

func TestDeployingWhileTheWorldLives(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	ctx, stop := context.WithCancel(t.Context())
	var living sync.WaitGroup
	living.Go(func() { _ = w.Live(ctx, 200_000) })
	for range 5 {
		for _, s := range w.Services() {
			_, err := w.Deploy(s.Name)
			require.NoError(t, err)
		}
		_, _ = pages[deployment](t, server, "consent", everyDeployment)
	}
	stop()
	living.Wait()
	for _, name := range repositoryNames() {
		deployments := everything[deployment](t, server, name, everyDeployment)
		for i := 1; i < len(deployments); i++ {
			assert.False(t, deployments[i].CreatedAt.After(deployments[i-1].CreatedAt))
		}
	}
}
