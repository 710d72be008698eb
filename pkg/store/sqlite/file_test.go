package sqlite_test

import (
	"database/sql"
	"encoding/json"
	"os"
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

// opened is a file's store of a team.
func opened(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, "team")
	require.NoError(t, err)
	return s
}

// other opens a file as another program would.
func other(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func count(t *testing.T, s store.Store) int {
	t.Helper()
	n := 0
	for _, err := range s.Changes(t.Context(), 0) {
		require.NoError(t, err)
		n++
	}
	return n
}

func TestAFileIsCreatedWithItsDirectoriesAndKeptFromOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a new", "dir?with=odd%20 characters#", "live dora.db")
	s := opened(t, path)
	write(t, s, changes(0, 3))
	require.NoError(t, s.Close())

	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "the last to close folds the log into the file")
}

func TestAnyoneCanOpenTheFileAndSeeWhatIsInIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	write(t, s, changes(0, 3))

	var number int
	var mode string
	db := other(t, path)
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM events WHERE kind = 'change' AND id LIKE 'example-health/api:%'`).Scan(&number))
	assert.Equal(t, 3, number)
	require.NoError(t, db.QueryRow(`PRAGMA journal_mode`).Scan(&mode))
	assert.Equal(t, "wal", mode)
}

func TestAFileOfTheFirstVersionWhoseBodiesAreJSONIsReadOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	before := changes(0, 3)
	write(t, s, before)
	require.NoError(t, s.Close())

	db := other(t, path)
	for i, e := range before {
		body, err := json.Marshal(e)
		require.NoError(t, err)
		_, err = db.Exec(`UPDATE events SET body = ? WHERE sequence = ?`, string(body), i+1)
		require.NoError(t, err)
	}
	_, err := db.Exec(`ALTER TABLE datasets DROP COLUMN forgets; DROP TABLE owners; DROP TABLE unreadable; PRAGMA user_version = 1`)
	require.NoError(t, err)

	s = opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	write(t, s, changes(2, 2))
	var after []dora.Event
	for change, err := range s.Changes(t.Context(), 0) {
		require.NoError(t, err)
		after = append(after, change.Event)
	}
	assert.Equal(t, append(before, changes(3, 1)...), after)
	var version int
	require.NoError(t, db.QueryRow(`PRAGMA user_version`).Scan(&version))
	assert.Equal(t, 5, version, "which a program that cannot read the new bodies refuses")
}

func TestStoresOfOneProcessShareAFileUntilTheLastIsClosed(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "live-dora.db")
	old := opened(t, path)
	link := filepath.Join(directory, "link.db")
	require.NoError(t, os.Symlink(path, link))
	next, err := sqlite.Open(t.Context(), link, "team")
	require.NoError(t, err)

	write(t, old, changes(0, 3))
	require.NoError(t, old.Close())
	require.NoError(t, old.Close())
	_, err = old.Apply(t.Context(), store.Batch{Events: changes(3, 3)})
	require.Error(t, err, "a closed store stays closed, even while the file is open for others")
	_, err = old.Cursor(t.Context(), "github")
	require.Error(t, err)
	write(t, next, changes(3, 3))
	assert.Equal(t, 6, count(t, next))
	require.NoError(t, next.Close())
}

func TestAFileThatWasRemovedWhileOpenIsNotWrittenToBySuccessors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	old := opened(t, path)
	write(t, old, changes(0, 3))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.NoError(t, os.Remove(path+suffix))
	}

	assert.True(t, old.Replaced())
	refused := func(why string) {
		_, err := old.Apply(t.Context(), store.Batch{Events: changes(3, 1)})
		require.ErrorContains(t, err, "was removed or replaced while it was in use", why)
		require.ErrorContains(t, err, "store.path "+path)
		_, err = old.Forgets(t.Context())
		require.ErrorContains(t, err, "restart Grafana", "who follows is told")
	}
	refused("it would be lost with the process")

	next := opened(t, path)
	assert.Zero(t, count(t, next))
	write(t, next, changes(0, 1))
	assert.False(t, next.Replaced())
	refused("another lies there")
	require.NoError(t, old.Close())
	require.NoError(t, next.Close())

	again := opened(t, path)
	assert.Equal(t, 1, count(t, again))
	require.NoError(t, again.Close())
}

func TestAStoreOfANewerVersionIsRefusedAndLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	require.NoError(t, s.Close())
	db := other(t, path)
	_, err := db.Exec(`PRAGMA user_version = 99`)
	require.NoError(t, err)

	_, err = sqlite.Open(t.Context(), path, "team")
	require.ErrorIs(t, err, store.ErrNewerStore)
	assert.ErrorContains(t, err, path)
	var version int
	require.NoError(t, db.QueryRow(`PRAGMA user_version`).Scan(&version))
	assert.Equal(t, 99, version)
}

func TestAnotherProgramsDatabaseIsRefusedAndLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grafana.db")
	db := other(t, path)
	_, err := db.Exec(`CREATE TABLE dashboard (id INTEGER)`)
	require.NoError(t, err)
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	_, err = sqlite.Open(t.Context(), path, "team")
	require.ErrorContains(t, err, "another program's database")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestPathsThatCannotWorkAreExplained(t *testing.T) {
	directory := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(directory, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for name, each := range map[string]struct{ path, says string }{
		"empty":              {"", "store.path is empty: name a file"},
		"a directory":        {directory, "is a directory: name a file in it"},
		"another's log":      {filepath.Join(directory, "grafana.db-wal"), "ends in -wal, as files do that belong to another database"},
		"another's journal":  {filepath.Join(directory, "grafana.db-journal"), "ends in -journal"},
		"a link to nothing":  {link(t, filepath.Join(directory, "not there"), filepath.Join(directory, "link.db")), "is a link to a file that is not there"},
		"below a file":       {filepath.Join(file("a file", ""), "live-dora.db"), "cannot be created: create it"},
		"not a database":     {file("notes.txt", strings.Repeat("Not a database. ", 100)), "is not a Live DORA store: name a file that does not exist yet"},
		"a damaged database": {damaged(t, filepath.Join(directory, "damaged.db")), "is damaged: restore it"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqlite.Open(t.Context(), each.path, "team")
			require.ErrorContains(t, err, each.says)
			assert.ErrorContains(t, err, "store.path")
		})
	}
	_, err := sqlite.Open(t.Context(), filepath.Join(directory, "live-dora.db"), "")
	require.ErrorContains(t, err, "dataset")
}

func TestAFileThatWasMovedAwayAndBackIsWrittenOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	write(t, s, changes(0, 3))
	require.NoError(t, os.Rename(path, path+".away"))
	_, err := s.Apply(t.Context(), store.Batch{Events: changes(3, 1)})
	require.Error(t, err)
	require.NoError(t, os.Rename(path+".away", path))
	write(t, s, changes(3, 1))
	assert.Equal(t, 4, count(t, s))
}

func TestAStoreThatANewerVersionMigratesWhileItIsOpenIsNeitherWrittenNorRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	s := opened(t, path)
	defer func() { require.NoError(t, s.Close()) }()
	write(t, s, changes(0, 3))
	lease, err := s.Acquire(t.Context(), "github", "one", time.Hour)
	require.NoError(t, err)
	_, err = other(t, path).Exec(`PRAGMA user_version = 99`)
	require.NoError(t, err)

	for does, try := range map[string]func() error{
		"apply":   func() error { _, err := s.Apply(t.Context(), store.Batch{Events: changes(3, 1)}); return err },
		"acquire": func() error { _, err := s.Acquire(t.Context(), "github", "one", time.Hour); return err },
		"release": func() error { return s.Release(t.Context(), lease) },
		"rewind":  func() error { return s.Rewind(t.Context(), "github", nil) },
		"forget":  func() error { _, err := s.Forget(t.Context(), "github"); return err },
		"forgets": func() error { _, err := s.Forgets(t.Context()); return err },
		"cursor":  func() error { _, err := s.Cursor(t.Context(), "github"); return err },
		"prune": func() error {
			_, err := s.Prune(t.Context(), time.Now(), func(old []dora.Event) []dora.Event { return old })
			return err
		},
		"changes": func() (failed error) {
			for _, err := range s.Changes(t.Context(), 0) {
				failed = err
			}
			return failed
		},
	} {
		err := try()
		require.ErrorIs(t, err, store.ErrNewerStore, does)
		assert.ErrorContains(t, err, "store.path "+path, does)
	}
	require.ErrorIs(t, s.Failing(), store.ErrNewerStore)
	_, err = other(t, path).Exec(`PRAGMA user_version = 5`)
	require.NoError(t, err)
	assert.Equal(t, 3, count(t, s), "and nothing was written")
}

func TestAFileThatOthersMayReadIsForGrafanasUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	for before, after := range map[os.FileMode]os.FileMode{0o644: 0o600, 0o640: 0o600, 0o666: 0o660, 0o660: 0o660, 0o600: 0o600} {
		kept := opened(t, path)
		write(t, kept, changes(0, 1))
		require.NoError(t, kept.Close())
		require.NoError(t, os.Chmod(path, before))
		s := opened(t, path)
		write(t, s, changes(1, 1))
		for _, end := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + end)
			require.NoError(t, err)
			assert.Equal(t, after, info.Mode().Perm(), "%s, whose file had %s", end, before)
		}
		require.NoError(t, s.Exposed())
		require.NoError(t, s.Close())
	}
}

func link(t *testing.T, to, at string) string {
	t.Helper()
	require.NoError(t, os.Symlink(to, at))
	return at
}

// damaged is a store whose schema was overwritten.
func damaged(t *testing.T, path string) string {
	t.Helper()
	s := opened(t, path)
	require.NoError(t, s.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 100; i < 4096; i++ {
		content[i] = 0x55
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}
