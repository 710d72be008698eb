package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedora/dora-datasource/pkg/store"
)

// A Grafana may read from a replica alone. It then writes nothing, not even that it is there: whoever collects does.

// ready sees that the tables and the data set are there. Somebody who writes has to make them.
func (s *Store) ready(ctx context.Context) error {
	version, err := s.version(ctx, s.pool)
	switch {
	case err != nil:
		return err
	case version == 0:
		return fmt.Errorf("store.address %s has no tables of Live DORA yet: open the store first with a Grafana that uses the primary", s.database.Address)
	case version < len(s.migrations):
		return fmt.Errorf("store.address %s has tables of version %d, and this version of Live DORA needs %d: update a Grafana that uses the primary first", s.database.Address, version, len(s.migrations))
	}
	recorded := int64(0)
	err = s.pool.QueryRow(ctx, `SELECT organisation FROM livedora_datasets WHERE dataset = $1`, s.dataset).Scan(&recorded)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("store.address %s has no data set %q yet: open it first with a Grafana that uses the primary", s.database.Address, s.dataset)
	case err != nil || s.organisation == 0:
		return err
	}
	_, err = store.OwnerOf(s.dataset, recorded, s.organisation)
	return err
}

// behind is how far the server is behind: nothing where all is replayed that came in and more can come, else at most as long
// as the newest transaction that it shows is old. Who collects renews its lease, so there is one every twenty seconds.
const behind = `SELECT pg_is_in_recovery(), EXISTS (SELECT 1 FROM pg_stat_wal_receiver),
	coalesce(pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn(), false),
	extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8`

// Behind is how far the replica is behind its primary; nil where none is asked for.
func (s *Store) Behind(ctx context.Context) (*store.Behind, error) {
	if !s.database.Replica {
		return nil, nil
	}
	var (
		follows, hears, replayed bool
		age                      *float64
	)
	err := s.read(ctx, func(ctx context.Context) error {
		return s.pool.QueryRow(ctx, behind).Scan(&follows, &hears, &replayed, &age)
	})
	switch {
	case hasNot(err):
		return &store.Behind{Unknown: true}, nil
	case err != nil:
		return nil, err
	case !follows:
		return &store.Behind{Primary: true}, nil
	case hears && replayed:
		return &store.Behind{}, nil
	case age == nil:
		return &store.Behind{Cut: !hears, Unknown: true}, nil
	}
	return &store.Behind{Cut: !hears, By: max(0, time.Duration(*age*float64(time.Second)))}, nil
}
