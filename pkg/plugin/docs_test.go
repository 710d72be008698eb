package plugin_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/cli"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/query"
	config "github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/world"
)

// snippet is a block of code of a page.
type snippet struct{ page, language, text string }

// pages are the README and those of docs/, by the names that the table below has for them.
func pages(t *testing.T) map[string]string {
	t.Helper()
	named := map[string]string{"README.md": "../../README.md"}
	for _, folder := range []string{"", "sources/"} {
		files, err := filepath.Glob("../../docs/" + folder + "*.md")
		require.NoError(t, err)
		for _, file := range files {
			named[folder+filepath.Base(file)] = file
		}
	}
	return named
}

// snippets are all of the README and of docs/.
func snippets(t *testing.T) []snippet {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^ *```([a-z]*)\n(.*?)^ *```$")
	var all []snippet
	for page, file := range pages(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range fence.FindAllStringSubmatch(string(text), -1) {
			all = append(all, snippet{page, found[1], found[2]})
		}
	}
	return all
}

// covered says what holds the snippets of a page and language that have a mark in them: a test of their own here, one that
// takes them all elsewhere, or why there is none. The first row that fits counts.
type covered struct {
	page, language, mark string
	run                  func(t *testing.T, text string)
	elsewhere, unheld    string
}

// of says whether a page is one of those that a row is about.
func (c covered) of(page string) bool {
	fits, err := path.Match(c.page, page)
	return fits && err == nil
}

var coverage = []covered{
	{page: "api.md", language: "sh", elsewhere: "TestTheExamplesOfTheAPIWork"},
	{page: "api.md", language: "yaml", run: settingsWork},
	{page: "webhooks.md", language: "sh", elsewhere: "TestThePipelinesStepTellsOfADeploymentAndWhatItShips"},
	{page: "webhooks.md", language: "json", elsewhere: "TestThePipelinesStepTellsOfADeploymentAndWhatItShips"},
	{page: "webhooks.md", language: "groovy", elsewhere: "TestEachPipelinesStepRunsWithWhatItsSystemGives"},
	{page: "webhooks.md", language: "yaml", mark: "livedora.sh", elsewhere: "TestEachPipelinesStepRunsWithWhatItsSystemGives"},
	{page: "webhooks.md", language: "yaml", mark: "jsonData", run: settingsWork},
	{page: "webhooks.md", language: "yaml", mark: "receivers", run: alertmanagerWorks},
	{page: "configure.md", language: "yaml", mark: "apiVersion", run: provisioningWorks},
	{page: "sources/*.md", language: "yaml", mark: "apiVersion", run: provisioningWorks},
	{page: "connect.md", language: "yaml", mark: "apiVersion", run: provisioningWorks},
	{page: "sources/github.md", language: "yaml", mark: "deployments: {", run: keyOfASource("github")},
	{page: "sources/github.md", language: "yaml", mark: "deployments:\n", run: keyOfASource("github")},
	{page: "sources/gitlab.md", language: "yaml", mark: "deployments:\n", run: keyOfASource("gitlab")},
	{page: "sources/azuredevops.md", language: "yaml", mark: "deployments:\n", run: keyOfASource("azuredevops")},
	{page: "sources/backstage.md", language: "yaml", mark: "externalAccess", unheld: "Backstage's own configuration, which needs Backstage"},
	{page: "sources/*.md", language: "text", unheld: "a webhook's text as the system declares it, which the editor fills in; its tests hold what comes of it"},
	{page: "configure.md", language: "yaml", mark: "deployments: [{", run: keyOfAService},
	{page: "mapping.md", language: "yaml", run: entriesOfServicesWork},
	{page: "discover.md", language: "sh", run: optionsOfCommandsAreThere},
	{page: "owners.md", language: "yaml", run: ownersWork},
	{page: "query.md", language: "json", run: queryWorks},
	{page: "command-line.md", language: "sh", run: commandsWork},
	{page: "collector.md", language: "sh", mark: "--once", run: commandsWork},
	{page: "collector.md", language: "sh", run: optionsOfCommandsAreThere},
	{page: "command-line.md", language: "text", mark: `"definition"`, run: reportHasTheseKeys},
	{page: "README.md", language: "sh", mark: "gpx_livedora", run: commandsWork},
	{page: "README.md", language: "sh", mark: "go tool mage", run: programsAreThere},
	{page: "develop.md", language: "sh", run: programsAreThere},
	{page: "release.md", language: "sh", run: programsAreThere},
	{page: "live.md", language: "sh", run: programsAreThere},
	{page: "add-a-system.md", language: "go", unheld: "parts of a system that is not there; those that are say more"},
	{page: "how-it-is-built.md", language: "mermaid", unheld: "it is drawn from the plan of the house, by whose test it is held"},
	{page: "live.md", language: "nginx", unheld: "a proxy's configuration, which needs the proxy"},
	{page: "operate.md", language: "ini", run: grafanasSettings},
	{page: "operate.md", language: "sh", mark: "sqlite3", run: statementWorks},
	{page: "alerting.md", language: "sh", mark: "X-Disable-Provenance", run: everyRuleIsSentToAnotherSource},
	{page: "alerting.md", language: "sh", mark: "reload", run: rulesAreOfAnotherSource},
	{page: "kubernetes.md", language: "sh", unheld: "it needs a cluster; the values that it names are held by tests of pkg/cli and pkg/release"},
	{page: "postgresql.md", language: "yaml", run: provisioningWorks},
	{page: "sinks.md", language: "yaml", run: sinksWork},
	{page: "sinks.md", language: "sql", elsewhere: "TestASinkHasTheFiguresThatPanelsShow"},
	{page: "postgresql.md", language: "sql", elsewhere: "TestTheStatementsOfTheDocsWork"},
	{page: "postgresql.md", language: "sh", elsewhere: "TestTheContainersOnPostgreSQLFitTogether"},
	{page: "install.md", language: "ini", run: grafanasSettings},
	{page: "dashboards.md", language: "ini", run: grafanasSettings},
}

