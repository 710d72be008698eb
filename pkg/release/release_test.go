package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheVersionOfThisTreeIsOne(t *testing.T) {
	v, err := versionOf("../..")
	require.NoError(t, err)
	assert.NotEmpty(t, v.notes)
}

// Grafana's catalogue shows this page where there is no repository.
func TestThePageOfTheCatalogueReadsAlone(t *testing.T) {
	text, err := os.ReadFile("../../src/README.md")
	require.NoError(t, err)
	c := candidate{folder: t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(c.folder, "README.md"), text, 0o600))
	assert.Empty(t, c.readsAlone())
	assert.Empty(t, candidate{root: "../.."}.isBuiltAsUsual())
	const main = "https://github.com/livedora/dora-datasource/blob/main/"
	const raw = "https://raw.githubusercontent.com/livedora/dora-datasource/main/"
	for _, link := range markdownLink.FindAllStringSubmatch(string(text), -1) {
		for _, begin := range []string{main, raw} {
			if file, ours := strings.CutPrefix(link[1], begin); ours {
				_, err := os.Stat(filepath.Join("../..", file))
				assert.NoError(t, err, "what the page leads to is there")
			}
		}
	}
}

// tree is a small plugin, built: what a release is made of.
type tree struct {
	*testing.T
	root string
}

const changelog = "# Changes\n\n## 1.2.0 (2026-12-01)\n\nWhat is new.\n\n## 1.1.0 (2026-11-01)\n\nWhat was.\n"

const plugin = `{"id": "acme-dora-datasource", "name": "DORA", "type": "datasource", "backend": true, "executable": "gpx_dora",
"info": {"version": "1.2.0", "updated": "2026-12-01", "description": "Figures", "keywords": ["dora"], "author": {"url": "https://acme.example"},
"logos": {"small": "img/logo.svg", "large": "img/logo.svg"}, "screenshots": [{"name": "One", "path": "img/one.png"}]},
"includes": [{"path": "dashboards/one.json"}], "dependencies": {"grafanaDependency": ">=12.3.0"}}`

func planted(t *testing.T) tree {
	t.Helper()
	p := tree{t, t.TempDir()}
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 1, 1))))
	goFile := "package main\n"
	sum := sha256.Sum256([]byte(goFile))
	magefile := sha256.Sum256([]byte("// grafana-plugin-sdk-go/build\n"))
	sources, err := json.Marshal(map[string][]string{
		"sources":        {"webpack://acme-dora-datasource/external amd \"react\"", "webpack://acme-dora-datasource/./module.ts"},
		"sourcesContent": {"", "export {};\n"},
	})
	require.NoError(t, err)
	for name, content := range map[string]string{
		"plugin.json": plugin, "package.json": `{"version": "1.2.0"}`, "package-lock.json": `{"version": "1.2.0"}`, "CHANGELOG.md": changelog, ".gitignore": "dist\n.cache\n",
		".config/webpack/webpack.config.ts": "// @grafana/create-plugin\n", "Magefile.go": "// grafana-plugin-sdk-go/build\n", "pkg/main.go": goFile, "src/module.ts": "export {};\n",
		"dist/plugin.json": plugin, "dist/module.js": "define()", "dist/module.js.map": string(sources), "dist/CHANGELOG.md": changelog, "dist/README.md": "# DORA\n\n[More](https://acme.example)\n",
		"dist/LICENSE": "Apache License\nVersion 2.0\n", "dist/THIRD_PARTY_NOTICES": "others", "dist/img/logo.svg": "<svg/>", "dist/img/one.png": picture.String(), "dist/dashboards/one.json": "{}",
		"dist/gpx_dora_linux_amd64": `{"version":"1.2.0"}`, "dist/gpx_dora_windows_amd64.exe": `{"version":"1.2.0"}`,
		"dist/go_plugin_build_manifest": hex.EncodeToString(sum[:]) + ":pkg/main.go\n" + hex.EncodeToString(magefile[:]) + ":Magefile.go\n",
	} {
		p.write(name, content)
	}
	return p
}

// committed is one in a repository.
func committed(t *testing.T) tree {
	t.Helper()
	p := planted(t)
	p.git("init", "-q")
	p.commit()
	return p
}

