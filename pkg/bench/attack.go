package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/demo"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// Bounds that hold whatever viewers send: what the process takes, and how soon someone else's light question is answered.
const (
	memoryBound   = 1000 // MB
	strangerBound = time.Second
)

// attackTime is how long an attack may go on; who has had no answer by then leaves.
const attackTime = 40 * time.Second

// attack is something that viewers send to be a burden.
type attack struct {
	name string
	run  func(ctx context.Context, s *siege)
	// holds looks for what else must be so afterwards.
	holds func(s *siege) error
}

// siege is a plugin under attack.
type siege struct {
	plugin *demo.Plugin
	vendor *vendor

	answered, refused, failed atomic.Int64
	let                       bool // a stranger could follow a panel
}

// vendor counts what it is asked, and lets nobody in.
type vendor struct{ asked atomic.Int64 }

func (v *vendor) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	v.asked.Add(1)
	time.Sleep(50 * time.Millisecond)
	http.Error(w, `{"message":"Bad credentials"}`, http.StatusUnauthorized)
}

// years is a range of 54 years, the most that days may be asked of.
var years = backend.TimeRange{From: large.L.End().AddDate(-54, 0, 0), To: large.L.End()}

var months = backend.TimeRange{From: large.Begin, To: large.L.End()}

// many does something many times at once.
func many(count int, do func(n int)) {
	var work sync.WaitGroup
	for n := range count {
		work.Go(func() { do(n) })
	}
	work.Wait()
}

// viewer is the login of one of a few who attack together.
func viewer(n int) string { return fmt.Sprintf("viewer-%d", n%20) }

func (s *siege) query(ctx context.Context, login, text string, r backend.TimeRange) {
	responses, err := s.plugin.As(login).Ask(ctx, []backend.DataQuery{{RefID: "A", JSON: json.RawMessage(text), TimeRange: r}})
	status := 0
	if err == nil {
		status = int(responses["A"].Status)
	}
	s.note(status, err)
}

func (s *siege) send(ctx context.Context, login, method, address string, body []byte) {
	status := 0
	err := s.plugin.As(login).Send(ctx, method, address, body, func(said int, _ []byte) { status = max(status, said) })
	s.note(status, err)
}

func (s *siege) note(status int, err error) {
	switch {
	case err != nil || status >= 500 && status != http.StatusServiceUnavailable:
		s.failed.Add(1)
	case status >= 400:
		s.refused.Add(1)
	default:
		s.answered.Add(1)
	}
}

