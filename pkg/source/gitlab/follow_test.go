package gitlab_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func TestReadingsFromMonthToMonthEndWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	subject(gitlab.APIAuto, "").Steps(t, time.Date(2025, 9, 30, 12, 0, 0, 0, time.UTC), 23)
}

func TestAReadingThatIsBrokenOffAnywhereGoesOn(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.issue(1, "02 12:10", "Sign-in fails")
	r := d.replay()
	own := incidents("health/api")
	whole := sourcetest.NewLedger()
	require.NoError(t, whole.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	for stop := 1; stop < whole.Batches; stop++ {
		t.Run(fmt.Sprint("after batch ", stop), func(t *testing.T) {
			l := sourcetest.NewLedger()
			l.StopAfter = stop
			require.ErrorIs(t, l.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}), sourcetest.ErrStopped)
			l.StopAfter = 0
			require.NoError(t, l.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
			sourcetest.Same(t, whole, l)
		})
	}
}

func TestWhatARefreshCosts(t *testing.T) {
	t.Parallel()
	const before, after = "2025-11-05T06:00:00Z", "2025-11-05T15:45:00Z" // in between, merge requests land and deployments end
	r := startReplay(t, before, "--data", "data/immunisation-fhir-api+synthetic")
	own := incidents(synthetic)
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), r.source(own, at(before)), time.Time{}))
	t.Logf("the first reading took %d requests", l.Last().Requests)
	assert.LessOrEqual(t, l.Last().Requests, 100)
	require.NoError(t, l.Collect(t.Context(), r.source(own, at(before)), time.Time{}))
	assert.Equal(t, 5, l.Last().Requests, "the project, its head, and the newest of three lists")
	changes, deployments := len(sourcetest.Of[*dora.Change](l)), len(sourcetest.Of[*dora.Deployment](l))
	r.Control(map[string]any{"now": after})
	require.NoError(t, l.Collect(t.Context(), r.source(own, at(after)), time.Time{}))
	t.Logf("%d requests for %d merge requests and %d deployments", l.Last().Requests, len(sourcetest.Of[*dora.Change](l))-changes, len(sourcetest.Of[*dora.Deployment](l))-deployments)
	assert.Greater(t, len(sourcetest.Of[*dora.Change](l)), changes)
	assert.Greater(t, len(sourcetest.Of[*dora.Deployment](l)), deployments)
	assert.Equal(t, 6, l.Last().Requests, "and a query for what is new of merge requests")
}
