//go:build mage

// The tasks of this project: go tool mage -l lists them.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/magefile/mage/mg"
	"github.com/magefile/mage/sh"

	"github.com/livedora/dora-datasource/pkg/shipped"
)

// Default builds the plugin for this machine.
var Default = Build

// Build builds the plugin for this machine into dist: the frontend, the backend for this system, and the notices of others' parts.
func Build() { mg.SerialDeps(Frontend, Backend, Notices) }

// Release makes what is published of a version, in .cache/release: an archive for each system that Grafana runs on and one for all, the
// list of parts, checksums and notes. It is a rehearsal, without secrets, unless RELEASE_TAG names the version's tag.
func Release() error {
	if err := sh.RunV("go", "run", "./pkg/release", "ready"); err != nil {
		return err
	}
	if err := reproducibly(); err != nil {
		return err
	}
	mg.SerialDeps(Frontend, Notices, PartsLister)
	for _, system := range shipped.Systems {
		goos, goarch, _ := strings.Cut(system, "/")
		if err := (build.Build{}).Custom(goos, goarch); err != nil {
			return fmt.Errorf("the backend for %s cannot be built: %w", system, err)
		}
	}
	return sh.RunV("go", "run", "./pkg/release", "pack", "--tool", partsLister)
}

// Rehearse makes the release of this system alone from what lies in dist, as CI does: the archive that Grafana's catalogue would take,
// twice the same, with its list of parts, checksums and notes.
func Rehearse() error {
	mg.Deps(PartsLister)
	return sh.RunV("go", "run", "./pkg/release", "pack", "--tool", partsLister, "--systems", runtime.GOOS+"/"+runtime.GOARCH)
}

// partsLister is where the program that lists parts (SBOM) lies.
const partsLister = ".cache/cyclonedx-gomod"

// PartsLister builds the program that lists parts.
func PartsLister() error {
	executable, err := filepath.Abs(partsLister)
	if err != nil || newer(executable, "tools/release/go.mod") {
		return err
	}
	if err := runIn("tools/release", "go", "build", "-o", executable, "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod"); err != nil {
		return fmt.Errorf("cyclonedx-gomod cannot be built: %w", err)
	}
	return nil
}

// Charts builds Helm, renders the chart of the collector in both its forms, checks each object against its kind, and tries wrong values.
func Charts() error {
	for name, of := range map[string]string{"helm": "helm.sh/helm/v3/cmd/helm", "kinds": "./kinds"} {
		executable, err := filepath.Abs(filepath.Join(".cache", name))
		if err != nil {
			return err
		}
		if newer(executable, "tools/helm/go.mod") {
			continue
		}
		if err := runIn("tools/helm", "go", "build", "-o", executable, of); err != nil {
			return fmt.Errorf("%s cannot be built: %w", name, err)
		}
	}
	for _, mode := range []string{"deployment", "cronjob"} {
		if err := sh.RunV("sh", "-euc", ".cache/helm template dora deploy/kubernetes/collector --kube-version 1.31.0 --set mode="+mode+" -f deploy/kubernetes/example-values.yaml > .cache/rendered.yaml; .cache/kinds < .cache/rendered.yaml"); err != nil {
			return err
		}
	}
	return sh.RunV("go", "test", "-count=1", "-v", "-run", "Chart|Kubernetes", "./pkg/release")
}

// Site builds the documentation as pages with a search, in .cache/site, and fails where a link of them leads nowhere.
func Site() error {
	if err := needNode(); err != nil {
		return err
	}
	if !newer("site/node_modules/.package-lock.json", "site/package-lock.json") {
		if err := sh.RunV("npm", "ci", "--no-audit", "--no-fund", "--prefix", "site"); err != nil {
			return err
		}
	}
	return sh.RunV("npm", "run", "--silent", "--prefix", "site", "build")
}

// reproducibly has backends built without paths of this machine, and with the commit's time in place of now.
func reproducibly() error {
	seconds, err := sh.Output("git", "log", "-1", "--format=%ct")
	if err != nil {
		return fmt.Errorf("a release is made of a git repository: %w", err)
	}
	var plugin struct {
		ID   string
		Info struct{ Version string }
	}
	text, err := os.ReadFile("plugin.json")
	if err == nil {
		err = json.Unmarshal(text, &plugin)
	}
	if err != nil {
		return fmt.Errorf("plugin.json cannot be read: %w", err)
	}
	return build.SetBeforeBuildCallback(func(c build.Config) (build.Config, error) {
		if c.Env == nil { // the manifest is no build
			return c, nil
		}
		c.Env["GOFLAGS"] = strings.TrimSpace(os.Getenv("GOFLAGS") + " -trimpath")
		c.CustomVars = map[string]string{
			"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo.buildInfoJSON": fmt.Sprintf(`{"time":%s000,"pluginID":%q,"version":%q}`, seconds, plugin.ID, plugin.Info.Version),
		}
		return c, nil
	})
}

