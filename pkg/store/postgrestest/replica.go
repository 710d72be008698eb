package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
)

// Replica starts a server that follows this one, with settings of postgresql.conf. Stop ends it.
func (s *Server) Replica(ctx context.Context, settings ...string) (*Server, error) {
	r := &Server{programs: s.programs, account: s.account}
	var err error
	if r.Folder, err = folder(r.account); err != nil {
		return nil, err
	}
	copied := r.command(ctx, "pg_basebackup", "--host", "127.0.0.1", "--port", strconv.Itoa(s.Port), "--username", "postgres",
		"--pgdata", r.data(), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
	if out, err := copied.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("pg_basebackup failed: %w: %s", err, out), r.remove())
	}
	if r.Port, err = freePort(); err != nil {
		return nil, errors.Join(err, r.remove())
	}
	if err := r.configure(append([]string{"port=" + strconv.Itoa(r.Port)}, settings...)); err != nil {
		return nil, errors.Join(err, r.remove())
	}
	if err := r.Run(ctx); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// Promote has a replica be a primary.
func (s *Server) Promote(ctx context.Context) error {
	return s.Exec(ctx, "postgres", "SELECT pg_promote()")
}

// ReplicaForTest starts a replica that ends with a test.
func (s *Server) ReplicaForTest(t *testing.T, settings ...string) *Server {
	t.Helper()
	r, err := s.Replica(t.Context(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}
