package github_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// What came a moment ago may be missing from a list that was read just before: it is not called gone yet, and not
// forgotten either.
func TestADeploymentThatIsDeletedAtOnceIsGoneALittleLater(t *testing.T) {
	t.Parallel()
	const repository = world.Organization + "/booking"
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		w := world.New(world.Options{Seed: 3, Months: 1})
		server := httptest.NewServer(w.Handler("world-secret"))
		t.Cleanup(server.Close)
		now := time.Now()
		s := open(configured{
			ID: "github", URL: server.URL, API: api, Repositories: []string{repository},
			Secrets: map[string]string{"token": "world-secret"},
		}, server.Client(), github.WithClock(func() time.Time { return now }, func(ctx context.Context, _ time.Duration) error { return ctx.Err() }))
		l := newLedger()
		l.keeps = true
		withdrawn := func() (ids []int64) {
			require.NoError(t, l.collect(t.Context(), s, time.Time{}))
			for _, d := range of[*dora.Deployment](l) {
				if d.Withdrawn {
					ids = append(ids, d.Number)
				}
			}
			return ids
		}
		deployed, err := w.Deploy("booking")
		require.NoError(t, err)
		assert.Empty(t, withdrawn(), api)
		require.True(t, slices.ContainsFunc(l.known(dora.KindDeployment, repository), func(e dora.Event) bool { return e.(*dora.Deployment).Number == deployed.ID }))
		number, err := w.RemoveDeployment(repository, len(l.known(dora.KindDeployment, repository))-1)
		require.NoError(t, err)
		require.Equal(t, deployed.ID, number, "the newest")
		assert.Empty(t, withdrawn(), "%s: it may have come since", api)
		now = now.Add(time.Hour)
		assert.Equal(t, []int64{number}, withdrawn(), api)
		requests := l.last.Requests
		require.NoError(t, l.collect(t.Context(), s, time.Time{}))
		assert.Less(t, l.last.Requests, requests, "%s: and then it is no matter any more", api)
	}
}
