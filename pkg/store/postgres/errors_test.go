package postgres_test

import (
	"context"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
)

func TestEachWayNotToReachADatabaseIsASentence(t *testing.T) {
	require.NoError(t, server.Exec(t.Context(), "postgres", `DROP ROLE IF EXISTS guarded, nobody_much`, `CREATE ROLE guarded LOGIN PASSWORD 'right'`, `CREATE ROLE nobody_much LOGIN`))
	d := database(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	for name, c := range map[string]struct {
		alter func(*postgres.Database)
		says  string
	}{
		"nobody listens":          {func(d *postgres.Database) { d.Address = "127.0.0.1:1" }, "cannot be reached"},
		"it never answers":        {func(d *postgres.Database) { d.Address = silent.Addr().String() }, "cannot be reached"},
		"no such database":        {func(d *postgres.Database) { d.Name = "elsewhere" }, "has no database of the name in store.database"},
		"no such user":            {func(d *postgres.Database) { d.User = "nemo" }, "refuses the log-in of store.user"},
		"a wrong password":        {func(d *postgres.Database) { d.User, d.Password = "guarded", "hunter2" }, "refuses the password of store.user"},
		"no encryption there":     {func(d *postgres.Database) { d.TLS = postgres.TLSRequire }, "takes no encrypted connections"},
		"no encryption, verified": {func(d *postgres.Database) { d.TLS = postgres.TLSVerify }, "takes no encrypted connections"},
		"a certificate of nobody": {func(d *postgres.Database) { d.TLS, d.CA = postgres.TLSVerify, "hunter2" }, "store.caCertificate is no certificate"},
		"an address of nothing":   {func(d *postgres.Database) { d.Address = "postgres://db" }, "store.address"},
		"it may make no tables":   {func(d *postgres.Database) { d.User = "nobody_much" }, "does not let store.user do what it needs"},
	} {
		t.Run(name, func(t *testing.T) {
			altered := d
			c.alter(&altered)
			s, err := postgres.Open(t.Context(), altered, "team")
			require.Error(t, err)
			assert.Nil(t, s)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "user=", "the driver's words are nobody's")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestTheStatementsOfTheDocsWork(t *testing.T) {
	page, err := os.ReadFile("../../../docs/postgresql.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```sql\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 2, "to set up, and the least rights")
	statements := func(text string) (each []string) {
		for statement := range strings.SplitSeq(text, ";") {
			if statement = strings.TrimSpace(statement); statement != "" {
				each = append(each, statement)
			}
		}
		return each
	}
	own := postgrestest.ForTest(t)
	require.NoError(t, own.Exec(t.Context(), "postgres", append(statements(blocks[0][1]), `CREATE ROLE livedora_node LOGIN`)...))
	owner := postgres.Database{Address: own.Address(), Name: "livedora", User: "livedora", TLS: postgres.TLSDisable}
	open(t, owner, "made by its owner")

	node := owner
	node.User = "livedora_node"
	_, err = postgres.Open(t.Context(), node, "team")
	require.ErrorContains(t, err, "does not let store.user do what it needs")
	require.NoError(t, own.Exec(t.Context(), "livedora", statements(blocks[1][1])...))
	s := open(t, node, "team")
	_, err = s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P1", monday, "written")}})
	require.NoError(t, err)
}

func TestADatabaseThatCannotBeWrittenIsReadOn(t *testing.T) {
	own := postgrestest.ForTest(t)
	d, err := own.Database(t.Context())
	require.NoError(t, err)
	s, err := postgres.Open(t.Context(), d, "team", postgres.OwnedBy(1))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	apply := func(id string) error {
		_, err := s.Apply(context.Background(), store.Batch{Events: []dora.Event{incident(id, monday, "new")}})
		return err
	}
	count := func(s *postgres.Store) (n int) {
		for _, err := range s.Changes(context.Background(), 0) {
			require.NoError(t, err)
			n++
		}
		return n
	}
	require.NoError(t, apply("P1"))
	require.NoError(t, s.Failing())

	require.NoError(t, own.Exec(t.Context(), "postgres", `ALTER DATABASE `+d.Name+` SET default_transaction_read_only = on`,
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+d.Name+`'`))
	require.Eventually(t, func() bool { return strings.Contains(errorOf(apply("P2")), "cannot be written now") }, 10*time.Second, 10*time.Millisecond)
	assert.ErrorContains(t, s.Failing(), "cannot be written now")
	assert.Equal(t, 1, count(s))
	again, err := postgres.Open(t.Context(), d, "team", postgres.OwnedBy(1))
	require.NoError(t, err, "a replica can be opened")
	assert.Equal(t, 1, count(again))
	require.NoError(t, again.Close())

	require.NoError(t, own.Exec(t.Context(), "postgres", `ALTER DATABASE `+d.Name+` SET default_transaction_read_only = off`,
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+d.Name+`'`))
	require.Eventually(t, func() bool { return apply("P2") == nil }, 10*time.Second, 10*time.Millisecond, "it goes on by itself")
	require.NoError(t, s.Failing())

	require.NoError(t, own.End())
	require.Eventually(t, func() bool { return strings.Contains(errorOf(apply("P3")), "cannot be reached") }, 10*time.Second, 10*time.Millisecond)
	_, err = s.Cursor(t.Context(), "github")
	require.ErrorContains(t, err, "cannot be reached")
	require.NoError(t, own.Run(t.Context()))
	require.Eventually(t, func() bool { return apply("P3") == nil }, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, 3, count(s))
}

func TestOfSeveralServersTheOneThatCanBeWrittenIsUsed(t *testing.T) {
	first, second := postgrestest.ForTest(t), postgrestest.ForTest(t)
	d, err := first.Database(t.Context())
	require.NoError(t, err)
	same, err := second.Database(t.Context())
	require.NoError(t, err)
	require.Equal(t, d.Name, same.Name)
	allow := func(server *postgrestest.Server, readOnly string) {
		t.Helper()
		require.NoError(t, server.Exec(t.Context(), "postgres", `ALTER DATABASE `+d.Name+` SET default_transaction_read_only = `+readOnly))
	}
	allow(second, "on")
	d.Address = second.Address() + ", " + first.Address()
	s := open(t, d, "team")
	_, err = s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P1", monday, "at the first")}})
	require.NoError(t, err)
	direct := open(t, postgres.Database{Address: first.Address(), Name: d.Name, User: d.User, TLS: d.TLS}, "team")
	for change, err := range direct.Changes(t.Context(), 0) {
		require.NoError(t, err)
		require.Equal(t, "P1", change.Event.Head().ID)
	}

	allow(second, "off")
	made := open(t, postgres.Database{Address: second.Address(), Name: d.Name, User: d.User, TLS: d.TLS}, "team") // as replication would have
	require.NoError(t, first.End())
	require.Eventually(t, func() bool {
		_, err := s.Apply(context.Background(), store.Batch{Events: []dora.Event{incident("P2", monday, "at the second")}})
		return err == nil
	}, 20*time.Second, 10*time.Millisecond, "it goes on by itself")
	count := 0
	for change, err := range made.Changes(t.Context(), 0) {
		require.NoError(t, err)
		require.Equal(t, "P2", change.Event.Head().ID)
		count++
	}
	assert.Equal(t, 1, count)
}

func errorOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestADiskThatIsFullIsASentence(t *testing.T) {
	d := database(t)
	s := open(t, d, "team")
	// A row of the table cannot be written for want of room, as the server would say it.
	require.NoError(t, server.Exec(t.Context(), d.Name, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full'; END $$`,
		`CREATE TRIGGER full_disk BEFORE INSERT ON livedora_events EXECUTE FUNCTION full_disk()`))
	_, err := s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P1", monday, "new")}})
	require.ErrorContains(t, err, "has no room left on its disk")
	assert.Equal(t, err, s.Failing())
	_, err = s.Acquire(t.Context(), "github", "one", time.Minute)
	require.NoError(t, err)
	require.Error(t, s.Failing(), "a small success says nothing of room for events")
}
