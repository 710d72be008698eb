package github_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

func TestABackfillThatIsStoppedAgainAndAgainLosesNothing(t *testing.T) {
	r := startReplay(t, afterAll)
	s := r.source(configured{Repositories: []string{synthetic}}, at(afterAll))
	l := newLedger()
	requests := 0
	for run := 1; ; run++ {
		require.Less(t, run, 20, "it must come to an end")
		l.stopAfter = l.batches + 5
		err := l.collect(t.Context(), s, time.Time{})
		requests += l.last.Requests
		if err == nil {
			break
		}
		require.ErrorIs(t, err, errStopped)
	}
	assertComplete(t, r, l, synthetic)
	assert.LessOrEqual(t, requests, 45, "what was handed over is not read again")
}

func TestABackfillUnderWhichTheRepositoryMovesLosesNothing(t *testing.T) {
	r := startReplay(t, "2025-06-01T12:00:00Z")
	s := r.source(configured{Repositories: []string{synthetic}}, at(afterAll))
	l := newLedger()
	l.stopAfter = 7
	require.ErrorIs(t, l.collect(t.Context(), s, time.Time{}), errStopped)
	l.stopAfter = 0
	r.control(map[string]any{"now": "2025-07-20T12:00:00Z"})
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	r.control(map[string]any{"now": afterAll})
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	assertComplete(t, r, l, synthetic)
}

func TestARefreshCostsLittleAndFindsWhatChanged(t *testing.T) {
	start := "2025-03-03T09:00:00Z"
	r := startReplay(t, start)
	now, err := time.Parse(time.RFC3339, start)
	require.NoError(t, err)
	config := configured{
		Repositories: []string{synthetic},
		Incidents:    &github.Incidents{Labels: []string{"incident"}, Severity: dora.MustPattern(`^sev(\d)$`)},
	}
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(config, at(start)), time.Time{}))

	require.NoError(t, l.collect(t.Context(), r.source(config, at(start)), time.Time{}))
	assert.LessOrEqual(t, l.last.Requests, 3, "nothing happened")
	assert.LessOrEqual(t, l.last.Points, 3)

	before := len(of[*dora.Commit](l))
	requests, points, runs := 0, 0, 0
	days := 2
	if torture() {
		days = 5
	}
	for range 24 * days {
		now = now.Add(time.Hour)
		r.control(map[string]any{"advance_seconds": 3600})
		require.NoError(t, l.collect(t.Context(), r.source(config, at(now.Format(time.RFC3339))), time.Time{}))
		requests, points, runs = requests+l.last.Requests, points+l.last.Points, runs+1
	}
	t.Logf("%d hourly refreshes: %d requests, %d points", runs, requests, points)
	assert.Greater(t, len(of[*dora.Commit](l)), before)
	assert.LessOrEqual(t, requests, 3*runs)

	// What was gathered bit by bit is what a fresh back-fill of the same day gives.
	fresh := newLedger()
	require.NoError(t, fresh.collect(t.Context(), r.source(config, at(now.Format(time.RFC3339))), time.Time{}))
	assertSame(t, fresh, l)

	r.control(map[string]any{"now": afterAll})
	require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
	assertComplete(t, r, l, synthetic)
}

// assertSame compares two ledgers, all but what retires a deployment that has succeeded, when a repository's head was announced, and without the withdrawn incidents
// that only one of them can know of.
func assertSame(t *testing.T, want, got *ledger) {
	t.Helper()
	strip := func(l *ledger) map[string]any {
		kept := map[string]any{}
		for key, event := range l.events {
			switch e := event.(type) {
			case *dora.Repository:
				copied := *e
				copied.Updated = time.Time{}
				kept[key] = &copied
			case *dora.Incident:
				if !e.Withdrawn {
					kept[key] = e
				}
			case *dora.Deployment:
				copied := *e
				if copied.Settled() { // what retires it later is not asked for
					copied.Header = dora.Header{}
					copied.Statuses = slices.DeleteFunc(slices.Clone(e.Statuses), func(s dora.DeploymentStatus) bool { return s.State == dora.StateRetired })
				}
				kept[key] = &copied
			default:
				kept[key] = event
			}
		}
		return kept
	}
	wanted, found := strip(want), strip(got)
	for key, event := range wanted {
		if !assert.ObjectsAreEqual(event, found[key]) {
			t.Errorf("%s: wanted %+v, found %+v", key, event, found[key])
		}
	}
	assert.Len(t, found, len(wanted))
}

func TestTheHistoryLimitHoldsForEverythingButCommits(t *testing.T) {
	r := startReplay(t, afterAll)
	since := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(configured{Repositories: []string{plain}}, at(afterAll)), since))
	deployed := map[string]bool{}
	for _, row := range rows[deploymentRow](t, r, plain, "deployments.jsonl") {
		if !row.CreatedAt.Before(since) {
			deployed[id(plain, "deployment", row.ID)] = true
		}
	}
	assert.Len(t, of[*dora.Deployment](l), len(deployed))
	for deployment := range of[*dora.Deployment](l) {
		assert.True(t, deployed[deployment])
	}
	var root time.Time
	for _, c := range of[*dora.Commit](l) {
		if len(c.Parents) == 0 {
			root = c.Committed
		}
	}
	assert.Equal(t, 2023, root.Year(), "the commit graph goes back to its root")
}
