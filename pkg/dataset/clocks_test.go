package dataset_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
)

// A node whose clock is a minute fast wrote a correction, and one whose clock is a minute slow asks for the lease. What was
// written is taken back by who has the right time, and the lease is judged by the database's clock alone.
func TestNodesWhoseClocksDifferByAMinuteWorkTogether(t *testing.T) {
	c := share(t)
	node, _ := c.node()
	c.upToDate(node)
	var deployed *dora.Deployment
	for _, f := range node.Snapshot().Services {
		for _, d := range f.Deployments {
			deployed = d.Event
		}
	}
	require.NotNil(t, deployed)
	made, err := node.Correct(t.Context(), dora.Correction{
		Verdict: dora.VerdictFailed, Deployment: deployed.FullID(), Reason: "it was rolled back by hand", Author: "fast", Made: time.Now().Add(time.Minute).UTC(),
	})
	require.NoError(t, err)
	other, _ := c.node()
	undone, err := other.Undo(t.Context(), made.FullID(), "right")
	require.NoError(t, err)
	assert.True(t, undone.Updated.After(made.Updated), "or the fast clock's word would stay")
	eventually(t, func() bool {
		said := node.Corrections()
		return len(said) == 1 && said[0].Undone
	})

	// It holds a lease until the database says that it ended, whatever a node believes.
	s, err := postgres.Open(t.Context(), c.database, "1/dora")
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, err = s.Acquire(context.Background(), "github", "a node whose clock is a minute fast", time.Minute)
	var held *store.Held
	require.ErrorAs(t, err, &held)
	assert.Greater(t, held.Lasts, 20*time.Second)
	assert.LessOrEqual(t, held.Lasts, time.Minute)
	eventually(t, func() bool {
		return other.State()[0].State == collect.StatusWaiting && node.State()[0].State != collect.StatusWaiting
	})
}
