// Package postgres keeps events in PostgreSQL, or in a database that speaks as it does, for several Grafanas and collectors
// that share them. It uses plain SQL: no lock but of rows, no extension, no state of a session. It knows the store contract
// and the domain's events, and nothing else of this module.
package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/feed"
)

const (
	// page is how many changes are read at once. Between pages no transaction is open, so that a slow reader keeps no old
	// rows from being cleared away.
	page = 10_000
	// rowsTogether and bytesTogether are how much one statement writes at most.
	rowsTogether  = 2000
	bytesTogether = 8 << 20
	// patience is how long a transaction may take, and longPatience one that removes much.
	patience     = time.Minute
	longPatience = 30 * time.Minute
	// attempts are how often a transaction is tried that another one came in the way of.
	attempts = 10
)

// Store is the events of one dataset in a database.
type Store struct {
	dataset      string
	organisation int64 // whose it is; 0: nobody asks
	database     Database
	migrations   []migration
	pool         *pgxpool.Pool
	now          func() time.Time // nil: the database's clock
	closed       atomic.Bool
	closing      sync.Once
	failing      store.Failing
	wake         waking
	timeless     atomic.Bool // the database knows no timelines
}

var _ store.Store = (*Store)(nil)

var errClosed = errors.New("the store is closed")

// Option alters how a store works.
type Option func(*Store)

// WithClock sets the clock by which leases end, which otherwise is the database's, so that no two disagree on the time.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// OwnedBy has the dataset belong to an organisation: another's is refused with a *store.Foreign.
func OwnedBy(organisation int64) Option { return func(s *Store) { s.organisation = organisation } }

// Open opens the dataset's store in a database, and makes its tables where there are none. Its errors say what to do about
// the settings of the store; a database that needs a newer version fails with store.ErrNewerStore.
func Open(ctx context.Context, database Database, dataset string, options ...Option) (*Store, error) {
	if dataset == "" {
		return nil, errors.New("the store needs the name of a dataset")
	}
	s := &Store{dataset: text(dataset), database: database, migrations: migrations}
	for _, option := range options {
		option(s)
	}
	config, err := database.config()
	if err != nil {
		return nil, err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, s.explain(err)
	}
	opening, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if database.Replica {
		err = s.ready(opening)
	} else if err = s.migrate(opening); err == nil {
		err = s.enter(opening)
	}
	if err != nil {
		return nil, errors.Join(s.explain(err), s.Close())
	}
	return s, nil
}

// enter sees that the dataset has its row, and that it is the organisation's.
func (s *Store) enter(ctx context.Context) error {
	var recorded int64
	err := s.pool.QueryRow(ctx, `SELECT organisation FROM livedora_datasets WHERE dataset = $1`, s.dataset).Scan(&recorded)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = s.pool.Exec(ctx, `INSERT INTO livedora_datasets (dataset) VALUES ($1) ON CONFLICT (dataset) DO NOTHING`, s.dataset)
	}
	if err != nil || s.organisation == 0 {
		return err
	}
	owner, err := store.OwnerOf(s.dataset, recorded, s.organisation)
	if err != nil || recorded != 0 {
		return err
	}
	if _, err := s.pool.Exec(ctx, `UPDATE livedora_datasets SET organisation = $2 WHERE dataset = $1 AND organisation = 0`, s.dataset, owner); err != nil {
		return err
	}
	if err := s.pool.QueryRow(ctx, `SELECT organisation FROM livedora_datasets WHERE dataset = $1`, s.dataset).Scan(&recorded); err != nil {
		return err
	}
	_, err = store.OwnerOf(s.dataset, recorded, s.organisation) // two may open it at once
	return err
}

// text is a text as the database can hold it: any that is not UTF-8, or has a zero byte in it, is written by its digits.
func text(value string) string {
	if utf8.ValidString(value) && !strings.Contains(value, "\x00") {
		return value
	}
	return `\x` + hex.EncodeToString([]byte(value))
}

