package demo

import (
	"os"
	"runtime"
	"strings"
)

// advise says how to see the same in Grafana on this system.
func (d *demo) advise() {
	d.page.heading("The same in Grafana")
	for _, line := range advice(runtime.GOOS, runtime.GOARCH, family()) {
		d.page.line("  %s", line)
	}
}

// family is what this Linux calls itself and what it is like, such as "ubuntu debian"; empty elsewhere.
func family() string {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return ""
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ID" || key == "ID_LIKE" {
			words = append(words, strings.Trim(value, `"`))
		}
	}
	return strings.Join(words, " ")
}

// advice says how to get a Grafana, and the exact command that shows the demo in it.
func advice(system, architecture, family string) []string {
	docker := "With Docker running, no Grafana is needed:  go tool mage demo"
	switch {
	case system == "darwin":
		return []string{
			"Homebrew:  brew install grafana && go tool mage demo", docker,
		}
	case system == "windows":
		return []string{
			"Installer: the Windows page at https://grafana.com/grafana/download?platform=windows, then in PowerShell:",
			`  $env:GRAFANA_HOME = "C:\Program Files\GrafanaLabs\grafana"; go tool mage demo`, docker,
		}
	case system == "linux" && (strings.Contains(family, "debian") || strings.Contains(family, "ubuntu")):
		return []string{
			"Debian and Ubuntu have it in Grafana's own repository (https://apt.grafana.com):",
			"  sudo mkdir -p /etc/apt/keyrings && wget -qO- https://apt.grafana.com/gpg.key | gpg --dearmor | sudo tee /etc/apt/keyrings/grafana.gpg > /dev/null",
			`  echo "deb [signed-by=/etc/apt/keyrings/grafana.gpg] https://apt.grafana.com stable main" | sudo tee /etc/apt/sources.list.d/grafana.list`,
			"  sudo apt-get update && sudo apt-get install grafana",
			"  GRAFANA_HOME=/usr/share/grafana go tool mage demo", docker,
		}
	default:
		return []string{
			"Take the archive for " + system + "/" + architecture + " from https://grafana.com/grafana/download, unpack it, then:",
			"  GRAFANA_HOME=/path/to/grafana go tool mage demo", docker,
		}
	}
}
