package demo_test

import (
	"bytes"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/cli"
	"github.com/livedora/dora-datasource/pkg/world"
)

// within is where the invented organisation answers for a system, below the path that it is spoken under.
var within = map[string]string{"azuredevops": "/" + world.Organization}

// The examples that the documentation goes through are collected from the invented organisation, with nothing changed but
// where the systems are, and say of their services what was planned.
func TestTheExamplesMeasureWhatWasPlanned(t *testing.T) {
	w := world.New(world.Options{Seed: 3, Months: 6, Elsewhere: true, Now: time.Now().AddDate(0, 0, -1)})
	server := httptest.NewServer(w.Speak("example-token"))
	defer server.Close()
	address := map[string]string{}
	for _, each := range world.Speakers {
		address[each.Type] = server.URL + strings.TrimSuffix(each.Path, "/") + within[each.Type]
	}
	files, err := filepath.Glob(filepath.Join(root, "provisioning", "examples", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	truth, services := w.Truth(), map[string]world.Service{}
	for _, s := range w.Services() {
		services[s.Name] = s
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, variable := range regexp.MustCompile(`\$([A-Z][A-Z0-9_]+)`).FindAllSubmatch(text, -1) {
				t.Setenv(string(variable[1]), "example-token")
			}
			var provisioned map[string]any
			require.NoError(t, yaml.Unmarshal(text, &provisioned))
			settings := provisioned["datasources"].([]any)[0].(map[string]any)["jsonData"].(map[string]any)
			for _, each := range settings["sources"].([]any) {
				source := each.(map[string]any)
				kind := source["type"].(string)
				require.NotEmpty(t, address[kind], "the organisation does not speak %s", kind)
				source["url"] = address[kind]
			}
			settings["store"].(map[string]any)["path"] = filepath.Join(t.TempDir(), "live-dora.db")
			here := filepath.Join(t.TempDir(), "example.yaml")
			text, err = yaml.Marshal(provisioned)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(here, text, 0o600))
			run := func(words ...string) string {
				var out, log bytes.Buffer
				require.Zero(t, cli.Run(t.Context(), append(words, "--settings", here), &out, &log), log.String())
				assert.Empty(t, strings.TrimSpace(log.String()), "nothing is amiss")
				return out.String()
			}
			run("collect", "--once")
			found := measuredBy(t, run("facts"))
			require.NotEmpty(t, found)
			for _, name := range slices.Sorted(maps.Keys(found)) {
				require.Contains(t, services, name)
				same(t, services[name], truth.Services[name], found[name], file)
			}
		})
	}
}
