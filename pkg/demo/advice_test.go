package demo

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEverySystemIsToldHowToGetGrafanaAndWhatToTypeThen(t *testing.T) {
	t.Parallel()
	for _, story := range []struct{ system, architecture, family, how string }{
		{"linux", "amd64", "ubuntu debian", "apt-get install grafana"},
		{"linux", "arm64", "debian", "GRAFANA_HOME=/usr/share/grafana go tool mage demo"},
		{"linux", "arm64", "fedora", "linux/arm64 from https://grafana.com/grafana/download"},
		{"darwin", "arm64", "", "brew install grafana && go tool mage demo"},
		{"windows", "amd64", "", `$env:GRAFANA_HOME = "C:\Program Files\GrafanaLabs\grafana"; go tool mage demo`},
	} {
		told := strings.Join(advice(story.system, story.architecture, story.family), "\n")
		assert.Contains(t, told, story.how)
		assert.Contains(t, told, "With Docker running, no Grafana is needed:  go tool mage demo")
	}
}
