package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/goldentest"
)

// mayImport is the plan of the house: what each package may know of the others. What is not listed here does not exist.
var mayImport = map[string][]string{
	"dora/compact":               {},
	"dora/effort":                {},
	"dora":                       {"dora/compact"},
	"dora/code":                  {"dora", "dora/compact"},
	"dora/mapping":               {"dora"},
	"dora/owners":                {"dora"},
	"dora/history":               {"dora", "dora/mapping", "dora/owners", "dora/code", "dora/compact", "dora/effort"},
	"dora/samples":               {"dora", "dora/compact"},
	"dora/facts":                 {"dora", "dora/code", "dora/compact", "dora/history", "dora/owners", "dora/samples", "dora/effort"},
	"dora/figures":               {"dora", "dora/facts", "dora/samples", "dora/effort"},
	"dora/doratest":              {"dora", "dora/facts", "dora/figures"},
	"dora/large":                 {"dora"},
	"dora/replaytest":            {"dora", "dora/facts", "dora/figures"},
	"strict":                     {},
	"gate":                       {},
	"goldentest":                 {},
	"mangle":                     {},
	"terminal":                   {},
	"notices":                    {"shipped"},
	"release":                    {"shipped"},
	"shipped":                    {},
	"world":                      {},
	"source":                     {"dora"},
	"systems":                    {"sink", "sink/influxdb", "source", "source/alertmanager", "source/argocd", "source/azuredevops", "source/backstage", "source/bitbucket", "source/csv", "source/github", "source/gitlab", "source/jenkins", "source/grafanairm", "source/incidentio", "source/jira", "source/pagerduty", "source/servicenow", "source/statuspage", "source/webhook"},
	"discover":                   {"dora", "dora/owners", "source"},
	"store":                      {"dora"},
	"store/copying":              {"dora", "store"},
	"store/memory":               {"dora", "store"},
	"store/feed":                 {"dora", "store"},
	"store/place":                {},
	"store/sqlite":               {"dora", "store", "store/feed", "store/place"},
	"store/postgres":             {"dora", "store", "store/feed"},
	"store/postgrestest":         {"store/postgres"},
	"store/storetest":            {"dora", "store"},
	"sink":                       {"dora", "source"},
	"sink/influxdb":              {"dora", "sink", "source", "source/wire"},
	"sink/influxdbtest":          {},
	"sink/sinktest":              {"dora", "sink"},
	"deliver":                    {"dora", "dora/facts", "dora/figures", "sink", "store"},
	"settings":                   {"discover", "dora", "dora/owners", "sink", "source", "strict"},
	"query":                      {"dora", "dora/facts", "dora/figures", "dora/effort", "strict"},
	"audit":                      {"dora", "dora/facts"},
	"source/wire":                {"source", "source/pages"},
	"source/pages":               {},
	"source/cursor":              {"source/pages"},
	"source/lineage":             {"dora", "source/cursor"},
	"source/census":              {"dora"},
	"source/records":             {"dora", "source", "source/census", "source/cursor", "source/wire"},
	"source/github":              {"dora", "source", "source/census", "source/cursor", "source/lineage", "source/pages", "source/wire"},
	"source/argocd":              {"dora", "source", "source/census", "source/cursor", "source/pages", "source/wire"},
	"source/azuredevops":         {"dora", "source", "source/census", "source/cursor", "source/lineage", "source/pages", "source/wire"},
	"source/backstage":           {"dora", "dora/owners", "source", "source/census", "source/cursor", "source/pages", "source/wire"},
	"source/bitbucket":           {"dora", "source", "source/census", "source/cursor", "source/lineage", "source/pages", "source/wire"},
	"source/csv":                 {"dora", "dora/owners", "source", "source/census", "source/cursor", "source/wire"},
	"source/gitlab":              {"dora", "source", "source/census", "source/cursor", "source/lineage", "source/pages", "source/wire"},
	"source/jenkins":             {"dora", "source", "source/census", "source/cursor", "source/wire"},
	"source/grafanairm":          {"dora", "source", "source/census", "source/cursor", "source/pages", "source/records", "source/wire"},
	"source/incidentio":          {"dora", "source", "source/census", "source/cursor", "source/pages", "source/records", "source/wire"},
	"source/servicenow":          {"dora", "source", "source/census", "source/cursor", "source/pages", "source/wire"},
	"source/pagerduty":           {"dora", "source", "source/census", "source/cursor", "source/pages", "source/records", "source/wire"},
	"source/jira":                {"dora", "source", "source/census", "source/cursor", "source/pages", "source/wire"},
	"source/statuspage":          {"dora", "source", "source/census", "source/pages", "source/wire"},
	"source/github/replayserver": {},
	"source/sourcetest":          {"dora", "source", "source/wire"},
	"source/standintest":         {"dora", "dora/replaytest", "source", "source/github", "source/github/replayserver", "source/sourcetest", "source/wire"},
	"intake":                     {"dora", "strict"},
	"source/alertmanager":        {"dora", "source"},
	"source/webhook":             {"dora", "intake", "source"},
	"collect":                    {"dora", "source", "store"},
	"dataset":                    {"collect", "deliver", "discover", "dora", "dora/code", "dora/facts", "dora/figures", "dora/history", "dora/owners", "dora/effort", "settings", "source", "store", "store/memory", "store/place", "store/postgres", "store/sqlite", "strict"},
	"dataset/datasettest":        {"dora", "store", "store/sqlite"},
	"rest":                       {"audit", "collect", "dataset", "deliver", "discover", "dora", "dora/facts", "dora/figures", "dora/owners", "gate", "intake", "monitor", "query", "settings", "source", "strict"},
	"monitor":                    {"collect", "dataset", "deliver", "dora", "sink", "source"},
	"plugin":                     {"collect", "dataset", "deliver", "dora", "dora/facts", "dora/figures", "dora/history", "dora/effort", "gate", "monitor", "query", "rest", "settings", "source", "strict", "systems"},
	"demo/dashboard":             {"query", "settings"},
	"demo/rule":                  {},
	"demo":                       {"demo/dashboard", "demo/rule", "dora", "plugin", "settings", "systems", "terminal", "world"},
	"cli":                        {"audit", "collect", "dataset", "demo", "discover", "dora", "dora/facts", "dora/figures", "monitor", "query", "settings", "source", "store", "store/copying", "strict", "systems", "terminal"},
	"bench":                      {"demo", "demo/dashboard", "dora", "dora/facts", "dora/large", "settings", "store", "store/postgrestest", "store/sqlite", "systems"},
	"":                           {"cli", "plugin", "settings"},
}

