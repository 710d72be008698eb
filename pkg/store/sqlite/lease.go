package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/livedora/dora-datasource/pkg/store"
)

// Acquire implements store.Store.
func (s *Store) Acquire(ctx context.Context, source, holder string, lasting time.Duration) (store.Lease, error) {
	var lease store.Lease
	err := s.write(ctx, func(tx *sql.Tx) error {
		var (
			held  store.Lease
			until int64
		)
		err := tx.QueryRowContext(ctx, soundLease, s.dataset, source).Scan(&held.Holder, &held.Epoch, &until)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		now := s.now()
		epoch := held.Epoch
		switch {
		case epoch < 0: // the row is damaged, and nobody can prove that it is theirs; what this gives out is above any count
			epoch = now.UnixNano()
		case time.Unix(0, until).After(now.Add(leaseLimit)): // nobody takes it for so long
			epoch++
		case held.Holder == holder:
		case held.Holder != "" && now.Before(time.Unix(0, until)):
			return &store.Held{Lasts: time.Unix(0, until).Sub(now)}
		default:
			epoch++
		}
		lease = store.Lease{Source: source, Holder: holder, Epoch: epoch, Until: now.Add(lasting)}
		_, err = tx.ExecContext(ctx, `INSERT INTO leases (dataset, source, holder, epoch, until) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (dataset, source) DO UPDATE
			SET holder = excluded.holder, epoch = excluded.epoch, until = excluded.until`,
			s.dataset, source, holder, epoch, lease.Until.UnixNano())
		return err
	})
	if err != nil {
		return store.Lease{}, err
	}
	return lease, nil
}

// soundLease reads a lease; one whose row is damaged has the epoch -1.
const soundLease = `SELECT iif(sound, holder, ''), iif(sound, epoch, -1), iif(sound, until, 0) FROM (
	SELECT *, typeof(holder) = 'text' AND octet_length(holder) < 1000 AND typeof(epoch) = 'integer' AND epoch BETWEEN 0 AND 1 << 62 AND typeof(until) = 'integer' AS sound
	FROM leases WHERE dataset = ? AND source = ?)`

// leaseLimit is how long a lease can be had for at a time. One that lasts longer is damaged: it would keep everyone from
// collecting.
const leaseLimit = 24 * time.Hour

// Release implements store.Store. The row stays, without a holder, so that its epoch goes on rising.
func (s *Store) Release(ctx context.Context, lease store.Lease) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE leases SET holder = '' WHERE dataset = ? AND source = ? AND holder = ? AND epoch = ?`,
			s.dataset, lease.Source, lease.Holder, lease.Epoch)
		return err
	})
}

// checkLease fails unless the epoch is that of the source's present holder. A lease that has run out but that nobody
// took over still holds: no other writer can have come between.
func (s *Store) checkLease(ctx context.Context, tx *sql.Tx, source string, epoch int64) error {
	var current bool
	err := tx.QueryRowContext(ctx, `SELECT coalesce(epoch = ? AND typeof(epoch) = 'integer' AND holder <> '', 0) FROM leases WHERE dataset = ? AND source = ?`,
		epoch, s.dataset, source).Scan(&current)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && !current) {
		return store.ErrLeaseLost
	}
	return err
}