func TestEverySnippetOfTheDocsIsHeldByATest(t *testing.T) {
	used := make([]int, len(coverage))
	for _, s := range snippets(t) {
		t.Run(s.page+" "+s.language, func(t *testing.T) {
			fits := -1
			for i, c := range coverage {
				if fits < 0 && c.of(s.page) && c.language == s.language && strings.Contains(s.text, c.mark) {
					fits = i
				}
			}
			require.GreaterOrEqual(t, fits, 0, "nothing holds this snippet; give it a test, or its page and language a row that says why not:\n%s", s.text)
			used[fits]++
			c := coverage[fits]
			switch {
			case c.run != nil:
				c.run(t, s.text)
			case c.elsewhere != "":
				tests, err := filepath.Glob("*_test.go")
				require.NoError(t, err)
				ofStores, err := filepath.Glob("../store/*/*_test.go")
				require.NoError(t, err)
				ofDemo, err := filepath.Glob("../demo/*_test.go")
				require.NoError(t, err)
				ofDatasets, err := filepath.Glob("../dataset/*_test.go")
				require.NoError(t, err)
				tests = slices.Concat(tests, ofStores, ofDemo, ofDatasets)
				assert.True(t, slices.ContainsFunc(tests, func(file string) bool {
					text, err := os.ReadFile(file)
					return err == nil && bytes.Contains(text, []byte("func "+c.elsewhere+"("))
				}), "there is no %s", c.elsewhere)
			default:
				assert.NotEmpty(t, c.unheld)
			}
		})
	}
	for i, n := range used {
		assert.Positive(t, n, "no snippet is of %s, %s, %q any more", coverage[i].page, coverage[i].language, coverage[i].mark)
	}
}

// rulesAreOfAnotherSource writes the rules for a data source that was added by hand, as far as that needs no Grafana.
func rulesAreOfAnotherSource(t *testing.T, text string) {
	t.Helper()
	const rules = "../../provisioning/alerting/rules.yaml"
	writing, _, found := strings.Cut(strings.ReplaceAll(text, "rules.yaml", rules), " > ")
	require.True(t, found)
	shipped, err := os.ReadFile(rules)
	require.NoError(t, err)
	own, err := exec.CommandContext(t.Context(), "sh", "-c", writing).Output()
	require.NoError(t, err)
	for _, names := range []string{"datasourceUid: %s\n", "var-datasource=%s"} {
		assert.NotContains(t, string(own), fmt.Sprintf(names, "livedora"))
		assert.Equal(t, bytes.Count(shipped, fmt.Appendf(nil, names, "livedora")), bytes.Count(own, fmt.Appendf(nil, names, "fg5v71s9sa9s0a")))
	}
}

