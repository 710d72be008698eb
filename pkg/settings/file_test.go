package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// file writes a provisioning file with the given data sources.
func file(t *testing.T, datasources string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dora.yaml")
	require.NoError(t, os.WriteFile(path, []byte("apiVersion: 1\ndatasources:\n"+datasources), 0o600))
	return path
}

// ours is one data source of our type with a source; further lines are added to it.
func ours(name string, lines ...string) string {
	return "  - name: " + name + "\n    type: livedora-dora-datasource\n    " + strings.Join(lines, "\n    ") + "\n"
}

const oneSource = `jsonData: { sources: [{ id: github, type: github, repositories: ["example-health/*"] }] }`

func TestTheExampleOfTheDocumentationIsRead(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "a-token")
	f, err := settings.ReadFile(systems.All, "testdata/design.yaml", "")
	require.NoError(t, err)
	assert.Equal(t, "1/livedora", f.Dataset())
	assert.Equal(t, "Live DORA", f.Name)
	s := f.Settings
	require.Len(t, s.Sources, 1)
	assert.Equal(t, map[string]string{"token": "a-token"}, s.Sources[0].Secrets)
	severity, ok := asGitHub(s).Incidents.Severity.Capture("sev2")
	assert.True(t, ok)
	assert.Equal(t, "2", severity)
	assert.Equal(t, "prescriptions", s.Services[0].Name)
	assert.True(t, s.Services[0].Deployments[0].Environment.Match("prod"))
	assert.True(t, s.Services[0].Deployments[0].Paths[0].Picks("packages/x/main.go"))
	assert.True(t, s.Sources[0].IsShared("Example-Health/medicines-api"), "the files of its changes are read")
	assert.False(t, s.Sources[0].IsShared("example-health/booking"))
	assert.False(t, s.Services[0].Deployments[0].Environment.Match("preprod"))
	assert.True(t, dora.Same(dora.DefaultDefinition(), s.Definition), "the example says what the defaults are")
	assert.True(t, s.Production.Match("LIVE"))
	assert.Equal(t, time.Hour, time.Duration(s.Collect.Every))
	assert.Equal(t, settings.Store{Type: settings.StoreSQLite, Path: "/var/lib/grafana/live-dora.db"}, s.Store)
}

// What the design has and this version does not: each is refused by name, so that nobody waits for what never comes.
func TestWhatComesLaterIsRefusedByName(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "a-token")
	example, err := os.ReadFile("testdata/design.yaml")
	require.NoError(t, err)
	for _, later := range []struct{ old, with, want string }{
		{"      services:", "        - { id: opsgenie, type: opsgenie }\n      services:", `sources[1].type: "opsgenie" is not allowed; allowed: github`},
		{"type: sqlite", "type: influxdb", `store.type: "influxdb" is not allowed; allowed: memory, sqlite, postgres`},
	} {
		changed := strings.Replace(string(example), later.old, later.with, 1)
		require.NotEqual(t, string(example), changed)
		path := filepath.Join(t.TempDir(), "dora.yaml")
		require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
		_, err := settings.ReadFile(systems.All, path, "")
		assert.ErrorContains(t, err, later.want)
	}
}

func TestValuesAreExpandedAsGrafanaDoes(t *testing.T) {
	secretFile := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(secretFile, []byte("from-a-file\n"), 0o600))
	t.Setenv("DORA_TOKEN", "from-the-environment")
	t.Setenv("DORA_TEAM", "007")
	t.Setenv("DORA_EVERY", "2h")
	t.Setenv("DORA_UID", "grown")
	t.Setenv("prod", "expanded")
	read := func(token, production string) settings.Settings {
		f, err := settings.ReadFile(systems.All, file(t, ours("DORA", "uid: $DORA_UID",
			`jsonData:`,
			`  sources: [{ id: github, type: github, repositories: ["example-health/*"] }]`,
			`  services: [{ name: "${DORA_TEAM}", team: $DORA_TEAM }]`,
			`  production: '`+production+`'`,
			`  collect: { every: $DORA_EVERY }`,
			`secureJsonData: { sources.github.token: '`+token+`' }`)), "DORA")
		require.NoError(t, err)
		assert.Equal(t, "1/grown", f.Dataset())
		return f.Settings
	}
	s := read("$DORA_TOKEN", "^prod$")
	assert.Equal(t, "from-the-environment", s.Sources[0].Secrets["token"])
	assert.Equal(t, "^prod$", s.Production.String(), "a $ that ends a regular expression stays")
	assert.Equal(t, "007", s.Services[0].Name, "what looks like a number keeps its zeros")
	assert.Equal(t, 2*time.Hour, time.Duration(s.Collect.Every))
	for token, want := range map[string]string{
		"${DORA_TOKEN}":                 "from-the-environment",
		"x-$__env{DORA_TOKEN}-y":        "x-from-the-environment-y",
		"$__file{" + secretFile + "}":   "from-a-file",
		"a$$DORA_TOKEN":                 "a$DORA_TOKEN",
		"$DORA_TOKEN$$":                 "from-the-environment$",
		"12345":                         "12345",
		"$5 and 10%":                    "$5 and 10%",
		"$DORA_NOBODY_SETS_THIS-suffix": "-suffix",
	} {
		assert.Equal(t, want, read(token, "x").Sources[0].Secrets["token"], token)
	}
	for production, want := range map[string]string{
		"^($prod|live)$":  "^(expanded|live)$",
		"^($$prod|live)$": "^($prod|live)$",
		"(^a$)|(^b$)":     "(^a$)|(^b$)",
	} {
		assert.Equal(t, want, read("x", production).Production.String(), production)
	}
}

