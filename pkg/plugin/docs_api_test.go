package plugin_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// front is Grafana in front of the plugin, as far as a program with a token notices.
func front(t *testing.T, programs ...*program) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, role, _ := strings.Cut(r.Header.Get("Authorization"), "Bearer token-of-")
		var caller *program
		for _, p := range programs {
			if p.role == role {
				caller = p
			}
		}
		path, below := strings.CutPrefix(r.URL.Path, "/api/datasources/uid/livedora/resources/")
		if caller == nil || !below {
			http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Header.Del("Authorization")
		from := backend.PluginContext{OrgID: 1, User: &backend.User{Login: "sa-" + role, Role: role}}
		begun := false
		err = caller.instance.CallResource(backend.WithPluginContext(r.Context(), from), &backend.CallResourceRequest{
			PluginContext: from, Method: r.Method, Path: path, URL: path + "?" + r.URL.RawQuery, Headers: r.Header, Body: body,
		}, backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
			if !begun {
				begun = true
				for key, values := range part.Headers {
					w.Header()[http.CanonicalHeaderKey(key)] = values
				}
				w.WriteHeader(part.Status)
			}
			_, err := w.Write(part.Body)
			return err
		}))
		assert.NoError(t, err)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// shell runs a script as a person would, and gives what it prints.
func shell(t *testing.T, dir, script string, environment ...string) string {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), "bash", "-euo", "pipefail", "-c", script)
	command.Dir = dir
	command.Env = append(os.Environ(), environment...)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script, out)
	return string(out)
}

// examples are the code blocks of a page in a language.
func examples(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	require.NoError(t, err)
	var blocks []string
	for _, found := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, found[1])
	}
	require.NotEmpty(t, blocks)
	return blocks
}

func TestTheExamplesOfTheAPIWork(t *testing.T) {
	viewer, editor, admin := shown(t, "api.md")
	url := front(t, viewer, editor, admin)
	blocks := examples(t, "api.md", "sh")
	environment := []string{"GRAFANA=" + url, "LIVEDORA=" + url + "/api/datasources/uid/livedora/resources", "TOKEN=token-of-Viewer", "EDITOR_TOKEN=token-of-Editor", "ADMIN_TOKEN=token-of-Admin"}
	for n, block := range blocks {
		out := shell(t, t.TempDir(), block, environment...)
		switch {
		case strings.Contains(block, "v1/openapi.json"):
			assert.Contains(t, out, `"openapi":"3.1.0"`)
		case strings.Contains(block, "v1/incidents?source=ci"):
			viewer.waitForMany("v1/deployments", "id", "ci:deployment:4711", "ci:deployment:4710")
			viewer.waitForMany("v1/incidents", "linked", "map[deployment:ci:deployment:4711 evidence:incident]")
			assert.Contains(t, viewer.get("v1/changes").listed("leadSeconds"), "65100")
		case n == len(blocks)-1:
			assert.Contains(t, out, `"forgotten":6`)
		}
	}
	assert.Empty(t, viewer.get("v1/deployments").listed("id"))
}

func TestThePipelinesStepTellsOfADeploymentAndWhatItShips(t *testing.T) {
	viewer, editor, admin := shown(t, "webhooks.md")
	url := front(t, viewer, editor, admin)
	dir := t.TempDir()
	shell(t, dir, examples(t, "webhooks.md", "sh")[0]+`
		git init -q -b main && git config user.name dev-01 && git config user.email dev-01@example.org
		git commit -q --allow-empty -m one && sh livedora.sh run-1 example-health/booking production success
		git commit -q --allow-empty -m two && git commit -q --allow-empty -m 'say "three"' && sh livedora.sh run-2 example-health/booking production success
		sh livedora.sh run-3 example-health/booking production failure`,
		"LIVEDORA="+url+"/api/datasources/uid/livedora/resources", "LIVEDORA_TOKEN=token-of-Editor")
	viewer.waitFor("v1/deployments", func(a answered) bool { return len(a.listed("id")) == 2 })
	assert.ElementsMatch(t, []string{"2", "1"}, viewer.get("v1/deployments").listed("commits"))
	viewer.waitFor("v1/facts", func(a answered) bool {
		return strings.Contains(string(a.body), `"kind":"failed_run","id":"ci:deployment:run-3"`)
	})

	viewer.headers.Set("X-Live-Dora-Secret", hookSecret)
	viewer.post("webhooks?source=ci", examples(t, "webhooks.md", "json")[0]).is(http.StatusOK, nil)
	viewer.headers = http.Header{}
	viewer.waitForMany("v1/incidents", "id", "ci:incident:INC-7")
}
