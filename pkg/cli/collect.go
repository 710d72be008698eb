package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

func collectCommand(ctx context.Context, args []string, out, log io.Writer) error {
	var c collecting
	f := flags("collect", log)
	c.define(f)
	f.BoolVar(&c.once, "once", false, "end when all sources are up to date")
	f.BoolVar(&c.progress, "progress", false, "print how far each source is, every second")
	f.StringVar(&c.listen, "listen", "", "`HOST:PORT` on which /healthz, /readyz and /metrics answer while it collects; nowhere unless it is given")
	form := f.String("log", "text", "`FORM` of what is told: text, or json, an object a line")
	if err := parse(f, args); err != nil {
		return err
	}
	return structured(*form, log, func(log io.Writer, logger *slog.Logger) error {
		c.logger = logger
		return c.run(ctx, out, log)
	})
}

// collecting is a run of the command.
type collecting struct {
	where
	once, progress bool
	listen         string
}

func (c *collecting) run(ctx context.Context, out, log io.Writer) (err error) {
	s := &service{told: ctx}
	if c.listen != "" {
		end, err := s.serve(c.listen, c.logger)
		if err != nil {
			return err
		}
		defer end()
	}
	d, err := c.made(ctx, log)
	if err != nil {
		return err
	}
	s.dataset.Store(d)
	if d.Settings().Store.Type == settings.StoreMemory {
		_, _ = fmt.Fprintln(log, "store.type is memory, which keeps nothing: this only shows what would be collected")
	}
	ended := watched(ctx, d, log, c.progress)
	defer ended()
	if !c.once {
		c.logger.Info("collecting", "version", Version(), "sources", len(d.State()))
		if err := within(ctx, patience, d); err != nil {
			return err // the store stays open under what still runs: it is made for processes that end anyhow
		}
		c.logger.Info("ended")
		return d.Close()
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	summary, failed := d.Once(ctx)
	nothing := failed == nil && d.NothingMatched()
	if nothing {
		summary.OK = false
	}
	if err := json.NewEncoder(terminal.JSON(out)).Encode(summary); err != nil {
		return err
	}
	ended()
	tellUnmet(d, log)
	switch {
	case failed != nil:
		return fmt.Errorf("not everything could be read; what was read is stored: %w", failed)
	case nothing:
		return errors.New("nothing that the settings name was found, so that nothing was collected")
	}
	return nil
}

// patience is how long the runs under way have when the command is told to end. They end between two writings of the store, which
// takes a moment, unless a disk or a database holds one up.
const patience = 20 * time.Second

// within collects until the context ends, and then for no longer than a bound.
func within(ctx context.Context, bound time.Duration, d *dataset.Dataset) error {
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }() // the collector, until it is told to end
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(bound):
		return fmt.Errorf("the runs under way did not end within %s, and are left; what was stored stays, and the next start goes on from there", bound)
	}
}

// How often progress is looked at, and how often it is printed. What holds a run up is told at once.
const (
	glance       = 100 * time.Millisecond
	progressTime = time.Second
)

// watched tells the log what holds sources up, and with progress how far each is, until what it gives is called.
func watched(ctx context.Context, d *dataset.Dataset, log io.Writer, progress bool) (end func()) {
	watching, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { // the watcher: prints until the command ends
		defer close(ended)
		watch(watching, d, log, progress)
	}()
	return func() { stop(); <-ended }
}

// watch prints a line for each source that is held up in another way than before, and for each whose progress changed.
func watch(ctx context.Context, d *dataset.Dataset, log io.Writer, progress bool) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	shown, held := map[string]string{}, map[string]string{}
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due := progress && time.Since(last) >= progressTime
		if due {
			last = time.Now()
		}
		for _, s := range d.State() {
			hold := ""
			if s.Trouble != "" || s.State == collect.StatusWaiting {
				hold = s.Message
			}
			if hold != held[s.ID] {
				held[s.ID] = hold
				if hold != "" {
					_, _ = fmt.Fprintf(log, "%s: %s\n", s.ID, hold)
				}
			}
			if line := ProgressLine(s); due && line != shown[s.ID] {
				shown[s.ID] = line
				_, _ = fmt.Fprintln(log, line)
			}
		}
	}
}

// ProgressLine is how far a source is, in one line.
func ProgressLine(s collect.SourceState) string {
	events := 0
	for _, n := range s.Events {
		events += n
	}
	return fmt.Sprintf("%s  %3.0f %%  %d events, %d requests, %d points  %s", s.ID, s.Progress*100, events, s.Requests, s.Points, s.Message)
}
