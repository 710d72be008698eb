package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/settings"
)

// installation is a Grafana of this machine.
type installation struct{ program, home string }

// findGrafana looks in GRAFANA_HOME and on PATH. Where there is none it says why.
func findGrafana(p place) (*installation, string) {
	name := "grafana"
	if runtime.GOOS == "windows" {
		name = "grafana.exe"
	}
	var found *installation
	if home := os.Getenv("GRAFANA_HOME"); home != "" {
		program := filepath.Join(home, "bin", name)
		if !exists(program) {
			return nil, "GRAFANA_HOME has no " + filepath.Join("bin", name)
		}
		found = &installation{program, home}
	} else if program, err := exec.LookPath(name); err == nil {
		found = installedAround(program)
	}
	if found == nil {
		return nil, "neither GRAFANA_HOME nor grafana on PATH"
	}
	if lacking := p.lacksHere(); lacking != "" {
		return nil, lacking
	}
	return found, ""
}

// installedAround finds the home of a program on PATH, where packages put it: beside bin, in share (Homebrew), or in
// /usr/share (Debian, where the program on PATH is a script around the one there).
func installedAround(program string) *installation {
	if resolved, err := filepath.EvalSymlinks(program); err == nil {
		program = resolved
	}
	prefix := filepath.Dir(filepath.Dir(program))
	for _, home := range []string{prefix, filepath.Join(prefix, "share", "grafana"), "/usr/share/grafana"} {
		if !exists(filepath.Join(home, "conf", "defaults.ini")) {
			continue
		}
		if own := filepath.Join(home, "bin", filepath.Base(program)); exists(own) {
			program = own
		}
		return &installation{program, home}
	}
	return nil
}

// composeFile is what the demo reads of docker-compose.yaml.
type composeFile struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Environment map[string]string `yaml:"environment"`
	} `yaml:"services"`
}

// grafanaSettings are the settings of the demo's Grafana, which docker-compose.yaml holds for every way.
func grafanaSettings(p place) (map[string]string, error) {
	text, err := os.ReadFile(p.compose())
	if err != nil {
		return nil, fmt.Errorf("the demo's Grafana settings cannot be read: %w", err)
	}
	var file composeFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", p.compose(), err)
	}
	found := map[string]string{}
	for name, value := range file.Services["grafana"].Environment {
		if strings.HasPrefix(name, "GF_") {
			found[name] = value
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: services.grafana.environment has no GF_ settings", p.compose())
	}
	return found, nil
}

// inGrafana runs a Grafana of this machine with everything provisioned.
func (d *demo) inGrafana(ctx context.Context, installed *installation) error {
	address, err := freeAddress(d.Listen)
	if err != nil {
		return err
	}
	folder, err := d.found(webhookAddress("http://" + address))
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	command, err := d.grafanaCommand(running, installed, folder, address)
	if err != nil {
		return err
	}
	log := &tail{}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return fmt.Errorf("grafana does not start: %w", err)
	}
	d.page.line("Starting the Grafana in %s.", installed.home)
	var failure error
	ended := make(chan struct{})
	go func() { // ends with Grafana, which ends with the context
		defer close(ended)
		failure = command.Wait()
	}()
	alive := func() error {
		select {
		case <-ended:
			return fmt.Errorf("grafana has ended: %w\n%s", errors.Join(failure, ctx.Err()), log)
		default:
			return nil
		}
	}
	err = d.visit(ctx, newGrafanaAPI("http://"+address), alive)
	stop()
	<-ended
	return err
}

// grafanaCommand is the command that runs Grafana, with all it writes in the folder.
func (d *demo) grafanaCommand(ctx context.Context, installed *installation, folder, address string) (*exec.Cmd, error) {
	wanted, err := grafanaSettings(d.place)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	ini := filepath.Join(folder, "grafana.ini")
	// the only settings that no environment variable can make
	section := "[plugin." + settings.PluginID + "]\npath = " + d.place.plugin + "\nstore_root = " + folder + "\n"
	if err := os.WriteFile(ini, []byte(section), 0o600); err != nil {
		return nil, fmt.Errorf("grafana's settings cannot be written: %w", err)
	}
	provisioning, err := d.place.provisioned(folder)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"GF_PATHS_DATA":              filepath.Join(folder, "grafana"),
		"GF_PATHS_LOGS":              filepath.Join(folder, "grafana", "log"),
		"GF_PATHS_PLUGINS":           filepath.Join(folder, "grafana", "plugins"),
		"GF_PATHS_PROVISIONING":      provisioning,
		"GF_SECURITY_ADMIN_PASSWORD": d.password(),
		"GF_SERVER_HTTP_ADDR":        host,
		"GF_SERVER_HTTP_PORT":        port,
		"GF_SERVER_ROOT_URL":         "http://" + address + "/",
	} {
		wanted[name] = value
	}
	if err := os.MkdirAll(wanted["GF_PATHS_PLUGINS"], 0o700); err != nil {
		return nil, fmt.Errorf("grafana's folders cannot be made: %w", err)
	}
	command := exec.CommandContext(ctx, installed.program, "server", "--homepath", installed.home, "--config", ini) //nolint:gosec // the person's own Grafana
	command.Dir = installed.home
	for _, each := range os.Environ() {
		if !strings.HasPrefix(each, "GF_") { // another Grafana's
			command.Env = append(command.Env, each)
		}
	}
	for name, value := range wanted {
		command.Env = append(command.Env, name+"="+value)
	}
	endKindly(command)
	return command, nil
}

// farewell is how long a process has to end by itself.
const farewell = 10 * time.Second

// endKindly has a process interrupted when its context ends, and killed if it does not take the hint.
func endKindly(command *exec.Cmd) {
	command.Cancel = func() error {
		if runtime.GOOS == "windows" {
			return command.Process.Kill()
		}
		return command.Process.Signal(os.Interrupt)
	}
	command.WaitDelay = farewell
}

// freeAddress is the address that is wanted, or a free one: Grafana's own port where nothing listens there.
func freeAddress(wanted string) (string, error) {
	for _, address := range []string{wanted, "127.0.0.1:3000", "127.0.0.1:0"} {
		if address == "" {
			continue
		}
		listener, err := net.Listen("tcp", address)
		if err == nil {
			found := listener.Addr().String()
			return found, listener.Close()
		}
		if address == wanted {
			return "", fmt.Errorf("--listen: %w", err)
		}
	}
	return "", errors.New("no port of 127.0.0.1 is free for Grafana")
}