func TestADataSourceWithoutAUIDHasTheOneThatGrafanaGivesIt(t *testing.T) {
	f, err := settings.ReadFile(systems.All, file(t, ours("Prometheus", oneSource)), "")
	require.NoError(t, err)
	assert.Equal(t, "1/PBFA97CFB590B2093", f.Dataset(), "Grafana derives it from the name")

	f, err = settings.ReadFile(systems.All, file(t, ours("DORA", "orgId: 7", "uid: x", oneSource)), "")
	require.NoError(t, err)
	assert.Equal(t, "7/x", f.Dataset())
	f, err = settings.ReadFile(systems.All, file(t, ours("DORA", `jsonData: { store: { dataset: shared } }`)), "")
	require.NoError(t, err)
	assert.Equal(t, "shared", f.Dataset())
}

func TestADataSourceIsChosenByName(t *testing.T) {
	several := file(t, "  - { name: Prometheus, type: prometheus, uid: p }\n"+ours("one", "uid: a", oneSource)+ours("two", "uid: b", oneSource)+ours("three", "uid: c", oneSource))
	f, err := settings.ReadFile(systems.All, several, "two")
	require.NoError(t, err)
	assert.Equal(t, "b", f.UID)

	_, err = settings.ReadFile(systems.All, several, "")
	assert.EqualError(t, err, several+" has several data sources of type livedora-dora-datasource (one, two, three): choose one with --datasource NAME")
	_, err = settings.ReadFile(systems.All, several, "Prometheus")
	assert.EqualError(t, err, several+` has no data source named "Prometheus" of type livedora-dora-datasource; it has: one, two, three`)
	twins := file(t, ours("one", oneSource)+ours("one", oneSource))
	_, err = settings.ReadFile(systems.All, twins, "one")
	assert.EqualError(t, err, twins+` has several data sources named "one" of type livedora-dora-datasource: give each a name of its own`)
	others := file(t, "  - { name: Prometheus, type: prometheus }\n")
	_, err = settings.ReadFile(systems.All, others, "")
	assert.EqualError(t, err, others+" has no data source of type livedora-dora-datasource")
}

func TestMistakesInAFileNameTheFileAndTheField(t *testing.T) {
	_, err := settings.ReadFile(systems.All, "testdata/nowhere.yaml", "")
	assert.ErrorContains(t, err, "the settings file cannot be read: open testdata/nowhere.yaml")
	for datasources, want := range map[string]string{
		"  - [x\n":                    " is not a provisioning file: yaml: ",
		ours("DORA", "jsonData: [1]"): ": jsonData: is not allowed; allowed: an object",
		ours("DORA", "jsonData: { sources: [{}, 5] }"):                                                   ": sources[1]: 5 is not allowed; allowed: an object with id, ",
		ours("DORA", "jsonData: { production: '$__file{testdata/nowhere}' }"):                            ": production: $__file cannot be read: open testdata/nowhere",
		ours("DORA", "jsonData: { sources: [{ repositories: ['$__file{testdata/nowhere}'] }] }"):         ": sources[0].repositories[0]: $__file cannot be read: open testdata/nowhere",
		ours("DORA", oneSource, "secureJsonData: { sources.github.token: '$__file{testdata/nowhere}' }"): ": secureJsonData.sources.github.token: $__file cannot be read: open testdata/nowhere",
	} {
		path := file(t, datasources)
		_, err := settings.ReadFile(systems.All, path, "")
		if assert.Error(t, err, datasources) {
			assert.Contains(t, err.Error(), path+want)
		}
	}
}

func TestAFileWithMisplacedSecretsDoesNotGiveThemAway(t *testing.T) {
	for _, misplaced := range []string{
		"secureJsonData: " + secret,
		"secureJsonData: { sources.github.token: [" + secret + "] }",
		"secureJsonData: { sources.github.token: { value: " + secret + " } }",
		"secureJsonData: { sources.github.token: '" + secret + "$__file{/nowhere}' }",
	} {
		_, err := settings.ReadFile(systems.All, file(t, ours("DORA", oneSource, misplaced)), "")
		require.Error(t, err, misplaced)
		assert.Contains(t, err.Error(), "secureJsonData")
		assert.NotContains(t, err.Error(), secret[:7])
	}
}