// everyRuleIsSentToAnotherSource holds the loop to the shipped rules, and what it changes to a rule as Grafana's API gives it.
func everyRuleIsSentToAnotherSource(t *testing.T, text string) {
	t.Helper()
	shipped, err := os.ReadFile("../../provisioning/alerting/rules.yaml")
	require.NoError(t, err)
	var rules []string
	for _, found := range regexp.MustCompile(`(?m)^ +- uid: livedora-([a-z-]+)$`).FindAllSubmatch(shipped, -1) {
		rules = append(rules, string(found[1]))
	}
	named, _, _ := strings.Cut(strings.SplitN(text, "for rule in ", 2)[1], "; do")
	assert.ElementsMatch(t, rules, strings.Fields(named))
	changing := regexp.MustCompile(`sed "(?:[^"\\]|\\.)*"`).FindString(text)
	sending := exec.CommandContext(t.Context(), "sh", "-c", "OWN=own FOLDER=dora; "+changing) //nolint:gosec // ours
	sending.Stdin = strings.NewReader(`{"id":7,"uid":"livedora-quiet","folderUID":"cg5v","data":[{"datasourceUid":"livedora"},{"datasourceUid":"__expr__"}],"annotations":{"link":"/d/livedora-overview?var-datasource=livedora"}}`)
	sent, err := sending.Output()
	require.NoError(t, err)
	assert.JSONEq(t, `{"uid":"livedora-quiet","folderUID":"dora","data":[{"datasourceUid":"own"},{"datasourceUid":"__expr__"}],"annotations":{"link":"/d/livedora-overview?var-datasource=own"}}`, string(sent))
}

// inline are the texts in a line's code marks that a pattern matches, of every page.
func inline(t *testing.T, pattern string) []string {
	t.Helper()
	var all []string
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile("`("+pattern+")`").FindAllStringSubmatch(string(text), -1) {
			all = append(all, found[1])
		}
	}
	return all
}

func TestWhatTheDocsNameInALineIsThere(t *testing.T) {
	queries := inline(t, `\{"[^`+"`"+`]*\}`)
	for _, text := range queries {
		if strings.Contains(text, "queryType") || strings.Contains(text, `"metric"`) {
			queryWorks(t, text)
		}
	}
	for _, text := range inline(t, `incidents: \[[^`+"`"+`]*\]`) {
		keyOfAService(t, text)
	}
	for _, text := range inline(t, `(?:[A-Z_]+=\S+ )?(?:go tool mage|go run|go test|node) [^`+"`"+`]*`) {
		programsAreThere(t, text)
	}
	commands := inline(t, `(?:collect|report|facts|correct|demo|world)(?: [^`+"`"+`]*)? --?[^`+"`"+`]*`)
	require.NotEmpty(t, commands)
	for _, text := range commands {
		optionsAreThere(t, text)
	}
}

