package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/cli"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// What is deployed calls the program by words that it knows.
func TestWhatIsDeployedCallsTheCommandAsItIs(t *testing.T) {
	var out, help bytes.Buffer
	require.Zero(t, cli.Run(t.Context(), []string{"collect", "--help"}, &out, &help))
	unit, err := os.ReadFile("../../deploy/systemd/livedora-collector.service")
	require.NoError(t, err)
	image, err := os.ReadFile("../../deploy/images/collector.Dockerfile")
	require.NoError(t, err)
	var inImage []string
	require.NoError(t, json.Unmarshal(regexp.MustCompile(`(?m)^CMD (.+)$`).FindSubmatch(image)[1], &inImage))
	asUnit := strings.Fields(string(regexp.MustCompile(`(?m)^ExecStart=\S+ (.+)$`).FindSubmatch(unit)[1]))
	for _, words := range [][]string{asUnit, inImage} {
		assert.Equal(t, "collect", words[0])
		for _, word := range words[1:] {
			if option, is := strings.CutPrefix(word, "--"); is {
				assert.Regexp(t, `(?m)^  -`+option+`( |$)`, help.String())
			}
		}
	}
}

// The settings that the values of charts show are read, with secrets from files.
func TestWhatTheChartsShowIsReadAsSettings(t *testing.T) {
	var ofGrafana struct {
		Datasources map[string]any `yaml:"datasources"`
	}
	var ofCollector struct {
		Settings any `yaml:"settings"`
	}
	for file, into := range map[string]any{"grafana-values.yaml": &ofGrafana, "example-values.yaml": &ofCollector} {
		text, err := os.ReadFile("../../deploy/kubernetes/" + file)
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, into))
	}
	for _, shown := range []any{ofGrafana.Datasources["livedora.yaml"], ofCollector.Settings} {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, "github-token"), []byte(token), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "database-password"), []byte(token), 0o600))
		text, err := yaml.Marshal(shown)
		require.NoError(t, err)
		file := filepath.Join(folder, "datasource.yaml")
		require.NoError(t, os.WriteFile(file, bytes.ReplaceAll(text, []byte("/etc/livedora/secrets"), []byte(folder)), 0o600))
		read, err := settings.ReadFile(systems.All, file, "")
		require.NoError(t, err)
		assert.Equal(t, "livedora", read.UID, "by which the rules name it")
		assert.Equal(t, settings.StorePostgres, read.Settings.Store.Type)
		assert.Equal(t, token, read.Settings.Store.Password)
		assert.Len(t, read.Settings.Services, 1)
	}
}
