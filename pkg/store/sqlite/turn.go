package sqlite

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// patience is how long a writer waits for the write lock that another process holds.
	patience = 30 * time.Second

	// glance is the longest time between two looks whether the lock is free. SQLite's own waiting rests up to 100 ms
	// between looks, and a process that writes without a pause leaves the lock free for a small part of that: with it,
	// the other process waits for many seconds.
	glance = 5 * time.Millisecond
)

// inTurn does something that needs the write lock, again until the lock is had, patience ends or the context does.
func inTurn(ctx context.Context, do func() error) error {
	for end := time.Now().Add(patience); ; {
		err := do()
		if !isBusy(err) || time.Now().After(end) {
			return err
		}
		select {
		case <-time.After(rand.N(glance)): // by chance, so that two who wait do not keep step
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

func isBusy(err error) bool {
	var failed *driver.Error
	return errors.As(err, &failed) && failed.Code()&0xff == sqlite3.SQLITE_BUSY
}
