package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

// collector is the built program that collects as a service.
type collector struct {
	*testing.T
	program *exec.Cmd
	records *bufio.Scanner
	address string
}

// collecting starts it, and reads its log until it says where it answers.
func collecting(t *testing.T, settings string, more ...string) *collector {
	t.Helper()
	c := &collector{T: t, program: exec.Command(program, append([]string{"collect", "--settings", settings, "--listen", "127.0.0.1:0", "--log", "json"}, more...)...)}
	log, err := c.program.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.program.Start())
	t.Cleanup(func() { _ = c.program.Process.Kill() })
	c.records = bufio.NewScanner(log)
	c.address = "http://" + c.until("answering")["address"].(string)
	return c
}

// until reads the log up to a record. Every line of it is one, and none has the token.
func (c *collector) until(message string) map[string]any {
	c.Helper()
	for c.records.Scan() {
		assert.NotContains(c, c.records.Text(), token)
		var record map[string]any
		require.NoError(c, json.Unmarshal(c.records.Bytes(), &record), c.records.Text())
		if record["msg"] == message {
			return record
		}
	}
	require.Fail(c, "the log ended before it said "+message)
	return nil
}

func (c *collector) asked(path string) (int, string) {
	c.Helper()
	response, err := http.Get(c.address + path)
	require.NoError(c, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(c, err)
	return response.StatusCode, string(text)
}

// A first reading is told to end while GitHub takes its time over an answer. It ends, and the next start goes on from there to
// what a reading that nobody disturbed comes to.
func TestACollectorThatIsToldToEndEndsAndLosesNothing(t *testing.T) {
	invented := world.New(world.Options{Seed: 8, Months: 2, Others: 4, Now: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)}).Handler(token)
	var held atomic.Int64 // the request that is not answered; none where 0
	asked, answered := make(chan struct{}), make(chan struct{})
	var requests atomic.Int64
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == held.Load() {
			close(asked)
			<-answered
		}
		invented.ServeHTTP(w, r)
	}))
	t.Cleanup(github.Close)

	undisturbed := provisioned(t, github.URL, filepath.Join(t.TempDir(), "undisturbed.db"))
	command(t, "collect", "--settings", undisturbed, "--once")
	wanted := command(t, "facts", "--settings", undisturbed)

	settings := provisioned(t, github.URL, filepath.Join(t.TempDir(), "disturbed.db"))
	secret := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(secret, []byte(token+"\n"), 0o600))
	text, err := os.ReadFile(settings)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(settings, []byte(strings.Replace(string(text), token, "$__file{"+secret+"}", 1)), 0o600))

	held.Store(requests.Load() + (requests.Load()+1)/2)
	c := collecting(t, settings)
	<-asked
	status, said := c.asked("/healthz")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "alive\n", said)
	status, said = c.asked("/readyz")
	assert.Equal(t, http.StatusOK, status, said)
	assert.Equal(t, "ready\ngithub: collecting\n", said)
	_, said = c.asked("/metrics")
	assert.Contains(t, said, `livedora_source_requests_total{data_source="1/dora",outcome="ok",source="github"}`)
	assert.Contains(t, said, "process_resident_memory_bytes")
	assert.NotContains(t, said, token)

	require.NoError(t, c.program.Process.Signal(syscall.SIGTERM))
	c.until("The run was interrupted")
	c.until("ended")
	require.NoError(t, c.program.Wait(), "it was told to, and so that is no failure")
	close(answered)

	command(t, "collect", "--settings", settings, "--once")
	assert.Equal(t, wanted, command(t, "facts", "--settings", settings))
}

// Where nothing can be kept, it says that it is not ready; a source that fails is no reason to start it again.
func TestACollectorIsReadyWhereItCanKeepWhatItReads(t *testing.T) {
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message": "Bad credentials"}`, http.StatusUnauthorized)
	}))
	t.Cleanup(github.Close)
	store := filepath.Join(t.TempDir(), "dora.db")
	c := collecting(t, provisioned(t, github.URL, store))
	c.until("The source could not be read completely")
	require.Eventually(t, func() bool {
		status, said := c.asked("/readyz")
		return status == http.StatusOK && said == "ready\ngithub: failing\n"
	}, patience, glance)
	require.NoError(t, os.Remove(store))
	require.Eventually(t, func() bool {
		status, said := c.asked("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(said, "not ready: ") && strings.Contains(said, "removed or replaced")
	}, patience, glance)
	status, _ := c.asked("/healthz")
	assert.Equal(t, http.StatusOK, status)
}
