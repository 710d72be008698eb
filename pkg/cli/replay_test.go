package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
)

func TestMain(m *testing.M) {
	code := m.Run()
	replayserver.CleanUp()
	os.Exit(code)
}

func TestARealHistoryGivesTheNumbersThatGitGives(t *testing.T) {
	dir := replayserver.Directory(t)
	const data = "data/immunisation-fhir-api"
	text, err := os.ReadFile(filepath.Join(dir, data, "expected.json"))
	require.NoError(t, err)
	var expected map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &expected))

	server := replayserver.Start(t, token, "--data", data, "--now", time.Now().UTC().Format(time.RFC3339))
	t.Cleanup(server.End)

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
