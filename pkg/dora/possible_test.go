package dora_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func year(y int) time.Time { return time.Date(y, 6, 1, 0, 0, 0, 0, time.UTC) }

func TestWhatCannotHaveBeenIsRefused(t *testing.T) {
	good := year(2026)
	for _, bad := range []time.Time{year(-1200), year(1).Add(time.Second), year(1999), year(2100), year(9999), year(12000), time.Unix(1<<62, 0)} {
		for field, e := range map[string]dora.Event{
			"statuses[1].at": &dora.Deployment{Statuses: []dora.DeploymentStatus{{At: good}, {At: bad}}},
			"created":        &dora.Deployment{Created: bad},
			"opened":         &dora.Incident{Opened: bad},
			"acknowledged":   &dora.Incident{Opened: good, Acknowledged: bad},
			"resolved":       &dora.Incident{Opened: good, Resolved: bad},
			"merged":         &dora.Change{Opened: good, Merged: bad},
			"reviews[0].at":  &dora.Change{Reviews: []dora.Review{{At: bad}}},
			"made":           &dora.Correction{Made: bad},
		} {
			var refused *dora.Impossible
			require.True(t, errors.As(dora.Admit(e), &refused), "%s in the year %d", field, bad.Year())
			assert.Equal(t, field, refused.Field)
			assert.Contains(t, refused.Error(), "allowed: 2000 to 2099")
		}
	}
	for _, e := range []dora.Event{&dora.Deployment{}, &dora.Incident{Opened: year(2000)}, &dora.Change{Merged: year(2099)}, &dora.Repository{}, &dora.Correction{Made: good}} {
		require.NoError(t, dora.Admit(e), "what is not told is unknown, and the bounds are possible")
	}
	for _, e := range []dora.Event{&dora.Repository{Header: dora.Header{Updated: year(9999)}}, &dora.Deployment{Header: dora.Header{Updated: year(-1200)}}} {
		require.Error(t, dora.Admit(e), "a version that no later one could replace")
	}
}

func TestACommitStaysWhateverItsClockSaid(t *testing.T) {
	c := &dora.Commit{Header: dora.Header{Updated: year(9999)}, Authored: year(1987), Committed: year(9999)}
	require.NoError(t, dora.Admit(c))
	assert.Equal(t, year(1987), c.Authored, "it may be older than the system that it lies in")
	assert.Equal(t, year(1987), c.Committed, "the other time stands in")
	assert.Zero(t, c.Updated)

	own := &dora.Change{Opened: year(2026), Merged: year(2026), Commits: []dora.ChangeCommit{{Authored: year(-1200)}, {Authored: year(2025)}}}
	require.NoError(t, dora.Admit(own))
	assert.Equal(t, []dora.ChangeCommit{{}, {Authored: year(2025)}}, own.Commits)
}
