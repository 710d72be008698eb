package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/livedora/dora-datasource/pkg/store"
)

// A row that cannot be read costs what it holds and nothing else. Its number is noted in the file, so that it is told after a
// restart too, when nobody reads it again; and whoever tells of the same event again, in whatever version, takes its place.

// bodyLimit is how large a body may be. A message between Grafana and a plugin holds as much, and no event comes near it.
const bodyLimitText = "16777216"

// cursorLimitText is how large a cursor may be; a larger one is given as one that nobody can read, and is begun anew.
const cursorLimitText = "268435456"

// met takes note of the rows that a reading met, which may have been of all. It fails at nothing: what was read is good.
func (s *Store) met(ctx context.Context, rows map[store.Sequence]string, all bool) {
	if len(rows) == 0 && !all {
		return
	}
	if err := s.note(ctx, rows, all); err != nil {
		s.unnoted.add(rows)
	}
}

// note notes rows that were met. What was noted before and can be read by this version is noted no longer.
func (s *Store) note(ctx context.Context, rows map[store.Sequence]string, all bool) error {
	noted, err := s.noted(ctx)
	if err != nil {
		return err
	}
	var fresh, stale []store.Sequence
	for sequence := range rows {
		if _, known := noted[sequence]; !known {
			fresh = append(fresh, sequence)
		}
	}
	if all {
		for sequence := range noted {
			if _, still := rows[sequence]; !still {
				stale = append(stale, sequence)
			}
		}
	}
	if len(fresh) == 0 && len(stale) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		for _, sequence := range fresh {
			if _, err := tx.ExecContext(ctx, `INSERT INTO unreadable (dataset, sequence, why) VALUES (?, ?, ?)
				ON CONFLICT (dataset, sequence) DO UPDATE SET why = excluded.why`, s.dataset, sequence, rows[sequence]); err != nil {
				return err
			}
		}
		for _, sequence := range stale {
			if _, err := tx.ExecContext(ctx, `DELETE FROM unreadable WHERE dataset = ? AND sequence = ?`, s.dataset, sequence); err != nil {
				return err
			}
		}
		return nil
	})
}

// noted are the rows that are noted, and why.
func (s *Store) noted(ctx context.Context) (noted map[store.Sequence]string, err error) {
	noted = map[store.Sequence]string{}
	err = s.read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, `SELECT sequence, CAST(why AS TEXT) FROM unreadable WHERE dataset = ?`, s.dataset)
		if err != nil {
			return err
		}
		defer func() { err = cmp.Or(err, rows.Close()) }()
		for rows.Next() {
			var sequence store.Sequence
			var why string
			if err := rows.Scan(&sequence, &why); err != nil {
				return err
			}
			noted[sequence] = why
		}
		return rows.Err()
	})
	return noted, err
}

// Unreadable lists the rows that cannot be read and that nothing has taken the place of yet, by sequence.
func (s *Store) Unreadable(ctx context.Context) ([]store.Unreadable, error) {
	noted, err := s.noted(ctx)
	if err != nil {
		return nil, err
	}
	maps.Copy(noted, s.unnoted.all())
	if len(noted) == 0 {
		return nil, nil
	}
	var found []store.Unreadable
	err = s.read(ctx, func(tx *sql.Tx) error {
		for _, sequence := range slices.Sorted(maps.Keys(noted)) {
			one := store.Unreadable{Sequence: sequence, Why: noted[sequence]}
			err := tx.QueryRowContext(ctx, `SELECT substr(CAST(coalesce(source, '') AS TEXT), 1, 200), substr(CAST(coalesce(kind, '') AS TEXT), 1, 200),
				substr(CAST(coalesce(id, '') AS TEXT), 1, 200) FROM events WHERE sequence = ? AND dataset = ?`, sequence, s.dataset).Scan(&one.Source, &one.Kind, &one.ID)
			switch {
			case err == nil:
				found = append(found, one)
			case !errors.Is(err, sql.ErrNoRows):
				return err
			}
		}
		return nil
	})
	return found, err
}

// makeRoom removes the row of an event that cannot be read, where the event is told again.
func (s *Store) makeRoom(ctx context.Context, tx *sql.Tx, key store.Key) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM events WHERE dataset = ? AND source = ? AND kind = ? AND id = ?
		AND sequence IN (SELECT sequence FROM unreadable WHERE dataset = ?)`, s.dataset, key.Source, string(key.Kind), key.ID, s.dataset)
	return err
}

// giveWay removes the row of an event that cannot be read and is not noted yet, where the event is told again.
func (s *Store) giveWay(ctx context.Context, tx *sql.Tx, key store.Key) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM events WHERE dataset = ? AND source = ? AND kind = ? AND id = ?`, s.dataset, key.Source, string(key.Kind), key.ID)
	return err
}

// anyUnreadable says whether rows of the dataset are noted.
func (s *Store) anyUnreadable(ctx context.Context, tx *sql.Tx) (any bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM unreadable WHERE dataset = ?)`, s.dataset).Scan(&any)
	return any, err
}

// forgetGone forgets the notes on rows that are there no longer.
func (s *Store) forgetGone(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM unreadable WHERE dataset = ? AND NOT EXISTS
		(SELECT 1 FROM events WHERE events.sequence = unreadable.sequence AND events.dataset = unreadable.dataset)`, s.dataset)
	return err
}

// unnoted are rows that could not be noted, since nothing could be written.
type unnoted struct {
	mu   sync.Mutex
	rows map[store.Sequence]string
}

func (u *unnoted) add(rows map[store.Sequence]string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.rows == nil {
		u.rows = map[store.Sequence]string{}
	}
	maps.Copy(u.rows, rows)
}

func (u *unnoted) all() map[store.Sequence]string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.rows)
}
