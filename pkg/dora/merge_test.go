package dora_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// whole is a deployment as it is read, with all of its statuses.
func whole(states ...dora.DeploymentStatus) *dora.Deployment {
	d := &dora.Deployment{
		Header: dora.Header{Source: "ci", ID: "r:deployment:7", Rank: len(states)}, Repository: "r", Number: 7, Environment: "production",
		SHA: "5ca1ab1e", Ref: "v1", RefKind: dora.RefTag, Created: states[0].At, Statuses: states,
	}
	for _, s := range states {
		d.Updated = dora.Latest(d.Updated, s.At)
	}
	return d
}

// of is one status of it, as it is told.
func of(d *dora.Deployment, s dora.DeploymentStatus) *dora.Deployment {
	told := *d
	told.Updated, told.Rank, told.RefKind, told.Statuses = s.At, dora.Told, "", []dora.DeploymentStatus{s}
	return &told
}

func TestADeploymentIsTheSameInWhateverOrderItIsToldAndRead(t *testing.T) {
	rapid.Check(t, func(draw *rapid.T) {
		began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		states := rapid.SliceOfN(rapid.SampledFrom([]dora.DeploymentState{
			dora.StateWaiting, dora.StateRunning, dora.StateSuccess, dora.StateFailure, dora.StateRetired,
		}), 1, 6).Draw(draw, "states")
		var statuses []dora.DeploymentStatus
		at := began
		for i, state := range states {
			at = at.Add(time.Duration(1+rapid.IntRange(0, 3).Draw(draw, fmt.Sprintf("step %d", i))) * time.Second)
			statuses = append(statuses, dora.DeploymentStatus{State: state, At: at})
		}
		read := whole(statuses...)
		versions := []dora.Event{read}
		for _, s := range statuses {
			versions = append(versions, of(read, s), of(read, s))
		}
		read = whole(statuses[:rapid.IntRange(1, len(statuses)).Draw(draw, "read before")]...)
		versions = append(versions, read)

		var known dora.Event
		for _, v := range rapid.Permutation(versions).Draw(draw, "order") {
			known = arrives(t, known, v)
		}
		got := *known.(*dora.Deployment)
		want := *whole(statuses...)
		assert.Equal(t, want.Statuses, got.Statuses)
		assert.Equal(t, want.Updated, got.Updated)
		assert.Equal(t, want, got)
	})
}

// arrives is what a store has after a version arrived: what was read replaces what is older, what was told is merged.
func arrives(t require.TestingT, known, version dora.Event) dora.Event {
	switch {
	case known == nil:
		return version
	case version.Head().Rank < 0:
		merged, err := dora.Merge(known, version)
		require.NoError(t, err)
		return merged
	case version.Head().NewerThan(known.Head()):
		return version
	}
	return known
}

func TestWhatIsToldLastOfOneMomentStays(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	told := func(title string, at time.Time, rank int) *dora.Incident {
		return &dora.Incident{Header: dora.Header{Source: "ci", ID: "1", Updated: at, Rank: rank}, Title: title, Opened: at, Service: "booking"}
	}
	known := dora.Event(told("first", at, dora.Told))
	for _, version := range []*dora.Incident{told("second", at, dora.Told), told("third", at, dora.Told), told("an older one", at.Add(-time.Hour), dora.Told)} {
		known = arrives(t, known, version)
	}
	assert.Equal(t, "third", known.(*dora.Incident).Title)
	known = arrives(t, known, told("read", at, 0))
	known = arrives(t, known, told("told of the same moment", at, dora.Told))
	assert.Equal(t, "read", known.(*dora.Incident).Title)

	other := told("moved", at.Add(time.Hour), dora.Told)
	other.Service = "records"
	_, err := dora.Merge(known, other)
	assert.EqualError(t, err, `ci:1: service: "records" is not what this incident has: "booking"; it never changes, so give another event an id of its own`)
}