// Backend builds the backend for this system into dist.
func Backend() error {
	if err := (build.Build{}).Custom(runtime.GOOS, runtime.GOARCH); err != nil {
		return fmt.Errorf("the backend cannot be built: %w", err)
	}
	return nil
}

// Notices writes the licences and notices of all that is shipped and not ours into dist: of the Go modules that are linked, and
// of the npm packages that the frontend's bundle holds. It fails where one has no licence text.
func Notices() error {
	mg.SerialDeps(Frontend)
	return sh.RunV("go", "run", "./pkg/notices", ".cache/bundled.json", filepath.Join("dist", "THIRD_PARTY_NOTICES"))
}

// Frontend installs the npm packages and builds the frontend into dist.
func Frontend() error {
	mg.Deps(Packages)
	return sh.RunV("npm", "run", "--silent", "build")
}

// Packages installs the npm packages where package-lock.json changed since the last time.
func Packages() error {
	if err := needNode(); err != nil {
		return err
	}
	if newer("node_modules/.package-lock.json", "package-lock.json") {
		return nil
	}
	return sh.RunV("npm", "ci", "--no-audit", "--no-fund")
}

// Newer checks the frontend's types and runs the shipped bundle on the libraries of a newer Grafana, with React 19.
func Newer() error {
	const wanted, libraries = "e2e/browser/grafana13/", ".cache/grafana13"
	if !newer(libraries+"/node_modules/.package-lock.json", wanted+"package-lock.json") {
		if err := os.MkdirAll(libraries, 0o755); err != nil {
			return err
		}
		for _, file := range []string{"package.json", "package-lock.json"} {
			if err := sh.Copy(filepath.Join(libraries, file), wanted+file); err != nil {
				return err
			}
		}
		if err := sh.RunV("npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", libraries); err != nil {
			return err
		}
	}
	if err := sh.RunV("npx", "tsc", "--noEmit", "-p", wanted+"tsconfig.json"); err != nil {
		return err
	}
	return sh.RunWithV(map[string]string{"GRAFANA_LIBRARIES": libraries}, "npm", "run", "--silent", "browser")
}

// Demo shows the metrics of an invented organisation: in Grafana where Docker or a Grafana is there, else here in the terminal.
func Demo() error {
	mg.Deps(Backend)
	if grafanaIsThere() {
		mg.Deps(Frontend)
	}
	return sh.RunV(binary(), "demo")
}

// Test runs every check: vet, linters, Go tests, frontend tests, the bundle in a browser, and the demo. Where GRAFANA_URL names
// a Grafana that has the plugin and its dashboards, such as the demo's, it visits that too.
func Test() error {
	if err := needCompiler(); err != nil {
		return err
	}
	if err := needBrowser(); err != nil {
		return err
	}
	if err := needDatabase(); err != nil {
		return err
	}
	if err := needNode(); err != nil {
		return err
	}
	steps := []step{
		{"go vet", command("go", "vet", "./...")},
		{"Go linters", Lint},
		{"npm packages", Packages},
		{"TypeScript types", command("npm", "run", "--silent", "typecheck")},
		{"TypeScript linters", command("npm", "run", "--silent", "lint")},
		{"TypeScript unit tests", command("npm", "run", "--silent", "test")},
		{"frontend bundle", command("npm", "run", "--silent", "build")},
		{"the notices of others' parts", command("go", "run", "./pkg/notices", ".cache/bundled.json", filepath.Join("dist", "THIRD_PARTY_NOTICES"))},
		{"the bundle in a browser", command("npm", "run", "--silent", "browser")},
		{"the bundle and its types on the libraries of Grafana 13", Newer},
		{"backend", Backend},
		{"the release of this system, rehearsed", Rehearse},
		{"Go tests, with the compiled plugin", command("go", "test", "-race", uninstrumented, "-timeout", "40m", "./pkg/...")},
		{"the demo, once", command(binary(), "demo", "--once", "--way", "terminal")},
	}
	if os.Getenv("GRAFANA_URL") != "" {
		steps = append(steps, step{"the Grafana at GRAFANA_URL", command("npm", "run", "--silent", "e2e")})
	}
	return carryOut(steps)
}

// uninstrumented leaves SQLite's own code, which was translated from C and is entered by one at a time, out of the race
// detector: it took a third of the processor time of the tests that use it, and what is ours is watched as before.
const uninstrumented = "-gcflags=modernc.org/...=-race=false"

