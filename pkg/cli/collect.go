package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

func collectCommand(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var w where
	f := flags("collect", log)
	w.define(f)
	once := f.Bool("once", false, "end when all sources are up to date")
	progress := f.Bool("progress", false, "print how far each source is, every second")
	if err := parse(f, args); err != nil {
		return err
	}
	d, err := w.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if d.Settings().Store.Type == settings.StoreMemory {
		_, _ = fmt.Fprintln(log, "store.type is memory, which keeps nothing: this only shows what would be collected")
	}
	if *progress {
		watching, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { // the watcher: prints progress until the command ends
			defer close(ended)
			watch(watching, d, log)
		}()
		defer func() { stop(); <-ended }()
	}
	if !*once {
		return d.Run(ctx)
	}
	summary, failed := d.Once(ctx)
	if err := json.NewEncoder(terminal.JSON(out)).Encode(summary); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("not everything could be read; what was read is stored: %w", failed)
	}
	return nil
}

// watch prints a line for each source whose progress changed.
func watch(ctx context.Context, d *dataset.Dataset, log io.Writer) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	shown := map[string]string{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, s := range d.State() {
			if line := ProgressLine(s); line != shown[s.ID] {
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
