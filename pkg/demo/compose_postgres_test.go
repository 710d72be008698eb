package demo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// shared is docker-compose.postgres.yaml.
type shared struct {
	Services map[string]struct {
		Profiles    []string          `yaml:"profiles"`
		Image       string            `yaml:"image"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
		Volumes     []any             `yaml:"volumes"`
		Secrets     []string          `yaml:"secrets"`
		DependsOn   map[string]struct {
			Condition string `yaml:"condition"`
		} `yaml:"depends_on"`
		Healthcheck struct {
			Test []string `yaml:"test"`
		} `yaml:"healthcheck"`
	} `yaml:"services"`
	Volumes map[string]any `yaml:"volumes"`
	Secrets map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

func TestTheContainersOnPostgreSQLFitTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(root, "docker-compose.postgres.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file shared
	require.NoError(t, yaml.Unmarshal(text, &file))
	with := map[string][]string{}
	pinned := regexp.MustCompile(`^[\w./-]+:\d+\.\d+(\.\d+)?$`)
	volumes := map[string]string{} // whose they are
	for name, service := range file.Services {
		for _, profile := range service.Profiles {
			with[profile] = append(with[profile], name)
		}
		assert.Regexp(t, pinned, byDefault(service.Image), name)
		assert.NotEmpty(t, service.Healthcheck.Test, "%s: others, and up --wait, wait for it", name)
		for other, wanted := range service.DependsOn {
			assert.Equal(t, "service_healthy", wanted.Condition, name)
			for _, profile := range service.Profiles {
				assert.Contains(t, file.Services[other].Profiles, profile, "%s needs %s", name, other)
			}
		}
		for _, port := range service.Ports {
			assert.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s: for this machine only", name)
		}
		for _, secret := range service.Secrets {
			require.Contains(t, file.Secrets, secret, name)
			assert.FileExists(t, filepath.Join(root, file.Secrets[secret].File))
		}
		for _, each := range service.Volumes {
			switch v := each.(type) {
			case string:
				volume, _, _ := strings.Cut(v, ":")
				assert.Contains(t, file.Volumes, volume)
				assert.Empty(t, volumes[volume], "%s has it too: what a Grafana keeps is its own", name)
				volumes[volume] = name
			case map[string]any:
				assert.Equal(t, true, v["read_only"], name)
				if from := byDefault(v["source"].(string)); from != "./dist" { // which is built
					assert.DirExists(t, filepath.Join(root, from))
				}
			}
		}
	}
	assert.Len(t, volumes, len(file.Volumes))
	assert.ElementsMatch(t, []string{"database", "grafana", "world"}, with["postgres"])
	assert.ElementsMatch(t, []string{"database", "grafana", "other", "world"}, with["ha"])
	one, other := file.Services["grafana"], file.Services["other"]
	assert.Equal(t, one.Environment, other.Environment, "two Grafanas, one configuration")
	assert.NotEqual(t, byDefault(one.Ports[0]), byDefault(other.Ports[0]))

	// The data source leads to the database, by the password that the database has.
	t.Run("data source", func(t *testing.T) {
		source, err := os.ReadFile(filepath.Join(root, "deploy", "compose", "datasources", "livedora.yaml"))
		require.NoError(t, err)
		password := filepath.Join(root, file.Secrets["database_password"].File)
		here := strings.ReplaceAll(string(source), "/run/secrets/database_password", filepath.ToSlash(password))
		here = strings.ReplaceAll(strings.ReplaceAll(here, "$LIVEDORA_GITHUB_URL", "http://world:8080"), "$LIVEDORA_GITHUB_TOKEN", "demo")
		at := filepath.Join(t.TempDir(), "livedora.yaml")
		require.NoError(t, os.WriteFile(at, []byte(here), 0o600))
		read, err := settings.ReadFile(systems.All, at, "")
		require.NoError(t, err)
		database := file.Services["database"].Environment
		store := read.Settings.Store
		assert.Equal(t, settings.StorePostgres, store.Type)
		assert.Equal(t, "database:5432", store.Address)
		assert.Equal(t, database["POSTGRES_DB"], store.Database)
		assert.Equal(t, database["POSTGRES_USER"], store.User)
		assert.Equal(t, "/run/secrets/database_password", database["POSTGRES_PASSWORD_FILE"])
		assert.Equal(t, "only-to-try-it", strings.TrimSpace(store.Password))
	})

	if docker, err := exec.LookPath("docker"); err == nil && exec.CommandContext(t.Context(), docker, "compose", "version").Run() == nil {
		for profile := range with {
			output, err := exec.CommandContext(t.Context(), docker, "compose", "--file", path, "--profile", profile, "config", "--quiet").CombinedOutput()
			assert.NoError(t, err, "%s", output)
		}
	}
}