// Lint runs the Go linters.
func Lint() error {
	executable, err := filepath.Abs(".cache/golangci-lint")
	if err != nil {
		return err
	}
	if !newer(executable, "tools/go.mod") {
		if err := runIn("tools", "go", "build", "-o", executable, "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"); err != nil {
			return fmt.Errorf("golangci-lint cannot be built: %w", err)
		}
	}
	return sh.RunV(executable, "run", "./pkg/...")
}

// Bench measures the built plugin at a million changes: speed, cold start, memory. It takes some minutes and 1 GB in .cache.
func Bench() error {
	mg.Deps(Backend)
	return sh.RunV("go", "run", "./pkg/bench", binary())
}

// tortures are the tests that have a long form, by package.
var tortures = []struct{ directory, tests string }{
	{"./pkg", "KilledAgainAndAgain|NoSecret|TwentyNodes|LeaderThatIsKilled"},
	{"./pkg/plugin", "Malformed|TooManyBuckets|AMonth|LeftBehind"},
	{"./pkg/source/github", "Malformed|NoRedirect|Fault|FiveHundredRepositories|ALimit|OverREST|Successful|EveryCommit|ARefresh|WhateverOrder"},
	{"./pkg/source/azuredevops", "BrokenOff|FromMonthToMonth"},
	{"./pkg/source/jenkins", "BrokenOff"},
	{"./pkg/source/argocd", "BrokenOff"},
	{"./pkg/source/bitbucket", "BrokenOff|InSteps"},
	{"./pkg/dora", "Damaged"},
	{"./pkg/store/sqlite", "Kill|FullDisk"},
	{"./pkg/store/postgres", "Kill|FailOver"},
}

// fuzzed are the targets of fuzzing, by package.
var fuzzed = []struct{ directory, target string }{
	{"./pkg/query", "FuzzAQuerysText"},
	{"./pkg/query", "FuzzAFilter"},
	{"./pkg/settings", "FuzzParse"},
	{"./pkg/intake", "FuzzIntake"},
	{"./pkg/source/github", "FuzzReceive"},
	{"./pkg/dora", "FuzzAPattern"},
	{"./pkg/source/github", "FuzzAnAnswer"},
	{"./pkg/dora", "FuzzAStoredEvent"},
	{"./pkg/dora/facts", "FuzzASavedHistory"},
	{"./pkg/store/sqlite", "FuzzARow"},
	{"./pkg/dora/facts", "FuzzAnIncidentsText"},
	{"./pkg/dora/facts", "FuzzARevertsText"},
}

// Torture runs the long forms of the tests under kills, faults and malformed input, attacks the plugin as viewers might, and
// fuzzes each target for a minute. It takes three quarters of an hour. docs/reliability.md has the figures.
func Torture() error {
	if err := needDatabase(); err != nil {
		return err
	}
	if err := os.Setenv("LIVEDORA_TORTURE", "1"); err != nil {
		return err
	}
	var steps []step
	for _, t := range tortures {
		steps = append(steps, step{t.directory + " " + t.tests, command("go", "test", "-v", "-count=1", "-timeout", "60m", "-run", t.tests, t.directory)})
	}
	steps = append(steps, step{"what viewers send who mean harm, at a million changes", func() error {
		mg.Deps(Backend)
		return sh.RunV("go", "run", "./pkg/bench", binary(), "attack")
	}})
	for _, f := range fuzzed {
		steps = append(steps, step{f.target, command("go", "test", "-run", "^$", "-fuzz", "^"+f.target+"$", "-fuzztime", "1m", f.directory)})
	}
	return carryOut(steps)
}

// Golden writes the golden files, what the frontend knows of queries and systems, the docs of both and the picture of the house anew; look at the
// difference before committing it.
func Golden() error {
	mg.Deps(Packages)
	if err := sh.RunV("go", "test", "./pkg/plugin", "./pkg/query", "./pkg/systems", "-update"); err != nil {
		return err
	}
	if err := sh.RunV("go", "test", "./pkg", "-run", "TheHouse", "-update"); err != nil {
		return err
	}
	return sh.RunV("npm", "run", "--silent", "format")
}

// Clean removes what was built.
func Clean() error {
	return errors.Join(sh.Rm("dist"), sh.Rm(".cache"), sh.Rm("coverage"), sh.Rm(".demo"))
}

// step is one part of Test.
type step struct {
	name string
	run  func() error
}