func (p tree) write(name, content string) {
	p.Helper()
	file := filepath.Join(p.root, name)
	require.NoError(p, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(p, os.WriteFile(file, []byte(content), 0o600))
}

func (p tree) git(args ...string) {
	p.Helper()
	c := exec.Command("git", append([]string{"-C", p.root, "-c", "user.name=T", "-c", "user.email=t@example.org"}, args...)...)
	c.Env = append(os.Environ(), "GIT_COMMITTER_DATE=2026-12-01T10:00:00Z")
	out, err := c.CombinedOutput()
	require.NoError(p, err, string(out))
}

func (p tree) commit() {
	p.Helper()
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "all of it")
}

// said is what the command says, with an environment.
func (p tree) said(environment map[string]string, command string, args ...string) (string, error) {
	var out bytes.Buffer
	args = append([]string{command, "--root", p.root, "--dist", filepath.Join(p.root, "dist"), "--out", filepath.Join(p.root, ".cache/release"), "--systems", "linux/amd64,windows/amd64"}, args...)
	err := run(args, func(name string) string { return environment[name] }, &out)
	return out.String(), err
}

func TestAReleaseIsTheSameWhereverItIsMade(t *testing.T) {
	sums := func() string {
		p := committed(t)
		said, err := p.said(nil, "pack")
		require.NoError(t, err)
		assert.Contains(t, said, "acme-dora-datasource-1.2.0.windows_amd64.zip")
		notes, err := os.ReadFile(filepath.Join(p.root, ".cache/release/RELEASE_NOTES.md"))
		require.NoError(t, err)
		assert.Equal(t, "What is new.\n", string(notes))
		archive, err := zip.OpenReader(filepath.Join(p.root, ".cache/release/acme-dora-datasource-1.2.0.linux_amd64.zip"))
		require.NoError(t, err)
		defer func() { _ = archive.Close() }()
		var names []string
		for _, f := range archive.File {
			names = append(names, strings.TrimPrefix(f.Name, "acme-dora-datasource/"))
			assert.Equal(t, "2026-12-01T10:00:00Z", f.Modified.UTC().Format("2006-01-02T15:04:05Z"), "the time of the commit")
			if strings.HasPrefix(names[len(names)-1], "gpx_") {
				assert.Equal(t, os.FileMode(0o755), f.Mode())
			} else {
				assert.Equal(t, os.FileMode(0o644), f.Mode())
			}
		}
		assert.Contains(t, names, "gpx_dora_linux_amd64")
		assert.NotContains(t, names, "gpx_dora_windows_amd64.exe")
		sums, err := os.ReadFile(filepath.Join(p.root, ".cache/release/SHA256SUMS"))
		require.NoError(t, err)
		return string(sums)
	}
	assert.Equal(t, sums(), sums())
}