// Apply implements store.Store. When it returns, the batch is as safe as the database makes what it acknowledges.
func (s *Store) Apply(ctx context.Context, batch store.Batch) (store.Applied, error) {
	if err := batch.Validate(); err != nil {
		return store.Applied{}, err
	}
	var applied store.Applied
	err := s.write(ctx, patience, func(ctx context.Context, tx pgx.Tx) error {
		newest, err := s.lock(ctx, tx)
		if err != nil {
			return err
		}
		applied = store.Applied{Sequence: newest}
		if batch.Epoch != 0 {
			if err := s.checkLease(ctx, tx, batch.Source, batch.Epoch); err != nil {
				return err
			}
		}
		if err := s.forgetParts(ctx, tx, batch.Source, batch.Forget); err != nil {
			return err
		}
		events := batch.Newest()
		if batch.Merge != nil {
			if events, err = s.merge(ctx, tx, batch); err != nil {
				return err
			}
		}
		if err := s.upsert(ctx, tx, events, &applied); err != nil {
			return err
		}
		if applied.Changed > 0 {
			if _, err := tx.Exec(ctx, `UPDATE livedora_datasets SET sequence = $2 WHERE dataset = $1`, s.dataset, applied.Sequence); err != nil {
				return err
			}
		}
		if batch.Cursor != nil {
			_, err := tx.Exec(ctx, setCursor, s.dataset, text(batch.Source), batch.Cursor)
			return err
		}
		return nil
	})
	if err != nil {
		return store.Applied{}, err
	}
	s.failing.Wrote(applied.Changed)
	if applied.Changed > 0 {
		s.call(ctx)
	}
	return applied, nil
}

const setCursor = `INSERT INTO livedora_cursors (dataset, source, cursor) VALUES ($1, $2, $3)
	ON CONFLICT (dataset, source) DO UPDATE SET cursor = excluded.cursor`

// lock has the transaction be the only one that writes the dataset until it ends, and gives the newest sequence.
func (s *Store) lock(ctx context.Context, tx pgx.Tx) (newest store.Sequence, err error) {
	var needs int
	err = tx.QueryRow(ctx, `SELECT sequence, (SELECT needs FROM livedora_schema WHERE one = 1) FROM livedora_datasets WHERE dataset = $1 FOR UPDATE`,
		s.dataset).Scan(&newest, &needs)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, s.removed()
	case err == nil && needs > len(s.migrations):
		return 0, s.newer()
	}
	return newest, err
}

// removed says that the data set's row is gone.
func (s *Store) removed() error {
	return fmt.Errorf("the data set %q was removed from the database while it was in use: restart Grafana", s.dataset)
}

// columns are a chunk of events as a statement takes them.
type columns struct {
	sources, kinds, ids      []string
	sequences, updated, rank []int64
	bodies                   [][]byte
	size                     int
}

func (c *columns) add(e dora.Event, sequence store.Sequence) error {
	head := e.Head()
	body, err := dora.Encode(e)
	if err != nil {
		return fmt.Errorf("%s %s cannot be written: %w", e.Kind(), head.FullID(), err)
	}
	c.sources, c.kinds, c.ids = append(c.sources, text(head.Source)), append(c.kinds, string(e.Kind())), append(c.ids, text(head.ID))
	c.sequences, c.updated, c.rank = append(c.sequences, int64(sequence)), append(c.updated, nanoseconds(head.Updated)), append(c.rank, int64(head.Rank))
	c.bodies = append(c.bodies, body)
	c.size += len(body)
	return nil
}

const upsert = `INSERT INTO livedora_events AS e (dataset, source, kind, id, sequence, updated, rank, body)
	SELECT $1, t.source, t.kind, t.id, t.sequence, t.updated, t.rank, t.body
	FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[]) AS t (source, kind, id, sequence, updated, rank, body)
	ON CONFLICT (dataset, source, kind, id) DO UPDATE
	SET sequence = excluded.sequence, updated = excluded.updated, rank = excluded.rank, body = excluded.body
	WHERE excluded.updated > e.updated OR (excluded.updated = e.updated AND excluded.rank > e.rank)
	RETURNING e.kind, e.sequence`

// upsert writes events, each of which is there once, and counts those that were new or newer.
func (s *Store) upsert(ctx context.Context, tx pgx.Tx, events []dora.Event, applied *store.Applied) error {
	if len(events) == 0 {
		return nil
	}
	mending, err := s.anyUnreadable(ctx, tx)
	if err != nil {
		return err
	}
	for next := applied.Sequence; len(events) > 0; {
		var chunk columns
		for len(events) > 0 && len(chunk.ids) < rowsTogether && chunk.size < bytesTogether {
			next++
			if err := chunk.add(events[0], next); err != nil {
				return err
			}
			events = events[1:]
		}
		if mending {
			if err := s.makeRoom(ctx, tx, &chunk); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, upsert, s.dataset, chunk.sources, chunk.kinds, chunk.ids, chunk.sequences, chunk.updated, chunk.rank, chunk.bodies)
		if err != nil {
			return err
		}
		var (
			kind     string
			sequence store.Sequence
		)
		if _, err := pgx.ForEachRow(rows, []any{&kind, &sequence}, func() error {
			applied.Count(dora.Kind(kind))
			applied.Sequence = max(applied.Sequence, sequence)
			return nil
		}); err != nil {
			return err
		}
	}
	if mending {
		return s.forgetGone(ctx, tx)
	}
	return nil
}

