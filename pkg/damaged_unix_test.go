//go:build unix

package main_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// damage is what befalls the file of a store that is in use.
type damage struct {
	does func(t *testing.T, path string)
	// says is what is told while the plugin runs; empty: nothing in use is concerned, and nobody can know.
	says string
	// after is what a start says; empty: it begins with a new file.
	after string
}

const restore = "is damaged: restore it from a backup, or remove it and its -wal and -shm files"

// overwrite puts nonsense into a file, from one part of its length to another.
func overwrite(from, to float64) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // a test's own
		require.NoError(t, err)
		defer func() { require.NoError(t, f.Close()) }()
		info, err := f.Stat()
		require.NoError(t, err)
		begin, end := int64(float64(info.Size())*from), int64(float64(info.Size())*to)
		_, err = f.WriteAt(bytes.Repeat([]byte("nonsense"), int(end-begin)/8), begin)
		require.NoError(t, err)
	}
}

func truncate(part int64) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(path, info.Size()*part/100))
	}
}

var damages = map[string]damage{
	"nearly all of it is overwritten":        {overwrite(0.01, 1), restore, restore},
	"its middle is overwritten":              {overwrite(0.3, 0.7), "", restore},
	"it is cut off in the middle":            {truncate(50), restore, restore},
	"it is emptied":                          {truncate(0), "is not a Live DORA store", ""},
	"it is removed":                          {func(t *testing.T, path string) { t.Helper(); require.NoError(t, os.Remove(path)) }, "was removed or replaced while it was in use", ""},
	"another program's file takes its place": {replace, "was removed or replaced while it was in use", "is not a Live DORA store"},
}

func replace(t *testing.T, path string) {
	t.Helper()
	other := path + ".new"
	require.NoError(t, os.WriteFile(other, bytes.Repeat([]byte("no database\n"), 1000), 0o600))
	require.NoError(t, os.Rename(other, path))
}

// folded waits until everything in a store lies in its file, and none of it in the log beside. It gives how many changes,
// commits and deployments that are.
func folded(t *testing.T, path string) (stored string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.Eventually(t, func() bool {
		var busy, log, done int
		err := db.QueryRowContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done)
		return err == nil && busy == 0
	}, time.Minute, glance)
	var changes, commits, deployments string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FILTER (WHERE kind = 'change'), count(*) FILTER (WHERE kind = 'commit'),
		count(*) FILTER (WHERE kind = 'deployment') FROM events`).Scan(&changes, &commits, &deployments))
	return changes + " " + commits + " " + deployments
}

// unseen does something to a store's file while the plugin stands still, after a change for which the plugin will read the
// file again: what SQLite has read of a file that did not change, it does not read twice.
func unseen(t *testing.T, command *exec.Cmd, path string, does func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.Eventually(t, func() bool {
		if command.Process.Signal(syscall.SIGSTOP) != nil {
			return false
		}
		defer func() { _ = command.Process.Signal(syscall.SIGCONT) }() // or nothing is answered any more, and the story fails
		if _, err := db.ExecContext(t.Context(), `UPDATE datasets SET sequence = sequence`); err != nil {
			return false // the plugin stands still while it writes
		}
		var busy, log, done int
		if err := db.QueryRowContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done); err != nil || busy != 0 {
			return false // or while it reads
		}
		does()
		return true
	}, time.Minute, glance)
}

// The file of a store is damaged, cut off or taken away while the plugin runs. It goes on answering from memory, says what
// is wrong, and acknowledges nothing that it cannot keep; another data source is not concerned. A plugin that starts says
// what to do, leaves the file as it is, and has everything again once that was done.
func TestAStoreThatIsDamagedWhileItIsInUseIsToldAndAnswersStay(t *testing.T) {
	for name, c := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			github := newPatient(t)
			of := func(path string) string {
				return fmt.Sprintf(`{"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/*"],"incidents":{"labels":["incident"]}},
					{"id":"ci","type":"webhook"}],"store":{"path":%q},"collect":{"backfill":"3650d"}}`, github.url, path)
			}
			path := filepath.Join(t.TempDir(), "dora.db")
			from, other := source("dora", of(path), 1), source("other", of(filepath.Join(t.TempDir(), "other.db")), 1)
			log := &said{}
			command := exec.Command(program)
			p := startWith(t, command, log)
			for _, each := range []backend.PluginContext{from, other} {
				require.Eventually(t, func() bool { return p.column(each, "state") == "ok" }, time.Minute, glance)
			}
			require.Eventually(t, func() bool {
				return p.column(from, "changes")+" "+p.column(from, "commits")+" "+p.column(from, "deployments") == folded(t, path)
			}, time.Minute, 10*glance)
			figures := p.figures(from)
			require.Greater(t, len(figures), 10_000)

			unseen(t, command, path, func() { c.does(t, path) })
			if c.says != "" {
				require.Eventually(t, func() bool { _, says := p.health(from); return strings.Contains(says, c.says) }, time.Minute, glance)
				status, says := p.health(from)
				assert.Equal(t, backend.HealthStatusError, status)
				assert.Contains(t, says, "The store cannot be read; answers show what was read before. store.path "+path)
				assert.Contains(t, p.noticed(from), "The store cannot be read; this shows what was read before. store.path "+path)
				status2, answer := p.posts(from)
				assert.Equal(t, http.StatusInternalServerError, status2, answer)
			}
			assert.Equal(t, figures, p.figures(from))
			status, says := p.health(other)
			assert.Equal(t, backend.HealthStatusOk, status, says)
			posted, answer := p.posts(other)
			assert.Equal(t, http.StatusOK, posted, answer)
			assert.Equal(t, figures, p.figures(from))
			p.Close()
			assert.NotContains(t, log.String(), "panic")
			assert.NotContains(t, log.String(), "goroutine")

			if c.after != "" {
				before, err := os.ReadFile(path) //nolint:gosec // a test's own
				require.NoError(t, err)
				p = start(t)
				status, says = p.health(from)
				assert.Equal(t, backend.HealthStatusError, status)
				assert.Contains(t, says, "store.path "+path)
				assert.Contains(t, says, c.after)
				p.Close()
				after, err := os.ReadFile(path) //nolint:gosec // a test's own
				require.NoError(t, err)
				assert.True(t, bytes.Equal(before, after), "the file is left as it is")
				for _, each := range []string{path, path + "-wal", path + "-shm"} {
					require.NoError(t, os.RemoveAll(each))
				}
			}
			p = start(t)
			require.Eventually(t, func() bool { return p.figures(from) == figures }, time.Minute, glance)
			status, says = p.health(from)
			assert.Equal(t, backend.HealthStatusOk, status, says)
		})
	}
}

// posts tells of a deployment that a pipeline made.
func (p *process) posts(from backend.PluginContext) (status int, answer string) {
	p.Helper()
	from.User = &backend.User{Login: "sa-ci", Role: "Editor"}
	status, text, err := p.call(from, "POST", "v1/deployments?source=ci", http.Header{"Content-Type": {"application/json"}}, []byte(`{"id":"1","repository":"example-health/booking",
		"environment":"production","sha":"0123456789012345678901234567890123456789","created":"2025-05-01T10:00:00Z","status":"success","at":"2025-05-01T10:01:00Z"}`))
	require.NoError(p, err)
	return status, string(text)
}
