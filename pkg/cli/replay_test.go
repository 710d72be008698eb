package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// replayDir finds a stand-in for GitHub that replays a real history: LIVEDORA_REPLAY, or beside the repository.
func replayDir(t *testing.T) (string, error) {
	t.Helper()
	if dir := os.Getenv("LIVEDORA_REPLAY"); dir != "" {
		return dir, nil
	}
	shared, err := filepath.Abs("../../../shared/replay")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(shared); err != nil {
		return "", errors.New("no replay of GitHub beside the repository")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(shared)); err != nil {
		return "", err
	}
	install := exec.Command("npm", "ci", "--omit=dev")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return dir, nil
}

func TestARealHistoryGivesTheNumbersThatGitGives(t *testing.T) {
	if testing.Short() {
		t.Skip("the replay takes seconds to start")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the replay of GitHub cannot run")
	}
	dir, err := replayDir(t)
	if err != nil {
		t.Skip("the replay of GitHub cannot run: ", err)
	}
	const data = "data/immunisation-fhir-api"
	text, err := os.ReadFile(filepath.Join(dir, data, "expected.json"))
	require.NoError(t, err)
	var expected map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &expected))

	command := exec.Command(node, "server.mjs", "--data", data, "--token", token, "--now", time.Now().UTC().Format(time.RFC3339), "--speed", "0")
	command.Dir, command.Stderr = dir, os.Stderr
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	var server struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &server))

	const repository = "NHSDigital/immunisation-fhir-api"
	service := func(environment string) map[string]any {
		return map[string]any{"name": environment, "deployments": []any{map[string]any{"source": "github", "repository": repository, "environment": "^" + environment + "$"}}}
	}
	file := write(t, map[string]any{
		"sources":  []any{map[string]any{"id": "github", "type": "github", "url": server.URL, "repositories": []string{repository}}},
		"services": []any{service("prod"), service("internal-dev")}, "collect": map[string]any{"backfill": "5200d"},
		"store": map[string]any{"path": filepath.Join(t.TempDir(), "dora.db")},
	}, token)
	code, _, log := run(t, file, "collect --settings FILE --once")
	require.Zero(t, code, log)
	for _, environment := range []string{"prod", "internal-dev"} {
		var truth struct{ DeploymentsPerMonth map[string]int }
		require.NoError(t, json.Unmarshal(expected[environment], &truth))
		require.NotEmpty(t, truth.DeploymentsPerMonth)
		code, out, log := run(t, file, "report --settings FILE --metric deployment_frequency --bucket month --service "+environment+" --format json")
		require.Zero(t, code, log)
		var report struct {
			Series []struct {
				Points []struct {
					Start time.Time
					Value *float64
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(out), &report))
		require.Len(t, report.Series, 1)
		measured := map[string]int{}
		for _, p := range report.Series[0].Points {
			if p.Value != nil && *p.Value > 0 {
				measured[p.Start.Format("2006-01")] = int(*p.Value)
			}
		}
		assert.Equal(t, truth.DeploymentsPerMonth, measured, environment)
	}
}
