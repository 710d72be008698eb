package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// spoiled are what can befall one row, the third of five. Where nothing of it is left to be named by, it is not mended by
// being told again.
var spoiled = map[string]string{
	"its body is nonsense":               `UPDATE events SET body = x'01ffffffff' WHERE sequence = 3`,
	"its body is cut off":                `UPDATE events SET body = substr(body, 1, 20) WHERE sequence = 3`,
	"its body is empty":                  `UPDATE events SET body = '' WHERE sequence = 3`,
	"its body is JSON of something else": `UPDATE events SET body = '{"id": 7, "updated": []}' WHERE sequence = 3`,
	"its body has no identity":           `UPDATE events SET body = '{}' WHERE sequence = 3`,
	"its body is too large":              `UPDATE events SET body = zeroblob(17000000) WHERE sequence = 3`,
	"its body is a number":               `UPDATE events SET body = 7.5 WHERE sequence = 3`,
	"its kind is of a newer version":     `UPDATE events SET kind = 'sprint' WHERE sequence = 3`,
	"its kind is no text":                `UPDATE events SET kind = x'ff00' WHERE sequence = 3`,
	"its version is no number":           `UPDATE events SET updated = 'now' WHERE sequence = 3`,
	"its rank is no number":              `UPDATE events SET rank = x'00' WHERE sequence = 3`,
	"it happened before there was Git":   `UPDATE events SET body = '{"source":"github","id":"x","updated":"2026-01-01T00:00:00Z","opened":"0001-02-03T00:00:00Z"}' WHERE sequence = 3`,
}

// read reads a store from a place on, and has each row that it does not give.
func read(t *testing.T, s *sqlite.Store, after store.Sequence) (sequences []store.Sequence) {
	t.Helper()
	for change, err := range s.Changes(t.Context(), after) {
		require.NoError(t, err)
		require.NotNil(t, change.Event)
		sequences = append(sequences, change.Sequence)
	}
	return sequences
}

func TestABadRowCostsOneRow(t *testing.T) {
	for name, spoil := range spoiled {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "live-dora.db")
			s := opened(t, path)
			write(t, s, changes(0, 5))
			require.Equal(t, []store.Sequence{1, 2, 3, 4, 5}, read(t, s, 0))
			none, err := s.Unreadable(t.Context())
			require.NoError(t, err)
			require.Empty(t, none)
			spoils(t, path, spoil)

			told := func(s *sqlite.Store) {
				t.Helper()
				found, err := s.Unreadable(t.Context())
				require.NoError(t, err)
				require.Len(t, found, 1)
				assert.Equal(t, store.Sequence(3), found[0].Sequence)
				assert.Equal(t, "github", found[0].Source)
				assert.NotEmpty(t, found[0].Why)
				assert.Less(t, len(found[0].String()), 1000)
			}
			assert.Equal(t, []store.Sequence{1, 2, 4, 5}, read(t, s, 0), "while it is open")
			told(s)
			shown := 0
			_, err = s.Prune(t.Context(), time.Now().Add(100*365*24*time.Hour), func(old []dora.Event) []dora.Event { shown = len(old); return nil })
			require.NoError(t, err)
			assert.Equal(t, 4, shown)
			require.NoError(t, s.Close())

			s = opened(t, path)
			defer func() { require.NoError(t, s.Close()) }()
			told(s)
			assert.Equal(t, []store.Sequence{4, 5}, read(t, s, 3), "and after a start, of which it is told though nobody reads it again")
			told(s)
			write(t, s, changes(0, 5)) // the same versions
			if strings.Contains(spoil, "kind") {
				return // it is called otherwise now
			}
			assert.Equal(t, []store.Sequence{1, 2, 4, 5, 6}, read(t, s, 0), "whoever tells of it again mends it")
			none, err = s.Unreadable(t.Context())
			require.NoError(t, err)
			assert.Empty(t, none)
		})
	}
}

func TestManyBadRowsAtTheEndAreReadPast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	write(t, s, changes(0, 5000))
	spoils(t, path, `UPDATE events SET body = x'00' WHERE sequence BETWEEN 2 AND 4900`)
	assert.Len(t, read(t, s, 0), 101)
	found, err := s.Unreadable(t.Context())
	require.NoError(t, err)
	assert.Len(t, found, 4899)
	spoils(t, path, `UPDATE events SET body = x'00'`)
	assert.Empty(t, read(t, s, 0))
	write(t, s, changes(5000, 1))
	assert.Len(t, read(t, s, 0), 1)
}

// Merging meets a bad row where nobody has read it yet.
func TestAnEventThatIsToldTakesThePlaceOfABadRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	write(t, s, changes(0, 5))
	spoils(t, path, spoiled["its body is nonsense"])
	applied, err := s.Apply(t.Context(), store.Batch{Events: changes(2, 1), Merge: dora.Merge})
	require.NoError(t, err)
	assert.Equal(t, 1, applied.Changed)
	assert.Equal(t, []store.Sequence{1, 2, 4, 5, 6}, read(t, s, 0))
}

