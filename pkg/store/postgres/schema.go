package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/livedora/dora-datasource/pkg/store"
)

// migration leads from one version of the schema to the next.
type migration struct {
	statements []string
	// breaks says that who only knows the version before can no longer read or write. Its programs then refuse the store; with
	// any other migration old and new run side by side.
	breaks bool
}

// migrations make an empty database version 1, and so on. Add to the end, never alter: databases in the field have run them.
// A statement may run twice, where a database cannot make tables within a transaction.
//
// A body is what dora.Encode writes. Versions of events are nanoseconds since 1970, UTC. The number of a dataset's writings
// is kept in its row of livedora_datasets, which every writer locks: so sequences are committed in their order, and who
// follows them misses none. A sequence of PostgreSQL's own would be given out in one order and committed in another.
var migrations = []migration{{breaks: true, statements: []string{
	`CREATE TABLE IF NOT EXISTS livedora_datasets (
		dataset      text PRIMARY KEY,
		sequence     bigint NOT NULL DEFAULT 0, -- the newest that was ever given out, even if its event has been pruned
		forgets      bigint NOT NULL DEFAULT 0, -- how often a source, or a part of one, was forgotten
		organisation bigint NOT NULL DEFAULT 0  -- of Grafana, whose the dataset is; 0: nobody's yet
	)`,
	`CREATE TABLE IF NOT EXISTS livedora_events (
		dataset  text NOT NULL,
		source   text NOT NULL,
		kind     text NOT NULL,
		id       text NOT NULL,
		sequence bigint NOT NULL, -- of its last writing
		updated  bigint NOT NULL,
		rank     bigint NOT NULL,
		body     bytea NOT NULL,
		PRIMARY KEY (dataset, source, kind, id)
	)`,
	`CREATE INDEX IF NOT EXISTS livedora_events_feed ON livedora_events (dataset, sequence)`,
	`CREATE TABLE IF NOT EXISTS livedora_cursors (
		dataset text NOT NULL,
		source  text NOT NULL,
		cursor  bytea NOT NULL,
		PRIMARY KEY (dataset, source)
	)`,
	`CREATE TABLE IF NOT EXISTS livedora_leases (
		dataset text NOT NULL,
		source  text NOT NULL,
		holder  text NOT NULL, -- empty once released
		epoch   bigint NOT NULL,
		until   timestamptz NOT NULL,
		PRIMARY KEY (dataset, source)
	)`,
	`CREATE TABLE IF NOT EXISTS livedora_unreadable (
		dataset  text NOT NULL,
		sequence bigint NOT NULL, -- of the event's row; one that is written again has another
		why      text NOT NULL,
		PRIMARY KEY (dataset, sequence)
	)`,
}}}

const schemaTable = `CREATE TABLE IF NOT EXISTS livedora_schema (
	one     integer PRIMARY KEY,
	version integer NOT NULL,
	needs   integer NOT NULL -- the oldest version whose programs may still read and write
)`

// Codes of PostgreSQL's errors that are no failures here.
const (
	codeNoTable      = "42P01"
	codeNoFunction   = "42883"
	codeUnsupported  = "0A000"
	codeSerializable = "40001"
	codeDeadlock     = "40P01"
)

// twoMadeIt are the codes of what happens where two make the same table at once.
var twoMadeIt = map[string]bool{"42P07": true, "23505": true, "42710": true, codeSerializable: true, codeDeadlock: true}

func codeOf(err error) string {
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return failed.Code
	}
	return ""
}

// migrate brings the database to the newest version, or refuses it. A role that may make no tables can use one that is
// there already.
func (s *Store) migrate(ctx context.Context) error {
	const attempts = 10
	var err error
	for range attempts {
		if err = s.migrateOnce(ctx); !twoMadeIt[codeOf(err)] {
			return err
		}
	}
	return err
}

func (s *Store) migrateOnce(ctx context.Context) error {
	version, err := s.version(ctx, s.pool)
	if err != nil || version >= len(s.migrations) {
		return err
	}
	if version == 0 {
		if _, err := s.pool.Exec(ctx, schemaTable); err != nil {
			return err
		}
		if _, err := s.pool.Exec(ctx, `INSERT INTO livedora_schema (one, version, needs) VALUES (1, 0, 0) ON CONFLICT (one) DO NOTHING`); err != nil {
			return err
		}
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM livedora_schema WHERE one = 1 FOR UPDATE`); err != nil {
			return err
		}
		version, err := s.version(ctx, tx) // another may have migrated meanwhile
		if err != nil {
			return err
		}
		for i := version; i < len(s.migrations); i++ {
			for _, statement := range s.migrations[i].statements {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return fmt.Errorf("the store cannot be brought from version %d to %d: %w", i, i+1, err)
				}
			}
			needs := 0
			if s.migrations[i].breaks {
				needs = i + 1
			}
			if _, err := tx.Exec(ctx, `UPDATE livedora_schema SET version = $1, needs = greatest(needs, $2) WHERE one = 1`, i+1, needs); err != nil {
				return err
			}
		}
		return nil
	})
}

// querying is what a pool and a transaction have in common.
type querying interface {
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}

// version is that of the database, 0 where it has no tables of ours. One that needs a newer program is refused.
func (s *Store) version(ctx context.Context, in querying) (version int, err error) {
	var needs int
	err = in.QueryRow(ctx, `SELECT version, needs FROM livedora_schema WHERE one = 1`).Scan(&version, &needs)
	switch {
	case errors.Is(err, pgx.ErrNoRows), codeOf(err) == codeNoTable:
		return 0, nil
	case err != nil:
		return 0, err
	case needs > len(s.migrations):
		return 0, s.newer()
	}
	return version, nil
}

// newer says that this version must not touch the database.
func (s *Store) newer() error {
	return fmt.Errorf("store.address %s: %w", s.database.Address, store.ErrNewerStore)
}
