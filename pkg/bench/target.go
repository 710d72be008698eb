package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/demo"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// target is a plugin with a dataset.
type target struct {
	plugin  *demo.Plugin
	program string
}

// The one source is not there: what is measured is in the store already.
const (
	organisation = 1
	token        = "none"
)

// settingsOf are those of a data source with a store.
func settingsOf(store map[string]any) map[string]any {
	return map[string]any{
		"sources": []any{map[string]any{"id": "github", "type": "github", "url": "http://127.0.0.1:9", "repositories": []any{"example/*"}}},
		"store":   store,
		"collect": map[string]any{"every": "24h", "backfill": "20000d"},
	}
}

var secrets = map[string]string{"sources.github.token": token}

// inFile is a store in a file.
func inFile(path string) (map[string]any, error) {
	absolute, err := filepath.Abs(path)
	return map[string]any{"type": "sqlite", "path": absolute}, err
}

// startTarget starts the plugin on a store in a file and waits for its first answer.
func startTarget(ctx context.Context, program, path string) (*target, error) {
	store, err := inFile(path)
	if err != nil {
		return nil, err
	}
	return startOn(ctx, program, store)
}

func startOn(ctx context.Context, program string, store map[string]any) (*target, error) {
	return startWith(ctx, program, settingsOf(store))
}

func startWith(ctx context.Context, program string, own map[string]any) (*target, error) {
	parsed, err := settings.Parse(systems.All, own, secrets)
	if err != nil {
		return nil, err
	}
	plugin, err := demo.StartPlugin(program, &settings.File{Settings: parsed, OrgID: organisation, UID: "bench", Name: "bench"})
	if err != nil {
		return nil, err
	}
	t := &target{plugin: plugin, program: program}
	first := questions[0] // of one service
	if err := t.ask(ctx, &first); err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

func (t *target) end() { t.plugin.Close() }

// ask asks once, and sees to it that there is something in the answer.
func (t *target) ask(ctx context.Context, q *question) error {
	responses, err := t.plugin.Ask(ctx, q.requests())
	if err != nil {
		return err
	}
	for ref, r := range responses {
		if r.Error != nil {
			return fmt.Errorf("%s, %s: %w", q.name, ref, r.Error)
		}
		if len(r.Frames) == 0 || len(r.Frames[0].Fields) == 0 || r.Frames[0].Fields[len(r.Frames[0].Fields)-1].Len() == 0 {
			return fmt.Errorf("%s, %s: the answer is empty", q.name, ref)
		}
	}
	return nil
}

const (
	repeats = 300
	most    = 15 * time.Second // for one row
)

// warmUp asks everything in turn for some seconds, until what a start leaves behind is cleared away, for which the plugin
// waits ten seconds.
func (t *target) warmUp(ctx context.Context) { t.warmUpWith(ctx, questions) }

func (t *target) warmUpWith(ctx context.Context, questions []question) {
	for begin := time.Now(); time.Since(begin) < 12*time.Second; {
		for i := range questions {
			_ = t.ask(ctx, &questions[i]) // those that fail are told of when they are measured
		}
	}
}

// inTurn asks several targets in turn, many times, so that whatever else the machine does meets all of them.
func inTurn(ctx context.Context, q question, targets ...*target) ([]times, error) {
	return alternate(most, func(t *target) error { return t.ask(ctx, &q) }, targets...)
}

// alternate does something with several targets in turn, many times within some time, and five times at least.
func alternate(most time.Duration, do func(*target) error, targets ...*target) ([]times, error) {
	taken := make([]times, len(targets))
	begin := time.Now()
	for rounds := 0; rounds < repeats && (rounds < 5 || time.Since(begin) < most); rounds++ {
		for i, t := range targets {
			asked := time.Now()
			if err := do(t); err != nil {
				return nil, err
			}
			taken[i] = append(taken[i], time.Since(asked))
		}
	}
	for _, t := range taken {
		slices.Sort(t)
	}
	return taken, nil
}

const coldRuns = 3

// coldStarts measures from the start of the process to the first answer, from the store alone and with the history that
// is saved beside it, and leaves the last process running.
func coldStarts(ctx context.Context, program, path string, table *table) (*target, error) {
	if err := removeSaved(path); err != nil {
		return nil, err
	}
	start := func() (*target, error) { return startTarget(ctx, program, path) }
	running, err := coldStart(start, table, "cold start from SQLite → first answer", 8*time.Second, func() error { return removeSaved(path) })
	if err != nil {
		return nil, err
	}
	if err := running.untilSaved(ctx, path); err != nil {
		return nil, err
	}
	running.end()
	return coldStart(start, table, "… with the history saved beside it", time.Second, func() error { return nil })
}

func coldStart(start func() (*target, error), table *table, name string, aim time.Duration, before func() error) (*target, error) {
	var running *target
	var taken, busy times
	for range coldRuns {
		if running != nil {
			running.end()
		}
		if err := before(); err != nil {
			return nil, err
		}
		begin := time.Now()
		started, err := start()
		if err != nil {
			return nil, err
		}
		taken = append(taken, time.Since(begin))
		busy = append(busy, processorTime(started.plugin.PID()))
		running = started
	}
	slices.Sort(taken)
	slices.Sort(busy)
	table.row(name, taken, aim)
	table.note("… processor time that this took", shown(busy.median()), "")
	return running, nil
}

// savedBeside lists the histories that are saved beside a store.
func savedBeside(path string) []string {
	found, _ := filepath.Glob(path + "-*.history") // the pattern is right
	return found
}

func removeSaved(path string) error {
	for _, saved := range savedBeside(path) {
		if err := os.Remove(saved); err != nil {
			return err
		}
	}
	return nil
}

// savedWithin is how long saving may take.
const savedWithin = 5 * time.Minute

func (t *target) untilSaved(ctx context.Context, path string) error {
	for begin := time.Now(); len(savedBeside(path)) == 0; {
		if time.Since(begin) > savedWithin {
			return fmt.Errorf("no history was saved beside %s within %s", path, savedWithin)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}