func TestADamagedLeaseIsNobodysAndADamagedCountIsCountedAnew(t *testing.T) {
	for name, spoil := range map[string]string{
		"its holder is no text":    `UPDATE leases SET holder = x'ff'`,
		"its holder is endless":    `UPDATE leases SET holder = CAST(zeroblob(2000) AS TEXT)`,
		"its epoch is no number":   `UPDATE leases SET epoch = 'one'`,
		"its epoch cannot rise":    `UPDATE leases SET epoch = 9223372036854775807`,
		"its end is no time":       `UPDATE leases SET until = 'never'`,
		"it lasts for centuries":   `UPDATE leases SET until = 9223372036854775807`,
		"the count is no number":   `UPDATE datasets SET sequence = 'many', forgets = 'often'; UPDATE leases SET until = 0`,
		"the count cannot rise":    `UPDATE datasets SET sequence = 9223372036854775807; UPDATE leases SET until = 0`,
		"the dataset's row is not": `DELETE FROM datasets; UPDATE leases SET until = 0`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "live-dora.db")
			s := opened(t, path)
			defer func() { require.NoError(t, s.Close()) }()
			write(t, s, changes(0, 3))
			before, err := s.Acquire(t.Context(), "github", "one", time.Hour)
			require.NoError(t, err)
			spoils(t, path, spoil)
			next, err := s.Acquire(t.Context(), "github", "two", time.Hour)
			require.NoError(t, err)
			assert.Greater(t, next.Epoch, before.Epoch)
			_, err = s.Apply(t.Context(), store.Batch{Events: changes(3, 1), Source: "github", Epoch: before.Epoch})
			require.ErrorIs(t, err, store.ErrLeaseLost)
			applied, err := s.Apply(t.Context(), store.Batch{Events: changes(3, 1), Source: "github", Epoch: next.Epoch})
			require.NoError(t, err)
			assert.Equal(t, store.Sequence(4), applied.Sequence)
			_, err = s.Forgets(t.Context())
			require.NoError(t, err)
			forgotten, err := s.Forget(t.Context(), "github")
			require.NoError(t, err)
			assert.Equal(t, 4, forgotten)
		})
	}
}

func spoils(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

// Whatever one row holds, reading and writing go on: what cannot be read is told, and the rest is there.
func FuzzARow(f *testing.F) {
	path := filepath.Join(f.TempDir(), "live-dora.db")
	s, err := sqlite.Open(f.Context(), path, "team")
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	_, err = s.Apply(f.Context(), store.Batch{Events: changes(0, 5)})
	require.NoError(f, err)
	db, err := sql.Open("sqlite", path)
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, db.Close()) })
	body, err := dora.Encode(changes(2, 1)[0])
	require.NoError(f, err)
	for _, column := range []string{"body", "kind", "source", "id", "updated", "rank", "holder", "epoch", "until", "cursor", "sequence", "forgets"} {
		f.Add(column, body, false)
		f.Add(column, []byte("9223372036854775807"), true)
		f.Add(column, []byte{}, false)
	}
	tables := map[string]string{
		"body": "events", "kind": "events", "source": "events", "id": "events", "updated": "events", "rank": "events",
		"holder": "leases", "epoch": "leases", "until": "leases", "cursor": "cursors", "sequence": "datasets", "forgets": "datasets",
	}
	f.Fuzz(func(t *testing.T, column string, value []byte, number bool) {
		table := tables[column]
		if table == "" {
			t.Skip()
		}
		lease, err := s.Acquire(t.Context(), "github", "one", time.Hour)
		require.NoError(t, err)
		_, err = s.Apply(t.Context(), store.Batch{Source: "github", Cursor: []byte("page 1"), Epoch: lease.Epoch})
		require.NoError(t, err)
		statement := "UPDATE " + table + " SET " + column + " = ?"
		if table == "events" {
			statement += " WHERE sequence = (SELECT max(sequence) FROM events)"
		}
		as := any(value)
		if number {
			as = string(value) // which the column may take for a number
		}
		if _, err := db.ExecContext(t.Context(), statement, as); err != nil {
			t.Skip(err)
		}
		for change, err := range s.Changes(t.Context(), 0) {
			require.NoError(t, err)
			require.NotNil(t, change.Event)
		}
		_, err = s.Unreadable(t.Context())
		require.NoError(t, err)
		_, err = s.Cursor(t.Context(), "github")
		require.NoError(t, err)
		_, err = s.Forgets(t.Context())
		require.NoError(t, err)
		lease, err = s.Acquire(t.Context(), "github", "two", time.Hour)
		if err != nil {
			require.ErrorIs(t, err, store.ErrLeaseHeld)
		}
		require.NoError(t, s.Release(t.Context(), store.Lease{Source: "github", Holder: "one", Epoch: lease.Epoch}))
		_, err = s.Forget(t.Context(), "github") // and all is as it was
		require.NoError(t, err)
		spoils(t, path, `DELETE FROM events; DELETE FROM leases; DELETE FROM unreadable`)
		_, err = s.Apply(t.Context(), store.Batch{Events: changes(0, 5)})
		require.NoError(t, err)
		require.Equal(t, 5, count(t, s))
	})
}
