package collect_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

// ago is a header of an event that was last updated some days ago.
func ago(id string, days int) (dora.Header, time.Time) {
	at := time.Now().AddDate(0, 0, -days)
	return dora.Header{Source: "github", ID: id, Updated: at}, at
}

func run(id, environment, tag string, days int, states ...dora.DeploymentState) *dora.Deployment {
	head, at := ago(id, days)
	d := &dora.Deployment{Header: head, Repository: "example-health/api", Environment: environment, Ref: tag, RefKind: dora.RefTag}
	for _, state := range states {
		d.Statuses = append(d.Statuses, dora.DeploymentStatus{State: state, At: at})
	}
	return d
}

func change(id, repository string, days int) *dora.Change {
	head, at := ago(id, days)
	return &dora.Change{Header: head, Repository: repository, Merged: at}
}

func early(id, repository string, days int) *dora.Change {
	c := change(id, repository, days)
	c.Early = true
	return c
}

func incident(id string, days int, resolved, withdrawn bool) *dora.Incident {
	head, at := ago(id, days)
	i := &dora.Incident{Header: head, Opened: at, Withdrawn: withdrawn}
	if resolved {
		i.Resolved = at
	}
	return i
}

func TestWhatIsOldGoesAndWhatIsOpenOrStillNeededStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		commit, _ := ago("commit", 900)
		events := []dora.Event{
			&dora.Commit{Header: commit},
			run("succeeded twice over", "production", "", 500, dora.StateSuccess),
			run("runs in production", "production", "", 400, dora.StateRunning, dora.StateSuccess, dora.StateRetired),
			run("runs in staging", "staging", "", 450, dora.StateSuccess),
			run("runs in production as another service", "production", "records-v2.1", 600, dora.StateSuccess),
			run("was that service before", "production", "records-v1.9", 610, dora.StateSuccess),
			run("failed", "production", "", 390, dora.StateFailure),
			run("never finished, replaced", "production", "", 390, dora.StateRunning, dora.StateRetired),
			run("held for approval", "production", "", 390, dora.StateWaiting),
			run("recent", "production", "", 300, dora.StateSuccess),
			change("shipped long ago", "example-health/api", 1150),
			change("might have waited for a slow environment", "example-health/api", 470),
			change("waited for a year and a half", "example-health/api", 940),
			early("shipped by the recent one, and older than what is collected", "example-health/api", 2000),
			change("shipped by the recent one", "example-health/api", 390),
			change("never shipped", "example-health/docs", 1100),
			incident("over", 400, true, false),
			incident("open", 400, false, false),
			incident("was none", 400, false, true),
			incident("recent incident", 300, true, false),
		}
		kept := memory.New()
		_, err := kept.Apply(t.Context(), store.Batch{Events: events})
		require.NoError(t, err)

		_, err = collect.New(collect.Options{Store: kept, Backfill: 90 * 24 * time.Hour}).Once(t.Context())
		require.NoError(t, err)
		var left []string
		for stored, err := range kept.Changes(t.Context(), 0) {
			require.NoError(t, err)
			left = append(left, stored.Event.Head().ID)
		}
		assert.Equal(t, []string{
			"commit", "runs in production", "runs in staging", "runs in production as another service", "held for approval",
			"recent", "might have waited for a slow environment", "waited for a year and a half",
			"shipped by the recent one, and older than what is collected", "shipped by the recent one", "open", "recent incident",
		}, left)
	})
}

func TestWhatALongBackfillReadStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		_, err := kept.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("400 days ago", 400, true, false), incident("800 days ago", 800, true, false)}})
		require.NoError(t, err)
		_, err = collect.New(collect.Options{Store: kept, Backfill: 730 * 24 * time.Hour}).Once(t.Context())
		require.NoError(t, err)
		assert.Equal(t, map[dora.Kind]int{dora.KindIncident: 1}, storetest.Counts(t, kept))
	})
}

func TestARunningCollectorPrunesOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		_, err := kept.Apply(t.Context(), store.Batch{Events: []dora.Event{
			incident("yesterday a year ago", 366, true, false), incident("tomorrow a year ago", 364, true, false),
		}})
		require.NoError(t, err)
		defer started(t, collect.New(collect.Options{Store: kept}))()
		pass(time.Hour)
		assert.Equal(t, map[dora.Kind]int{dora.KindIncident: 1}, storetest.Counts(t, kept))
		pass(48 * time.Hour)
		assert.Empty(t, storetest.Counts(t, kept))
	})
}
