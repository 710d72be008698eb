package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/livedora/dora-datasource/pkg/store/postgres"
)

// ErrNoCluster says that this machine has no Patroni or etcd, and what to do.
var ErrNoCluster = errors.New("Patroni and etcd are needed: on Debian or Ubuntu, run as root: apt-get install --no-install-recommends patroni etcd-server python3-psycopg2 python3-etcd") //nolint:staticcheck // it begins with a name

// Cluster is some servers of which Patroni has one be the primary and the others follow it; etcd keeps which one. A commit
// is acknowledged once a replica has it too.
type Cluster struct {
	Members []*Member

	folder  string
	account *syscall.Credential
	etcd    *exec.Cmd
	client  string // etcd's address
}

// Member is a server of a cluster, with its Patroni.
type Member struct {
	Name string
	Port int

	api     int
	folder  string
	config  string
	account *syscall.Credential
	patroni *exec.Cmd
}

// lockLasts is how long, in seconds, a primary whose machine is gone is waited for.
const lockLasts = 20

// StartCluster starts a cluster of a number of servers. Stop ends it.
func StartCluster(ctx context.Context, members int) (*Cluster, error) {
	programs, err := Find()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"patroni", "etcd"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, ErrNoCluster
		}
	}
	c := &Cluster{}
	if c.account, err = account(); err != nil {
		return nil, err
	}
	if c.folder, err = folder(c.account); err != nil {
		return nil, err
	}
	if err := c.start(ctx, programs, members); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, programs string, members int) error {
	if err := c.startEtcd(ctx); err != nil {
		return err
	}
	for i := range members {
		m, err := c.member(programs, fmt.Sprintf("member%d", i+1))
		if err != nil {
			return err
		}
		c.Members = append(c.Members, m)
		if err := m.Run(ctx); err != nil {
			return err
		}
		if i == 0 { // who is first makes the database
			if _, err := c.Primary(ctx); err != nil {
				return err
			}
		}
	}
	return c.Whole(ctx)
}

