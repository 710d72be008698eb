package gitlab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	replayToken = "replay-secret"
	plain       = "NHSDigital/immunisation-fhir-api"
	synthetic   = "NHSDigital/synthetic/immunisation-fhir-api-synthetic"
	afterAll    = "2026-11-30T12:00:00Z"
)

// replay is a stand-in for GitLab that replays real histories, with a clock that tests move. It belongs to one test.
type replay struct {
	t   *testing.T
	URL string
}

// startReplay starts one with histories, both of those there are where none are named.
func startReplay(t *testing.T, now string, arguments ...string) *replay {
	t.Helper()
	if !slices.Contains(arguments, "--data") {
		arguments = append(arguments, "--data", "data/immunisation-fhir-api", "--data", "data/immunisation-fhir-api+synthetic")
	}
	server := replayserver.StartSystem(t, "gitlab", replayToken, append(arguments, "--now", now)...)
	t.Cleanup(server.End)
	return &replay{t: t, URL: server.URL}
}

func (r *replay) control(settings map[string]any) {
	r.t.Helper()
	r.post("/_control", settings)
}

func (r *replay) post(path string, body any) {
	r.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(r.t, err)
	root, _, _ := strings.Cut(r.URL, "/gitlab")
	response, err := http.Post(root+path, "application/json", bytes.NewReader(text))
	require.NoError(r.t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	require.NoError(r.t, response.Body.Close())
	require.Equal(r.t, http.StatusOK, response.StatusCode, string(answer))
}

// unsupported are what was asked of the stand-in that it has not, though GitLab has.
func (r *replay) unsupported() map[string]int {
	r.t.Helper()
	root, _, _ := strings.Cut(r.URL, "/gitlab")
	response, err := http.Get(root + "/_stats")
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, response.Body.Close()) }()
	var stats struct{ Unsupported map[string]int }
	require.NoError(r.t, json.NewDecoder(response.Body).Decode(&stats))
	return stats.Unsupported
}

func (r *replay) source(own gitlab.Settings, options ...gitlab.Option) *gitlab.Source {
	if own.URL == "" {
		own.URL = r.URL
	}
	return open(source.Given{Secrets: map[string]string{"token": replayToken}}, own, options...)
}

// open makes a source that is patient for no longer than a test.
func open(given source.Given, own gitlab.Settings, options ...gitlab.Option) *gitlab.Source {
	given.ID, given.Client = "gitlab", &http.Client{Timeout: time.Minute}
	fast := gitlab.WithPace(func(p *wire.Pace) { p.Retries, p.FirstBreak, p.LongestBreak = 2, time.Millisecond, 2*time.Millisecond })
	return gitlab.New(given, own, append([]gitlab.Option{fast}, options...)...)
}

// at is a clock that stands at an instant and does not wait.
func at(now string) gitlab.Option {
	instant, err := time.Parse(time.RFC3339, now)
	if err != nil {
		panic(err)
	}
	return gitlab.WithPace(func(p *wire.Pace) {
		p.Now, p.Sleep = func() time.Time { return instant }, func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	})
}

// incidents are the settings of a project whose incidents are those of GitLab.
func incidents(projects ...string) gitlab.Settings {
	return gitlab.Settings{Repositories: projects}
}

// ledger keeps what a source hands over, as a store would.
type ledger struct {
	events  map[string]dora.Event
	cursor  []byte
	batches int
	last    source.Progress
	// stopAfter ends the run with errStopped once that many batches are in; 0 never does.
	stopAfter int
	forgotten []string
	only      []string
	hour      int // of readings of a tiny GitLab
}

var errStopped = errors.New("the collector was stopped")

func newLedger() *ledger { return &ledger{events: map[string]dora.Event{}} }

// known is what the ledger has of a project.
func (l *ledger) known(kind dora.Kind, project string) (found []dora.Event) {
	for _, e := range l.events {
		if e.Kind() == kind && strings.HasPrefix(strings.ToLower(e.Head().ID), strings.ToLower(project)+":") {
			found = append(found, e)
		}
	}
	return found
}

