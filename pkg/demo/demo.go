package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
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
	Listen     string // host:port of Grafana; empty: 127.0.0.1 and a free port
	Way        Way
}

// liveliness is how often someone in the invented organisation deploys while the demo runs.
const liveliness = 30 * time.Second

// Run shows the demo until the context ends, or once.
func Run(ctx context.Context, o Options, out io.Writer) error {
	where, err := find(o.Dashboards)
	if err != nil {
		return err
	}
	boards, err := dashboard.ReadFolder(where.dashboards)
	if err != nil {
		return err
	}
	d := &demo{Options: o, place: where, boards: boards, page: newPage(out)}
	err = d.take(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // Ctrl-C
	}
	return err
}

// demo is one run.
type demo struct {
	Options
	place  place
	boards []*dashboard.Dashboard
	page   *page
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

// found starts the organisation and a folder for what is collected from it, and tells the provisioning files of both.
func (d *demo) found() (end func() error, folder string, err error) {
	folder, err = os.MkdirTemp("", "livedora-demo-")
	if err != nil {
		return nil, "", fmt.Errorf("the demo needs a folder for its store: %w", err)
	}
	organisation, err := Found(OrganisationOptions{Listen: "127.0.0.1:0", Seed: d.Seed, DeployEvery: d.deployEvery()})
	if err != nil {
		return nil, "", errors.Join(err, os.RemoveAll(folder))
	}
	end = func() error { return errors.Join(organisation.Close(), os.RemoveAll(folder)) }
	err = environment(map[string]string{
		variableURL: organisation.URL, variableToken: organisation.Token,
		variableStore: filepath.Join(folder, "live-dora.db"), variableDashboards: d.place.dashboards,
	})
	if err != nil {
		return nil, "", errors.Join(err, end())
	}
	d.page.line("The invented organisation example-health speaks GitHub's API at %s.", organisation.URL)
	return end, folder, nil
}

func (d *demo) deployEvery() time.Duration {
	if d.Once {
		return 0
	}
	return liveliness
}
