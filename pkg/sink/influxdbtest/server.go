// Package influxdbtest starts servers of InfluxDB 1 for tests and for measuring: each on a free port of this machine, with its
// data in a folder of its own. It knows nothing else of this module.
package influxdbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// ErrMissing says that this machine has no InfluxDB, and what to do.
var ErrMissing = errors.New("InfluxDB 1 is needed: on Debian or Ubuntu, run as root: apt-get install influxdb; or put its program influxd in the PATH") //nolint:staticcheck // it begins with a name

// The administrator of a server that asks for a log-in.
const (
	Administrator = "root"
	Password      = "correct horse battery staple"
)

// Options are what a server is configured with.
type Options struct {
	// Auth has the server ask for a log-in; its administrator is Administrator.
	Auth bool
	// MaxSeries bounds the series of a database; 0: it does not.
	MaxSeries int
}

// Server is one server.
type Server struct {
	// URL is where its HTTP API is.
	URL string
	// Folder is where its data lie.
	Folder string

	options Options
	program string
	process *exec.Cmd
	ended   chan struct{}
	made    atomic.Int64
}

// Start starts a server. Stop ends it.
func Start(ctx context.Context, o Options) (*Server, error) {
	program, err := exec.LookPath("influxd")
	if err != nil {
		return nil, ErrMissing
	}
	s := &Server{options: o, program: program}
	if s.Folder, err = os.MkdirTemp("", "livedora-influxdb-"); err != nil {
		return nil, err
	}
	if err := s.configure(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.Folder))
	}
	if err := s.Run(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if o.Auth {
		if err := s.Exec(ctx, "", fmt.Sprintf("CREATE USER %s WITH PASSWORD '%s' WITH ALL PRIVILEGES", Administrator, Password)); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	return s, nil
}

func (s *Server) configure() error {
	api, err := freePort()
	if err != nil {
		return err
	}
	inner, err := freePort()
	if err != nil {
		return err
	}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", api)
	text := fmt.Sprintf(`reporting-disabled = true
bind-address = "127.0.0.1:%d"
[meta]
  dir = %q
[data]
  dir = %q
  wal-dir = %q
  max-series-per-database = %d
[coordinator]
[retention]
[shard-precreation]
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:%d"
  auth-enabled = %t
  log-enabled = false
[logging]
  level = "error"
`, inner, filepath.Join(s.Folder, "meta"), filepath.Join(s.Folder, "data"), filepath.Join(s.Folder, "wal"), s.options.MaxSeries, api, s.options.Auth)
	return os.WriteFile(s.config(), []byte(text), 0o600)
}

func (s *Server) config() string { return filepath.Join(s.Folder, "influxdb.conf") }

// Run starts the server's process, which was killed or not yet started, and waits until it answers.
func (s *Server) Run(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.Folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()                                                                   // the process has it too
	s.process = exec.CommandContext(context.WithoutCancel(ctx), s.program, "run", "-config", s.config()) //nolint:gosec // found by Start
	s.process.Stdout, s.process.Stderr, s.process.Dir = log, log, s.Folder
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.process.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func(process *exec.Cmd, ended chan struct{}) {
		_ = process.Wait() // how it ended is in its log
		close(ended)
	}(s.process, s.ended)
	for until := time.Now().Add(time.Minute); ; {
		answer, err := http.Get(s.URL + "/ping") //nolint:noctx // of this machine
		if err == nil {
			return answer.Body.Close()
		}
		select {
		case <-s.ended:
			text, _ := os.ReadFile(filepath.Join(s.Folder, "log")) //nolint:errcheck // the error is told in any case
			return fmt.Errorf("InfluxDB ended at once: %s", text)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(until) {
			return fmt.Errorf("InfluxDB does not answer: %w", err)
		}
	}
}

// Kill ends the server as a failure of its machine would.
func (s *Server) Kill() error {
	select {
	case <-s.ended:
		return nil
	default:
	}
	err := s.process.Process.Kill()
	<-s.ended
	return err
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	var err error
	if s.process != nil && s.ended != nil {
		err = s.Kill()
	}
	return errors.Join(err, os.RemoveAll(s.Folder))
}

// Database makes an empty database and gives its name.
func (s *Server) Database(ctx context.Context) (string, error) {
	name := fmt.Sprintf("delivery_%d", s.made.Add(1))
	return name, s.Exec(ctx, "", "CREATE DATABASE "+name)
}

// Exec carries out statements.
func (s *Server) Exec(ctx context.Context, database, statements string) error {
	_, err := s.Query(ctx, database, statements)
	return err
}

// Series is one of an answer. Times are in seconds.
type Series struct {
	Name    string
	Tags    map[string]string
	Columns []string
	Values  [][]any
}

// Query gives the series that statements answer, as the administrator sees them.
func (s *Server) Query(ctx context.Context, database, statements string) (all []Series, err error) {
	form := url.Values{"db": {database}, "q": {statements}, "epoch": {"s"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/query?"+form.Encode(), nil)
	if err != nil {
		return nil, err
	}
	if s.options.Auth {
		request.SetBasicAuth(Administrator, Password)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var read struct {
		Results []struct {
			Series []Series
			Error  string
		}
		Error string
	}
	if err := json.Unmarshal(body, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", body, err)
	}
	if read.Error != "" {
		return nil, errors.New(read.Error)
	}
	for _, result := range read.Results {
		if result.Error != "" {
			return nil, errors.New(result.Error)
		}
		all = append(all, result.Series...)
	}
	return all, nil
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
func ForTest(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
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
