package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	driver "modernc.org/sqlite"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/place"
)

// What is in a store is nobody's business but Grafana's: its file, and what SQLite keeps beside it, are for one user. A
// file that a group may write is shared on purpose, as between Grafana and a collector of another user, and stays the group's.
const (
	others     = 0o007
	group      = 0o070
	groupWrite = 0o020
)

// keepPrivate takes from a file that others may read what they may.
func (f *file) keepPrivate() {
	if runtime.GOOS == "windows" { // its files have no such rights
		return
	}
	var failures []error
	for _, end := range append([]string{""}, place.Beside...) {
		if err := private(f.path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failures = append(failures, err)
		}
	}
	if err := errors.Join(failures...); err != nil {
		f.exposed = fmt.Errorf("store.path %s may be read by other users of the machine, and Grafana's user cannot change that: set its rights to 0600: %w", f.path, err)
	}
}

func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	allowed := info.Mode().Perm() &^ others
	if allowed&groupWrite == 0 {
		allowed &^= group
	}
	if allowed == info.Mode().Perm() {
		return nil
	}
	return os.Chmod(path, allowed)
}

// noteWritten remembers whether the file could be written, by how many events. What a batch itself is refused for says
// nothing of that.
func (f *file) noteWritten(events int, err error) {
	switch {
	case errors.As(err, new(*driver.Error)), errors.Is(err, store.ErrNewerStore), errors.Is(err, errReplaced):
		f.failing.Failed(err)
	case err == nil:
		f.failing.Wrote(events)
	}
}

// Failing is why the file could not be written last time, by whichever store of this process; nil if it could.
func (s *Store) Failing() error { return s.file.failing.Why() }

// Exposed is who else may read the file, where that could not be changed; nil: nobody.
func (s *Store) Exposed() error { return s.file.exposed }
