package demo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// inTerminal drives the built plugin without a Grafana, and prints what people would see.
func (d *demo) inTerminal(ctx context.Context) error {
	if _, err := d.found(""); err != nil {
		return err
	}
	file, err := settings.ReadFile(systems.All, d.place.datasources(), "", systems.Sinks...)
	if err != nil {
		return err
	}
	plugin, err := StartPlugin(d.place.program, file)
	if err != nil {
		return err
	}
	d.atEnd(func() error { plugin.Close(); return nil })
	if err := d.awaitCollection(ctx, plugin); err != nil {
		return err
	}
	shown := d.showBoards(ctx, plugin)
	if err := errors.Join(shown, d.showRules(ctx, plugin), d.trace(ctx, plugin), d.live(ctx, plugin)); err != nil {
		return err
	}
	d.advise()
	if d.Once {
		return nil
	}
	return d.follow(ctx, plugin)
}

// follow says what changes while the organisation lives on, until the context ends: a line for each new deployment, and
// for each figure of the first dashboard that is another one.
func (d *demo) follow(ctx context.Context, asker dashboard.Asker) error {
	d.page.heading("Someone deploys every %s, and the plugin collects every minute. Ctrl-C ends the demo.", liveliness)
	began := time.Now()
	seen := map[string]bool{}
	shown := map[string]string{}
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for first := true; ; first = false {
		deployments, err := table(ctx, asker, map[string]any{"queryType": "events", "events": "deployments"}, backend.TimeRange{From: began, To: time.Now()})
		if err != nil {
			return err
		}
		for row := deployments.Rows() - 1; row >= 0; row-- {
			url := text(deployments, "url", row)
			if seen[url] {
				continue
			}
			seen[url] = true
			d.page.line("%s  %s deployed %s: %s, median lead time %s", text(deployments, "finished", row),
				text(deployments, "service", row), text(deployments, "version", row), count(text(deployments, "changes", row), "change"), text(deployments, "lead_time_p50", row))
		}
		result, err := dashboard.Run(ctx, d.boards[0], asker, dashboard.Options{Now: time.Now()})
		if err != nil {
			return err
		}
		for _, a := range result.Answers {
			if a.Type != "stat" || len(lines(a)) == 0 {
				continue
			}
			now := lines(a)[0]
			if before := shown[a.Title]; before != now && !first {
				d.page.line("%s  %s%s %s", time.Now().UTC().Format(minute), standing(result.Values), d.page.in(bold, a.Title), strings.Join(strings.Fields(now), " "))
			}
			shown[a.Title] = now
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// refresh is how often follow looks.
const refresh = 5 * time.Second
