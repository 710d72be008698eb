package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
)

// inPostgres copies a store from its file to a PostgreSQL of its own, starts the plugin on that, and copies it back to
// another file. Where there is no PostgreSQL it says so.
func inPostgres(ctx context.Context, program, path string, table *table) (err error) {
	server, err := postgrestest.Start(ctx, "shared_buffers=256MB", "max_wal_size=4GB")
	if errors.Is(err, postgrestest.ErrMissing) {
		table.note("PostgreSQL", "is not here", "")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	database, err := server.Database(ctx)
	if err != nil {
		return err
	}
	file, err := inFile(path)
	if err != nil {
		return err
	}
	there := map[string]any{"type": "postgres", "address": database.Address, "database": database.Name, "user": database.User, "tls": string(database.TLS)}
	if err := storeCopy(ctx, program, "store copy from SQLite to PostgreSQL", file, there, table); err != nil {
		return err
	}
	if err := server.Exec(ctx, database.Name, "VACUUM ANALYZE"); err != nil { // as it does by itself, sooner or later
		return err
	}
	running, err := coldStart(func() (*target, error) { return startOn(ctx, program, there) }, table, "cold start from PostgreSQL → first answer", 6*time.Second, func() error { return nil })
	if err != nil {
		return err
	}
	running.end()
	back := filepath.Join(directory, "back.db")
	defer func() {
		for _, left := range []string{back, back + "-wal", back + "-shm"} {
			_ = os.Remove(left) // where it is
		}
	}()
	if file, err = inFile(back); err != nil {
		return err
	}
	return storeCopy(ctx, program, "store copy from PostgreSQL to SQLite", there, file, table)
}

// storeCopy copies a store as a person does, once.
func storeCopy(ctx context.Context, program, name string, from, to map[string]any, table *table) error {
	arguments := []string{"store", "copy"}
	for place, store := range map[string]map[string]any{"--from": from, "--to": to} {
		path, err := provisioned(store)
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(path) }() // it was only read
		arguments = append(arguments, place, path)
	}
	command := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // the program that is measured
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	begin := time.Now()
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for most := 0; ; {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("%s: %w: %s", name, err, said.String())
			}
			table.note(name+", and compared", shown(time.Since(begin)), "")
			table.note("… processor time of the command", shown(command.ProcessState.UserTime()+command.ProcessState.SystemTime()), "")
			table.note("… the most memory of it", fmt.Sprintf("%d MB", most>>10), "")
			return nil
		case <-time.After(100 * time.Millisecond):
			most = max(most, status(command.Process.Pid, "VmHWM"))
		}
	}
}

// provisioned writes a provisioning file of a data source with a store.
func provisioned(store map[string]any) (path string, err error) {
	text, err := json.Marshal(map[string]any{"apiVersion": 1, "datasources": []any{map[string]any{
		"name": "bench", "uid": "bench", "orgId": organisation, "type": settings.PluginID, "jsonData": settingsOf(store), "secureJsonData": secrets,
	}}})
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp("", "livedora-bench-*.json")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	return f.Name(), errors.Join(err, f.Close())
}
