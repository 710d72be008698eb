package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/livedora/dora-datasource/pkg/store"
)

// applicationID marks a file as ours ("LDOR"), so that a path that names another program's database is refused.
const applicationID = 0x4c444f52

// migrations lead from each version of the schema to the next: the first makes an empty file version 1.
// Add to the end, never alter: files in the field have run them.
//
// A body is what dora.Encode writes, and what earlier versions wrote: JSON. The command facts shows what is in a file.
// Times are nanoseconds since 1970, UTC.
var migrations = []string{`
	CREATE TABLE events (
		sequence INTEGER PRIMARY KEY, -- of its last writing; rises over the whole file
		dataset  TEXT NOT NULL,
		source   TEXT NOT NULL,
		kind     TEXT NOT NULL,
		id       TEXT NOT NULL,
		updated  INTEGER NOT NULL,
		rank     INTEGER NOT NULL,
		body     TEXT NOT NULL,
		UNIQUE (dataset, source, kind, id)
	);
	CREATE INDEX events_feed ON events (dataset, sequence);
	CREATE TABLE datasets (
		dataset  TEXT PRIMARY KEY,
		sequence INTEGER NOT NULL -- the newest that was ever given out, even if its event has been pruned
	) WITHOUT ROWID;
	CREATE TABLE cursors (
		dataset TEXT NOT NULL,
		source  TEXT NOT NULL,
		cursor  BLOB NOT NULL,
		PRIMARY KEY (dataset, source)
	) WITHOUT ROWID;
	CREATE TABLE leases (
		dataset TEXT NOT NULL,
		source  TEXT NOT NULL,
		holder  TEXT NOT NULL, -- empty once released
		epoch   INTEGER NOT NULL,
		until   INTEGER NOT NULL,
		PRIMARY KEY (dataset, source)
	) WITHOUT ROWID;`,

	// 2: bodies are in the compact form from here on. Those that are there stay JSON, which is read as before; version 1
	// could not read the new ones.
	`SELECT 1`,

	// 3: who follows the feed learns that a source was forgotten.
	`ALTER TABLE datasets ADD COLUMN forgets INTEGER NOT NULL DEFAULT 0`,

	// 4: whose a dataset is. One without an owner is taken over by whom store.OwnerOf names.
	`CREATE TABLE owners (
		dataset      TEXT PRIMARY KEY,
		organisation INTEGER NOT NULL -- of Grafana
	) WITHOUT ROWID`,

	// 5: rows that were met and could not be read; see unreadable.go.
	`CREATE TABLE unreadable (
		dataset  TEXT NOT NULL,
		sequence INTEGER NOT NULL, -- of the event's row; one that is written again has another
		why      TEXT NOT NULL,
		PRIMARY KEY (dataset, sequence)
	) WITHOUT ROWID`,
}

// migrate brings a file to the newest version, or refuses it, in one transaction. It alters nothing that it refuses.
func migrate(ctx context.Context, db *sql.DB, path string) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the first error is the one that tells
		}
	}()

	var version, application, tables int
	for query, into := range map[string]*int{
		`PRAGMA user_version`:                &version,
		`PRAGMA application_id`:              &application,
		`SELECT count(*) FROM sqlite_schema`: &tables,
	} {
		if err := tx.QueryRowContext(ctx, query).Scan(into); err != nil {
			return err
		}
	}
	switch {
	case application != applicationID && (tables > 0 || version != 0 || application != 0):
		return fmt.Errorf("store.path %s is another program's database: name a file that does not exist yet", path)
	case version > len(migrations):
		return newer(path)
	case version == len(migrations):
		return tx.Commit()
	}
	for _, migration := range migrations[version:] {
		if _, err := tx.ExecContext(ctx, migration); err != nil {
			return fmt.Errorf("the store cannot be brought from version %d to %d: %w", version, len(migrations), err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`,
		applicationID, len(migrations))); err != nil {
		return err
	}
	return tx.Commit()
}

// newer is the refusal of a file that a newer version has migrated.
func newer(path string) error { return fmt.Errorf("store.path %s: %w", path, store.ErrNewerStore) }

// notNewer fails where a newer version has migrated the file, as it may do while this process has it open.
func (f *file) notNewer(ctx context.Context, tx *sql.Tx) error {
	var version int
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return newer(f.path)
	}
	return nil
}
