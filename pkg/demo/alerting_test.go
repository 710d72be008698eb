package demo_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
	"github.com/livedora/dora-datasource/pkg/demo/rule"
)

func shippedRules(t *testing.T) []rule.Rule {
	t.Helper()
	rules, err := rule.ReadFolder(filepath.Join(root, "provisioning", "alerting"))
	require.NoError(t, err)
	require.NotEmpty(t, rules)
	return rules
}

func TestTheShippedRulesDoNotWakePeopleForNothing(t *testing.T) {
	boards, err := dashboard.ReadFolder(filepath.Join(root, "dashboards"))
	require.NoError(t, err)
	uids, titles, panels := map[string]bool{}, map[string]bool{}, map[string][]int{}
	for _, board := range boards {
		titles[board.UID] = true
		for _, panel := range board.Panels {
			panels[board.UID] = append(panels[board.UID], panel.ID)
		}
	}
	runbook, err := os.ReadFile(filepath.Join(root, "docs", "runbook.md"))
	require.NoError(t, err)
	for _, r := range shippedRules(t) {
		assert.Regexp(t, `^livedora-[a-z-]{1,31}$`, r.UID, "Grafana allows 40 characters")
		assert.False(t, uids[r.UID], r.UID)
		uids[r.UID] = true
		assert.Equal(t, "OK", r.NoDataState, "%s: a service without anything to measure is quiet, not broken", r.UID)
		assert.Equal(t, "Live DORA", r.Labels["product"], "%s: contact points are routed by it", r.UID)
		assert.Contains(t, []string{"info", "warning"}, r.Labels["severity"], r.UID)
		assert.Equal(t, "livedora", r.Data[0].DatasourceUID, r.UID)
		for _, name := range []string{"summary", "description", "link"} {
			assert.NotEmpty(t, r.Annotations[name], "%s: %s", r.UID, name)
			assert.NotContains(t, r.Annotations[name], "$", "%s: Grafana takes it for an environment variable", r.UID)
		}
		board := regexp.MustCompile(`/?d/([a-z-]+)`).FindStringSubmatch(r.Annotations["link"])
		if assert.NotNil(t, board, r.Annotations["link"]) {
			assert.True(t, titles[board[1]], "%s: there is no dashboard %s", r.UID, board[1])
			assert.Equal(t, board[1], r.DashboardUID, r.UID)
		}
		assert.Contains(t, panels[r.DashboardUID], r.PanelID, "%s: there is no such panel", r.UID)
		assert.Equal(t, r.DashboardUID+" "+strconv.Itoa(r.PanelID), r.Annotations["__dashboardUid__"]+" "+r.Annotations["__panelId__"], "%s: messages link to it by these", r.UID)
		assert.Contains(t, r.Annotations["link"], "?var-datasource=livedora", "%s: there may be several data sources", r.UID)
		if strings.Contains(r.Annotations["summary"], ".Labels.service") {
			assert.Contains(t, r.Annotations["link"], "&var-service={{ .Labels.service | urlquery }}", r.UID)
		}
		assert.Equal(t, "https://github.com/livedora/dora-datasource/blob/main/docs/runbook.md#"+r.UID, r.Annotations["runbook_url"])
		assert.Contains(t, string(runbook), "\n## "+r.UID+"\n", "the page says what to check")
	}
}

func TestTheDocsTellOfEveryRule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "alerting.md"))
	require.NoError(t, err)
	for _, r := range shippedRules(t) {
		assert.Contains(t, string(text), "| `"+r.UID+"` |")
	}
}

// TestEachContactPointIsAFileOfItsOwn because Grafana does not start where a variable of one is not set.
func TestEachContactPointIsAFileOfItsOwn(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(root, "provisioning", "contact-points", "*.yaml"))
	require.NoError(t, err)
	compose, err := os.ReadFile(filepath.Join(root, "docker-compose.yaml"))
	require.NoError(t, err)
	docs, err := os.ReadFile(filepath.Join(root, "docs", "alerting.md"))
	require.NoError(t, err)
	var types []string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var file struct {
			ContactPoints []struct {
				Name      string
				Receivers []struct{ UID, Type string }
			} `yaml:"contactPoints"`
			Policies []struct {
				Routes []struct {
					Receiver string
					Matchers [][]string `yaml:"object_matchers"`
				}
			}
		}
		require.NoError(t, yaml.Unmarshal(text, &file), path)
		require.Len(t, file.ContactPoints, 1, path)
		require.Len(t, file.ContactPoints[0].Receivers, 1, path)
		types = append(types, file.ContactPoints[0].Receivers[0].Type)
		assert.Equal(t, "Live DORA", file.ContactPoints[0].Name, path)
		assert.Equal(t, "Live DORA", file.Policies[0].Routes[0].Receiver, path)
		assert.Equal(t, [][]string{{"product", "=", "Live DORA"}}, file.Policies[0].Routes[0].Matchers, path)
		variables := regexp.MustCompile(`\$(LIVEDORA_\w+)`).FindStringSubmatch(string(text))
		require.NotNil(t, variables, path)
		assert.Contains(t, string(compose), variables[1]+": ${"+variables[1]+":-}", "the container gets it")
		assert.Contains(t, string(docs), variables[1])
	}
	assert.ElementsMatch(t, []string{"email", "pagerduty", "slack", "teams", "webhook"}, types)
}

// withQuietServices is a folder of alert rules in which every service has gone quiet, with a contact point that is a webhook.
func withQuietServices(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	text, err := os.ReadFile(filepath.Join(root, "provisioning", "alerting", "rules.yaml"))
	require.NoError(t, err)
	const quiet = "params: [2419200]"
	require.Equal(t, 1, strings.Count(string(text), quiet))
	text = []byte(strings.Replace(string(text), quiet, "params: [0]", 1))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "rules.yaml"), text, 0o600))
	point, err := os.ReadFile(filepath.Join(root, "provisioning", "contact-points", "webhook.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "webhook.yaml"), point, 0o600))
	return folder
}