func TestEveryPackageKnowsOnlyWhatItMay(t *testing.T) {
	const prefix = "github.com/livedora/dora-datasource/pkg"
	listed, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	seen := 0
	for line := range strings.Lines(string(listed)) {
		words := strings.Fields(line)
		name := strings.TrimPrefix(strings.TrimPrefix(words[0], prefix), "/")
		allowed, planned := mayImport[name]
		assert.True(t, planned, "%q is not in the plan", name)
		seen++
		for _, imported := range words[1:] {
			if other, ours := strings.CutPrefix(imported, prefix+"/"); ours && !slices.Contains(allowed, other) {
				assert.Fail(t, name+" may not import "+other)
			}
		}
	}
	assert.Equal(t, len(mayImport), seen, "the plan lists what is there")
}

var update = flag.Bool("update", false, "write the picture and the rooms of docs/how-it-is-built.md anew")

const houseFile = "../docs/how-it-is-built.md"

// floors are how the rooms lie in the picture, the lowest last. What is there for tests and measuring alone is not drawn.
var floors = []struct {
	title string
	rooms []string
}{
	{"programs", []string{"", "cli", "plugin", "demo", "demo/dashboard", "demo/rule", "world", "terminal", "notices", "release", "shipped"}},
	{"answers", []string{"rest", "query", "audit", "monitor", "gate", "intake"}},
	{"collecting", []string{"dataset", "collect", "deliver", "settings", "discover", "strict", "systems"}},
	{"systems", nil}, // below source
	{"sinks", []string{"sink", "sink/influxdb"}},
	{"stores", []string{"store", "store/memory", "store/sqlite", "store/postgres", "store/copying", "store/feed", "store/place"}},
	{"domain", []string{"dora/figures", "dora/facts", "dora/samples", "dora/history", "dora/mapping", "dora/owners", "dora/code", "dora", "dora/compact", "dora/effort"}},
}

