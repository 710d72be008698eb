package demo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// dockerFor is a docker client on the PATH whose engine runs on a machine. It writes down the commands that it is given.
func dockerFor(t *testing.T, p *process, machine string) (commands string) {
	t.Helper()
	commands = filepath.Join(t.TempDir(), "commands")
	p.with("COMMANDS", commands)
	p.script(t, "docker", `
case "$1" in
info) echo linux/`+machine+` ;;
compose) echo "$* arch=$LIVEDORA_ARCH port=$LIVEDORA_PORT seed=$LIVEDORA_SEED every=$LIVEDORA_DEPLOY_EVERY plugin=$LIVEDORA_PLUGIN_PATH dashboards=$LIVEDORA_DASHBOARDS_PATH token=$LIVEDORA_GITHUB_TOKEN" >> "$COMMANDS"
	case "$*" in *ps*) echo grafana; echo world ;; esac ;;
esac
`)
	return commands
}

// machine is what an engine calls this machine.
var machine = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]

func TestWithADockerEngineTheDemoRunsInContainersAndEndsThem(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || machine == "" {
		t.Skip("the plugin is built for this machine, not for the engine's")
	}
	p := prepare(t, "demo", "--seed", "3")
	commands := dockerFor(t, p, machine)
	assert.Equal(t, 0, p.interrupt(t, "Starting containers for linux/"+runtime.GOARCH), "%s", &p.said)
	assert.Contains(t, p.said.String(), "Ending the containers.")
	p.tidy(t)
	text, err := os.ReadFile(commands)
	require.NoError(t, err)
	given := strings.Split(strings.TrimSpace(string(text)), "\n")
	file := regexp.QuoteMeta(filepath.Join(root, "docker-compose.yaml"))
	first, last := given[0], given[len(given)-1]
	assert.Equal(t, "compose version", first[:len("compose version")])
	assert.Regexp(t, `^compose --file `+file+` --project-name livedora-demo down --volumes arch=`+runtime.GOARCH, last)
	for _, command := range given[1:] {
		assert.Regexp(t, ` port=\d+ seed=3 every=30s plugin=`+regexp.QuoteMeta(filepath.Dir(program))+` dashboards=`+
			regexp.QuoteMeta(filepath.Join(root, "dashboards"))+` token=demo-[0-9a-f]{32}$`, command)
	}
}

func TestAnEngineThatThePluginIsNotBuiltForIsLeftOut(t *testing.T) {
	t.Parallel()
	other := map[string]string{"amd64": "aarch64"}[runtime.GOARCH]
	if other == "" {
		other = "x86_64"
	}
	p := prepare(t, "demo", "--way", "docker")
	dockerFor(t, p, other)
	assert.Equal(t, 1, p.end(t))
	assert.Regexp(t, `docker: gpx_livedora_linux_(arm64|amd64) is missing in .*; GOOS=linux GOARCH=(arm64|amd64) CGO_ENABLED=0 go build`, p.said.String())

	p = prepare(t, "demo", "--way", "docker")
	p.script(t, "docker", "exit 1\n")
	assert.Equal(t, 1, p.end(t))
	assert.Contains(t, p.said.String(), "docker: no engine answers", "a client alone is no engine")
}

// composed is docker-compose.yaml, as far as the demo relies on it.
type composed struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Command     []string          `yaml:"command"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
		Volumes     []any             `yaml:"volumes"`
		Healthcheck struct {
			Test []string `yaml:"test"`
		} `yaml:"healthcheck"`
	} `yaml:"services"`
	Volumes map[string]any `yaml:"volumes"`
}

// byDefault fills in what a variable of docker-compose.yaml is when nobody sets it.
func byDefault(text string) string {
	return regexp.MustCompile(`\$\{\w+:-([^}]*)\}`).ReplaceAllString(text, "$1")
}

func TestTheContainersFitTogether(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yaml"))
	require.NoError(t, err)
	var file composed
	require.NoError(t, yaml.Unmarshal(text, &file))
	grafana, world := file.Services["grafana"], file.Services["world"]
	pinned := regexp.MustCompile(`^[\w./-]+:\d+\.\d+\.\d+$`)
	assert.Regexp(t, pinned, byDefault(grafana.Image))
	assert.Regexp(t, pinned, world.Image)
	assert.Contains(t, file.Volumes, "data")

	require.Len(t, grafana.Ports, 1)
	assert.Equal(t, "127.0.0.1:3000:3000", byDefault(grafana.Ports[0]), "for this machine only")
	assert.Equal(t, "http://world:8080", grafana.Environment["LIVEDORA_GITHUB_URL"])
	assert.Equal(t, "/var/lib/grafana/live-dora.db", grafana.Environment["LIVEDORA_STORE_PATH"])
	assert.Equal(t, "Viewer", grafana.Environment["GF_AUTH_ANONYMOUS_ORG_ROLE"])
	targets := map[string]string{}
	for _, v := range grafana.Volumes {
		if mount, ok := v.(map[string]any); ok {
			targets[mount["target"].(string)] = byDefault(mount["source"].(string))
			assert.Equal(t, true, mount["read_only"])
		}
	}
	assert.Equal(t, map[string]string{
		"/var/lib/grafana/plugins/livedora-dora-datasource": "./dist", "/etc/grafana/provisioning": "./provisioning",
		"/etc/grafana/provisioning/alerting":            "./provisioning/alerting",
		grafana.Environment["LIVEDORA_DASHBOARDS_PATH"]: "./dashboards",
	}, targets)

	require.Greater(t, len(world.Command), 2)
	assert.Equal(t, "/plugin/gpx_livedora_linux_amd64", byDefault(world.Command[0]))
	token := world.Command[indexAfter(t, world.Command, "--token")]
	assert.Equal(t, grafana.Environment["LIVEDORA_GITHUB_TOKEN"], token)
	port := indexAfter(t, world.Command, "--listen")
	assert.Equal(t, ":8080", world.Command[port])
	world.Command[port] = "127.0.0.1:0"
	var arguments []string
	for _, each := range world.Command[1:] {
		arguments = append(arguments, byDefault(each))
	}
	p := prepare(t, arguments...)
	assert.Equal(t, 0, p.interrupt(t, "http://127.0.0.1:"), "the container's command is one that the program knows: %s", &p.said)

	if docker, err := exec.LookPath("docker"); err == nil {
		checked := exec.CommandContext(t.Context(), docker, "compose", "--file", filepath.Join(root, "docker-compose.yaml"), "config", "--quiet")
		if exec.CommandContext(t.Context(), docker, "compose", "version").Run() == nil {
			output, err := checked.CombinedOutput()
			assert.NoError(t, err, "%s", output)
		}
	}
}

func indexAfter(t *testing.T, words []string, word string) int {
	t.Helper()
	for i := range words[:len(words)-1] {
		if words[i] == word {
			return i + 1
		}
	}
	require.Fail(t, "no "+word)
	return 0
}
