package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedora/dora-datasource/pkg/store"
)

// acquire takes or renews a lease by the database's clock, as it is when the row is had. One that ran out cannot be renewed
// even by who held it: another may have begun in between, and been killed. One that lasts longer than any is damaged.
const acquire = `INSERT INTO livedora_leases AS l (dataset, source, holder, epoch, until)
	VALUES ($1, $2, $3, 1, coalesce($4::timestamptz, clock_timestamp()) + $5::interval)
	ON CONFLICT (dataset, source) DO UPDATE SET
		holder = excluded.holder, until = coalesce($4::timestamptz, clock_timestamp()) + $5::interval,
		epoch = l.epoch + CASE WHEN l.holder = excluded.holder AND l.until > coalesce($4::timestamptz, clock_timestamp()) THEN 0 ELSE 1 END
	WHERE l.holder IN ('', excluded.holder) OR l.until <= coalesce($4::timestamptz, clock_timestamp())
		OR l.until > coalesce($4::timestamptz, clock_timestamp()) + interval '1 day'
	RETURNING epoch, until`

// Acquire implements store.Store.
func (s *Store) Acquire(ctx context.Context, source, holder string, lasting time.Duration) (store.Lease, error) {
	lease := store.Lease{Source: source, Holder: holder}
	err := s.write(ctx, patience, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, acquire, s.dataset, text(source), text(holder), s.clock(), lasting).Scan(&lease.Epoch, &lease.Until)
		if errors.Is(err, pgx.ErrNoRows) {
			return s.held(ctx, tx, source)
		}
		return err
	})
	if err != nil {
		return store.Lease{}, err
	}
	lease.Until = lease.Until.UTC()
	s.failing.Wrote(0)
	return lease, nil
}

// held tells for how long another has the lease that was just refused.
func (s *Store) held(ctx context.Context, tx pgx.Tx, source string) error {
	var seconds float64
	err := tx.QueryRow(ctx, `SELECT extract(epoch FROM until - coalesce($3::timestamptz, clock_timestamp()))::float8
		FROM livedora_leases WHERE dataset = $1 AND source = $2`, s.dataset, text(source), s.clock()).Scan(&seconds)
	if err != nil {
		return err
	}
	return &store.Held{Lasts: time.Duration(seconds * float64(time.Second))}
}

// clock is what a statement is told of the time; nil: nothing, it asks the database.
func (s *Store) clock() *time.Time {
	if s.now == nil {
		return nil
	}
	now := s.now()
	return &now
}

// Release implements store.Store. The row stays, without a holder, so that its epoch goes on rising.
func (s *Store) Release(ctx context.Context, lease store.Lease) error {
	return s.write(ctx, patience, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE livedora_leases SET holder = '' WHERE dataset = $1 AND source = $2 AND holder = $3 AND epoch = $4`,
			s.dataset, text(lease.Source), text(lease.Holder), lease.Epoch)
		return err
	})
}

// checkLease fails unless the epoch is that of the source's present holder, and keeps the lease as it is until the
// transaction ends: who takes it over waits for that. One that has run out but that nobody took over still holds: no other
// writer can have come between.
func (s *Store) checkLease(ctx context.Context, tx pgx.Tx, source string, epoch int64) error {
	var holds bool
	err := tx.QueryRow(ctx, `SELECT epoch = $3 AND holder <> '' FROM livedora_leases WHERE dataset = $1 AND source = $2 FOR SHARE`,
		s.dataset, text(source), epoch).Scan(&holds)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !holds {
		return store.ErrLeaseLost
	}
	return err
}
