package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/cli"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/world"
)

const token = "a-token-that-stays-secret"

// run carries out a command line, with the settings file put in where it says FILE.
func run(t *testing.T, file, line string) (code int, out, log string) {
	t.Helper()
	return runArgs(t, file, strings.Fields(line))
}

// runArgs is run for words that may have spaces in them.
func runArgs(t *testing.T, file string, words []string) (code int, out, log string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	var args []string
	for _, word := range words {
		args = append(args, strings.ReplaceAll(word, "FILE", file))
	}
	code = cli.Run(t.Context(), args, &stdout, &stderr)
	assert.NotContains(t, stdout.String()+stderr.String(), token)
	return code, stdout.String(), stderr.String()
}

// write makes a provisioning file. JSON is YAML.
func write(t *testing.T, jsonData map[string]any, token string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"apiVersion": 1, "datasources": []any{map[string]any{
		"name": "DORA", "type": "livedora-dora-datasource", "uid": "dora", "jsonData": jsonData,
		"secureJsonData": map[string]any{"sources.github.token": token},
	}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "dora.yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func sourceAt(url string, repositories ...string) []any {
	return []any{map[string]any{"id": "github", "type": "github", "url": url, "repositories": repositories, "incidents": map[string]any{"labels": []string{"incident"}}}}
}

// tiny is a file whose store holds the tiny organisation; its source is never asked.
func tiny(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	return write(t, map[string]any{
		"sources": sourceAt("https://github.invalid", "example-health/*"), "services": json.RawMessage(datasettest.Services), "store": map[string]any{"path": path},
	}, token)
}

// invented is a GitHub with an invented organisation, and settings that read some of it into a store.
func invented(t *testing.T) (url string, settings func(token string, repositories ...string) string) {
	t.Helper()
	server := httptest.NewServer(world.New(world.Options{Seed: 5, Months: 2}).Handler(token))
	t.Cleanup(server.Close)
	store := filepath.Join(t.TempDir(), "dora.db")
	return server.URL, func(token string, repositories ...string) string {
		return write(t, map[string]any{"sources": sourceAt(server.URL, repositories...), "store": map[string]any{"path": store}}, token)
	}
}

// lines are the JSON objects of an output that has one a line.
func lines(t *testing.T, out string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(out) {
		var object map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &object), fmt.Sprintf("%q", line))
		all = append(all, object)
	}
	return all
}
