package dataset_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// moved waits until a snapshot holds a number of deployments.
func moved(t *testing.T, d *dataset.Dataset, want int) {
	t.Helper()
	for {
		next := d.Moved()
		if deployments(d) == want {
			return
		}
		select {
		case <-next:
		case <-time.After(20 * time.Second):
			require.Fail(t, "nothing moved")
		}
	}
}

func ended(t *testing.T, d *dataset.Dataset) {
	t.Helper()
	select {
	case <-d.Ended():
	case <-time.After(20 * time.Second):
		require.Fail(t, "it goes on")
	}
}

func derived(t *testing.T, s *facts.Snapshot, service string) *facts.Service {
	t.Helper()
	found := s.Select([]dora.Filter{{Field: dora.ByService, Values: []string{service}}})
	require.Len(t, found, 1)
	return found[0]
}

func TestWhoeverWaitsIsToldOfAnEventAtOnce(t *testing.T) {
	r, path := open(t), filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()[:len(datasettest.Events())-1]...)
	d := acquire(t, r, "1/dora", parse(t, silent(t), `,"store":{"path":"`+path+`"},"services":`+datasettest.Services))
	moved(t, d, 6)
	before := d.Snapshot()

	last := datasettest.Events()[len(datasettest.Events())-1]
	applied, err := d.Post(t.Context(), last)
	require.NoError(t, err)
	assert.Equal(t, 1, applied.Changed)
	moved(t, d, 7)
	assert.Same(t, derived(t, before, "booking"), derived(t, d.Snapshot(), "booking"), "what was not touched is the same")
	assert.NotSame(t, derived(t, before, "records"), derived(t, d.Snapshot(), "records"))

	applied, err = d.Post(t.Context(), last)
	require.NoError(t, err)
	assert.Zero(t, applied.Changed, "the same event twice is one")
}

func TestFactsUnderAnotherDefinitionAreWorkedOutOnce(t *testing.T) {
	r, path := open(t), filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()[:len(datasettest.Events())-1]...)
	s := parse(t, silent(t), `,"store":{"path":"`+path+`"},"services":`+datasettest.Services)
	d := acquire(t, r, "1/dora", s)
	narrow := s.Definition
	narrow.Evidence = []dora.EvidenceKind{dora.EvidenceRollback}
	first := d.Under(narrow)
	assert.Same(t, first, d.Under(narrow))

	_, err := d.Post(t.Context(), datasettest.Events()[len(datasettest.Events())-1])
	require.NoError(t, err)
	moved(t, d, 7)
	second := d.Under(narrow)
	assert.NotSame(t, first, second)
	assert.Same(t, second, d.Under(narrow))
	assert.Same(t, derived(t, first, "booking"), derived(t, second, "booking"))
	for window := range 40 { // however many definitions are asked for, the right one answers
		other := narrow
		other.IncidentWindow = dora.Duration(time.Duration(window+1) * time.Hour)
		assert.Equal(t, other.IncidentWindow, d.Under(other).Definition.IncidentWindow)
	}
	assert.Equal(t, narrow.Evidence, d.Under(narrow).Definition.Evidence)
}

func TestADatasetThatWasReplacedSaysSo(t *testing.T) {
	r, url := open(t), silent(t)
	before := acquire(t, r, "1/dora", parse(t, url, ""))
	after := acquire(t, r, "1/dora", parse(t, url, `,"definition":{"unit":"commit"}`))
	ended(t, before)
	select {
	case <-after.Ended():
		require.Fail(t, "the new one ended too")
	default:
	}
	r.Close()
	ended(t, after)
}
