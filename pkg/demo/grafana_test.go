package demo_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInARealGrafanaEveryPanelShowsAValue needs a Grafana in GRAFANA_HOME.
func TestInARealGrafanaEveryPanelShowsAValue(t *testing.T) {
	t.Parallel()
	home := os.Getenv("GRAFANA_HOME")
	if home == "" {
		t.Skip("GRAFANA_HOME names no Grafana")
	}
	p := prepare(t, "demo", "--once", "--listen", "127.0.0.1:0")
	p.with("GRAFANA_HOME", home)
	require.Equal(t, 0, p.end(t), "%s", &p.said)
	p.tidy(t)
	text := p.said.String()
	assert.Regexp(t, `Grafana: http://127\.0\.0\.1:\d+/d/livedora-overview`, text)
	assert.Contains(t, text, "Health of the data source: All 8 sources answer. Collected: ")
	assert.Regexp(t, `Deployments +\d+ .*before`, text)
	assert.NotContains(t, text, "PROBLEM")
}

func TestInARealGrafanaAnEmptyPanelFailsTheDemoToo(t *testing.T) {
	t.Parallel()
	home := os.Getenv("GRAFANA_HOME")
	if home == "" {
		t.Skip("GRAFANA_HOME names no Grafana")
	}
	p := prepare(t, "demo", "--once", "--listen", "127.0.0.1:0", "--dashboards", filepath.Join("pkg", "demo", "testdata", "broken"))
	p.with("GRAFANA_HOME", home)
	assert.Equal(t, 1, p.end(t))
	p.tidy(t)
	assert.Regexp(t, `panel "Happiness": target A: .*"happiness" is not allowed`, p.said.String())
	assert.Contains(t, p.said.String(), `panel "Nobody's lead time": target A: is empty`)
}

// grafanaThatEnds puts a grafana into a home that writes down how it was started, and ends.
func grafanaThatEnds(t *testing.T, p *process, home string) (started string) {
	t.Helper()
	started = filepath.Join(t.TempDir(), "started")
	p.with("STARTED", started)
	p.script(t, "grafana", `
PATH=/usr/bin:/bin
{ echo "$@"; env; cat "$5"; } > "$STARTED"
echo no database >&2
exit 3
`)
	require.NoError(t, os.MkdirAll(filepath.Join(home, "bin"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(home, "conf"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, "conf", "defaults.ini"), nil, 0o600))
	require.NoError(t, os.Rename(filepath.Join(p.path, "grafana"), filepath.Join(home, "bin", "grafana")))
	return started
}

func TestAGrafanaOfThisMachineIsStartedWithTheSettingsOfTheContainer(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p := prepare(t, "demo", "--listen", "127.0.0.1:0")
	started := grafanaThatEnds(t, p, home)
	p.with("GRAFANA_HOME", home)
	p.with("GF_SECURITY_ADMIN_PASSWORD", "another Grafana's")
	assert.Equal(t, 1, p.end(t))
	assert.Contains(t, p.said.String(), "grafana has ended: exit status 3\nno database")
	p.tidy(t)

	text, err := os.ReadFile(started)
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	assert.Regexp(t, `^server --homepath `+home+` --config .*grafana\.ini$`, lines[0])
	assert.NotContains(t, string(text), "another Grafana's")
	for _, want := range []string{
		"GF_AUTH_ANONYMOUS_ENABLED=true", "GF_AUTH_ANONYMOUS_ORG_ROLE=Viewer", "GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=livedora-dora-datasource",
		"GF_ANALYTICS_REPORTING_ENABLED=false", "GF_NEWS_NEWS_FEED_ENABLED=false", "GF_SERVER_HTTP_ADDR=127.0.0.1",
		"GF_PATHS_PROVISIONING=" + filepath.Join(root, "provisioning"), "LIVEDORA_DASHBOARDS_PATH=" + filepath.Join(root, "dashboards"),
		"[plugin.livedora-dora-datasource]", "path = " + filepath.Dir(program),
	} {
		assert.Contains(t, lines, want)
	}
	assert.Regexp(t, `(?m)^store_root = .*livedora-demo-`, string(text), "the plugin may keep its store in the demo's folder")
}

func TestAGrafanaOnThePathIsFoundWithItsHome(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a symbolic link")
	}
	home := t.TempDir()
	p := prepare(t, "demo", "--way", "grafana", "--listen", "127.0.0.1:0")
	started := grafanaThatEnds(t, p, home)
	require.NoError(t, os.Symlink(filepath.Join(home, "bin", "grafana"), filepath.Join(p.path, "grafana")))
	assert.Equal(t, 1, p.end(t))
	text, err := os.ReadFile(started)
	require.NoError(t, err, "%s", &p.said)
	assert.Contains(t, string(text), "--homepath "+home+" ")

	p = prepare(t, "demo", "--way", "grafana")
	p.with("GRAFANA_HOME", t.TempDir())
	assert.Equal(t, 1, p.end(t))
	assert.Contains(t, p.said.String(), "grafana: GRAFANA_HOME has no "+filepath.Join("bin", "grafana"))
}

// TestInARealGrafanaARuleFiresAndItsMessageArrives needs a Grafana in GRAFANA_HOME.
func TestInARealGrafanaARuleFiresAndItsMessageArrives(t *testing.T) {
	t.Parallel()
	home := os.Getenv("GRAFANA_HOME")
	if home == "" {
		t.Skip("GRAFANA_HOME names no Grafana")
	}
	type message struct {
		Receiver, Status string
		Alerts           []struct{ Labels, Annotations map[string]string }
	}
	messages := make(chan message, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m message
		if assert.NoError(t, json.NewDecoder(r.Body).Decode(&m)) {
			messages <- m
		}
	}))
	t.Cleanup(receiver.Close)
	p := prepare(t, "demo", "--listen", "127.0.0.1:0", "--alerting", withQuietServices(t))
	p.with("GRAFANA_HOME", home)
	p.with("LIVEDORA_WEBHOOK_URL", receiver.URL)
	require.NoError(t, p.command.Start())
	defer func() {
		_ = p.command.Process.Signal(os.Interrupt)
		assert.NoError(t, p.command.Wait(), "%s", &p.said)
		p.tidy(t)
	}()
	patience := time.After(4 * time.Minute)
	for {
		var m message
		select {
		case m = <-messages:
		case <-patience:
			require.Fail(t, "no message arrived", "%s", &p.said)
		}
		assert.Equal(t, "Live DORA", m.Receiver)
		for _, alert := range m.Alerts {
			if alert.Labels["alertname"] != "A service has gone quiet" || alert.Labels["service"] != "booking" {
				continue
			}
			assert.Equal(t, "firing", m.Status)
			assert.Equal(t, "appointments", alert.Labels["team"])
			assert.Regexp(t, `^booking was last deployed .+ ago$`, alert.Annotations["summary"])
			assert.Regexp(t, `^http://127\.0\.0\.1:\d+/d/livedora-[a-z]+\?var-service=booking`, alert.Annotations["link"])
			return
		}
	}
}
