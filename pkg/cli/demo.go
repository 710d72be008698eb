package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/livedora/dora-datasource/pkg/demo"
)

func demoCommand(ctx context.Context, args []string, out, log io.Writer) error {
	f := flags("demo", log)
	var o demo.Options
	way := string(demo.Auto)
	if named := os.Getenv("LIVEDORA_DEMO"); named != "" {
		way = named
	}
	f.BoolVar(&o.Once, "once", false, "end when everything was shown; fail if a panel is empty or in error")
	f.Uint64Var(&o.Seed, "seed", 1, "`N` of the invented organisation: the same N at the same time is the same organisation")
	f.StringVar(&o.Dashboards, "dashboards", "", "`DIR` with dashboards (default: those of the repository)")
	f.StringVar(&o.Alerting, "alerting", "", "`DIR` with alert rules and contact points to provision (default: the rules of the repository)")
	f.StringVar(&o.Listen, "listen", "", "`HOST:PORT` of Grafana, where there is one (default: 127.0.0.1:3000, or another port if that is taken)")
	f.StringVar(&o.Password, "password", os.Getenv("LIVEDORA_DEMO_PASSWORD"), "`PASSWORD` of Grafana's administrator (default: LIVEDORA_DEMO_PASSWORD, which others on this machine do not see, else admin)")
	f.StringVar(&way, "way", way, "`WAY`: auto (the first that is there), docker, grafana (GRAFANA_HOME or on PATH) or terminal; LIVEDORA_DEMO sets it too")
	if err := parse(f, args); err != nil {
		return err
	}
	o.Way = demo.Way(way)
	if ways := []demo.Way{demo.Auto, demo.Docker, demo.Grafana, demo.Terminal}; !slices.Contains(ways, o.Way) {
		return fmt.Errorf("--way: %q is not allowed; allowed: %v", way, ways)
	}
	return demo.Run(ctx, o, out)
}
