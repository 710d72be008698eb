package demo_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
)

func TestWithoutGrafanaEveryPanelShowsAValueInTheTerminal(t *testing.T) {
	t.Parallel()
	p := prepare(t, "demo", "--once", "--seed", "7")
	require.Equal(t, 0, p.end(t), "%s", &p.said)
	text := p.said.String()
	p.tidy(t)
	assert.NotContains(t, text, "\x1b", "colours are for terminals")
	assert.NotContains(t, text, "\u202f", "spaces are spaces")
	assert.NotContains(t, text, "PROBLEM")
	for _, r := range shippedRules(t) {
		assert.Regexp(t, `(?m)^  `+r.Title[:10]+`.* normal for \d+ of \d+`, text, "each rule is evaluated")
	}
	assert.Contains(t, text, "Docker: there is no docker on PATH.")
	assert.Contains(t, text, "Grafana: neither GRAFANA_HOME nor grafana on PATH.")
	assert.Regexp(t, `Collected in [\d.]+ s: \d{4,} events`, text)

	boards := listed(t)
	before, rest := "", text
	for i, board := range boards {
		next := "One failed deployment, traced"
		if i+1 < len(boards) {
			next = boards[i+1].Title + "  "
		}
		begin := strings.Index(rest, "\n"+board.Title+"  ")
		require.GreaterOrEqual(t, begin, 0, board.Title)
		end := begin + strings.Index(rest[begin:], "\n"+next)
		require.Greater(t, end, begin, next)
		section := rest[begin:end]
		for _, panel := range board.All() {
			if len(panel.Targets) == 0 {
				continue
			}
			shows := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(panel.Title) + ` .*[\pL\d]`)
			if !shows.MatchString(section) {
				assert.Regexp(t, shows, before, "%s: %s shows nothing, and no dashboard before shows the same:\n%s", board.UID, panel.Title, section)
			}
		}
		before, rest = before+section, rest[end:]
	}
	story := rest
	assert.Regexp(t, `Deployments +\d+ .*before`, text)
	assert.Regexp(t, `Lead time +[\d.]+ (days|hours) +\d+ changes`, text)
	assert.Regexp(t, `Deployment frequency +[▁▂▃▄▅▆▇█ ]+ \d+ last`, text)

	assert.Contains(t, story, "One failed deployment, traced")
	assert.Regexp(t, `failed: +((named by|followed by) incident (#\d+|pub\d+)|(rolled back|mended) by deployment (v\d|[\w-]+-v\d|[0-9a-f]{10}))`, story)
	assert.Regexp(t, `recovered: +after [\d.]+ (d|h|min|s)`, story)
	assert.Regexp(t, `(#\d+|[0-9a-f]{10}) .+, by .+: [\d.]+ (d|h|min|s) = .*deploy [\d.]+`, story)
	assert.Len(t, regexp.MustCompile(`#\d+ deployed: (\d+) → \d+, a changed frame \d+ ms after GitHub's webhook`).FindAllString(story, -1), 3)
	assert.Contains(t, story, "go tool mage demo")
}

// listed are the shipped dashboards in the order in which the plugin lists them, which is that of the demo.
func listed(t *testing.T) []*dashboard.Dashboard {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "plugin.json"))
	require.NoError(t, err)
	var plugin struct {
		Includes []struct{ Name, Path string }
	}
	require.NoError(t, json.Unmarshal(text, &plugin))
	var boards []*dashboard.Dashboard
	for _, each := range plugin.Includes {
		board, err := dashboard.Read(filepath.Join(root, each.Path))
		require.NoError(t, err)
		assert.Equal(t, board.Title, each.Name)
		boards = append(boards, board)
	}
	all, err := dashboard.ReadFolder(filepath.Join(root, "dashboards"))
	require.NoError(t, err)
	assert.Len(t, boards, len(all), "plugin.json lists every dashboard")
	return boards
}

func TestADashboardThatShowsNothingFailsTheDemo(t *testing.T) {
	t.Parallel()
	p := prepare(t, "demo", "--once", "--way", "terminal", "--dashboards", filepath.Join("pkg", "demo", "testdata", "broken"))
	assert.Equal(t, 1, p.end(t))
	text := p.said.String()
	p.tidy(t)
	assert.Contains(t, text, "2 panels or queries are not as they should be")
	assert.Regexp(t, `broken: panel "Happiness": target A: metric: "happiness" is not allowed; allowed: deployment_frequency`, text)
	assert.Contains(t, text, `broken: panel "Nobody's lead time": target A: is empty`)
	assert.Regexp(t, `(?m)^  Deployments +\d+`, text, "what works is shown all the same")
}

func TestTheDemoStaysUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	p := prepare(t, "demo")
	p.with("LIVEDORA_DEMO", "terminal")
	assert.Equal(t, 0, p.interrupt(t, "Ctrl-C ends the demo."), "%s", &p.said)
	p.tidy(t)
}

func TestWordsThatTheDemoDoesNotKnow(t *testing.T) {
	t.Parallel()
	p := prepare(t, "demo", "--way", "telegraph")
	assert.Equal(t, 1, p.end(t))
	assert.Contains(t, p.said.String(), `--way: "telegraph" is not allowed; allowed: [auto docker grafana terminal]`)
	p = prepare(t, "demo", "--once", "--dashboards", t.TempDir())
	assert.Equal(t, 1, p.end(t))
	assert.Contains(t, p.said.String(), "has no dashboard")
}
