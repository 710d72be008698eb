package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// Viewers look at the dashboards that come with the plugin, as a team's wall or a meeting does: each at one of them, which
// is loaded anew at an interval, the first time at a moment of its own.
const (
	viewers      = 50
	refreshEvery = 30 * time.Second
	viewingTime  = 2 * time.Minute
)

// boardsFolder is where the dashboards are, from the repository's root.
const boardsFolder = "dashboards"

// notViewed is the dashboard about collecting itself, which rests on no deployment.
const notViewed = "livedora-collection"

// watched takes note of how long each panel's queries take, and of those that fail.
type watched struct {
	dashboard.Asker

	mu     sync.Mutex
	taken  times
	failed []error
}

// Ask implements dashboard.Asker.
func (w *watched) Ask(ctx context.Context, queries []backend.DataQuery) (backend.Responses, error) {
	begin := time.Now()
	responses, err := w.Asker.Ask(ctx, queries)
	took := time.Since(begin)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = append(w.taken, took)
	if err != nil {
		w.failed = append(w.failed, err)
	}
	for ref, r := range responses {
		if r.Error != nil {
			w.failed = append(w.failed, fmt.Errorf("%s: %w: %s", ref, r.Error, queries[0].JSON))
		}
	}
	return responses, err
}

// at is the share of times that is not longer; 0 to 1.
func (t times) at(share float64) time.Duration {
	return t[min(len(t)-1, int(share*float64(len(t))))]
}

// view has viewers look at the dashboards for some minutes. What failed is its error.
func (t *target) view(ctx context.Context, table *table) error {
	boards, err := dashboard.ReadFolder(filepath.FromSlash(boardsFolder))
	if err != nil {
		return err
	}
	boards = slices.DeleteFunc(boards, func(d *dashboard.Dashboard) bool { return d.UID == notViewed })
	asker := &watched{Asker: t.plugin}
	before := status(t.plugin.PID(), "VmRSS") >> 10
	busy := processorTime(t.plugin.PID())
	var (
		mu     sync.Mutex
		loaded times
		work   sync.WaitGroup
	)
	over := time.Now().Add(viewingTime)
	for viewer := range viewers {
		work.Go(func() {
			next := time.After(refreshEvery * time.Duration(viewer) / viewers)
			for {
				select {
				case <-ctx.Done():
					return
				case <-next:
				}
				if time.Now().After(over) {
					return
				}
				begin := time.Now()
				next = time.After(refreshEvery)
				if _, err := dashboard.Run(ctx, boards[viewer%len(boards)], asker, dashboard.Options{Now: large.L.End()}); err != nil {
					return // the asker knows
				}
				mu.Lock()
				loaded = append(loaded, time.Since(begin))
				mu.Unlock()
			}
		})
	}
	work.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	slices.Sort(asker.taken)
	slices.Sort(loaded)
	busy = processorTime(t.plugin.PID()) - busy
	about := fmt.Sprintf("%d viewers, %d dashboards, each loaded every %s", viewers, len(boards), refreshEvery)
	if len(loaded) > 0 {
		table.note(about+": a whole dashboard, panel after panel, median and p99", fmt.Sprintf("%s, %s", shown(loaded.median()), shown(loaded.at(0.99))), "")
		table.note("… the queries of one panel, median and p99", fmt.Sprintf("%s, %s", shown(asker.taken.median()), shown(asker.taken.at(0.99))), "")
	}
	table.note("… panels answered, failed", fmt.Sprintf("%d, %d", len(asker.taken), len(asker.failed)), "0 failed")
	table.note("… processor time of the plugin, of what there was", fmt.Sprintf("%s of %s", busy.Round(time.Second), (viewingTime*time.Duration(runtime.NumCPU()))), "")
	table.note("… memory before and after (resident)", fmt.Sprintf("%d MB, %d MB", before, status(t.plugin.PID(), "VmRSS")>>10), "")
	return errors.Join(asker.failed[:min(3, len(asker.failed))]...)
}
