package postgres

import "context"

// timelineShift leaves room for a data set to be forgotten as often as anyone likes.
const timelineShift = 32

// timeline is the number of the server's history, which a replica that becomes the primary raises. A replica tells that of its
// last checkpoint.
const timeline = `SELECT CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
	ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END`

// timeline is 0 where the database has no such thing, as others have not that speak as PostgreSQL does.
func (s *Store) timeline(ctx context.Context) (number int64, err error) {
	if s.timeless.Load() {
		return 0, nil
	}
	err = s.pool.QueryRow(ctx, timeline).Scan(&number)
	if hasNot(err) {
		s.timeless.Store(true)
		return 0, nil
	}
	return number, err
}

// hasNot says that the database has not what it was asked for, or does not give it: others speak less than PostgreSQL does.
func hasNot(err error) bool {
	code := codeOf(err)
	return code != "" && (code[:2] == "42" || code[:2] == "0A" || code[:2] == "XX")
}