// jsonDataOf is what a page shows of a data source's settings, with the store where the test has it and no source that would
// be asked for anything.
func jsonDataOf(t *testing.T, text string) (jsonData map[string]any, secrets map[string]string) {
	t.Helper()
	var shown struct {
		JSONData       map[string]any    `yaml:"jsonData"`
		SecureJSONData map[string]string `yaml:"secureJsonData"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &shown))
	require.NotEmpty(t, shown.JSONData)
	return shown.JSONData, shown.SecureJSONData
}

// shown is a data source with the settings that a page shows.
func shown(t *testing.T, page string) (viewer, editor, admin *program) {
	t.Helper()
	for _, text := range examples(t, page, "yaml") {
		if !strings.Contains(text, "jsonData") {
			continue
		}
		jsonData, _ := jsonDataOf(t, text)
		jsonData["store"].(map[string]any)["path"] = filepath.Join(t.TempDir(), "dora.db")
		for _, source := range jsonData["sources"].([]any) {
			if source := source.(map[string]any); source["type"] == "github" {
				source["url"] = silent(t)
			}
		}
		encoded, err := json.Marshal(jsonData)
		require.NoError(t, err)
		return programs(t, start(t).saveWith("dora", string(encoded), map[string]string{"webhooks.secret": hookSecret, "sources.github.token": token}))
	}
	require.Fail(t, page+" shows no settings")
	return nil, nil, nil
}

func settingsWork(t *testing.T, text string) {
	jsonData, secrets := jsonDataOf(t, text)
	_, err := config.Parse(systems.All, jsonData, secrets)
	require.NoError(t, err)
}

// provisioningWorks reads a file of provisioning, with a secret in each of the variables that it names.
func provisioningWorks(t *testing.T, text string) {
	for _, variable := range regexp.MustCompile(`\$([A-Z][A-Z0-9_]+)`).FindAllStringSubmatch(text, -1) {
		t.Setenv(variable[1], token)
	}
	path := filepath.Join(t.TempDir(), "livedora.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	file, err := config.ReadFile(systems.All, path, "", systems.Sinks...)
	require.NoError(t, err)
	assert.Equal(t, "livedora", file.UID)
	assert.NotEmpty(t, file.Settings.Services)
	for _, each := range file.Settings.Sources {
		if each.System.Told() {
			continue
		}
		secrets := slices.DeleteFunc(slices.Collect(maps.Keys(each.Secrets)), func(name string) bool { return name == source.SecretWebhook })
		assert.NotEmpty(t, secrets, "nothing lets it in to %s", each.ID)
		for name, value := range each.Secrets {
			assert.Equal(t, token, value, name)
		}
	}
}

// sinksWork reads a provisioning file whose figures are delivered.
func sinksWork(t *testing.T, text string) {
	provisioningWorks(t, strings.Replace(text, "      sinks:", "      services: [{ name: prescriptions, deployments: [{ source: github }] }]\n      sinks:", 1))
	path := filepath.Join(t.TempDir(), "livedora.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	file, err := config.ReadFile(systems.All, path, "", systems.Sinks...)
	require.NoError(t, err)
	require.NotEmpty(t, file.Settings.Sinks)
	assert.NotEmpty(t, file.Settings.Sinks[0].Secrets)
}

// keyOfASource reads a line of settings as what a source has.
func keyOfASource(kind string) func(t *testing.T, text string) {
	return func(t *testing.T, text string) {
		t.Helper()
		var keys map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(text), &keys))
		keys["id"], keys["type"], keys["repositories"] = kind, kind, []any{"example-health/*"}
		if kind == "azuredevops" {
			keys["url"] = "https://dev.azure.com/example-health"
		}
		_, err := config.Parse(systems.All, map[string]any{"sources": []any{keys}}, nil)
		require.NoError(t, err, text)
	}
}

// keyOfAService reads a line of settings as what a service has, whatever its sources are called.
func keyOfAService(t *testing.T, text string) {
	var keys map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &keys))
	keys["name"] = "booking"
	sources := []any{
		map[string]any{"id": "github", "type": "github", "repositories": []any{"example-health/*"}},
		map[string]any{"id": "alerts", "type": "alertmanager"}, map[string]any{"id": "ci", "type": "webhook"},
	}
	_, err := config.Parse(systems.All, map[string]any{"sources": sources, "services": []any{keys}}, nil)
	require.NoError(t, err, text)
}

// entriesOfServicesWork takes a list of entries, or the settings that have one.
func entriesOfServicesWork(t *testing.T, text string) {
	var entries any
	require.NoError(t, yaml.Unmarshal([]byte(text), &entries))
	if settings, is := entries.(map[string]any); is {
		entries = settings["services"]
	}
	sources := []any{
		map[string]any{"id": "github", "type": "github", "repositories": []any{"acme/*"}},
		map[string]any{"id": "servicenow", "type": "webhook"}, map[string]any{"id": "jenkins", "type": "webhook"},
	}
	_, err := config.Parse(systems.All, map[string]any{"sources": sources, "services": entries}, nil)
	require.NoError(t, err, text)
}

// ownersWork reads places of owners as they stand in settings.
func ownersWork(t *testing.T, text string) {
	settings := map[string]any{}
	require.NoError(t, yaml.Unmarshal([]byte(text), &settings))
	settings["sources"] = []any{map[string]any{"id": "gitlab", "type": "gitlab", "repositories": []any{"acme/**"}}}
	s, err := config.Parse(systems.All, settings, nil)
	require.NoError(t, err, text)
	require.NotEmpty(t, s.Owners)
	require.NotEmpty(t, s.Teams)
}

func queryWorks(t *testing.T, text string) {
	definition := dora.DefaultDefinition()
	_, err := query.Parse([]byte(text), definition)
	require.NoError(t, err, text)
}

// alertmanagerWorks sends an alert as a receiver of these settings would.
func alertmanagerWorks(t *testing.T, text string) {
	var written struct {
		Receivers []struct {
			Webhooks []struct {
				URL          string
				SendResolved bool `yaml:"send_resolved"`
				MaxAlerts    int  `yaml:"max_alerts"`
				HTTP         struct {
					Authorization struct{ Credentials string }
					Headers       map[string]struct{ Secrets []string } `yaml:"http_headers"`
				} `yaml:"http_config"`
			} `yaml:"webhook_configs"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &written))
	hook := written.Receivers[0].Webhooks[0]
	assert.True(t, hook.SendResolved)
	assert.Equal(t, "TOKEN", hook.HTTP.Authorization.Credentials)
	_, path, found := strings.Cut(hook.URL, "https://GRAFANA/api/datasources/uid/UID/resources/")
	require.True(t, found)
	viewer, _, _ := shown(t, "webhooks.md")
	for header, values := range hook.HTTP.Headers {
		require.Equal(t, []string{"SECRET"}, values.Secrets)
		viewer.headers.Set(header, hookSecret)
	}
	var receipt struct {
		Stored  int
		Warning string
	}
	viewer.post(path, `{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"TooSlow","service":"booking","severity":"critical"},"startsAt":"2026-03-02T10:00:00Z","fingerprint":"c0ffee"}]}`).is(200, &receipt)
	assert.Equal(t, 1, receipt.Stored)
	assert.Empty(t, receipt.Warning)
	viewer.headers.Del("X-Live-Dora-Secret")
	viewer.waitForMany("v1/incidents", "title", "TooSlow")
}

