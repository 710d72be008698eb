// Package postgrestest starts servers of PostgreSQL for tests and for measuring: each on a free port of this machine, in a
// folder of its own. It knows the store of PostgreSQL, and nothing else of this module.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedora/dora-datasource/pkg/store/postgres"
)

// ErrMissing says that this machine has no PostgreSQL, and what to do.
var ErrMissing = errors.New("PostgreSQL is needed: on Debian or Ubuntu, run as root: apt-get install postgresql; or put its programs initdb and postgres in the PATH")

// Server is one server. Its user postgres may do everything and needs no password; one who is called guarded needs one.
type Server struct {
	// Port is where it listens, on 127.0.0.1.
	Port int
	// Folder is where its data lie.
	Folder string

	programs string
	account  *syscall.Credential
	process  *exec.Cmd
	ended    chan struct{}
	made     atomic.Int64
}

// Find is where PostgreSQL's programs lie: the newest there is.
func Find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(real), "postgres")); err == nil {
				return filepath.Dir(real), nil
			}
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // where Debian has it
	if err != nil || len(found) == 0 {
		return "", ErrMissing
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // one without a number is the oldest
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// Start starts a server with settings of postgresql.conf, such as "max_connections=20". Stop ends it.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	programs, err := Find()
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs}
	if s.account, err = account(); err != nil {
		return nil, err
	}
	if s.Folder, err = folder(s.account); err != nil {
		return nil, err
	}
	made := s.command(ctx, "initdb", "--pgdata", s.data(), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	if out, err := made.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb failed: %w: %s", err, out), s.remove())
	}
	if s.Port, err = freePort(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	conf := append([]string{"listen_addresses='127.0.0.1'", "unix_socket_directories=''", "port=" + strconv.Itoa(s.Port), "autovacuum=off"}, settings...)
	if err := errors.Join(s.configure(conf), s.guard()); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	if err := s.Run(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// folder makes one that is an account's.
func folder(account *syscall.Credential) (string, error) {
	path, err := os.MkdirTemp("", "livedora-postgres-")
	if err == nil && account != nil {
		err = os.Chown(path, int(account.Uid), int(account.Gid))
	}
	return path, err
}

func (s *Server) data() string { return filepath.Join(s.Folder, "data") }

// configure adds to postgresql.conf.
func (s *Server) configure(lines []string) (err error) {
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	return err
}

// guard has the role guarded need its password.
func (s *Server) guard() error {
	path := filepath.Join(s.data(), "pg_hba.conf")
	rules, err := os.ReadFile(path) //nolint:gosec // its own
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte("host all guarded 127.0.0.1/32 scram-sha-256\n"), rules...), 0o600)
}

// Run starts the server's process, which was ended or killed, and waits until it answers.
func (s *Server) Run(ctx context.Context) error {
	_ = os.Remove(filepath.Join(s.data(), "postmaster.pid")) // of one that was killed
	log, err := os.OpenFile(filepath.Join(s.Folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has it too
	s.process = s.command(context.WithoutCancel(ctx), "postgres", "-D", s.data())
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func(process *exec.Cmd, ended chan struct{}) {
		_ = process.Wait() // how it ended is in its log
		close(ended)
	}(s.process, s.ended)
	const patience = time.Minute
	for until := time.Now().Add(patience); ; {
		conn, err := s.connect(ctx, "postgres")
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.ended:
			text, _ := os.ReadFile(filepath.Join(s.Folder, "log")) //nolint:errcheck // the error is told in any case
			return fmt.Errorf("PostgreSQL ended at once: %s", text)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(until) {
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
	}
}

// Kill ends the server as a failure of its machine would: nothing is written to the end.
func (s *Server) Kill() error {
	err := killAll(s.process.Process.Pid)
	<-s.ended
	return err
}

// killAll kills a server and its children, which would go on with what they were at.
func killAll(pid int) error {
	children, _ := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output() //nolint:errcheck // there may be none
	err := syscall.Kill(pid, syscall.SIGKILL)
	for _, pid := range strings.Fields(string(children)) {
		n, wrong := strconv.Atoi(pid)
		for wrong == nil && syscall.Kill(n, syscall.SIGKILL) == nil { // until there is no such process
			time.Sleep(time.Millisecond)
		}
	}
	return err
}

// End ends the server in good order, whoever is connected.
func (s *Server) End() error {
	if s.process == nil {
		return nil
	}
	select {
	case <-s.ended:
		return nil
	default:
	}
	if err := s.process.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.ended
	return nil
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error { return errors.Join(s.End(), s.remove()) }

func (s *Server) remove() error { return os.RemoveAll(s.Folder) }

// Database makes an empty database, and says how to log in to it.
func (s *Server) Database(ctx context.Context) (postgres.Database, error) {
	name := fmt.Sprintf("livedora_%d", s.made.Add(1))
	err := s.Exec(ctx, "postgres", "CREATE DATABASE "+name)
	return postgres.Database{Address: s.Address(), Name: name, User: "postgres", TLS: postgres.TLSDisable}, err
}

// Address is host:port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Exec carries out statements in a database, as the user who may do everything.
func (s *Server) Exec(ctx context.Context, database string, statements ...string) error {
	conn, err := s.connect(ctx, database)
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err = conn.Exec(ctx, statement); err != nil {
			break
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

func (s *Server) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=%s sslmode=disable connect_timeout=5", s.Port, database))
}

// command is one of PostgreSQL's programs, which refuse to run as root.
func (s *Server) command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	return as(ctx, s.account, s.Folder, filepath.Join(s.programs, program), arguments...)
}

// as is a program that an account runs, in a folder.
func as(ctx context.Context, account *syscall.Credential, folder, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // found by Find and its like
	command.Dir = folder
	command.SysProcAttr = &syscall.SysProcAttr{Credential: account, Setpgid: true}
	return command
}

// account is whom the server runs as where we are root; nil: ourselves.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, err := strconv.ParseUint(found.Uid, 10, 32)
			gid, wrong := strconv.ParseUint(found.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err, wrong)
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it is of TCP
	return port, l.Close()
}

// ForTest starts a server that ends with a test.
func ForTest(t *testing.T, settings ...string) *Server {
	t.Helper()
	s, err := Start(t.Context(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}