func TestWhatIsInTheWayOfAReleaseIsSaid(t *testing.T) {
	token := map[string]string{"RELEASE_TAG": "v1.2.0", tokenName: "glc_secret"}
	for name, day := range map[string]struct {
		so          func(p tree)
		environment map[string]string
		says        string
	}{
		"a tag that differs":   {func(p tree) { p.git("tag", "v1.3.0") }, map[string]string{"RELEASE_TAG": "v1.3.0", tokenName: "glc_secret"}, "the tag is v1.3.0, and the version 1.2.0: it is tagged v1.2.0, or"},
		"a tag elsewhere":      {func(p tree) { p.git("tag", "v1.2.0"); p.write("more", "more"); p.commit() }, token, "the tag v1.2.0 is not on what is checked out: git checkout v1.2.0"},
		"a dirty tree":         {func(p tree) { p.git("tag", "v1.2.0"); p.write("more", "more") }, token, "the tree is not what was tagged: ?? more"},
		"a missing token":      {func(p tree) { p.git("tag", "v1.2.0") }, map[string]string{"RELEASE_TAG": "v1.2.0"}, "GRAFANA_ACCESS_POLICY_TOKEN is missing"},
		"versions that differ": {func(p tree) { p.write("package.json", `{"version": "1.3.0"}`) }, nil, "the version is one: CHANGELOG.md says 1.2.0, plugin.json 1.2.0, package.json 1.3.0, package-lock.json 1.2.0"},
		"no day": {func(p tree) {
			p.write("CHANGELOG.md", "## 1.2.0 (unreleased)\n\nNew.\n")
			p.commit()
			p.git("tag", "v1.2.0")
		}, token, "CHANGELOG.md calls 1.2.0 unreleased: its heading has the day, as in ## 1.2.0 (2026-12-01)"},
		"another day":            {func(p tree) { p.write("CHANGELOG.md", "## 1.2.0 (2026-12-02)\n\nNew.\n") }, nil, "the day is one: CHANGELOG.md says 2026-12-02, info.updated of plugin.json 2026-12-01"},
		"nothing new":            {func(p tree) { p.write("CHANGELOG.md", "## 1.2.0\n") }, nil, "CHANGELOG.md says nothing of 1.2.0"},
		"no heading":             {func(p tree) { p.write("CHANGELOG.md", "All is new.\n") }, nil, "CHANGELOG.md has no heading of a version"},
		"a tree that is no tree": {func(p tree) { require.NoError(p, os.RemoveAll(filepath.Join(p.root, ".git"))) }, nil, "a release is made of a git repository"},
	} {
		t.Run(name, func(t *testing.T) {
			p := committed(t)
			day.so(p)
			said, err := p.said(day.environment, "ready")
			require.ErrorContains(t, err, day.says)
			assert.NotContains(t, said+err.Error(), "glc_secret")
		})
	}
	p := committed(t)
	p.git("tag", "v1.2.0")
	said, err := p.said(token, "ready")
	require.NoError(t, err)
	assert.Equal(t, "ready: 1.2.0\n", said)
	_, err = p.said(map[string]string{"RELEASE_TAG": "v1.2.0", unsignedName: "yes"}, "ready")
	require.NoError(t, err, "unsigned, where that is meant")
	p.write("more", "more")
	said, err = p.said(nil, "ready")
	require.NoError(t, err)
	assert.Equal(t, "ready: 1.2.0, a rehearsal: nothing is published without RELEASE_TAG; 1 files are not committed\n", said)
}

