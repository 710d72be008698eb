package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// directory is where data is kept from one run to the next; dataset is its name in the store.
const (
	directory  = ".cache/bench"
	dataset    = "1/bench"
	batch      = 20_000
	generation = 1 // of what package large makes up: raise it where that changes
)

// prepare gives the store that holds a history, and fills it where it is not there.
func prepare(ctx context.Context, name string, size large.Size) (path string, err error) {
	path = filepath.Join(directory, fmt.Sprintf("%s-%d.db", name, generation))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return "", err
	}
	unfinished := path + ".unfinished"
	for _, left := range []string{unfinished, unfinished + "-wal", unfinished + "-shm"} {
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	begin := time.Now()
	s, err := sqlite.Open(ctx, unfinished, dataset)
	if err != nil {
		return "", err
	}
	var events []dora.Event
	count := 0
	flush := func() error {
		_, err := s.Apply(ctx, store.Batch{Events: events})
		count += len(events)
		events = events[:0]
		return err
	}
	for e := range size.Events() {
		if events = append(events, e); len(events) == batch {
			if err := flush(); err != nil {
				return "", errors.Join(err, s.Close())
			}
		}
	}
	if err := errors.Join(flush(), s.Close()); err != nil {
		return "", err
	}
	fmt.Printf("%s: %d events written to SQLite in %s\n\n", name, count, time.Since(begin).Round(time.Second))
	return path, os.Rename(unfinished, path)
}
