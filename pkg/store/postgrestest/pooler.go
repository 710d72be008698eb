package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// ErrNoPooler says that this machine has no PgBouncer, and what to do.
var ErrNoPooler = errors.New("PgBouncer is needed: on Debian or Ubuntu, run as root: apt-get install pgbouncer")

// Pooler starts PgBouncer before the server: each transaction may go by another of two connections. It gives the address, and
// what ends it.
func (s *Server) Pooler(ctx context.Context) (address string, stop func() error, err error) {
	program, err := findPooler()
	if err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	path := filepath.Join(s.Folder, fmt.Sprint("pgbouncer-", port, ".ini"))
	text := fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%d user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`, s.Port, port)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // another user reads it, and nothing in it is secret
		return "", nil, err
	}
	process := exec.CommandContext(context.WithoutCancel(ctx), program, path) //nolint:gosec // found by findPooler
	process.SysProcAttr, process.Dir = s.process.SysProcAttr, s.Folder
	if err := process.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error { return errors.Join(process.Process.Kill(), ignoreExit(process.Wait())) }
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for range 500 { // ten seconds
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return address, stop, conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return "", nil, errors.Join(errors.New("PgBouncer does not answer"), stop())
}

func findPooler() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoPooler
}

// ignoreExit forgets how a process ended that was killed.
func ignoreExit(err error) error {
	if errors.As(err, new(*exec.ExitError)) {
		return nil
	}
	return err
}