func (c *Cluster) startEtcd(ctx context.Context) error {
	client, err := freePort()
	if err != nil {
		return err
	}
	peer, err := freePort()
	if err != nil {
		return err
	}
	c.client = fmt.Sprintf("127.0.0.1:%d", client)
	clients, peers := "http://"+c.client, fmt.Sprintf("http://127.0.0.1:%d", peer)
	c.etcd = as(context.WithoutCancel(ctx), c.account, c.folder, "etcd", "--name", "one", "--data-dir", filepath.Join(c.folder, "etcd"),
		"--listen-client-urls", clients, "--advertise-client-urls", clients, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
		"--initial-cluster", "one="+peers, "--log-level", "error")
	if err := c.etcd.Start(); err != nil {
		return err
	}
	return until(ctx, "etcd does not answer", func() bool {
		answer, err := http.Get(clients + "/health") //nolint:noctx // of this machine
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// member describes a server to Patroni. A database that fails is not waited for: another takes its place.
func (c *Cluster) member(programs, name string) (*Member, error) {
	m := &Member{Name: name, folder: filepath.Join(c.folder, name), account: c.account}
	var err error
	if m.Port, err = freePort(); err != nil {
		return nil, err
	}
	if m.api, err = freePort(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(m.folder, 0o700); err != nil {
		return nil, err
	}
	if c.account != nil {
		if err := os.Chown(m.folder, int(c.account.Uid), int(c.account.Gid)); err != nil {
			return nil, err
		}
	}
	m.config = filepath.Join(c.folder, name+".yml")
	text := fmt.Sprintf(`scope: livedora
name: %[1]s
restapi: {listen: "127.0.0.1:%[2]d", connect_address: "127.0.0.1:%[2]d"}
etcd3: {host: "%[3]s"}
bootstrap:
  dcs:
    ttl: %[7]d
    loop_wait: 1
    retry_timeout: 5
    master_start_timeout: 0
    maximum_lag_on_failover: 1048576
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {wal_log_hints: "on", max_connections: 200, wal_keep_size: 1GB}
  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, {auth: trust}, no-sync]
postgresql:
  listen: "127.0.0.1:%[4]d"
  connect_address: "127.0.0.1:%[4]d"
  data_dir: %[5]s/data
  bin_dir: %[6]s
  pgpass: %[5]s/pgpass
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
  authentication: {superuser: {username: postgres}, replication: {username: replicator}, rewind: {username: postgres}}
  parameters: {unix_socket_directories: "%[5]s"}
`, m.Name, m.api, c.client, m.Port, m.folder, programs, lockLasts)
	return m, os.WriteFile(m.config, []byte(text), 0o644) //nolint:gosec // another user reads it, and nothing in it is secret
}

// Run starts a member, which was never started or was killed.
func (m *Member) Run(ctx context.Context) error {
	log, err := os.OpenFile(m.folder+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has it too
	m.patroni = as(context.WithoutCancel(ctx), m.account, m.folder, "patroni", m.config)
	m.patroni.Stdout, m.patroni.Stderr = log, log
	return m.patroni.Start()
}

// pid is that of the member's PostgreSQL; 0 where none runs.
func (m *Member) pid() int {
	text, err := os.ReadFile(filepath.Join(m.folder, "data", "postmaster.pid"))
	first, _, _ := strings.Cut(string(text), "\n")
	pid, wrong := strconv.Atoi(first)
	if err != nil || wrong != nil {
		return 0
	}
	return pid
}

// KillDatabase kills the member's PostgreSQL. Patroni sees it at once.
func (m *Member) KillDatabase() error {
	if pid := m.pid(); pid != 0 {
		return killAll(pid)
	}
	return nil
}

// KillMachine kills all of the member, as a failure of its machine would: what it held in etcd has to run out.
func (m *Member) KillMachine() error {
	if m.patroni == nil {
		return nil
	}
	err := m.patroni.Process.Kill()
	_ = m.patroni.Wait() // it was killed: that is no news
	m.patroni = nil
	return errors.Join(err, ignoreGone(m.KillDatabase()))
}

func ignoreGone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// Primary waits until one can be written, and gives it.
func (c *Cluster) Primary(ctx context.Context) (primary *Member, err error) {
	err = until(ctx, "the cluster has no primary", func() bool {
		for _, m := range c.Members {
			if m.is(ctx, `SELECT NOT pg_is_in_recovery()`) {
				primary = m
			}
		}
		return primary != nil
	})
	return primary, err
}

// Whole waits until every member that runs follows or leads, and one is waited for before a commit is acknowledged.
func (c *Cluster) Whole(ctx context.Context) error {
	return until(ctx, "the cluster does not come together", func() bool {
		running := 0
		for _, m := range c.Members {
			if m.patroni != nil {
				running++
			}
		}
		primary, err := c.Primary(ctx)
		return err == nil && (running < 2 || c.waitedFor() && primary.is(ctx, fmt.Sprintf(
			`SELECT count(*) = %d FROM pg_stat_replication WHERE state = 'streaming' AND application_name LIKE 'member%%'`, running-1)))
	})
}

// waitedFor says that a replica may take the primary's place, as it has all that was acknowledged.
func (c *Cluster) waitedFor() bool {
	for _, m := range c.Members {
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/sync", m.api)) //nolint:noctx // of this machine
		if err != nil {
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return true
		}
	}
	return false
}

func (m *Member) is(ctx context.Context, question string) (yes bool) {
	conn, err := pgx.Connect(ctx, fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable connect_timeout=5", m.Port))
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close(ctx) }() // it only asked
	err = conn.QueryRow(ctx, question).Scan(&yes)
	return err == nil && yes
}

// Database makes an empty database, and says how to log in to it.
func (c *Cluster) Database(ctx context.Context, name string) (postgres.Database, error) {
	d := postgres.Database{Name: name, User: "postgres", TLS: postgres.TLSDisable, Address: c.Address()}
	primary, err := c.Primary(ctx)
	if err != nil {
		return d, err
	}
	return d, (&Server{Port: primary.Port}).Exec(ctx, "postgres", "CREATE DATABASE "+name)
}

// Address is that of all members.
func (c *Cluster) Address() string {
	var all []string
	for _, m := range c.Members {
		all = append(all, net.JoinHostPort("127.0.0.1", strconv.Itoa(m.Port)))
	}
	return strings.Join(all, ",")
}

// Stop ends all and removes its folder.
func (c *Cluster) Stop() error {
	var errs []error
	for _, m := range c.Members {
		errs = append(errs, m.KillMachine())
	}
	if c.etcd != nil && c.etcd.Process != nil {
		errs = append(errs, c.etcd.Process.Kill(), ignoreExit(c.etcd.Wait()))
	}
	return errors.Join(append(errs, os.RemoveAll(c.folder))...)
}

// Logs are what Patroni wrote of each member.
func (c *Cluster) Logs() string {
	var all strings.Builder
	for _, m := range c.Members {
		text, _ := os.ReadFile(m.folder + ".log") //nolint:errcheck // there may be none
		fmt.Fprintf(&all, "%s:\n%s\n", m.Name, text)
	}
	return all.String()
}

// until waits for something, for three minutes.
func until(ctx context.Context, otherwise string, holds func() bool) error {
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); {
		if holds() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New(otherwise)
}

// ClusterForTest starts a cluster that ends with a test.
func ClusterForTest(t *testing.T, members int) *Cluster {
	t.Helper()
	c, err := StartCluster(t.Context(), members)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Logs())
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}
