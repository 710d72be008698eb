package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// remedies are, by SQLite's primary result code, what is wrong with store.path and what a person can do about it.
var remedies = map[int]string{
	sqlite3.SQLITE_PERM:     "cannot be opened: give the user that Grafana runs as read and write access to the file and its directory",
	sqlite3.SQLITE_CANTOPEN: "cannot be opened: give the user that Grafana runs as read and write access to the file and its directory",
	sqlite3.SQLITE_READONLY: "cannot be written: give the user that Grafana runs as write access to the file and its directory, or name a file on a volume that is not read-only",
	sqlite3.SQLITE_NOTADB:   "is not a Live DORA store: name a file that does not exist yet, or remove this one; if it was a store, restore it from a backup",
	sqlite3.SQLITE_CORRUPT:  "is damaged: restore it from a backup, or remove it and its -wal and -shm files, and what sources can be asked for is collected again, but not what was posted or corrected",
	sqlite3.SQLITE_FULL:     "cannot grow because the disk is full: make room, or name a file on another disk",
	sqlite3.SQLITE_IOERR:    "cannot be read or written: check the disk, and that it is local (network file systems such as NFS do not work)",
	sqlite3.SQLITE_BUSY:     "is locked by another program: close what else has it open, or name another file",
	sqlite3.SQLITE_PROTOCOL: "is locked by another program: close what else has it open, or name another file",
}

// explain puts a sentence for a person in front of SQLite's own error. Other errors stay as they are.
func explain(path string, err error) error {
	var failed *driver.Error
	if !errors.As(err, &failed) {
		return err
	}
	remedy, known := remedies[failed.Code()&0xff]
	if !known {
		remedy = "failed"
	}
	return fmt.Errorf("store.path %s %s: %w", path, remedy, err)
}

func (f *file) explain(err error) error { return explain(f.path, err) }
