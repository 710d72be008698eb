package postgres_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

// placeOf is a database as another process is told of it.
func placeOf(t *testing.T, d postgres.Database) string {
	t.Helper()
	text, err := json.Marshal(d)
	require.NoError(t, err)
	return string(text)
}

func openTeam(ctx context.Context, place string) (store.Store, error) {
	var d postgres.Database
	if err := json.Unmarshal([]byte(place), &d); err != nil {
		return nil, err
	}
	s, err := postgres.Open(ctx, d, "team")
	if err != nil {
		return nil, err
	}
	return s, nil
}

func TestEveryAcknowledgedBatchOutlivesAKillOfItsWriter(t *testing.T) {
	storetest.Killed(t, placeOf(t, database(t)), openTeam)
}

func TestEveryAcknowledgedBatchOutlivesAKillOfTheDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	own := postgrestest.ForTest(t)
	d, err := own.Database(t.Context())
	require.NoError(t, err)
	place := placeOf(t, d)

	writer, lines := storetest.StartWriter(t, place)
	last := ""
	for kill := range 5 {
		for range 3 + 7*kill%20 {
			require.True(t, lines.Scan(), "the writer goes on by itself")
			last = lines.Text()
		}
		require.NoError(t, own.Kill())
		require.NoError(t, own.Run(t.Context()))
		s, err := openTeam(t.Context(), place)
		require.NoError(t, err)
		storetest.IsWhole(t, s, last)
		require.NoError(t, s.Close())
	}
	require.NoError(t, writer.Process.Kill())
	for lines.Scan() { // what it had said before it was killed
	}
	_ = writer.Wait() // it was killed: that is no news
}