// merge puts each event of a batch together with what the store has of it, and what the batch said before, and gives those
// that are new or newer.
func (s *Store) merge(ctx context.Context, tx pgx.Tx, batch store.Batch) ([]dora.Event, error) {
	had, err := s.known(ctx, tx, batch.Events)
	if err != nil {
		return nil, err
	}
	var fresh []store.Key
	written := map[store.Key]bool{}
	for _, told := range batch.Events {
		key, next := store.KeyOf(told), told
		known := had[key]
		if known != nil {
			if next, err = batch.Merge(known, told); err != nil {
				return nil, err
			}
			if next == known || !next.Head().NewerThan(known.Head()) {
				continue
			}
		}
		had[key] = next
		if !written[key] {
			written[key] = true
			fresh = append(fresh, key)
		}
	}
	events := make([]dora.Event, len(fresh))
	for i, key := range fresh {
		events[i] = had[key]
	}
	return events, nil
}

// known is what the store has of events. The row of one that cannot be read gives way.
func (s *Store) known(ctx context.Context, tx pgx.Tx, events []dora.Event) (map[store.Key]dora.Event, error) {
	var chunk columns
	for _, e := range events {
		head := e.Head()
		chunk.sources, chunk.kinds, chunk.ids = append(chunk.sources, text(head.Source)), append(chunk.kinds, string(e.Kind())), append(chunk.ids, text(head.ID))
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (e.sequence) e.sequence, e.kind, e.body FROM livedora_events AS e
		JOIN unnest($2::text[], $3::text[], $4::text[]) AS t (source, kind, id) ON e.source = t.source AND e.kind = t.kind AND e.id = t.id
		WHERE e.dataset = $1`, s.dataset, chunk.sources, chunk.kinds, chunk.ids)
	if err != nil {
		return nil, err
	}
	var (
		sequence int64
		kind     string
		body     []byte
		gone     []int64
	)
	had := map[store.Key]dora.Event{}
	if _, err := pgx.ForEachRow(rows, []any{&sequence, &kind, &body}, func() error {
		e, why := feed.Decode(dora.Kind(kind), body)
		if why != "" {
			gone = append(gone, sequence)
			return nil
		}
		had[store.KeyOf(e)] = e
		return nil
	}); err != nil || len(gone) == 0 {
		return had, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM livedora_events WHERE dataset = $1 AND sequence = ANY ($2)`, s.dataset, gone)
	return had, err
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

// page reads what comes after a sequence, and gives the last that it met. It asks for the numbers of one page, not for the
// first rows of all that come after: a database that has not counted its rows yet, as after a copy, would sort all of them for
// each page.
func (s *Store) page(ctx context.Context, into *feed.Rows, after store.Sequence) (store.Sequence, error) {
	err := s.read(ctx, func(ctx context.Context) error {
		take := func(after store.Sequence) error {
			return s.take(ctx, into, `WHERE dataset = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence`, s.dataset, after, after+page)
		}
		if err := take(after); err != nil || into.Last(after) != after {
			return err
		}
		var next *store.Sequence // behind a gap, where events were written anew or pruned; nil: that was all
		err := s.pool.QueryRow(ctx, `SELECT min(sequence) FROM livedora_events WHERE dataset = $1 AND sequence > $2`, s.dataset, after).Scan(&next)
		if err != nil || next == nil {
			return err
		}
		return take(*next - 1)
	})
	return into.Last(after), err
}

// take has the events that a condition leaves.
func (s *Store) take(ctx context.Context, into *feed.Rows, condition string, arguments ...any) error {
	into.Clear()
	rows, err := s.pool.Query(ctx, `SELECT sequence, kind, body FROM livedora_events `+condition, arguments...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var sequence store.Sequence
	var kind, body pgtype.DriverBytes
	for !into.Full() && rows.Next() {
		if err := rows.Scan(&sequence, &kind, &body); err != nil {
			return err
		}
		into.Add(sequence, kind, body)
	}
	rows.Close()
	return rows.Err()
}

// Cursor implements store.Store.
func (s *Store) Cursor(ctx context.Context, source string) (cursor []byte, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		err := s.pool.QueryRow(ctx, `SELECT cursor FROM livedora_cursors WHERE dataset = $1 AND source = $2`, s.dataset, text(source)).Scan(&cursor)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return cursor, err
}

// Prune implements store.Store.
func (s *Store) Prune(ctx context.Context, before time.Time, spent func([]dora.Event) []dora.Event) (int, error) {
	if s.database.Replica {
		return 0, nil // whoever collects does it
	}
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
	var gone []int64 // an event that was rewritten meanwhile has another sequence, and stays
	for _, e := range spent(old) {
		if sequence, shown := sequences[store.KeyOf(e)]; shown {
			gone = append(gone, int64(sequence))
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	pruned := 0
	err = s.write(ctx, longPatience, func(ctx context.Context, tx pgx.Tx) error {
		result, err := tx.Exec(ctx, `DELETE FROM livedora_events WHERE dataset = $1 AND sequence = ANY ($2)`, s.dataset, gone)
		pruned = int(result.RowsAffected())
		return err
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
		err := s.read(ctx, func(ctx context.Context) error {
			return s.take(ctx, &room, `WHERE dataset = $1 AND kind IN ($2, $3, $4) AND updated < $5 AND sequence > $6 ORDER BY sequence LIMIT $7`,
				s.dataset, string(dora.KindDeployment), string(dora.KindChange), string(dora.KindIncident), nanoseconds(before), after, page)
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
	return s.write(ctx, patience, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.rewind(ctx, tx, source); err != nil || cursor == nil {
			return err
		}
		_, err := tx.Exec(ctx, setCursor, s.dataset, text(source), cursor)
		return err
	})
}

// rewind removes a source's cursor and the holder of its lease, whose epoch stays.
func (s *Store) rewind(ctx context.Context, tx pgx.Tx, source string) error {
	if _, err := s.lock(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE livedora_leases SET holder = '' WHERE dataset = $1 AND source = $2`, s.dataset, text(source)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM livedora_cursors WHERE dataset = $1 AND source = $2`, s.dataset, text(source))
	return err
}

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, source string) (int, error) {
	forgotten := 0
	err := s.write(ctx, longPatience, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.rewind(ctx, tx, source); err != nil {
			return err
		}
		if err := s.countForgetting(ctx, tx); err != nil {
			return err
		}
		result, err := tx.Exec(ctx, `DELETE FROM livedora_events WHERE dataset = $1 AND source = $2`, s.dataset, text(source))
		forgotten = int(result.RowsAffected())
		return err
	})
	return forgotten, err
}

func (s *Store) countForgetting(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE livedora_datasets SET forgets = forgets + 1 WHERE dataset = $1`, s.dataset)
	return err
}

// forgetParts removes what was read of parts of a source; store.PartOf says what that is.
func (s *Store) forgetParts(ctx context.Context, tx pgx.Tx, source string, parts []string) error {
	if len(parts) == 0 {
		return nil
	}
	if err := s.countForgetting(ctx, tx); err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := tx.Exec(ctx, `DELETE FROM livedora_events WHERE dataset = $1 AND source = $2 AND rank >= 0
			AND (id = $3 OR left(id, length($3) + 1) IN ($3 || ':', $3 || '@'))`, s.dataset, text(source), text(part)); err != nil {
			return err
		}
	}
	return nil
}

// Forgets implements store.Store. Who follows asks this each time: a database that needs a newer version says so here. A
// replica that took its primary's place may lack the last of what that had acknowledged, and gives its numbers out again: so
// the number has the timeline in it, which is another one then.
func (s *Store) Forgets(ctx context.Context) (forgets int64, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		var needs int
		err := s.pool.QueryRow(ctx, `SELECT forgets, (SELECT needs FROM livedora_schema WHERE one = 1) FROM livedora_datasets WHERE dataset = $1`,
			s.dataset).Scan(&forgets, &needs)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return s.removed()
		case err == nil && needs > len(s.migrations):
			return s.newer()
		case err != nil:
			return err
		}
		timeline, err := s.timeline(ctx)
		forgets += timeline << timelineShift
		return err
	})
	return forgets, err
}

// Durable implements store.Store: what Apply acknowledged outlives the process.
func (s *Store) Durable() bool { return true }

// Failing is why the database could not be written last time; nil if it could.
func (s *Store) Failing() error { return s.failing.Why() }

// Close implements store.Store.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.closing.Do(func() {
		s.wake.end()
		s.pool.Close()
	})
	return nil
}

// read reads with patience that ends.
func (s *Store) read(ctx context.Context, work func(context.Context) error) error {
	if s.closed.Load() {
		return errClosed
	}
	reading, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.explain(inTime(ctx, work(reading)))
}

// write runs one transaction, again where another one came in its way.
func (s *Store) write(ctx context.Context, patience time.Duration, work func(context.Context, pgx.Tx) error) error {
	switch {
	case s.closed.Load():
		return errClosed
	case s.database.Replica:
		return store.ErrReplica
	}
	writing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	for range attempts {
		err = pgx.BeginTxFunc(writing, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error { return work(writing, tx) })
		if code := codeOf(err); code != codeSerializable && code != codeDeadlock {
			break
		}
	}
	err = s.explain(inTime(ctx, err))
	if isDatabases(err) && ctx.Err() == nil {
		s.failing.Failed(err)
	}
	return err
}

// inTime tells a caller who gave up from a database that takes too long.
func inTime(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return &tooLong{err}
	}
	return err
}
