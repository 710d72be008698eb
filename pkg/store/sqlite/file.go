// Package sqlite keeps events in a file, through SQLite in pure Go. Several datasets can share a file, and so can
// several stores of one process and, on one machine, several processes. It knows the store contract and the domain's
// events, and nothing else of this module.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	driver "modernc.org/sqlite"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/place"
)

// readers is how many feeds and look-ups can run beside the one writer.
const readers = 4

// file is a database that this process has open, once for each path: Grafana keeps an old plugin instance for some
// seconds beside its successor, and two handles would only wait for each other's locks.
type file struct {
	path   string
	writer *sql.DB // one connection, whose transactions take the write lock at once
	reader *sql.DB
	upsert *sql.Stmt
	is     os.FileInfo // what lies at the path may be replaced while the file is open

	users int // guarded by opened

	exposed error // who else may read it, where that could not be changed
	failing store.Failing
}

// opened holds the files that are open.
var opened = struct {
	sync.Mutex
	files map[string]*file
}{files: make(map[string]*file)}

// share opens the file at a path, which must lie below a root (empty: anywhere), or joins those who have it open. Each call
// needs one release.
func share(ctx context.Context, path, root string) (*file, error) {
	opened.Lock()
	defer opened.Unlock()
	truePath, err := place.Locate(path, root)
	if err != nil {
		return nil, err
	}
	is, err := os.Stat(truePath)
	if err == nil {
		if f := opened.files[truePath]; f != nil && os.SameFile(f.is, is) {
			f.users++
			return f, nil
		}
	}
	// Only a file that this process does not have open may be opened here: closing it again would give up the locks
	// that SQLite holds on it.
	if is, err = touch(truePath); err != nil {
		return nil, fmt.Errorf("store.path %s cannot be written: give the user that Grafana runs as write access to the file and its directory: %w", path, err)
	}
	f := &file{path: truePath, is: is, users: 1}
	if err := f.open(ctx); err != nil {
		return nil, errors.Join(f.explain(err), f.close())
	}
	f.keepPrivate()
	opened.files[truePath] = f
	return f, nil
}

// touch creates a file that others cannot read, or sees whether it can be written.
func touch(path string) (is os.FileInfo, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Stat()
}

var errReplaced = errors.New("was removed or replaced while it was in use, and nothing is stored any more")

// there sees whether the file that is open still lies at its path. What is written to one that was removed or replaced
// ends with the process, so that nothing may be acknowledged any more.
func (f *file) there() error {
	is, err := os.Stat(f.path)
	switch {
	case err == nil && os.SameFile(f.is, is):
		return nil
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("store.path %s %w: put a backup there if you have one, and restart Grafana", f.path, errReplaced)
	}
	return nil // what cannot be looked at, SQLite says
}

func (f *file) open(ctx context.Context) (err error) {
	// The writer does its own waiting: see inTurn.
	if f.writer, err = connect(f.path, "_busy_timeout=0&_txlock=immediate&_synchronous=FULL&_pragma=journal_size_limit(67108864)"); err != nil {
		return err
	}
	f.writer.SetMaxOpenConns(1)
	if err := inTurn(ctx, func() error { return migrate(ctx, f.writer, f.path) }); err != nil {
		return err
	}
	// The mode stays with the file. It is set only now, so that another program's file is left as it was.
	if err := inTurn(ctx, func() error { _, err := f.writer.ExecContext(ctx, `PRAGMA journal_mode = WAL`); return err }); err != nil {
		return err
	}
	if err := inTurn(ctx, func() (err error) { f.upsert, err = f.writer.PrepareContext(ctx, upsert); return err }); err != nil {
		return err
	}
	if f.reader, err = connect(f.path, "_busy_timeout=10000&_query_only=1"); err != nil {
		return err
	}
	f.reader.SetMaxOpenConns(readers)
	return nil
}

// connect makes a pool whose every connection has the given parameters of the driver.
func connect(path, parameters string) (*sql.DB, error) {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // a drive's letter
		slashed = "/" + slashed
	}
	name := url.URL{Scheme: "file", Path: slashed, RawQuery: "_dqs=0&_error_rc=1&" + parameters}
	connector, err := driver.NewConnector(name.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (f *file) release() error {
	opened.Lock()
	defer opened.Unlock()
	f.users--
	if f.users > 0 {
		return nil
	}
	if opened.files[f.path] == f {
		delete(opened.files, f.path)
	}
	return f.close()
}

func (f *file) close() error {
	var failures []error
	if f.upsert != nil {
		failures = append(failures, f.upsert.Close())
	}
	for _, db := range []*sql.DB{f.reader, f.writer} {
		if db != nil {
			failures = append(failures, db.Close())
		}
	}
	return errors.Join(failures...)
}
