package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/livedora/dora-datasource/pkg/store"
)

// A row that cannot be read costs what it holds and nothing else. It is noted in the database, so that every node tells of
// it; and whoever tells of the same event again, in whatever version, takes its place.

// met takes note of the rows that a reading met, which may have been of all. It fails at nothing: what was read is good, and
// a replica that cannot be written meets them again.
func (s *Store) met(ctx context.Context, rows map[store.Sequence]string, all bool) {
	if len(rows) == 0 && !all {
		return
	}
	noted, err := s.noted(ctx)
	if err != nil {
		return
	}
	var fresh, stale []int64
	var why []string
	for sequence, reason := range rows {
		if _, known := noted[sequence]; !known {
			fresh, why = append(fresh, int64(sequence)), append(why, text(reason))
		}
	}
	if all {
		for sequence := range noted {
			if _, still := rows[sequence]; !still {
				stale = append(stale, int64(sequence))
			}
		}
	}
	if len(fresh) == 0 && len(stale) == 0 {
		return
	}
	_ = s.write(ctx, patience, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO livedora_unreadable (dataset, sequence, why)
			SELECT $1, t.sequence, t.why FROM unnest($2::bigint[], $3::text[]) AS t (sequence, why)
			ON CONFLICT (dataset, sequence) DO UPDATE SET why = excluded.why`, s.dataset, fresh, why); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM livedora_unreadable WHERE dataset = $1 AND sequence = ANY ($2)`, s.dataset, stale)
		return err
	})
}

// noted are the rows that are noted, and why.
func (s *Store) noted(ctx context.Context) (map[store.Sequence]string, error) {
	noted := map[store.Sequence]string{}
	err := s.read(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, `SELECT sequence, why FROM livedora_unreadable WHERE dataset = $1`, s.dataset)
		if err != nil {
			return err
		}
		var sequence store.Sequence
		var why string
		_, err = pgx.ForEachRow(rows, []any{&sequence, &why}, func() error { noted[sequence] = why; return nil })
		return err
	})
	return noted, err
}

// Unreadable lists the rows that cannot be read and that nothing has taken the place of yet, by sequence.
func (s *Store) Unreadable(ctx context.Context) (found []store.Unreadable, err error) {
	noted, err := s.noted(ctx)
	if err != nil || len(noted) == 0 {
		return nil, err
	}
	err = s.read(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, `SELECT sequence, left(source, 200), left(kind, 200), left(id, 200) FROM livedora_events
			WHERE dataset = $1 AND sequence = ANY ($2) ORDER BY sequence`, s.dataset, slices.Collect(maps.Keys(noted)))
		if err != nil {
			return err
		}
		var one store.Unreadable
		_, err = pgx.ForEachRow(rows, []any{&one.Sequence, &one.Source, &one.Kind, &one.ID}, func() error {
			one.Why = noted[one.Sequence]
			found = append(found, one)
			return nil
		})
		return err
	})
	return found, err
}

// anyUnreadable says whether rows of the dataset are noted.
func (s *Store) anyUnreadable(ctx context.Context, tx pgx.Tx) (any bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM livedora_unreadable WHERE dataset = $1)`, s.dataset).Scan(&any)
	return any, err
}

// makeRoom removes the rows of events that cannot be read, where the events are told again.
func (s *Store) makeRoom(ctx context.Context, tx pgx.Tx, told *columns) error {
	_, err := tx.Exec(ctx, `DELETE FROM livedora_events AS e USING unnest($2::text[], $3::text[], $4::text[]) AS t (source, kind, id), livedora_unreadable AS u
		WHERE e.dataset = $1 AND e.source = t.source AND e.kind = t.kind AND e.id = t.id AND u.dataset = e.dataset AND u.sequence = e.sequence`,
		s.dataset, told.sources, told.kinds, told.ids)
	return err
}

// forgetGone forgets the notes on rows that are there no longer.
func (s *Store) forgetGone(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM livedora_unreadable AS u WHERE u.dataset = $1 AND NOT EXISTS
		(SELECT 1 FROM livedora_events AS e WHERE e.dataset = u.dataset AND e.sequence = u.sequence)`, s.dataset)
	return err
}
