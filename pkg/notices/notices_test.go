package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// here is the system that the test runs on: modules of others may not be on this machine.
var here = []string{runtime.GOOS + "/" + runtime.GOARCH}

func TestEveryModuleThatIsLinkedHasItsLicence(t *testing.T) {
	parts, err := linkedModules(here)
	require.NoError(t, err)
	text, err := compose(parts)
	require.NoError(t, err)
	again, err := linkedModules(here)
	require.NoError(t, err)
	slices.Reverse(again)
	same, err := compose(again)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(text, same), "in whatever order it was found")

	listed, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "github.com/livedora/dora-datasource/pkg").Output()
	require.NoError(t, err)
	modules := strings.Fields(strings.ReplaceAll(string(listed), " ", "@"))
	require.Greater(t, len(modules), 50)
	for _, module := range modules {
		assert.Contains(t, string(text), "\n  "+strings.ReplaceAll(module, "@", " ")+"\n")
	}
	for _, words := range []string{"Apache License", "Redistribution and use in source and binary forms", "Permission is hereby granted, free of charge", "Go, its library and runtime"} {
		assert.Contains(t, string(text), words)
	}
	assert.NotContains(t, string(text), os.TempDir()+"/")
	assert.NotContains(t, string(text), "livedora/dora-datasource ", "ours is none of others")
}

// installed puts a package into a folder of modules.
func installed(t *testing.T, folder, name string, files map[string]string) map[string]string {
	t.Helper()
	directory := filepath.Join(folder, "node_modules", name)
	require.NoError(t, os.MkdirAll(directory, 0o700))
	for file, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(directory, file), []byte(text), 0o600))
	}
	return map[string]string{"name": name, "directory": directory}
}

func TestAPackageOfTheBundleIsNamedWithItsLicence(t *testing.T) {
	folder := t.TempDir()
	list := filepath.Join(folder, "bundled.json")
	write := func(packages ...any) {
		text, err := json.Marshal(packages)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(list, text, 0o600))
	}
	licensed := installed(t, folder, "@of/someone", map[string]string{
		"package.json": `{"version":"1.2.3"}`, "LICENSE.md": "Do as you like.\r\n", "NOTICE": "By someone.", "license.js": "code()",
	})
	write(licensed)
	parts, err := bundledPackages(list)
	require.NoError(t, err)
	text, err := compose(parts)
	require.NoError(t, err)
	assert.Contains(t, string(text), "@of/someone 1.2.3\n\n--- LICENSE.md\n\nDo as you like.\n\n--- NOTICE\n\nBy someone.\n")
	assert.NotContains(t, string(text), "code()")

	write(licensed, installed(t, folder, "bare", map[string]string{"package.json": `{"version":"0.1.0"}`}))
	parts, err = bundledPackages(list)
	require.NoError(t, err)
	_, err = compose(parts)
	require.ErrorContains(t, err, "bare 0.1.0 has no licence text: it may not be shipped before someone has looked")

	_, err = bundledPackages(filepath.Join(folder, "none.json"))
	require.ErrorContains(t, err, "npm run build lists it")
}
