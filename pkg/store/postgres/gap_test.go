package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store"
)

// Events that were written anew or pruned leave gaps, which may be wider than what is read at once.
func TestReadingGoesOnBehindAGap(t *testing.T) {
	d := database(t)
	s := open(t, d, "team")
	apply := func(from int) {
		t.Helper()
		_, err := s.Apply(t.Context(), store.Batch{Events: changes(from, 3)})
		require.NoError(t, err)
	}
	apply(0)
	require.NoError(t, server.Exec(t.Context(), d.Name, `UPDATE livedora_datasets SET sequence = 1000000`))
	apply(3)
	var met []store.Sequence
	for change, err := range s.Changes(t.Context(), 1) {
		require.NoError(t, err)
		met = append(met, change.Sequence)
	}
	assert.Equal(t, []store.Sequence{2, 3, 1000001, 1000002, 1000003}, met)
}
