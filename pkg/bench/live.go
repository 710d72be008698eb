package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/demo"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// openStreams is how many streams are open while webhooks come in: as many as the plugin allows an organisation.
const openStreams = 1000

// hookSecret signs the webhooks.
const hookSecret = "the-bench's-secret"

// audience is a way in which a thousand streams are spread over the services.
type audience struct {
	question func(stream int) string // without its range
	groups   []listeners
	hooks    int
}

// listeners are those of an audience that have news when a service deploys, and how soon 95 of 100 frames shall be there.
type listeners struct {
	name   string
	heed   func(stream, service int) bool
	target time.Duration // 0: none
}

// panels are five of a dashboard; all of them change with each deployment of a service.
var panels = []string{
	`"metric":"deployment_frequency","format":"numeric","compare":"previous"`,
	`"metric":"lead_time","format":"numeric","compare":"previous"`,
	`"metric":"change_failure_rate","format":"numeric","compare":"previous"`,
	`"metric":"lead_time","bucket":"week"`,
	`"queryType":"events"`,
}

// ofService is one of a service's panels, ofAll a panel over everything that asks what no other asks.
func ofService(stream int) string {
	return fmt.Sprintf(`%s,"filters":[{"field":"service","values":[%q]}]`, panels[stream%len(panels)], large.Name(stream/len(panels)%large.L.Services))
}

func ofAll(stream int, panel string) string {
	return fmt.Sprintf(`%s,"filters":[{"field":"service","op":"not_in","values":["none-%d"]}]`, panel, stream)
}

// overall is how many of the mixed audience's streams look at everything.
const overall = 100

var audiences = []audience{
	{ofService, []listeners{{
		"1,000 panels, of a service each: the five of the one that deploys", func(stream, service int) bool { return stream/len(panels)%large.L.Services == service }, 500 * time.Millisecond,
	}}, 100},
	{func(stream int) string {
		if stream < overall {
			return ofAll(stream, panels[stream%(len(panels)-1)])
		}
		return ofService(stream)
	}, []listeners{
		{"900 panels, of a service each: those of the one that deploys", func(stream, service int) bool {
			return stream >= overall && stream/len(panels)%large.L.Services == service
		}, 500 * time.Millisecond},
		{"… and beside them 100 over everything, half of them median lead times: all 100", func(stream, _ int) bool { return stream < overall }, 0},
	}, 40},
	{func(stream int) string { return ofAll(stream, panels[2]) }, []listeners{
		{"1,000 panels over everything, each with a question of its own: all 1,000", func(int, int) bool { return true }, 0},
	}, 20},
}

// measureLive measures from the moment that a webhook is handed to the plugin to the moment that a follower has the changed
// frame in hand, both over gRPC, with the store on the disk. Each webhook tells of a deployment and the ten changes that it
// ships. How long changes are gathered is part of it.
func measureLive(ctx context.Context, program string) error {
	whole, err := prepare(ctx, "L", large.L)
	if err != nil {
		return err
	}
	path := filepath.Join(directory, "live.db")
	if err := copyFile(path, whole); err != nil {
		return err
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
		_ = removeSaved(path)
	}()
	h, err := openHall(ctx, program, path)
	if err != nil {
		return err
	}
	defer h.plugin.Close()
	fmt.Println("| from a webhook to a changed frame | min | median | 95 % within | max | target | | processor time for each |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- | --- |")
	var done <-chan profiled
	for i := range audiences {
		if i == len(audiences)-1 {
			done = profile(ctx, 20)
		}
		if err := h.measure(ctx, &audiences[i]); err != nil {
			return fmt.Errorf("%s: %w", audiences[i].groups[0].name, err)
		}
	}
	fmt.Printf("\nThe webhooks were answered within %s (half) and %s (95 %%). Memory of the plugin: %d MB, %d MB at most.\n\n",
		shown(h.answered.share(0.5)), shown(h.answered.share(0.95)), status(h.plugin.PID(), "VmRSS")>>10, status(h.plugin.PID(), "VmHWM")>>10)
	return (<-done).print(ctx, program, "live.pprof", "all streams have news")
}

// hall is a plugin over the large history, whose services go on deploying.
type hall struct {
	plugin   *demo.Plugin
	services map[int]*large.Service
	turn     int
	answered times
}

func openHall(ctx context.Context, program, path string) (*hall, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	parsed, err := settings.Parse(systems.All, map[string]any{
		"sources": []any{map[string]any{"id": large.Source, "type": "webhook"}},
		"store":   map[string]any{"type": "sqlite", "path": absolute},
		"collect": map[string]any{"backfill": "20000d"}, // or the past would be pruned
	}, map[string]string{"sources." + large.Source + ".webhookSecret": hookSecret})
	if err != nil {
		return nil, err
	}
	plugin, err := demo.StartPlugin(program, &settings.File{Settings: parsed, OrgID: 1, UID: "bench", Name: "bench"})
	if err != nil {
		return nil, err
	}
	h := &hall{plugin: plugin, services: map[int]*large.Service{}}
	first := questions[0]
	if err := (&target{plugin: plugin}).ask(ctx, &first); err != nil {
		plugin.Close()
		return nil, err
	}
	return h, nil
}

