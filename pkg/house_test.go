package main_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mayImport is the plan of the house: what each package may know of the others. What is not listed here does not exist.
var mayImport = map[string][]string{
	"dora/compact":               {},
	"dora/work":                  {},
	"dora":                       {"dora/compact"},
	"dora/code":                  {"dora", "dora/compact"},
	"dora/history":               {"dora", "dora/code", "dora/compact", "dora/work"},
	"dora/samples":               {"dora", "dora/compact"},
	"dora/facts":                 {"dora", "dora/code", "dora/compact", "dora/history", "dora/samples", "dora/work"},
	"dora/figures":               {"dora", "dora/facts", "dora/samples", "dora/work"},
	"dora/doratest":              {"dora", "dora/facts", "dora/figures"},
	"dora/large":                 {"dora"},
	"dora/replaytest":            {"dora", "dora/facts", "dora/figures"},
	"strict":                     {},
	"gate":                       {},
	"docstest":                   {},
	"mangle":                     {},
	"terminal":                   {},
	"notices":                    {},
	"world":                      {},
	"source":                     {"dora"},
	"systems":                    {"source", "source/alertmanager", "source/github", "source/gitlab", "source/webhook"},
	"store":                      {"dora"},
	"store/memory":               {"dora", "store"},
	"store/sqlite":               {"dora", "store"},
	"store/storetest":            {"dora", "store"},
	"settings":                   {"dora", "source", "strict"},
	"query":                      {"dora", "dora/facts", "dora/figures", "dora/work", "strict"},
	"audit":                      {"dora", "dora/facts"},
	"source/wire":                {"source", "source/pages"},
	"source/pages":               {},
	"source/cursor":              {"source/pages"},
	"source/lineage":             {"dora", "source/cursor"},
	"source/github":              {"dora", "source", "source/cursor", "source/lineage", "source/pages", "source/wire"},
	"source/gitlab":              {"dora", "source", "source/cursor", "source/lineage", "source/pages", "source/wire"},
	"source/github/replayserver": {},
	"source/sourcetest":          {"dora", "source", "source/wire"},
	"intake":                     {"dora", "strict"},
	"source/alertmanager":        {"dora", "source"},
	"source/webhook":             {"dora", "intake", "source"},
	"collect":                    {"dora", "source", "store"},
	"dataset":                    {"collect", "dora", "dora/code", "dora/facts", "dora/figures", "dora/history", "dora/work", "settings", "source", "store", "store/memory", "store/sqlite", "strict"},
	"dataset/datasettest":        {"dora", "store", "store/sqlite"},
	"rest":                       {"audit", "collect", "dataset", "dora", "dora/facts", "dora/figures", "gate", "intake", "monitor", "query", "settings", "source", "strict"},
	"monitor":                    {"collect", "dataset", "dora", "source"},
	"plugin":                     {"collect", "dataset", "dora", "dora/facts", "dora/figures", "dora/history", "dora/work", "gate", "monitor", "query", "rest", "settings", "source", "strict", "systems"},
	"demo/dashboard":             {"query", "settings"},
	"demo/rule":                  {},
	"demo":                       {"demo/dashboard", "demo/rule", "dora", "plugin", "settings", "systems", "terminal", "world"},
	"cli":                        {"audit", "collect", "dataset", "demo", "dora", "dora/facts", "dora/figures", "query", "settings", "strict", "systems", "terminal"},
	"bench":                      {"demo", "demo/dashboard", "dora", "dora/facts", "dora/large", "settings", "store", "store/sqlite", "systems"},
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
