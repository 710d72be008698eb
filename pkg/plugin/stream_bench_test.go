package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// BenchmarkStreams measures the way from an event in the store to the changed frames of those who follow it, with a
// thousand streams open on 100,000 deployments and 1,000,000 changes. The time that changes are gathered is part of it.
func BenchmarkStreams(b *testing.B) {
	if testing.Short() {
		b.Skip("100,000 deployments and 1,000,000 changes")
	}
	hall := newHall(b)
	tiles := []string{
		`"metric":"deployment_frequency","format":"numeric","compare":"previous"`, `"metric":"lead_time","format":"numeric","compare":"previous"`,
		`"metric":"change_failure_rate","format":"numeric","compare":"previous"`, `"metric":"lead_time","bucket":"week"`, `"queryType":"events"`,
	}
	b.Run("a service's five panels, of 1,000", func(b *testing.B) {
		hall.measure(b, func(n int) string {
			return fmt.Sprintf(`%s,"filters":[{"field":"service","values":[%q]}]`, tiles[n%len(tiles)], large.Name(n/len(tiles)))
		}, len(tiles))
	})
	b.Run("all 1,000 over everything", func(b *testing.B) {
		hall.measure(b, func(n int) string {
			return fmt.Sprintf(`"metric":"change_failure_rate","format":"numeric","compare":"previous","filters":[{"field":"service","op":"not_in","values":["none-%d"]}]`, n)
		}, streamLimit)
	})
	b.Run("all 1,000 over everything, under another definition", func(b *testing.B) {
		hall.measure(b, func(n int) string {
			return fmt.Sprintf(`"metric":"change_failure_rate","format":"numeric","definition":{"evidence":["incident"]},"filters":[{"field":"service","op":"not_in","values":["none-%d"]}]`, n)
		}, streamLimit)
	})
}

// hall is a data source over the large history, in memory.
type hall struct {
	instance *Instance
	services []*large.Service
	turn     int
}

func newHall(b *testing.B) *hall {
	b.Helper()
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	object, err := strict.Object([]byte(fmt.Sprintf(`{"sources":[{"id":"elsewhere","type":"github","url":%q,"repositories":["none/*"]}]}`, silent.URL)))
	require.NoError(b, err)
	parsed, err := settings.Parse(object, nil)
	require.NoError(b, err)
	kept := memory.New()
	h := &hall{}
	for number := range large.L.Services {
		service := large.L.Service(number)
		_, err := kept.Apply(b.Context(), store.Batch{Events: slices.Collect(service.Events())})
		require.NoError(b, err)
		h.services = append(h.services, service)
	}
	opened, err := dataset.Open(b.Context(), dataset.Options{Name: "1/dora", Settings: parsed, Store: kept, Client: silent.Client()})
	require.NoError(b, err)
	h.instance = &Instance{dataset: opened, streams: &streams{}, uid: "dora", disposed: make(chan struct{})}
	running, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = opened.Run(running) })
	b.Cleanup(func() { close(over); stop(); work.Wait(); silent.Close() })
	return h
}

// arrival is when a stream was sent something, and how much.
type arrival struct {
	stream int
	at     time.Time
	bytes  int
}

type receiver struct {
	stream   int
	arrivals chan<- arrival
}

func (r receiver) Send(packet *backend.StreamPacket) error {
	r.arrivals <- arrival{r.stream, time.Now(), len(packet.Data)}
	return nil
}

// measure opens a thousand streams and lets one service after the other deploy. Each time, so many of them have news.
func (h *hall) measure(b *testing.B, question func(int) string, concerned int) {
	arrivals := make(chan arrival, 4*streamLimit)
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(b.Context())
	before := memoryInUse()
	for n := range streamLimit {
		text := []byte(`{"live":true,"range":{"from":"now-36M","to":"now"},` + question(n) + `}`)
		q, err := read(pathIn(b, text), "bench", text, h.instance.dataset)
		require.NoError(b, err)
		running.Go(func() {
			_ = h.instance.RunStream(ctx, &backend.RunStreamRequest{Path: q.path, Data: text}, backend.NewStreamSender(receiver{n, arrivals}))
		})
	}
	for seen := map[int]bool{}; len(seen) < streamLimit; {
		seen[(<-arrivals).stream] = true
	}
	open := memoryInUse()
	var latencies []time.Duration
	var bytes int
	busy := processorTime()
	for b.Loop() {
		service := h.services[h.turn%len(h.services)]
		h.turn++
		events := service.Deploy(time.Now())
		began := time.Now()
		applied, err := h.instance.dataset.Apply(b.Context(), store.Batch{Events: events})
		require.NoError(b, err)
		require.Positive(b, applied.Changed)
		for seen := map[int]bool{}; len(seen) < concerned; {
			a := <-arrivals
			if !seen[a.stream] {
				seen[a.stream] = true
				latencies, bytes = append(latencies, a.at.Sub(began)), bytes+a.bytes
			}
		}
	}
	busy = processorTime() - busy
	stop()
	running.Wait()
	slices.Sort(latencies)
	for name, share := range map[string]float64{"p50-ms": 0.5, "p95-ms": 0.95, "max-ms": 1} {
		at := min(len(latencies)-1, int(share*float64(len(latencies))))
		b.ReportMetric(float64(latencies[at].Microseconds())/1000, name)
	}
	b.ReportMetric(float64(busy.Milliseconds())/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(bytes)/float64(len(latencies)), "B/frame")
	b.ReportMetric((float64(open)-float64(before))/streamLimit/1024, "KiB/stream")
	b.ReportMetric(float64(open)/(1<<20), "MiB-all")
}

func pathIn(b *testing.B, text []byte) string {
	b.Helper()
	var object map[string]any
	require.NoError(b, json.Unmarshal(text, &object))
	canonical, err := json.Marshal(object)
	require.NoError(b, err)
	path := pathOf(canonical)
	require.True(b, strings.HasPrefix(path, "query/"))
	return path
}

func memoryInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