// arrival is when a stream was sent something.
type arrival struct {
	stream int
	at     time.Time
}

// measure opens an audience's streams and lets one service after the other deploy.
func (h *hall) measure(ctx context.Context, a *audience) error {
	ctx, stop := context.WithCancel(ctx)
	arrivals := make(chan arrival, 4*openStreams)
	ended := make(chan error, openStreams)
	var running sync.WaitGroup
	defer func() { stop(); running.Wait() }()
	for stream := range openStreams {
		plugin := h.plugin.As(viewer(stream)) // one alone has not so large a share
		to, err := (&hall{plugin: plugin}).invitation(ctx, a.question(stream))
		if err != nil {
			return err
		}
		running.Go(func() {
			last := ""
			err := plugin.Follow(ctx, to.Channel, to.Query, func(frame json.RawMessage) {
				at := time.Now()
				if etag := etagOf(frame); etag != last { // as the frontend, which passes over what it shows already
					last = etag
					arrivals <- arrival{stream, at}
				}
			})
			if ctx.Err() == nil {
				ended <- err
			}
		})
	}
	if _, err := await(ctx, arrivals, ended, time.Time{}, func(int) bool { return true }); err != nil {
		return fmt.Errorf("as streams open: %w", err)
	}
	taken := make([]times, len(a.groups))
	busy := processorTime(h.plugin.PID())
	for hook := range a.hooks {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Second)): // so that no measurement keeps step with the plugin's own clocks
		}
		number := h.turn % large.L.Services
		h.turn++
		body := h.deploy(number)
		heed := func(stream int) bool {
			return slices.ContainsFunc(a.groups, func(l listeners) bool { return l.heed(stream, number) })
		}
		began := time.Now()
		if err := h.plugin.Call(ctx, "webhooks?source="+large.Source, body, hookSecret); err != nil {
			return err
		}
		h.answered = append(h.answered, time.Since(began))
		some, err := await(ctx, arrivals, ended, began, heed)
		if err != nil {
			return fmt.Errorf("after webhook %d of %d: %w", hook+1, a.hooks, err)
		}
		for stream, after := range some {
			for i, l := range a.groups {
				if l.heed(stream, number) {
					taken[i] = append(taken[i], after)
				}
			}
		}
	}
	busy = processorTime(h.plugin.PID()) - busy
	slices.Sort(h.answered)
	spent := shown(busy / time.Duration(a.hooks))
	for i, l := range a.groups {
		slices.Sort(taken[i])
		l.row(taken[i], spent)
		spent = ""
	}
	return nil
}

func (l *listeners) row(t times, spent string) {
	met, limit := "", ""
	if l.target > 0 {
		met, limit = "met", "≤ "+shown(l.target)
		if t.share(0.95) > l.target {
			met = "not met"
		}
	}
	fmt.Printf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", l.name, shown(t[0]), shown(t.median()), shown(t.share(0.95)), shown(t[len(t)-1]), limit, met, spent)
}

// patience is how long a frame may take before the measurement is given up.
const patience = time.Minute

// await waits for the first frame of each stream that has news, and tells how long after a moment each came.
func await(ctx context.Context, arrivals <-chan arrival, ended <-chan error, since time.Time, heed func(int) bool) (map[int]time.Duration, error) {
	missing := map[int]bool{}
	for stream := range openStreams {
		if heed(stream) {
			missing[stream] = true
		}
	}
	taken := map[int]time.Duration{}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for len(missing) > 0 {
		select {
		case a := <-arrivals:
			if missing[a.stream] && a.at.After(since) {
				delete(missing, a.stream)
				taken[a.stream] = a.at.Sub(since)
			}
		case err := <-ended:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-limit.C:
			return nil, fmt.Errorf("%d streams have had no frame for %s", len(missing), patience)
		}
	}
	return taken, nil
}

// share is what so many of the times are within.
func (t times) share(part float64) time.Duration {
	return t[min(len(t)-1, int(part*float64(len(t))))]
}

// copyFile makes the second file anew with the contents of the first: webhooks write into it.
func copyFile(to, from string) (err error) {
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(to + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	source, err := os.Open(from) //nolint:gosec // below our own directory
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	made, err := os.Create(to) //nolint:gosec // below our own directory
	if err != nil {
		return err
	}
	_, err = io.Copy(made, source)
	return errors.Join(err, made.Close())
}