func (l *ledger) take(events []dora.Event) {
	for _, event := range events {
		head := event.Head()
		key := string(event.Kind()) + " " + head.ID
		if old, known := l.events[key]; !known || head.NewerThan(old.Head()) {
			l.events[key] = event
		}
	}
}

func (l *ledger) collect(ctx context.Context, s source.Source, since time.Time) error {
	l.last = source.Progress{}
	return s.Collect(ctx, source.Request{
		Known: l.known, Cursor: l.cursor, Since: since, Only: l.only,
		Emit: func(_ context.Context, b source.Batch) error {
			for _, name := range b.Forget {
				l.forgotten = append(l.forgotten, name)
				for key, e := range l.events {
					if id := strings.ToLower(e.Head().ID); id == strings.ToLower(name) || strings.HasPrefix(id, strings.ToLower(name)+":") || strings.HasPrefix(id, strings.ToLower(name)+"@") {
						delete(l.events, key)
					}
				}
			}
			l.take(b.Events)
			l.cursor = b.Cursor
			l.batches++
			if l.stopAfter > 0 && l.batches >= l.stopAfter {
				return errStopped
			}
			return nil
		},
		Report: func(p source.Progress) { l.last = p },
	})
}

func (l *ledger) all() []dora.Event { return slices.Collect(maps.Values(l.events)) }

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

// assertEqual compares what two ledgers have.
func assertEqual(t *testing.T, want, got *ledger) {
	t.Helper()
	require.Equal(t, slices.Sorted(maps.Keys(want.events)), slices.Sorted(maps.Keys(got.events)))
	for key, e := range want.events {
		assert.Equal(t, plainly(e), plainly(got.events[key]), key)
	}
}

// plainly leaves out of a project's event the clock of whoever read it.
func plainly(e dora.Event) dora.Event {
	if r, ok := e.(*dora.Repository); ok {
		copied := *r
		copied.Updated = time.Time{}
		return &copied
	}
	return e
}

// history is a recorded one as GitLab has it.
func history(t *testing.T, dir string) *replaytest.History {
	h := replaytest.Load(t, dir)
	h.Source = "gitlab"
	if h.Overlay {
		owner, name, _ := strings.Cut(h.Name, "/")
		h.Name = owner + "/synthetic/" + name
	}
	return h
}

func TestDeploymentsThatWereReportedGiveTheSameFacts(t *testing.T) {
	t.Parallel()
	for _, dir := range replaytest.Directories(t) {
		h := history(t, dir)
		if !h.Overlay {
			continue
		}
		r := startReplay(t, afterAll, "--data", dir, "--external-deployments", "prod")
		l := newLedger()
		require.NoError(t, l.collect(t.Context(), r.source(incidents(h.Name), at(afterAll)), time.Time{}))
		t.Logf("%d requests", l.last.Requests)
		h.Check(t, l.all())
		for _, d := range of[*dora.Deployment](l) {
			assert.NotEmpty(t, d.RefKind)
		}
	}
}

func TestRealHistoriesAreCollectedWithTheFactsThatGitGives(t *testing.T) {
	for _, dir := range replaytest.Directories(t) {
		for _, instance := range []struct{ version, edition string }{{"17.2.0", "ce"}, {"19.2.0", "ee"}} {
			t.Run(filepath.Base(dir)+" "+instance.version+" "+instance.edition, func(t *testing.T) {
				t.Parallel()
				h := history(t, dir)
				r := startReplay(t, afterAll, "--data", dir, "--gitlab-version", instance.version, "--edition", instance.edition)
				var collected []*ledger
				for _, api := range []gitlab.API{gitlab.APIGraphQL, gitlab.APIREST} {
					t.Run(string(api), func(t *testing.T) {
						own := incidents(h.Name)
						own.API = api
						l := newLedger()
						require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
						first := l.last.Requests
						if len(collected) == 0 {
							h.Check(t, l.all())
						} else {
							assertEqual(t, collected[0], l)
						}
						require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
						t.Logf("%d requests at first, %d where nothing changed", first, l.last.Requests)
						collected = append(collected, l)
					})
				}
				require.Len(t, collected, 2)
				assert.Empty(t, r.unsupported())
			})
		}
	}
}
