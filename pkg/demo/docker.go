package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// engine is a Docker engine that answers.
type engine struct{ architecture string } // as Go names it

// engineTime is how long a Docker client may take to say whether there is an engine.
const engineTime = 10 * time.Second

// findEngine asks the Docker engine what it is. Where there is none, or the plugin is not built for it, it says why.
func findEngine(ctx context.Context, p place) (*engine, string) {
	if _, err := exec.LookPath("docker"); err != nil {
		return nil, "there is no docker on PATH"
	}
	asking, cancel := context.WithTimeout(ctx, engineTime)
	defer cancel()
	answer, err := exec.CommandContext(asking, "docker", "info", "--format", "{{.OSType}}/{{.Architecture}}").Output()
	if err != nil {
		return nil, "no engine answers"
	}
	if err := exec.CommandContext(asking, "docker", "compose", "version").Run(); err != nil {
		return nil, "docker compose is not installed"
	}
	system, machine, _ := strings.Cut(strings.TrimSpace(string(answer)), "/")
	found, known := architectures[machine]
	if system != "linux" || !known {
		return nil, fmt.Sprintf("its engine runs %s containers on %s; the demo knows linux on amd64, arm64 and arm", system, machine)
	}
	if lacking := p.lacks("linux", found); lacking != "" {
		return nil, lacking
	}
	return &engine{architecture: found}, ""
}

// architectures are Go's names of the machines that engines tell.
var architectures = map[string]string{
	"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm", "arm": "arm",
}

// variables are what docker-compose.yaml reads.
func (e *engine) variables(d *demo, token, port string) []string {
	return []string{
		"LIVEDORA_ARCH=" + e.architecture,
		"LIVEDORA_PLUGIN_PATH=" + d.place.plugin,
		"LIVEDORA_SEED=" + strconv.FormatUint(d.Seed, 10),
		"LIVEDORA_DEPLOY_EVERY=" + d.deployEvery().String(),
		"LIVEDORA_PORT=" + port,
		"LIVEDORA_DEMO_PASSWORD=" + d.password(),
		variableDashboards + "=" + d.place.dashboards,
		variableAlerting + "=" + d.place.alerting,
		variableToken + "=" + token,
	}
}

// compose is a docker compose command on the demo's file.
func (e *engine) compose(ctx context.Context, d *demo, variables []string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "docker", append([]string{"compose", "--file", d.place.compose(), "--project-name", "livedora-demo"}, arguments...)...) //nolint:gosec // our own words
	command.Dir = d.place.root
	command.Env = append(os.Environ(), variables...)
	endKindly(command)
	return command
}

// inContainers runs Grafana and the organisation as containers.
func (d *demo) inContainers(ctx context.Context, e *engine) error {
	address, err := freeAddress(d.Listen)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if host != loopback {
		return fmt.Errorf("--listen: %q is not allowed with Docker; allowed: 127.0.0.1 and a port", host)
	}
	variables := e.variables(d, newToken(), port)
	d.atEnd(func() error { // the context has ended by then
		d.page.line("Ending the containers.")
		return d.docker(context.WithoutCancel(ctx), e, variables, "down", "--volumes")
	})
	d.page.line("Starting containers for linux/%s. The first time, Docker loads Grafana.", e.architecture)
	if err := d.docker(ctx, e, variables, "up", "--detach", "--wait", "--quiet-pull"); err != nil {
		return fmt.Errorf("%w\nwithout Docker: LIVEDORA_DEMO=terminal go tool mage demo", err)
	}
	alive := func() error {
		output, err := e.compose(ctx, d, variables, "ps", "--services", "--status", "running").Output()
		if err != nil || ctx.Err() != nil {
			return ctx.Err() // an engine that is busy is no end of the containers
		}
		for _, service := range []string{"grafana", "world"} {
			if !bytes.Contains(output, []byte(service)) {
				return fmt.Errorf("the container %s has ended; docker compose --project-name livedora-demo logs shows why", service)
			}
		}
		return nil
	}
	return d.visit(ctx, newGrafanaAPI("http://"+address), alive)
}

const loopback = "127.0.0.1"

func (d *demo) docker(ctx context.Context, e *engine, variables []string, arguments ...string) error {
	command := e.compose(ctx, d, variables, arguments...)
	log := &tail{}
	command.Stdout, command.Stderr = log, log
	if err := command.Run(); err != nil {
		return fmt.Errorf("docker compose %s: %w\n%s", arguments[0], errors.Join(err, ctx.Err()), log)
	}
	return nil
}
