package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.WriteUntilKilled(openTeam)
	openAsToldAndSayWhatHappens()
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		path := filepath.Join(t.TempDir(), "live-dora.db")
		return func(dataset string, now func() time.Time) store.Store {
			s, err := sqlite.Open(t.Context(), path, dataset, sqlite.WithClock(now))
			require.NoError(t, err)
			return s
		}
	})
}
