package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/feed"
)

// page is how many changes are read at once. Between pages no transaction is open, so that a slow reader does not
// keep the write-ahead log from being folded back into the file.
const page = 2000

// Store is the events of one dataset in a SQLite file.
type Store struct {
	dataset      string
	organisation int64  // whose it is; 0: nobody asks
	root         string // below which the file must lie; empty: anywhere
	file         *file
	now          func() time.Time
	closed       atomic.Bool
	unnoted      unnoted
}

var _ store.Store = (*Store)(nil)

var errClosed = errors.New("the store is closed")

// Option alters how a store works.
type Option func(*Store)

// WithClock sets the clock by which leases end. Everything that shares a file must agree on the time.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// OwnedBy has the dataset belong to an organisation: another's is refused with a *store.Foreign.
func OwnedBy(organisation int64) Option { return func(s *Store) { s.organisation = organisation } }

// Within confines the file to a directory and what is below it, wherever links lead: another is refused with a *place.Outside.
func Within(directory string) Option { return func(s *Store) { s.root = directory } }

// Open opens the dataset's store in the file at a path, and creates file and directories where there are none. A file
// that this process already has open is shared. Its errors say what to do about store.path; a file that a newer version
// wrote fails with store.ErrNewerStore.
func Open(ctx context.Context, path, dataset string, options ...Option) (*Store, error) {
	if dataset == "" {
		return nil, errors.New("the store needs the name of a dataset")
	}
	s := &Store{dataset: dataset, now: time.Now}
	for _, option := range options {
		option(s)
	}
	var err error
	if s.file, err = share(ctx, path, s.root); err != nil {
		return nil, err
	}
	if s.organisation != 0 {
		if err := s.claim(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

const upsert = `
	INSERT INTO events (sequence, dataset, source, kind, id, updated, rank, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (dataset, source, kind, id) DO UPDATE
	SET sequence = excluded.sequence, updated = excluded.updated, rank = excluded.rank, body = excluded.body
	WHERE excluded.updated > events.updated OR (excluded.updated = events.updated AND excluded.rank > events.rank)`

// Apply implements store.Store. When it returns, the batch is on the disk.
func (s *Store) Apply(ctx context.Context, batch store.Batch) (store.Applied, error) {
	if err := batch.Validate(); err != nil {
		return store.Applied{}, err
	}
	events := batch.Newest()
	if batch.Merge != nil {
		events = batch.Events // each is put together with what was written before it
	}
	var applied store.Applied
	err := s.write(ctx, func(tx *sql.Tx) error {
		applied = store.Applied{}
		if batch.Epoch != 0 {
			if err := s.checkLease(ctx, tx, batch.Source, batch.Epoch); err != nil {
				return err
			}
		}
		if err := s.forgetParts(ctx, tx, batch.Source, batch.Forget); err != nil {
			return err
		}
		// Sequences are shared by all datasets of the file: the table lies in their order.
		newest, own, err := s.sequences(ctx, tx)
		if err != nil {
			return err
		}
		mending, err := s.anyUnreadable(ctx, tx)
		if err != nil {
			return err
		}
		statement := tx.StmtContext(ctx, s.file.upsert) //nolint:sqlclosecheck // it ends with the transaction
		for _, e := range events {
			if batch.Merge != nil {
				merged, err := s.merge(ctx, tx, batch, e)
				if err != nil {
					return err
				}
				if merged == nil {
					continue
				}
				e = merged
			}
			if mending {
				if err := s.makeRoom(ctx, tx, store.KeyOf(e)); err != nil {
					return err
				}
			}
			head := e.Head()
			body, err := dora.Encode(e)
			if err != nil {
				return fmt.Errorf("%s %s cannot be written: %w", e.Kind(), head.FullID(), err)
			}
			result, err := statement.ExecContext(ctx, newest+1, s.dataset, head.Source, string(e.Kind()), head.ID,
				nanoseconds(head.Updated), head.Rank, body)
			if err != nil {
				return err
			}
			rows, err := result.RowsAffected()
			if err != nil {
				return err
			}
			if rows > 0 {
				newest++
				own = newest
				applied.Count(e.Kind())
			}
		}
		applied.Sequence = own
		if mending {
			if err := s.forgetGone(ctx, tx); err != nil {
				return err
			}
		}
		if applied.Changed > 0 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO datasets (dataset, sequence) VALUES (?, ?)
				ON CONFLICT (dataset) DO UPDATE SET sequence = excluded.sequence`, s.dataset, own); err != nil {
				return err
			}
		}
		if batch.Cursor != nil {
			_, err := tx.ExecContext(ctx, `INSERT INTO cursors (dataset, source, cursor) VALUES (?, ?, ?)
				ON CONFLICT (dataset, source) DO UPDATE SET cursor = excluded.cursor`, s.dataset, batch.Source, batch.Cursor)
			return err
		}
		return nil
	})
	if err != nil {
		return store.Applied{}, err
	}
	s.file.noteWritten(applied.Changed, nil)
	return applied, nil
}

// sequences are the newest that were given out, in the file and in the dataset. Where the number is damaged that was kept
// of it, that of the newest event stands in.
func (s *Store) sequences(ctx context.Context, tx *sql.Tx) (newest, own store.Sequence, err error) {
	const good = `typeof(sequence) = 'integer' AND sequence BETWEEN 0 AND 1 << 60`
	err = tx.QueryRowContext(ctx, `SELECT max(coalesce(max(sequence) FILTER (WHERE `+good+`), 0), (SELECT coalesce(max(sequence), 0) FROM events)),
		max(coalesce(max(sequence) FILTER (WHERE `+good+` AND dataset = ?1), 0), (SELECT coalesce(max(sequence), 0) FROM events WHERE dataset = ?1))
		FROM datasets`, s.dataset).Scan(&newest, &own)
	return newest, own, err
}

// merge puts an event together with what the store has of it; nil: nothing is new.
func (s *Store) merge(ctx context.Context, tx *sql.Tx, batch store.Batch, told dora.Event) (dora.Event, error) {
	var body []byte
	key := store.KeyOf(told)
	err := tx.QueryRowContext(ctx, `SELECT body FROM events WHERE dataset = ? AND source = ? AND kind = ? AND id = ?`,
		s.dataset, key.Source, string(key.Kind), key.ID).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return told, nil
	}
	if err != nil {
		return nil, err
	}
	known, why := feed.Decode(key.Kind, body)
	if why != "" {
		return told, s.giveWay(ctx, tx, key)
	}
	merged, err := batch.Merge(known, told)
	if merged == known {
		merged = nil
	}
	return merged, err
}

// nanoseconds is a time as the version column orders it. What 64 bits cannot hold, such as the zero time, is clamped.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// Changes implements store.Store. While a page is taken in, the next is read.
func (s *Store) Changes(ctx context.Context, after store.Sequence) iter.Seq2[store.Change, error] {
	return feed.Pages{Page: s.page, Met: s.met}.Changes(ctx, after)
}

// ChangesBy is Changes with events as a reader reads them.
func (s *Store) ChangesBy(ctx context.Context, after store.Sequence, read store.Reader) iter.Seq2[store.Change, error] {
	return feed.Pages{Page: s.page, Met: s.met}.ChangesBy(ctx, after, read)
}

// page reads what comes after a sequence, and gives the last that it met.
func (s *Store) page(ctx context.Context, into *feed.Rows, after store.Sequence) (last store.Sequence, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		last = after
		alone, err := s.alone(ctx, tx)
		if err != nil {
			return err
		}
		how := `INDEXED BY events_feed`
		if alone {
			how = `NOT INDEXED`
		}
		if err := take(ctx, tx, into, how+` WHERE dataset = ? AND sequence > ? ORDER BY sequence LIMIT ?`, s.dataset, after, page); err != nil {
			return err
		}
		if last = into.Last(after); last != after {
			return nil
		}
		return s.nothingAfter(ctx, tx, last)
	})
	return last, err
}

// alone says whether the file has no other dataset. Its events then lie one after another, and need no index to be found.
func (s *Store) alone(ctx context.Context, tx *sql.Tx) (alone bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM datasets WHERE dataset <> ?)`, s.dataset).Scan(&alone)
	return alone, err
}

// nothingAfter fails where the dataset goes on behind what seemed to be its end: SQLite takes some damage of an index for
// the end of it, and part of a history must not pass for all.
func (s *Store) nothingAfter(ctx context.Context, tx *sql.Tx, last store.Sequence) error {
	var newest store.Sequence
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(sequence), 0) FROM events WHERE dataset = ?`, s.dataset).Scan(&newest); err != nil {
		return err
	}
	if newest > last {
		return fmt.Errorf("store.path %s %s", s.file.path, remedies[sqlite3.SQLITE_CORRUPT])
	}
	return nil
}

// columns are what is read of an event. A row whose columns are damaged, or whose body no event can have, has none.
const columns = `SELECT sequence, kind, iif(octet_length(body) <= ` + bodyLimitText + ` AND typeof(updated) = 'integer' AND typeof(rank) = 'integer', body, NULL) FROM events `

// take has the events that a condition leaves.
func take(ctx context.Context, tx *sql.Tx, into *feed.Rows, condition string, arguments ...any) (err error) {
	found, err := tx.QueryContext(ctx, columns+condition, arguments...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	into.Clear()
	var (
		sequence   store.Sequence
		kind, body sql.RawBytes
	)
	for !into.Full() && found.Next() {
		if err := found.Scan(&sequence, &kind, &body); err != nil {
			return err
		}
		into.Add(sequence, kind, body)
	}
	return found.Err()
}

// Cursor implements store.Store.
func (s *Store) Cursor(ctx context.Context, source string) ([]byte, error) {
	var cursor []byte
	err := s.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT iif(octet_length(cursor) <= `+cursorLimitText+`, cursor, x'00') FROM cursors WHERE dataset = ? AND source = ?`,
			s.dataset, source).Scan(&cursor)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return cursor, err
}

// Prune implements store.Store.
func (s *Store) Prune(ctx context.Context, before time.Time, spent func([]dora.Event) []dora.Event) (int, error) {
	changes, err := s.old(ctx, before)
	if err != nil {
		return 0, err
	}
	sequences := make(map[store.Key]store.Sequence, len(changes))
	old := make([]dora.Event, len(changes))
	for i, change := range changes {
		sequences[store.KeyOf(change.Event)] = change.Sequence
		old[i] = change.Event
	}
	gone := spent(old)
	if len(gone) == 0 {
		return 0, nil
	}

	pruned := 0
	err = s.write(ctx, func(tx *sql.Tx) (err error) {
		pruned = 0
		// An event that was rewritten meanwhile has another sequence, and stays.
		remove, err := tx.PrepareContext(ctx, `DELETE FROM events WHERE sequence = ? AND dataset = ?`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove.Close()) }()
		for _, e := range gone {
			result, err := remove.ExecContext(ctx, sequences[store.KeyOf(e)], s.dataset)
			if err != nil {
				return err
			}
			rows, err := result.RowsAffected()
			if err != nil {
				return err
			}
			pruned += int(rows)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return pruned, nil
}

// old are the events that can be pruned and were last updated before a time. What cannot be read stays.
func (s *Store) old(ctx context.Context, before time.Time) (old []store.Change, err error) {
	var room feed.Rows
	for after, more := store.Sequence(0), true; more; {
		err := s.read(ctx, func(tx *sql.Tx) error {
			return take(ctx, tx, &room, `WHERE dataset = ? AND kind IN (?, ?, ?) AND updated < ? AND sequence > ? ORDER BY sequence LIMIT ?`,
				s.dataset, dora.KindDeployment, dora.KindChange, dora.KindIncident, nanoseconds(before), after, page)
		})
		if err != nil {
			return nil, err
		}
		old = append(old, room.Decode(map[store.Sequence]string{}, feed.AsEvents)...)
		last := room.Last(after)
		after, more = last, last != after
	}
	return old, nil
}

// Rewind implements store.Store.
func (s *Store) Rewind(ctx context.Context, source string, cursor []byte) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		if err := s.rewind(ctx, tx, source); err != nil || cursor == nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO cursors (dataset, source, cursor) VALUES (?, ?, ?)`, s.dataset, source, cursor)
		return err
	})
}

// rewind removes a source's cursor and the holder of its lease, whose epoch stays.
func (s *Store) rewind(ctx context.Context, tx *sql.Tx, source string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE leases SET holder = '' WHERE dataset = ? AND source = ?`, s.dataset, source); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM cursors WHERE dataset = ? AND source = ?`, s.dataset, source)
	return err
}

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, source string) (int, error) {
	forgotten := 0
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.rewind(ctx, tx, source); err != nil {
			return err
		}
		if err := s.countForgetting(ctx, tx); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `DELETE FROM events WHERE dataset = ? AND source = ?`, s.dataset, source)
		if err != nil {
			return err
		}
		rows, err := result.RowsAffected()
		forgotten = int(rows)
		return err
	})
	return forgotten, err
}

func (s *Store) countForgetting(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO datasets (dataset, sequence, forgets) VALUES (?, 0, 1)
		ON CONFLICT (dataset) DO UPDATE SET forgets = iif(typeof(forgets) = 'integer', forgets, 0) + 1`, s.dataset)
	return err
}

// forgetParts removes what was read of parts of a source; store.PartOf says what that is.
func (s *Store) forgetParts(ctx context.Context, tx *sql.Tx, source string, parts []string) error {
	if len(parts) == 0 {
		return nil
	}
	if err := s.countForgetting(ctx, tx); err != nil {
		return err
	}
	for _, part := range parts {
		for _, kind := range dora.Kinds { // with it the index leads to them
			if _, err := tx.ExecContext(ctx, `DELETE FROM events WHERE dataset = ?1 AND source = ?2 AND kind = ?3 AND id >= ?4 AND id < ?4 || 'B'
				AND rank >= 0 AND (id = ?4 OR substr(id, length(?4) + 1, 1) IN (':', '@'))`, s.dataset, source, string(kind), part); err != nil {
				return err
			}
		}
	}
	return nil
}

// Forgets implements store.Store.
func (s *Store) Forgets(ctx context.Context) (int64, error) {
	if s.closed.Load() {
		return 0, errClosed
	}
	if err := s.file.there(); err != nil { // whoever follows asks this each time
		return 0, err
	}
	var forgets int64
	err := s.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT iif(typeof(forgets) = 'integer', forgets, -1) FROM datasets WHERE dataset = ?`, s.dataset).Scan(&forgets)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return forgets, err
}

// Durable implements store.Store: what Apply acknowledged outlives the process and a power failure.
func (s *Store) Durable() bool { return true }

// Replaced says that what lies at the path is not what this store has open, which keeps nothing any more.
func (s *Store) Replaced() bool { return s.file.there() != nil }

// Close implements store.Store. The file stays open while another store of this process uses it.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return s.file.release()
}

// read runs one transaction that sees the file as it is when it begins.
func (s *Store) read(ctx context.Context, work func(*sql.Tx) error) error {
	if s.closed.Load() {
		return errClosed
	}
	tx, err := s.file.reader.BeginTx(ctx, nil)
	if err != nil {
		return s.file.explain(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := s.file.notNewer(ctx, tx); err != nil {
		return s.file.explain(err)
	}
	return s.file.explain(work(tx))
}

// write runs one transaction that holds the file's write lock from its first statement.
func (s *Store) write(ctx context.Context, work func(*sql.Tx) error) error {
	if s.closed.Load() {
		return errClosed
	}
	err := s.file.there()
	if err == nil {
		err = s.transact(ctx, work)
	}
	s.file.noteWritten(0, err)
	return err
}

func (s *Store) transact(ctx context.Context, work func(*sql.Tx) error) error {
	var tx *sql.Tx
	err := inTurn(ctx, func() (err error) { tx, err = s.file.writer.BeginTx(ctx, nil); return err })
	if err != nil {
		return s.file.explain(err)
	}
	if err = s.file.notNewer(ctx, tx); err == nil {
		err = work(tx)
	}
	if err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, undo)
		}
		return s.file.explain(err)
	}
	return s.file.explain(tx.Commit())
}