// commandsWork runs a page's command lines against the invented organisation. Ids that the page made up become such as facts
// prints; they must be of the same form.
func commandsWork(t *testing.T, text string) {
	server := httptest.NewServer(world.New(world.Options{Seed: 5, Months: 3}).Handler(token))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "datasource.yaml")
	encoded, err := json.Marshal(map[string]any{"apiVersion": 1, "datasources": []any{map[string]any{
		"name": "DORA", "type": config.PluginID, "uid": "livedora", "secureJsonData": map[string]any{"sources.github.token": token},
		"jsonData": map[string]any{
			"sources": []any{map[string]any{"id": "github", "type": "github", "url": server.URL, "repositories": []string{"example-health/*"}, "incidents": map[string]any{"labels": []string{"incident"}}}},
			"store":   map[string]any{"path": filepath.Join(t.TempDir(), "dora.db")},
		},
	}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, encoded, 0o600))
	another := filepath.Join(t.TempDir(), "another.yaml") // whose store lies elsewhere
	require.NoError(t, os.WriteFile(another, bytes.ReplaceAll(encoded, []byte("dora.db"), []byte("copy.db")), 0o600))
	run := func(words ...string) (out, log string) {
		var stdout, stderr bytes.Buffer
		require.Zero(t, cli.Run(t.Context(), words, &stdout, &stderr), "%s: %s", strings.Join(words, " "), &stderr)
		return stdout.String(), stderr.String()
	}
	run("collect", "--settings", file, "--once")
	facts, _ := run("facts", "--settings", file)
	real := map[string][]string{} // ids by their form
	form := func(id string) string {
		return regexp.MustCompile(`github:[^:]+:`).ReplaceAllString(regexp.MustCompile(`\d+$`).ReplaceAllString(id, "N"), "")
	}
	for line := range strings.Lines(facts) {
		var fact struct{ Kind, ID string }
		require.NoError(t, json.Unmarshal([]byte(line), &fact))
		if fact.Kind == "deployment" || fact.Kind == "incident" {
			real[form(fact.ID)] = append(real[form(fact.ID)], fact.ID)
		}
	}
	made := ""
	for line := range strings.Lines(text) {
		words := shellWords(t, strings.TrimSpace(line))
		if strings.HasPrefix(words[0], "gpx_livedora") {
			words = words[1:]
		}
		for i, word := range words {
			switch {
			case i > 0 && words[i-1] == "--settings", word == "old.yaml":
				words[i] = file
			case word == "new.yaml":
				words[i] = another
			case strings.HasPrefix(word, "github:"):
				require.NotEmpty(t, real[form(word)], "facts prints no id of the form of %s", word)
				words[i] = real[form(word)][len(words)%len(real[form(word)])]
			case strings.HasPrefix(word, "corrections:"):
				require.NotEmpty(t, made)
				words[i] = made
			}
		}
		out, log := run(words...)
		assert.NotEmpty(t, out, line)
		if words[0] == "correct" && made == "" {
			var correction struct{ ID string }
			require.NoError(t, json.Unmarshal([]byte(out), &correction))
			made = correction.ID
			assert.Contains(t, log, "correct --undo "+made)
		}
	}
}

// shellWords takes a line apart where a shell would.
func shellWords(t *testing.T, line string) (words []string) {
	t.Helper()
	for _, found := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(found, `"`))
	}
	require.NotEmpty(t, words)
	return words
}