func TestWhatTheCatalogueWouldRefuseIsNotMade(t *testing.T) {
	for says, mend := range map[string][2]string{
		"README.md: the link docs/more.md leads nowhere in the catalogue":             {"dist/README.md", "# DORA\n\n[More](docs/more.md)\n"},
		`README.md: "Node.js" is a developers' word`:                                  {"dist/README.md", "# DORA\n\nYou need Node.js.\n"},
		"README.md has comments":                                                      {"dist/README.md", "# DORA\n<!-- todo -->\n"},
		"CHANGELOG.md is missing or empty":                                            {"dist/CHANGELOG.md", "\n"},
		"LICENSE is not the text of Apache 2.0":                                       {"dist/LICENSE", "All rights reserved.\n"},
		".config/webpack/webpack.config.ts does not name @grafana/create-plugin":      {".config/webpack/webpack.config.ts", "export default {};\n"},
		"module.js.map: ./module.ts is not the file of this name below src":           {"src/module.ts", "export const other = 1;\n"},
		"module.js.map has no sources":                                                {"dist/module.js.map", "{}"},
		"go_plugin_build_manifest does not have pkg/main.go as it is":                 {"pkg/main.go", "package other\n"},
		"go_plugin_build_manifest does not have pkg/more.go as it is":                 {"pkg/more.go", "package more\n"},
		"dist/plugin.json: unexpected end of JSON input":                              {"dist/plugin.json", ""},
		"img/one.png is text/plain; charset=utf-8, and its name says otherwise":       {"dist/img/one.png", "no picture"},
		"img/logo.svg does something":                                                 {"dist/img/logo.svg", "<svg><script>alert(1)</script></svg>"},
		"includes names dashboards/one.json, which is not there or no JSON":           {"dist/dashboards/one.json", "{"},
		"the backend gpx_dora_linux_amd64 was not built as 1.2.0":                     {"dist/gpx_dora_linux_amd64", `{"version":"1.1.0"}`},
		"module.js names google-analytics.com, which watches people":                  {"dist/module.js", "load('https://www.google-analytics.com')"},
		"nested/plugin.json is a plugin in a plugin":                                  {"dist/nested/plugin.json", plugin},
		"was built of 1.1.0, and the version is 1.2.0: build it again":                {"dist/plugin.json", strings.ReplaceAll(plugin, "1.2.0", "1.1.0")},
		`id "acme-dora"; allowed: organisation-name-datasource`:                       {"dist/plugin.json", strings.Replace(plugin, "acme-dora-datasource", "acme-dora", 1)},
		`dependencies.grafanaDependency "12.3.x"; allowed: a range without an end`:    {"dist/plugin.json", strings.Replace(plugin, ">=12.3.0", "12.3.x", 1)},
		`the link "acme.example" is no address that begins with https`:                {"dist/plugin.json", strings.Replace(plugin, "https://acme.example", "acme.example", 1)},
		`info.logos.large "/img/logo.svg"; allowed: a path in the archive`:            {"dist/plugin.json", strings.Replace(plugin, `"large": "img`, `"large": "/img`, 1)},
		"info.screenshots[0] names img/two.png, which is not there or empty":          {"dist/plugin.json", strings.Replace(plugin, "one.png", "two.png", 1)},
		"info.description and info.keywords are what the catalogue finds a plugin by": {"dist/plugin.json", strings.Replace(plugin, `["dora"]`, "[]", 1)},
		"name is for people, and not the id":                                          {"dist/plugin.json", strings.Replace(plugin, `"name": "DORA"`, `"name": "acme-dora-datasource"`, 1)},
		"has no backend for windows/amd64: go tool mage release builds all":           {"dist/gpx_dora_windows_amd64.exe", ""},
	} {
		t.Run(says, func(t *testing.T) {
			p := planted(t)
			if mend[1] == "" && strings.HasPrefix(mend[0], "dist/gpx") {
				require.NoError(t, os.Remove(filepath.Join(p.root, mend[0])))
			} else {
				p.write(mend[0], mend[1])
			}
			r := release{root: p.root, dist: filepath.Join(p.root, "dist"), out: filepath.Join(p.root, ".cache/release"), systems: []string{"linux/amd64", "windows/amd64"}}
			v, err := versionOf(p.root)
			require.NoError(t, err)
			require.ErrorContains(t, r.pack(state{version: v}, io.Discard), says)
			left, err := filepath.Glob(filepath.Join(p.root, ".cache/release/*.zip"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// The tool lists what the backend links; what the bundler put in is listed beside it, and neither says where it was made.
func TestTheListOfPartsHasBothHalves(t *testing.T) {
	p := committed(t)
	p.write("node_modules/@of/someone/package.json", `{"version": "4.5.6", "license": "MIT"}`)
	bundled, err := json.Marshal([]map[string]string{{"name": "@of/someone", "directory": filepath.Join(p.root, "node_modules/@of/someone")}})
	require.NoError(t, err)
	p.write(".cache/bundled.json", string(bundled))
	tool := filepath.Join(p.root, ".cache/tool")
	p.write(".cache/tool", "#!/bin/sh\necho '{\"bomFormat\": \"CycloneDX\", \"metadata\": {\"properties\": []}, \"components\": [{\"name\": \"a/module\"}]}'\n")
	require.NoError(t, os.Chmod(tool, 0o700)) //nolint:gosec // it is run
	_, err = p.said(nil, "pack", "--tool", tool, "--parts", filepath.Join(p.root, ".cache/bundled.json"))
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(p.root, ".cache/release/acme-dora-datasource-1.2.0.cdx.json"))
	require.NoError(t, err)
	for _, words := range []string{`"a/module"`, `"pkg:npm/%40of/someone@4.5.6"`, `"id": "MIT"`, `"version": "1.2.0"`} {
		assert.Contains(t, string(text), words)
	}
	assert.NotContains(t, string(text), p.root)

	p.write(".cache/tool", "#!/bin/sh\necho '{}'\n")
	_, err = p.said(nil, "pack", "--tool", tool, "--parts", filepath.Join(p.root, ".cache/bundled.json"))
	require.ErrorContains(t, err, "has no build information")
}
