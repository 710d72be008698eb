package collect_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a source whose runs are told beforehand. The last step is repeated.
type script struct {
	steps []step

	mu   sync.Mutex
	runs []visit
}

type step func(ctx context.Context, request source.Request) error

// visit is a run as the source met it.
type visit struct {
	at     time.Time
	cursor string
	since  time.Time
}

func (s *script) Collect(ctx context.Context, request source.Request) error {
	s.mu.Lock()
	n := len(s.runs)
	s.runs = append(s.runs, visit{time.Now(), string(request.Cursor), request.Since})
	s.mu.Unlock()
	return s.steps[min(n, len(s.steps)-1)](ctx, request)
}

func (s *script) Check(context.Context) error { return nil }

func (s *script) visits() []visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]visit(nil), s.runs...)
}

// gaps are the times between the beginnings of runs.
func (s *script) gaps() []time.Duration {
	var gaps []time.Duration
	visits := s.visits()
	for i := 1; i < len(visits); i++ {
		gaps = append(gaps, visits[i].at.Sub(visits[i-1].at))
	}
	return gaps
}

func named(id string, s source.Source) collect.Source {
	return collect.Source{ID: id, Type: "scripted", Source: s}
}

func nothing(context.Context, source.Request) error { return nil }

// failing is a step that fails for a cause that a person can act on.
func failing(part string) step {
	return func(context.Context, source.Request) error { return failure(part) }
}

func failure(part string) *source.Error {
	return &source.Error{Cause: source.CausePermission, Source: "github", Part: part, Advice: "the token may not read this"}
}

// page is a step that hands over a deployment, with a cursor.
func page(number int) step {
	return func(ctx context.Context, request source.Request) error {
		request.Report(source.Progress{Part: "example-health/api", Done: 1, Total: 1, Requests: 2, Points: 3})
		return request.Emit(ctx, source.Batch{
			Events: []dora.Event{deployment(number)},
			Cursor: fmt.Appendf(nil, "page %d", number),
		})
	}
}

// then is one step after another, within a run.
func then(steps ...step) step {
	return func(ctx context.Context, request source.Request) error {
		for _, s := range steps {
			if err := s(ctx, request); err != nil {
				return err
			}
		}
		return nil
	}
}

// lasting is a step that takes a time, or until the context ends.
func lasting(d time.Duration) step {
	return func(ctx context.Context, _ source.Request) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
}

func deployment(number int) *dora.Deployment {
	at := time.Now()
	return &dora.Deployment{
		Header:     dora.Header{Source: "github", ID: fmt.Sprintf("example-health/api:deployment:%d", number), Updated: at},
		Repository: "example-health/api", Number: int64(number), Environment: "production",
		Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
	}
}

// started runs a collector in a story, and gives what ends it: stop returns once Run has returned.
func started(t *testing.T, c *collect.Collector) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }() // ends with the story at the latest
	synctest.Wait()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(t, <-ended)
		})
	}
	t.Cleanup(stop)
	return stop
}

// pass lets time go by, and what is due happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