// optionsAreThere holds the options that a text names against the help of its command.
func optionsAreThere(t *testing.T, text string) {
	var out, help bytes.Buffer
	command, _, _ := strings.Cut(text, " ")
	require.Zero(t, cli.Run(t.Context(), []string{command, "--help"}, &out, &help), text)
	for _, found := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		assert.Regexp(t, `(?m)^  -`+found[1]+`( |$)`, help.String(), text)
	}
}

// optionsOfCommandsAreThere is for a command that would not end by itself.
func optionsOfCommandsAreThere(t *testing.T, text string) {
	_, words, found := strings.Cut(text, "gpx_livedora_linux_amd64 ")
	require.True(t, found)
	optionsAreThere(t, words)
}

// commanded carries out a command for an organisation on the dataset platform of a store.
func commanded(t *testing.T, path string, organisation int, words ...string) (code int, out string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dora.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil,
		`{"datasources":[{"type":%q,"uid":"dora","orgId":%d,"jsonData":{"sources":[{"id":"github","type":"github","repositories":["example-health/*"]}],"store":{"path":%q,"dataset":"platform"}}}]}`,
		config.PluginID, organisation, path), 0o600))
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), append(words, "--settings", file), &stdout, &stderr)
	return code, stdout.String()
}

// reportHasTheseKeys holds the form of a report against one.
func reportHasTheseKeys(t *testing.T, text string) {
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "platform", datasettest.Events()...)
	code, out := commanded(t, path, 1, "report", "--metric", "change_failure_rate", "--group-by", "service", "--format", "json")
	require.Zero(t, code)
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	printed := []string{}
	collect := func(object map[string]any) {
		for key := range object {
			printed = append(printed, key)
		}
	}
	collect(report)
	series := report["series"].([]any)[0].(map[string]any)
	collect(series)
	collect(series["points"].([]any)[0].(map[string]any))
	var listed []string
	for _, found := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(text, -1) {
		listed = append(listed, found[1])
	}
	assert.ElementsMatch(t, printed, listed)
}

// programsAreThere holds commands of the repository against it: targets of mage, files that node runs, packages and tests of Go.
func programsAreThere(t *testing.T, text string) {
	magefile, err := os.ReadFile("../../Magefile.go")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`go tool mage (\w+)`).FindAllStringSubmatch(text, -1) {
		assert.Regexp(t, `(?m)^func (?i:`+found[1]+`)\(\)`, string(magefile), "go tool mage %s", found[1])
	}
	for _, found := range regexp.MustCompile(`node (\S+\.mjs)|go (?:run|test) (\./\S+)`).FindAllStringSubmatch(text, -1) {
		if found[1] != "" {
			assert.FileExists(t, filepath.Join("../..", found[1]))
		} else {
			assert.DirExists(t, filepath.Join("../..", strings.TrimSuffix(found[2], "...")), text)
		}
	}
	for _, found := range regexp.MustCompile(`go test (\./\S+) -run (\w+)`).FindAllStringSubmatch(text, -1) {
		tests, err := filepath.Glob(filepath.Join("../..", found[1], "*_test.go"))
		require.NoError(t, err)
		assert.True(t, slices.ContainsFunc(tests, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && regexp.MustCompile(`func Test\w*`+found[2]).Match(text)
		}), text)
	}
}

// grafanasSettings reads a piece of grafana.ini, and holds what is ours in it against the plugin.
func grafanasSettings(t *testing.T, text string) {
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		key, value, found := strings.Cut(line, " = ")
		require.True(t, found && section != "" && value != "", line)
		assert.Contains(t, []string{
			"plugins.allow_loading_unsigned_plugins", "security.actions_allow_post_url", "plugin." + config.PluginID + ".store_root",
		}, section+"."+key, "a setting that no test knows")
	}
}

// statementWorks runs the statement that hands a dataset over to organisation 2.
func statementWorks(t *testing.T, text string) {
	found := regexp.MustCompile(`^ *sqlite3 \S+ "([^"]+)"\n$`).FindStringSubmatch(text)
	require.NotNil(t, found, text)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "platform", datasettest.Events()...)
	code, _ := commanded(t, path, 1, "facts")
	require.Zero(t, code)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), found[1])
	require.NoError(t, err)
	require.NoError(t, db.Close())
	code, _ = commanded(t, path, 1, "facts")
	assert.Equal(t, 1, code)
	code, out := commanded(t, path, 2, "facts")
	assert.Zero(t, code)
	assert.NotEmpty(t, out)
}
