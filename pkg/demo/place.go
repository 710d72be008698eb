package demo

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
)

// The variables that the provisioning files and docker-compose.yaml read.
const (
	variableURL        = "LIVEDORA_GITHUB_URL"
	variableToken      = "LIVEDORA_GITHUB_TOKEN"
	variableStore      = "LIVEDORA_STORE_PATH"
	variableDashboards = "LIVEDORA_DASHBOARDS_PATH"
	variableAlerting   = "LIVEDORA_ALERTING_PATH"
)

// place is where the demo finds things: absolute paths.
type place struct {
	root       string // of the repository
	program    string // this program, which is the plugin too
	plugin     string // the folder with plugin.json and the programs
	dashboards string
	alerting   string // provisioning files of alert rules and contact points
}

// datasources is the provisioning file of the data source.
func (p place) datasources() string {
	return filepath.Join(p.root, "provisioning", "datasources", "livedora.yaml")
}

func (p place) provisioning() string { return filepath.Join(p.root, "provisioning") }

func (p place) shippedAlerting() string { return filepath.Join(p.provisioning(), "alerting") }

// provisioned is the folder of Grafana's provisioning files: the repository's or, where alert rules come from elsewhere, a
// copy with those rules in a folder of the demo's.
func (p place) provisioned(folder string) (string, error) {
	if p.alerting == p.shippedAlerting() {
		return p.provisioning(), nil
	}
	staged := filepath.Join(folder, "provisioning")
	for name, from := range map[string]string{
		"datasources": filepath.Join(p.provisioning(), "datasources"), "dashboards": filepath.Join(p.provisioning(), "dashboards"), "alerting": p.alerting,
	} {
		if err := os.CopyFS(filepath.Join(staged, name), os.DirFS(from)); err != nil {
			return "", fmt.Errorf("the provisioning files cannot be copied: %w", err)
		}
	}
	return staged, nil
}

func (p place) compose() string { return filepath.Join(p.root, "docker-compose.yaml") }

// find looks for the repository around the working directory and the program.
func find(dashboards, alerting string) (place, error) {
	program, err := os.Executable()
	if err != nil {
		return place{}, fmt.Errorf("this program cannot be found: %w", err)
	}
	if resolved, err := filepath.EvalSymlinks(program); err == nil {
		program = resolved
	}
	p := place{program: program, plugin: filepath.Dir(program)}
	here, err := os.Getwd()
	if err != nil {
		return place{}, fmt.Errorf("the working directory cannot be found: %w", err)
	}
	for _, root := range []string{here, filepath.Dir(p.plugin)} {
		if p.root = root; exists(p.datasources()) {
			break
		}
	}
	if !exists(p.datasources()) {
		return place{}, errors.New("provisioning/datasources/livedora.yaml is not here: run the demo in the repository's folder")
	}
	p.dashboards, p.alerting = filepath.Join(p.root, "dashboards"), p.shippedAlerting()
	if dashboards != "" {
		if p.dashboards, err = filepath.Abs(dashboards); err != nil {
			return place{}, fmt.Errorf("--dashboards: %w", err)
		}
	}
	if alerting != "" {
		if p.alerting, err = filepath.Abs(alerting); err != nil {
			return place{}, fmt.Errorf("--alerting: %w", err)
		}
	}
	return p, nil
}

// arrange puts dashboards in the order in which the plugin lists them; what it does not list comes last.
func (p place) arrange(boards []*dashboard.Dashboard) error {
	text, err := os.ReadFile(filepath.Join(p.root, "plugin.json"))
	if err != nil {
		return fmt.Errorf("the list of dashboards cannot be read: %w", err)
	}
	var plugin struct {
		Includes []struct{ Path string }
	}
	if err := json.Unmarshal(text, &plugin); err != nil {
		return fmt.Errorf("plugin.json: %w", err)
	}
	at := map[string]int{}
	for i, each := range plugin.Includes {
		at[filepath.Base(each.Path)] = i - len(plugin.Includes)
	}
	slices.SortStableFunc(boards, func(a, b *dashboard.Dashboard) int { return cmp.Compare(at[a.File], at[b.File]) })
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// programFor is the name of the plugin's program for a system.
func programFor(system, architecture string) string {
	name := "gpx_livedora_" + system + "_" + architecture
	if system == "windows" {
		name += ".exe"
	}
	return name
}

// lacks says what of the plugin is missing for a Grafana on that system; nothing: it is complete.
func (p place) lacks(system, architecture string) string {
	for _, need := range []struct{ file, how string }{
		{"plugin.json", "go tool mage demo"},
		{"module.js", "npm ci && npm run build"},
		{programFor(system, architecture), fmt.Sprintf("GOOS=%s GOARCH=%s CGO_ENABLED=0 go build -o dist/%s ./pkg", system, architecture, programFor(system, architecture))},
	} {
		if !exists(filepath.Join(p.plugin, need.file)) {
			return fmt.Sprintf("%s is missing in %s; %s makes it", need.file, p.plugin, need.how)
		}
	}
	return ""
}

// lacksHere is lacks for a Grafana on this system.
func (p place) lacksHere() string { return p.lacks(runtime.GOOS, runtime.GOARCH) }

// environment sets what the provisioning files read, for this process and those that it starts.
func environment(values map[string]string) error {
	for name, value := range values {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("%s cannot be set: %w", name, err)
		}
	}
	return nil
}
