package github_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

const (
	replayToken = "replay-secret"
	plain       = "NHSDigital/immunisation-fhir-api"
	synthetic   = "NHSDigital/immunisation-fhir-api-synthetic"
)

var datasets = map[string]string{
	plain:     "immunisation-fhir-api",
	synthetic: "immunisation-fhir-api+synthetic",
}

func (r *replay) control(settings map[string]any) {
	r.t.Helper()
	r.post("/_control", settings)
}

// reset takes back whatever the test told the replay.
func (r *replay) reset() {
	r.post("/_reset", nil)
	r.control(map[string]any{"now": r.now})
}

// injected counts the faults by kind.
func (r *replay) injected() map[string]int {
	r.t.Helper()
	response, err := http.Get(r.URL + "/_stats")
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, response.Body.Close()) }()
	var stats struct{ Faults map[string]int }
	require.NoError(r.t, json.NewDecoder(response.Body).Decode(&stats))
	return stats.Faults
}

func (r *replay) post(path string, body any) {
	r.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(r.t, err)
	response, err := http.Post(r.URL+path, "application/json", bytes.NewReader(text))
	require.NoError(r.t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	require.NoError(r.t, response.Body.Close())
	require.Equal(r.t, http.StatusOK, response.StatusCode, string(answer))
}

func (r *replay) source(config configured, options ...github.Option) *github.Source {
	config.ID = "github"
	if config.URL == "" {
		config.URL = r.URL
	}
	if config.Secrets == nil {
		config.Secrets = map[string]string{"token": replayToken}
	}
	fast := []github.Option{github.WithRetries(2, time.Millisecond, 2*time.Millisecond)}
	return open(config, &http.Client{Timeout: time.Minute}, append(fast, options...)...)
}

// at is a clock that stands at an instant and does not wait.
func at(now string) github.Option {
	instant, err := time.Parse(time.RFC3339, now)
	if err != nil {
		panic(err)
	}
	return github.WithClock(func() time.Time { return instant }, func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
}

// ledger keeps what a source hands over, as a store would.
type ledger struct {
	events   map[string]dora.Event
	cursor   []byte
	batches  int
	last     source.Progress
	progress []source.Progress
	// stopAfter ends the run with errStopped once that many batches are in; 0 never does.
	stopAfter int
	// keeps says that the source may ask for what is known.
	keeps bool
}

// known is what the ledger has of a repository.
func (l *ledger) known(kind dora.Kind, repository string) (found []dora.Event) {
	for _, e := range l.events {
		if e.Kind() == kind && strings.HasPrefix(e.Head().ID, repository+":") {
			found = append(found, e)
		}
	}
	return found
}

var errStopped = errors.New("the collector was stopped")

func newLedger() *ledger { return &ledger{events: map[string]dora.Event{}} }

func (l *ledger) collect(ctx context.Context, s source.Source, since time.Time) error {
	l.last, l.progress = source.Progress{}, nil
	known := l.known
	if !l.keeps {
		known = nil
	}
	return s.Collect(ctx, source.Request{
		Known:  known,
		Cursor: l.cursor,
		Since:  since,
		Emit: func(_ context.Context, b source.Batch) error {
			for _, event := range b.Events {
				head := event.Head()
				key := string(event.Kind()) + " " + head.ID
				if old, known := l.events[key]; !known || head.NewerThan(old.Head()) {
					l.events[key] = event
				}
			}
			l.cursor = b.Cursor
			l.batches++
			if l.stopAfter > 0 && l.batches >= l.stopAfter {
				return errStopped
			}
			return nil
		},
		Report: func(p source.Progress) { l.last = p; l.progress = append(l.progress, p) },
	})
}

// of lists the events of one type by id.
func of[T dora.Event](l *ledger) map[string]T {
	found := map[string]T{}
	for _, event := range l.events {
		if typed, ok := event.(T); ok {
			found[event.Head().ID] = typed
		}
	}
	return found
}

// rows reads a dataset's file.
func rows[T any](t *testing.T, r *replay, repository, file string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "data", datasets[repository], file))
	require.NoError(t, err)
	var all []T
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var row T
		err := decoder.Decode(&row)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, row)
	}
}

func id(repository, kind string, number int64) string {
	return repository + ":" + kind + ":" + strconv.FormatInt(number, 10)
}