// carryOut runs every step, goes on after one that failed, and ends with a line a step and their count.
func carryOut(steps []step) error {
	var lines []string
	failed := 0
	for _, s := range steps {
		fmt.Printf("\n== %s\n", s.name)
		begin := time.Now()
		err := s.run()
		mark := "passed"
		if err != nil {
			mark = "FAILED"
			failed++
			fmt.Println(err)
		}
		lines = append(lines, fmt.Sprintf("%s  %s  %s", mark, s.name, time.Since(begin).Round(time.Second)))
	}
	fmt.Printf("\n%s\n%d passed, %d failed\n", strings.Join(lines, "\n"), len(steps)-failed, failed)
	if failed > 0 {
		return fmt.Errorf("%d of %d steps failed", failed, len(steps))
	}
	return nil
}

func command(name string, args ...string) func() error {
	return func() error { return sh.RunV(name, args...) }
}

func runIn(directory, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir, c.Stdout, c.Stderr = directory, os.Stdout, os.Stderr
	return c.Run()
}

// binary is the backend for this system.
func binary() string {
	name := fmt.Sprintf("gpx_livedora_%s_%s", runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join("dist", name)
}

// grafanaIsThere says whether the demo will find a Grafana, which needs the frontend too.
func grafanaIsThere() bool {
	if os.Getenv("GRAFANA_HOME") != "" {
		return true
	}
	if _, err := exec.LookPath("grafana"); err == nil {
		return true
	}
	return exec.Command("docker", "info").Run() == nil
}

// newer says whether a made file is there and younger than what it is made from.
func newer(made, from string) bool {
	m, err := os.Stat(made)
	if err != nil {
		return false
	}
	f, err := os.Stat(from)
	return err == nil && !m.ModTime().Before(f.ModTime())
}

const nodeVersion = 20

func needNode() error {
	text, err := sh.Output("node", "--version")
	if err != nil {
		return fmt.Errorf("Node.js %d or later is needed, with npm: nodejs.org, or your system's package nodejs", nodeVersion)
	}
	major, _ := strconv.Atoi(strings.SplitN(strings.TrimPrefix(text, "v"), ".", 2)[0])
	if major < nodeVersion {
		return fmt.Errorf("Node.js %d or later is needed; this is %s", nodeVersion, text)
	}
	return nil
}

// needCompiler finds a C compiler, which Go's race detector needs.
func needCompiler() error {
	return needProgram("a C compiler, for Go's race detector", []string{"gcc", "clang"}, "gcc", "libc6-dev")
}

// needDatabase finds PostgreSQL, PgBouncer, and Patroni with etcd, with which the store that Grafanas share is tested, and InfluxDB,
// which figures are delivered to.
func needDatabase() error {
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); err != nil || len(found) == 0 {
		if err := needProgram("PostgreSQL, with which the store is tested", []string{"initdb"}, "postgresql"); err != nil {
			return err
		}
	}
	if err := needProgram("PgBouncer, with which the store is tested", []string{"pgbouncer", "/usr/sbin/pgbouncer"}, "pgbouncer"); err != nil {
		return err
	}
	if err := needProgram("InfluxDB 1, which figures are delivered to in tests", []string{"influxd"}, "influxdb"); err != nil {
		return err
	}
	if err := needProgram("etcd, with which a cluster is tested", []string{"etcd"}, "etcd-server"); err != nil {
		return err
	}
	return needProgram("Patroni, with which a cluster is tested", []string{"patroni"}, "patroni", "python3-etcd")
}

// needBrowser finds Chromium, in which the frontend is tested.
func needBrowser() error {
	if os.Getenv("CHROMIUM_PATH") != "" {
		return nil
	}
	return needProgram("Chromium, in which the frontend is tested (or its path in CHROMIUM_PATH)", []string{"chromium"}, "chromium")
}

// needProgram finds one of some programs; on Debian as root it installs the packages that bring one.
func needProgram(what string, programs []string, packages ...string) error {
	if slices.ContainsFunc(programs, func(p string) bool { _, err := exec.LookPath(p); return err == nil }) {
		return nil
	}
	apt := "apt-get install -y --no-install-recommends " + strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("%s is needed: on Debian or Ubuntu, run as root: apt-get update && %s", what, apt)
	}
	fmt.Printf("installing %s: %s\n", what, apt)
	if err := sh.Run("apt-get", "update", "-qq"); err != nil {
		return fmt.Errorf("%s is needed, and apt-get update failed: %w", what, err)
	}
	if err := sh.RunWith(map[string]string{"DEBIAN_FRONTEND": "noninteractive"}, "apt-get", strings.Fields(apt)[1:]...); err != nil {
		return fmt.Errorf("%s is needed, and cannot be installed: %w", what, err)
	}
	return nil
}
