// Live DORA. Grafana starts this program without arguments and talks to it over its plugin protocol; a person or a job
// gives it a command.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/encoding"

	"github.com/livedora/dora-datasource/pkg/cli"
	"github.com/livedora/dora-datasource/pkg/plugin"
	"github.com/livedora/dora-datasource/pkg/settings"
)

// garbagePercent is how much garbage may gather in memory, for each hundred of what is in use, before it is collected:
// half of what Go allows, since what is in use is large and seldom changes.
const garbagePercent = 50

func main() {
	if len(os.Args) > 1 {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Main(ctx)
		stop()
		os.Exit(code)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	served := &plugin.Plugin{StoreRoot: settings.StoreRoot()}
	encoding.RegisterCodecV2(served.Codec())
	prometheus.MustRegister(served.Metrics()) // Grafana shows the default registry
	err := datasource.Manage(settings.PluginID, served.NewInstance, datasource.ManageOpts{})
	served.Close()
	if err != nil {
		backend.Logger.Error("the plugin ended", "error", err)
		os.Exit(1)
	}
}