var attacks = []attack{
	{name: "nobody else", run: func(ctx context.Context, _ *siege) {
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
	}},
	{name: "8 queries of days over 54 years, each of 3660 buckets", run: func(ctx context.Context, s *siege) {
		many(8, func(int) {
			s.query(ctx, "one", `{"metric":"lead_time","bucket":"day","rolling":"3660 buckets"}`, years)
		})
	}},
	{name: "… of days per week, means and days, 4 each, by service", run: func(ctx context.Context, s *siege) {
		many(12, func(n int) {
			s.query(ctx, viewer(n), []string{
				`{"statistic":"median_days_per_week","bucket":"day","rolling":"3660 buckets","groupBy":["service"]}`,
				`{"metric":"lead_time","statistic":"mean","bucket":"day","rolling":"3660 buckets","groupBy":["service"]}`,
				`{"statistic":"per_day","bucket":"day","rolling":"3660 buckets","groupBy":["service"]}`,
			}[n%3], years)
		})
	}},
	{name: "1,000 heavy queries at once, of one viewer", run: func(ctx context.Context, s *siege) {
		many(1000, func(int) {
			s.query(ctx, "one", `{"metric":"lead_time","statistic":"p90","bucket":"day","groupBy":["service"]}`, months)
		})
	}},
	{name: "1,000 heavy queries at once, of 20 viewers", run: func(ctx context.Context, s *siege) {
		many(1000, func(n int) {
			s.query(ctx, viewer(n), `{"metric":"lead_time","bucket":"day","rolling":"28 days"}`, months)
		})
	}},
	{name: "100 tables of changes at once", run: func(ctx context.Context, s *siege) {
		many(100, func(n int) { s.query(ctx, viewer(n), `{"queryType":"events","events":"changes"}`, months) })
	}},
	{name: "100 tables of days by service", run: func(ctx context.Context, s *siege) {
		many(100, func(n int) {
			s.query(ctx, viewer(n), `{"metric":"change_failure_rate","format":"table","bucket":"day","groupBy":["service"]}`, months)
		})
	}},
	{name: "40 questions under other definitions", run: func(ctx context.Context, s *siege) {
		many(40, func(n int) {
			s.query(ctx, viewer(n), fmt.Sprintf(`{"metric":"change_failure_rate","definition":{"incidentWindow":"%dh"}}`, n+1), months)
		})
	}},
	{name: "v1/metrics, 20 years of days by service, 4 at once", run: func(ctx context.Context, s *siege) {
		question := url.Values{"q": {`{"metric":"lead_time","bucket":"day","groupBy":["service"]}`}, "from": {"2006-01-01"}, "to": {"2025-12-31"}}
		many(4, func(n int) { s.send(ctx, viewer(n), http.MethodGet, "v1/metrics?"+question.Encode(), nil) })
	}},
	{name: "bodies of 8 MB to v1/metrics and v1/preview, 4 of each", run: func(ctx context.Context, s *siege) {
		bodies := [][]byte{
			[]byte(`{"groupBy":["` + strings.Repeat(`x","`, 2<<20-8) + `x"]}`),
			[]byte(`{"services":[` + strings.TrimSuffix(strings.Repeat(`{"name":"a","deployments":[{"environment":".*"}]},`, 8<<20/50), ",") + `]}`),
		}
		many(8, func(n int) {
			s.send(ctx, viewer(n), http.MethodPost, []string{"v1/metrics", "v1/preview"}[n%2], bodies[n%2])
		})
	}},
	{name: "v1/facts, 20 at once", run: func(ctx context.Context, s *siege) {
		many(20, func(n int) { s.send(ctx, viewer(n), http.MethodGet, "v1/facts", nil) })
	}, holds: func(s *siege) error {
		if s.answered.Load()+s.refused.Load() == 0 { // on a busy machine nobody may have them in time
			return errors.New("nobody had them to their end, or was told to try again")
		}
		return nil
	}},
	{name: "2,000 streams of one viewer", run: subscribe, holds: func(s *siege) error {
		if !s.let {
			return errors.New("nobody else may follow a panel")
		}
		return nil
	}},
	{name: "500 times v1/check and 200 times health", run: func(ctx context.Context, s *siege) {
		before := s.vendor.asked.Load()
		many(700, func(n int) {
			if n < 500 {
				s.send(ctx, viewer(n), http.MethodGet, "v1/check?source=github", nil)
				return
			}
			s.note(http.StatusOK, s.plugin.As(viewer(n)).Health(ctx))
		})
		fmt.Printf("<!-- the vendor was asked %d times -->\n", s.vendor.asked.Load()-before)
	}, holds: func(s *siege) error {
		if asked := s.vendor.asked.Load(); asked > 20 {
			return fmt.Errorf("the vendor was asked %d times", asked)
		}
		return nil
	}},
}

// subscribe opens streams of different questions, and then lets someone else try.
func subscribe(ctx context.Context, s *siege) {
	follow := func(n int, login string) bool {
		plugin := s.plugin.As(login)
		to, err := (&hall{plugin: plugin}).invitation(ctx, fmt.Sprintf(`"format":"numeric","filters":[{"field":"service","op":"not_in","values":["none-%d"]},{"field":"service","values":[%q]}]`, n, large.Name(n%large.L.Services)))
		if err != nil {
			s.refused.Add(1)
			return false
		}
		may, err := plugin.Subscribe(ctx, to.Channel, to.Query)
		if err != nil || !may {
			s.refused.Add(1)
			return false
		}
		s.answered.Add(1)
		first := make(chan struct{})
		var once sync.Once
		go func() {
			_ = plugin.Follow(ctx, to.Channel, to.Query, func(json.RawMessage) { once.Do(func() { close(first) }) })
			once.Do(func() { close(first) })
		}()
		select {
		case <-first:
		case <-ctx.Done():
		}
		return true
	}
	var next atomic.Int64
	many(16, func(int) {
		for n := int(next.Add(1)); n <= 2000 && ctx.Err() == nil; n = int(next.Add(1)) {
			follow(n, "one")
		}
	})
	trying, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	ctx = trying
	s.let = follow(5000, "stranger")
}

