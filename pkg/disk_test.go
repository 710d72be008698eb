package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

// A file that may not grow stands in for a disk that is full. What was read until then stays, the sentence says what to
// do, and once there is room the next run has everything.
func TestABackfillOnADiskThatFillsUpSaysSoAndGoesOnWhenThereIsRoom(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("limits a process's files as Linux does")
	}
	github := countedGitHub(t, world.Options{Seed: 8, Months: 3, Others: 8, Now: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)})
	roomy := provisioned(t, github.url, filepath.Join(t.TempDir(), "roomy.db"))
	command(t, "collect", "--settings", roomy, "--once")
	want := command(t, "facts", "--settings", roomy)

	store := filepath.Join(t.TempDir(), "full.db")
	file := provisioned(t, github.url, store)
	var log bytes.Buffer
	const limit = 600 // blocks of 512 or 1024 bytes, by the shell
	full := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -f %d && exec "$0" collect --settings "$1" --once`, limit), program, file)
	full.Stderr = &log
	require.Error(t, full.Run())
	assert.Equal(t, 1, full.ProcessState.ExitCode(), log.String())
	assert.Contains(t, log.String(), "what was read cannot be stored")
	assert.Contains(t, log.String(), "store.path "+store)
	assert.True(t, strings.Contains(log.String(), "make room") || strings.Contains(log.String(), "check the disk"), log.String())

	before := command(t, "facts", "--settings", file)
	assert.Less(t, len(before), len(want))
	command(t, "collect", "--settings", file, "--once")
	require.True(t, want == command(t, "facts", "--settings", file), "the facts differ from those of a disk with room")
}

func TestHealthSaysThatAFullDiskKeepsNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("limits a process's files as Linux does")
	}
	path := filepath.Join(t.TempDir(), "full.db")
	p := startWith(t, exec.Command("sh", "-c", `ulimit -f 300 && exec "$0"`, program), io.Discard)
	ci := of(1, source("ci", fmt.Sprintf(`{"sources":[{"id":"ci","type":"webhook"}],"store":{"path":%q}}`, path), 1))
	require.Eventually(t, func() bool {
		var events []string
		for i := range 500 {
			events = append(events, fmt.Sprintf(`{"id":"%d","repository":"a/b","environment":"production","sha":"%040x","status":"success","at":"2026-01-20T10:01:00Z","creator":"%0200d"}`, i, i, i))
		}
		status, _, err := p.call(ci, "POST", "v1/deployments?source=ci", http.Header{"Content-Type": {"application/json"}}, []byte("["+strings.Join(events, ",")+"]"))
		require.NoError(t, err)
		return status == http.StatusInternalServerError
	}, patience, glance)
	status, says := p.health(ci)
	assert.Equal(t, backend.HealthStatusError, status)
	assert.Contains(t, says, "The store cannot be written, and nothing that comes in is kept. store.path "+path)
}

// Whatever lies at store.path: what cannot be used is told with the file's name and what to do, and is left as it was.
func TestAStoreThatCannotBeUsedIsToldAndLeftAsItIs(t *testing.T) {
	github := countedGitHub(t, world.Options{Seed: 8, Months: 1, Now: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)})
	good := filepath.Join(t.TempDir(), "good.db")
	command(t, "collect", "--settings", provisioned(t, github.url, good), "--once")
	content, err := os.ReadFile(good)
	require.NoError(t, err)
	torn := bytes.Clone(content)
	for at := 8192; at < len(torn); at += 512 {
		copy(torn[at:], "damaged")
	}
	newer := bytes.Clone(content)
	newer[63] = 99 // the last byte of user_version, in SQLite's header
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"damaged pages":   {torn, "is damaged: restore it from a backup, or remove it"},
		"another format":  {[]byte(strings.Repeat("no database\n", 1000)), "is not a Live DORA store: name a file that does not exist yet"},
		"a newer version": {newer, "newer version"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dora.db")
			require.NoError(t, os.WriteFile(path, c.content, 0o600))
			var log bytes.Buffer
			run := exec.Command(program, "facts", "--settings", provisioned(t, github.url, path))
			run.Stderr = &log
			require.Error(t, run.Run())
			assert.Equal(t, 1, run.ProcessState.ExitCode())
			assert.Contains(t, log.String(), c.says)
			assert.Contains(t, log.String(), path)
			assert.NotContains(t, log.String(), "goroutine")
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(c.content, after), "the file is left as it was")
		})
	}
}
