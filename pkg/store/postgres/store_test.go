package postgres_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

// server is the one that the tests of this package share; each has a database of its own.
var server *postgrestest.Server

func TestMain(m *testing.M) {
	storetest.WriteUntilKilled(openTeam)
	var err error
	if server, err = postgrestest.Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func database(t *testing.T) postgres.Database {
	t.Helper()
	d, err := server.Database(t.Context())
	require.NoError(t, err)
	return d
}

func open(t *testing.T, d postgres.Database, dataset string, options ...postgres.Option) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), d, dataset, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		d := database(t)
		return func(dataset string, now func() time.Time) store.Store {
			s, err := postgres.Open(t.Context(), d, dataset, postgres.WithClock(now))
			require.NoError(t, err)
			return s
		}
	})
}