// notDrawn are there for tests and for measuring.
var notDrawn = []string{"bench", "goldentest", "dora/doratest", "dora/large", "dora/replaytest", "mangle", "store/storetest", "store/postgrestest", "dataset/datasettest"}

func TestTheHouseIsDrawnAsItIs(t *testing.T) {
	listed, err := exec.Command("go", "list", "-json=ImportPath,Doc", "./...").Output()
	require.NoError(t, err)
	docs := map[string]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(listed))); decoder.More(); {
		var p struct {
			ImportPath, Doc string
		}
		require.NoError(t, decoder.Decode(&p))
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "github.com/livedora/dora-datasource/pkg"), "/")
		docs[name] = p.Doc
	}
	var picture, rooms strings.Builder
	picture.WriteString("```mermaid\nflowchart TD\n")
	rooms.WriteString("| room | |\n| --- | --- |\n")
	drawn := map[string]bool{}
	for _, floor := range floors {
		fmt.Fprintf(&picture, "  subgraph %s\n", floor.title)
		in := floor.rooms
		if in == nil {
			for _, name := range slices.Sorted(maps.Keys(mayImport)) {
				if strings.HasPrefix(name, "source") && !strings.HasSuffix(name, "server") && !strings.HasSuffix(name, "test") {
					in = append(in, name)
				}
			}
		}
		for _, name := range in {
			require.Contains(t, mayImport, name, "floors draw what is there")
			drawn[name] = true
			fmt.Fprintf(&picture, "    %s[\"%s\"]\n", nodeOf(name), roomOf(name))
			fmt.Fprintf(&rooms, "| `%s` | %s |\n", roomOf(name), strings.TrimPrefix(docs[name], "Package "))
		}
		picture.WriteString("  end\n")
	}
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		for _, used := range mayImport[name] {
			if drawn[used] && !reachedOtherwise(name, used) {
				fmt.Fprintf(&picture, "  %s --> %s\n", nodeOf(name), nodeOf(used))
			}
		}
	}
	picture.WriteString("```\n")
	for name := range mayImport {
		assert.True(t, drawn[name] || slices.Contains(notDrawn, name) || strings.HasSuffix(name, "server") || strings.HasSuffix(name, "test"), "%q has no floor", name)
	}
	for subject, words := range map[string]string{"picture": picture.String(), "rooms": rooms.String()} {
		goldentest.Part{File: houseFile, Begin: "<!-- the " + subject + ": ", End: "<!-- end of the " + subject + " -->"}.Holds(t, words, *update)
	}
}

func nodeOf(name string) string { return "r_" + strings.ReplaceAll(name, "/", "_") }

// roomOf is what a package is called in the page.
func roomOf(name string) string {
	if name == "" {
		return "main"
	}
	return name
}

// reachedOtherwise says whether one package uses another by way of a third as well.
func reachedOtherwise(from, to string) bool {
	var reaches func(at string) bool
	reaches = func(at string) bool {
		return at == to || slices.ContainsFunc(mayImport[at], reaches)
	}
	return slices.ContainsFunc(mayImport[from], func(other string) bool { return other != to && reaches(other) })
}

// What the page says of files holds as long as they are there, and declare what it says they do.
func TestThePageOfTheHouseLeadsToWhatIsThere(t *testing.T) {
	text, err := os.ReadFile(houseFile)
	require.NoError(t, err)
	_, ways, _ := strings.Cut(string(text), "## The way of a question")
	named := regexp.MustCompile("`(pkg/[\\w/.]+|src/[\\w/.]+)`").FindAllStringSubmatch(ways, -1)
	require.Greater(t, len(named), 20)
	for _, each := range named {
		_, err := os.Stat(filepath.Join("..", each[1]))
		assert.NoError(t, err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(pkg/[\\w/.]+\\.go)` \\| .*?`(\\w+)`").FindAllStringSubmatch(ways, -1) {
		code, err := os.ReadFile(filepath.Join("..", row[1]))
		require.NoError(t, err)
		assert.Contains(t, string(code), row[2], "%s has %s", row[1], row[2])
	}
}
