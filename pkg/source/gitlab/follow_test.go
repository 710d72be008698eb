package gitlab_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestReadingsFromMonthToMonthEndWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	r := startReplay(t, afterAll, "--data", "data/immunisation-fhir-api+synthetic")
	own := incidents(synthetic)
	whole := newLedger()
	require.NoError(t, whole.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))

	grown := newLedger()
	end, err := time.Parse(time.RFC3339, afterAll)
	require.NoError(t, err)
	for now := end.AddDate(0, -14, 0); ; now = now.AddDate(0, 0, 23) {
		if now.After(end) {
			now = end
		}
		r.control(map[string]any{"now": now})
		require.NoError(t, grown.collect(t.Context(), r.source(own, at(now.Format(time.RFC3339))), time.Time{}))
		if now.Equal(end) {
			break
		}
	}
	withdrawnLeftOut(grown)
	assertEqual(t, whole, grown)
}

func TestAReadingThatIsBrokenOffAnywhereGoesOn(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.issue(1, "02 12:10", "Sign-in fails")
	r := d.replay()
	own := incidents("health/api")
	whole := newLedger()
	require.NoError(t, whole.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	for stop := 1; stop < whole.batches; stop++ {
		t.Run(fmt.Sprint("after batch ", stop), func(t *testing.T) {
			l := newLedger()
			l.stopAfter = stop
			require.ErrorIs(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}), errStopped)
			l.stopAfter = 0
			require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
			assertEqual(t, whole, l)
		})
	}
}

func TestWhatARefreshCosts(t *testing.T) {
	t.Parallel()
	const before, after = "2025-11-05T06:00:00Z", "2025-11-05T15:45:00Z" // in between, merge requests land and deployments end
	r := startReplay(t, before, "--data", "data/immunisation-fhir-api+synthetic")
	own := incidents(synthetic)
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(own, at(before)), time.Time{}))
	t.Logf("the first reading took %d requests", l.last.Requests)
	assert.LessOrEqual(t, l.last.Requests, 100)
	require.NoError(t, l.collect(t.Context(), r.source(own, at(before)), time.Time{}))
	assert.Equal(t, 5, l.last.Requests, "the project, its head, and the newest of three lists")
	changes, deployments := len(of[*dora.Change](l)), len(of[*dora.Deployment](l))
	r.control(map[string]any{"now": after})
	require.NoError(t, l.collect(t.Context(), r.source(own, at(after)), time.Time{}))
	t.Logf("%d requests for %d merge requests and %d deployments", l.last.Requests, len(of[*dora.Change](l))-changes, len(of[*dora.Deployment](l))-deployments)
	assert.Greater(t, len(of[*dora.Change](l)), changes)
	assert.Greater(t, len(of[*dora.Deployment](l)), deployments)
	assert.Equal(t, 6, l.last.Requests, "and a query for what is new of merge requests")
}
