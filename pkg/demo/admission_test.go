package demo_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAGrafanaThatOthersReachNeedsAPassword(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:3000", "demo.example:3000"} {
		p := prepare(t, "demo", "--way", "grafana", "--listen", listen)
		assert.Equal(t, 1, p.end(t), listen)
		assert.Contains(t, p.said.String(), "--listen: at "+listen+" others reach this Grafana, whose administrator is admin with the password admin")
		p = prepare(t, "demo", "--way", "grafana", "--listen", listen, "--password", "1234567")
		assert.Equal(t, 1, p.end(t), "too short")
		assert.Contains(t, p.said.String(), "LIVEDORA_DEMO_PASSWORD")
	}
	for _, given := range []func(*process){
		func(p *process) { p.with("LIVEDORA_DEMO_PASSWORD", "correct-horse") },
		func(p *process) { p.command.Args = append(p.command.Args, "--password", "correct-horse") },
	} {
		home := t.TempDir()
		p := prepare(t, "demo", "--way", "grafana", "--listen", "0.0.0.0:0")
		started := grafanaThatEnds(t, p, home)
		p.with("GRAFANA_HOME", home)
		given(p)
		assert.Equal(t, 1, p.end(t))
		assert.Contains(t, p.said.String(), "grafana has ended: exit status 3")
		assert.NotContains(t, p.said.String(), "correct-horse")
		text, err := os.ReadFile(started)
		require.NoError(t, err, "%s", &p.said)
		assert.Contains(t, strings.Split(string(text), "\n"), "GF_SECURITY_ADMIN_PASSWORD=correct-horse")
	}
}

func TestAGrafanaOfThisMachineAloneNeedsNone(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "localhost", "127.0.0.9"} {
		p := prepare(t, "demo", "--way", "grafana", "--listen", net.JoinHostPort(host, "0"))
		p.with("GRAFANA_HOME", t.TempDir())
		assert.Equal(t, 1, p.end(t))
		assert.Contains(t, p.said.String(), "grafana: GRAFANA_HOME has no", host)
	}
}