// besiege carries out every attack, each against a process of its own, and reports what it took and how a stranger fared.
func besiege(ctx context.Context, program string) error {
	path, err := prepare(ctx, "L", large.L)
	if err != nil {
		return err
	}
	warm, err := startTarget(ctx, program, path) // so that there is a saved history to start from
	if err != nil {
		return err
	}
	if err := warm.untilSaved(ctx, path); err != nil {
		return err
	}
	warm.end()
	fmt.Println("| attack | answered, refused, failed | took | processor time | memory before and at most | a stranger: median, 99 %, longest | |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- |")
	var failures []error
	for i := range attacks {
		if err := withstand(ctx, program, path, &attacks[i]); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", attacks[i].name, err))
		}
	}
	return errors.Join(failures...)
}

func withstand(ctx context.Context, program, path string, a *attack) error {
	s := &siege{vendor: &vendor{}}
	server := httptest.NewServer(s.vendor)
	defer server.Close()
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	parsed, err := settings.Parse(systems.All, map[string]any{
		"sources": []any{map[string]any{"id": "github", "type": "github", "url": server.URL, "repositories": []any{"example/*"}}},
		"store":   map[string]any{"type": "sqlite", "path": absolute},
		"collect": map[string]any{"every": "24h", "backfill": "20000d"},
	}, map[string]string{"sources.github.token": "none"})
	if err != nil {
		return err
	}
	s.plugin, err = demo.StartPlugin(program, &settings.File{Settings: parsed, OrgID: 1, UID: "bench", Name: "bench"})
	if err != nil {
		return err
	}
	defer s.plugin.Close()
	pid := s.plugin.PID()
	stranger := &target{plugin: s.plugin.As("stranger")}
	light := question{name: "a stranger's", queries: []string{`{"metric":"lead_time","format":"numeric",` + service + `}`}}
	if err := stranger.ask(ctx, &light); err != nil {
		return err
	}
	before, busy, began := status(pid, "VmRSS")>>10, processorTime(pid), time.Now()
	siege, lift := context.WithTimeout(ctx, attackTime)
	defer lift()
	over := make(chan struct{})
	go func() { // the attack
		defer close(over)
		a.run(siege, s)
	}()
	var taken times
	var troubles int
	for going := true; going; {
		select {
		case <-over:
			going = false
		case <-time.After(20 * time.Millisecond):
		}
		asked := time.Now()
		patient, leave := context.WithTimeout(ctx, attackTime)
		if err := stranger.ask(patient, &light); err != nil {
			troubles++
		}
		leave()
		taken = append(taken, time.Since(asked))
	}
	took := time.Since(began)
	slices.Sort(taken)
	peak := status(pid, "VmHWM") >> 10
	var failures []error
	if peak > memoryBound {
		failures = append(failures, fmt.Errorf("it took %d MB", peak))
	}
	if taken.share(0.99) > strangerBound {
		failures = append(failures, fmt.Errorf("a stranger waited for %s", shown(taken.share(0.99))))
	}
	if troubles > 0 {
		failures = append(failures, fmt.Errorf("a stranger had no answer %d times of %d", troubles, len(taken)))
	}
	if a.holds != nil {
		failures = append(failures, a.holds(s))
	}
	err = errors.Join(failures...)
	held := "held"
	if err != nil {
		held = "not held: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	fmt.Printf("| %s | %d, %d, %d | %s | %s | %d MB, %d MB | %s, %s, %s | %s |\n", a.name, s.answered.Load(), s.refused.Load(), s.failed.Load(),
		shown(took), shown(processorTime(pid)-busy), before, peak, shown(taken.median()), shown(taken.share(0.99)), shown(taken[len(taken)-1]), held)
	return err
}
