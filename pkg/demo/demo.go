package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
	"github.com/livedora/dora-datasource/pkg/demo/rule"
)

// Way is how the demo shows itself.
type Way string

// The ways, in the order in which they are tried.
const (
	Auto     Way = "auto"     // the first that is there
	Docker   Way = "docker"   // a Docker engine that answers
	Grafana  Way = "grafana"  // GRAFANA_HOME, or grafana on PATH
	Terminal Way = "terminal" // no Grafana: the built plugin, and text
)

// Options are the demo's.
type Options struct {
	Once       bool   // end when everything was shown; an error if any of it is not as it should be
	Seed       uint64 // of the invented organisation
	Dashboards string // folder; empty: the shipped ones
	Alerting   string // folder with alert rules and contact points; empty: the shipped rules
	Listen     string // host:port of Grafana; empty: 127.0.0.1 and a free port
	Password   string // of Grafana's administrator; empty: admin, which only this machine may try
	Way        Way
}

// liveliness is how often someone in the invented organisation deploys while the demo runs.
const liveliness = 30 * time.Second

// Run shows the demo until the context ends, or once.
func Run(ctx context.Context, o Options, out io.Writer) error {
	if err := o.allowed(); err != nil {
		return err
	}
	where, err := find(o.Dashboards, o.Alerting)
	if err != nil {
		return err
	}
	boards, err := dashboard.ReadFolder(where.dashboards)
	if err != nil {
		return err
	}
	if err := where.arrange(boards); err != nil {
		return err
	}
	rules, err := rule.ReadFolder(where.alerting)
	if err != nil {
		return err
	}
	d := &demo{Options: o, place: where, boards: boards, rules: rules, page: newPage(out)}
	shown := d.take(ctx)
	if errors.Is(shown, context.Canceled) && !o.Once {
		shown = nil // Ctrl-C is how it ends
	}
	return errors.Join(shown, d.end())
}

// demo is one run.
type demo struct {
	Options
	place  place
	boards []*dashboard.Dashboard
	rules  []rule.Rule
	page   *page
	// organisation is the invented one, once it was found.
	organisation *Organisation
	ends         []func() error // what is to be ended, in the order of its beginning
}

func (d *demo) atEnd(do func() error) { d.ends = append(d.ends, do) }

// end ends what has begun, the last first.
func (d *demo) end() error {
	var failures []error
	for _, do := range slices.Backward(d.ends) {
		failures = append(failures, do())
	}
	return errors.Join(failures...)
}

// take takes the way that was asked for, or the first that is there.
func (d *demo) take(ctx context.Context) error {
	if d.Way == Auto || d.Way == Docker {
		engine, reason := findEngine(ctx, d.place)
		switch {
		case engine != nil:
			return d.inContainers(ctx, engine)
		case d.Way == Docker:
			return fmt.Errorf("docker: %s", reason)
		}
		d.page.note("Docker: %s.", reason)
	}
	if d.Way == Auto || d.Way == Grafana {
		installed, reason := findGrafana(d.place)
		switch {
		case installed != nil:
			return d.inGrafana(ctx, installed)
		case d.Way == Grafana:
			return fmt.Errorf("grafana: %s", reason)
		}
		d.page.note("Grafana: %s.", reason)
	}
	return d.inTerminal(ctx)
}

// found starts the organisation and makes a folder for what is collected from it, and tells the provisioning files of both.
// webhooks is the address that the organisation tells of what happens; empty: none.
func (d *demo) found(webhooks string) (folder string, err error) {
	folder, err = os.MkdirTemp("", "livedora-demo-")
	if err != nil {
		return "", fmt.Errorf("the demo needs a folder for its store: %w", err)
	}
	d.atEnd(func() error { return os.RemoveAll(folder) })
	organisation, err := Found(OrganisationOptions{Listen: loopback + ":0", Seed: d.Seed, DeployEvery: d.deployEvery(), Webhooks: webhooks})
	if err != nil {
		return "", err
	}
	d.atEnd(organisation.Close)
	d.organisation = organisation
	d.page.line("The invented organisation example-health speaks GitHub's API at %s, and those of other systems below it.", organisation.URL)
	return folder, environment(map[string]string{
		variableURL: organisation.URL, variableToken: organisation.Token,
		variableStore: filepath.Join(folder, "live-dora.db"), variableDashboards: d.place.dashboards,
	})
}

func (d *demo) deployEvery() time.Duration {
	if d.Once {
		return 0
	}
	return liveliness
}
