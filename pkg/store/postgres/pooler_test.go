package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

func TestAStoreBehindAPoolerOfTransactions(t *testing.T) {
	address, stop, err := server.Pooler(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, stop()) }()
	storetest.Run(t, func(t *testing.T) storetest.Open {
		d := database(t)
		d.Address = address
		return func(dataset string, now func() time.Time) store.Store {
			s, err := postgres.Open(t.Context(), d, dataset, postgres.WithClock(now))
			require.NoError(t, err)
			s.Woken() // whoever listens there hears nothing, and disturbs nobody
			return s
		}
	})
}
