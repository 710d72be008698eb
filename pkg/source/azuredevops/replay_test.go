package azuredevops_test

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
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	replayToken = "replay-secret"
	synthetic   = "immunisation-fhir-api-synthetic"
	afterAll    = "2026-11-30T12:00:00Z"
)

type row map[string]any

// replay is a stand-in for Azure DevOps that replays real histories, with a clock that tests move. It belongs to one test.
type replay struct {
	t   *testing.T
	URL string
}

func startReplay(t *testing.T, now string, arguments ...string) *replay {
	t.Helper()
	server := replayserver.StartSystem(t, "azuredevops", replayToken, append(arguments, "--now", now)...)
	t.Cleanup(server.End)
	return &replay{t: t, URL: server.URL}
}

func (r *replay) control(settings map[string]any) { r.post("/_control", settings) }

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

// unsupported are what was asked of the stand-in that it has not, though Azure DevOps has.
func (r *replay) unsupported() map[string]int {
	r.t.Helper()
	response, err := http.Get(r.URL + "/_stats")
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, response.Body.Close()) }()
	var stats struct{ Unsupported map[string]int }
	require.NoError(r.t, json.NewDecoder(response.Body).Decode(&stats))
	return stats.Unsupported
}

func (r *replay) source(own azuredevops.Settings, options ...azuredevops.Option) *azuredevops.Source {
	if own.URL == "" {
		own.URL = r.URL + "/NHSDigital"
	}
	return open(given(), own, options...)
}

func given() source.Given {
	return source.Given{Secrets: map[string]string{"token": replayToken, "webhookSecret": hookSecret}}
}

// open makes a source that is patient for no longer than a test.
func open(given source.Given, own azuredevops.Settings, options ...azuredevops.Option) *azuredevops.Source {
	given.ID, given.Client = "azure", &http.Client{Timeout: time.Minute}
	fast := azuredevops.WithPace(func(p *wire.Pace) { p.Retries, p.FirstBreak, p.LongestBreak = 2, time.Millisecond, 2*time.Millisecond })
	return azuredevops.New(given, own, append([]azuredevops.Option{fast}, options...)...)
}

// at is a clock that stands at an instant and does not wait.
func at(now string) azuredevops.Option {
	instant, err := time.Parse(time.RFC3339, now)
	if err != nil {
		panic(err)
	}
	return azuredevops.WithPace(func(p *wire.Pace) {
		p.Now, p.Sleep = func() time.Time { return instant }, func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	})
}

// tagged are the settings of a project whose incidents are work items with the tag incident.
func tagged(project string) azuredevops.Settings {
	return azuredevops.Settings{Repositories: []string{project + "/*"}, Incidents: azuredevops.Incidents{From: azuredevops.IncidentsByTags, Tags: []string{"incident"}}}
}

// ledger keeps what a source hands over, as a store would.
type ledger struct {
	events    map[string]dora.Event
	cursor    []byte
	batches   int
	last      source.Progress
	stopAfter int // batches; 0 never does
	only      []string
}

var errStopped = errors.New("the collector was stopped")

func newLedger() *ledger { return &ledger{events: map[string]dora.Event{}} }

func (l *ledger) known(kind dora.Kind, repository string) (found []dora.Event) {
	for _, e := range l.events {
		at := ""
		switch e := e.(type) {
		case *dora.Deployment:
			at = e.Repository
		case *dora.Incident:
			at = e.Repository
		case *dora.Change:
			at = e.Repository
		}
		if e.Kind() == kind && strings.EqualFold(at, repository) {
			found = append(found, e)
		}
	}
	return found
}

func (l *ledger) emit(_ context.Context, b source.Batch) error {
	for _, event := range b.Events {
		key := string(event.Kind()) + " " + event.Head().ID
		if old, known := l.events[key]; !known || event.Head().NewerThan(old.Head()) {
			l.events[key] = event
		}
	}
	l.cursor = b.Cursor
	l.batches++
	if l.stopAfter > 0 && l.batches >= l.stopAfter {
		return errStopped
	}
	return nil
}

func (l *ledger) collect(ctx context.Context, s source.Source, since time.Time) error {
	l.last = source.Progress{}
	return s.Collect(ctx, source.Request{
		Known: l.known, Cursor: l.cursor, Since: since, Only: l.only,
		Emit:   l.emit,
		Report: func(p source.Progress) { l.last = p },
	})
}

func (l *ledger) all() []dora.Event { return slices.Collect(maps.Values(l.events)) }

// of lists the events of one type that were not taken back, by id.
func of[T dora.Event](l *ledger) map[string]T {
	found := map[string]T{}
	for _, event := range l.events {
		if incident, is := event.(*dora.Incident); is && incident.Withdrawn {
			continue
		}
		if typed, ok := event.(T); ok {
			found[event.Head().ID] = typed
		}
	}
	return found
}

// assertEqual compares what two ledgers have.
func assertEqual(t *testing.T, want, got *ledger) {
	t.Helper()
	assert.Equal(t, len(of[*dora.Commit](want)), len(of[*dora.Commit](got)))
	assertAlike(t, of[*dora.Deployment](want), of[*dora.Deployment](got))
	assertAlike(t, of[*dora.Change](want), of[*dora.Change](got))
	assertAlike(t, of[*dora.Incident](want), of[*dora.Incident](got))
}

// assertAlike compares events but for their versions.
func assertAlike[T dora.Event](t *testing.T, want, got map[string]T) {
	t.Helper()
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for id, e := range want {
		assert.JSONEq(t, plainly(t, e), plainly(t, got[id]), id)
	}
}

func plainly(t *testing.T, e dora.Event) string {
	t.Helper()
	text, err := json.Marshal(e)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	delete(fields, "updated")
	delete(fields, "rank")
	text, err = json.Marshal(fields)
	require.NoError(t, err)
	return string(text)
}

// history is a recorded one as Azure DevOps has it: a project with a repository of the same name.
func history(t *testing.T, dir string) *replaytest.History {
	h := replaytest.Load(t, dir)
	h.Source = "azure"
	_, name, _ := strings.Cut(h.Name, "/")
	h.Name = name + "/" + name
	return h
}

func TestRealHistoriesAreCollectedWithTheFactsThatGitGives(t *testing.T) {
	for _, dir := range replaytest.Directories(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			h := history(t, dir)
			r := startReplay(t, afterAll, "--data", dir)
			project, _, _ := strings.Cut(h.Name, "/")
			l := newLedger()
			require.NoError(t, l.collect(t.Context(), r.source(tagged(project), at(afterAll)), time.Time{}))
			first := l.last.Requests
			h.Check(t, l.all())
			before := l.batches
			require.NoError(t, l.collect(t.Context(), r.source(tagged(project), at(afterAll)), time.Time{}))
			t.Logf("%d requests at first, %d where nothing changed, in %d batches", first, l.last.Requests, l.batches-before)
			assert.Empty(t, r.unsupported())
		})
	}
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	r := startReplay(t, "2023-12-01T00:00:00Z", "--data", "data/immunisation-fhir-api+synthetic")
	own, now := tagged(synthetic), at("2023-12-01T00:00:00Z")
	whole := newLedger()
	require.NoError(t, whole.collect(t.Context(), r.source(own, now), time.Time{}))
	for _, stop := range []int{1, whole.batches / 2, whole.batches - 2} {
		l := newLedger()
		l.stopAfter = stop
		require.ErrorIs(t, l.collect(t.Context(), r.source(own, now), time.Time{}), errStopped)
		l.stopAfter = 0
		require.NoError(t, l.collect(t.Context(), r.source(own, now), time.Time{}))
		assertEqual(t, whole, l)
	}
}

func TestClassicReleasesGiveTheSameFacts(t *testing.T) {
	t.Parallel()
	for _, dir := range replaytest.Directories(t) {
		h := history(t, dir)
		if !h.Overlay {
			continue
		}
		r := startReplay(t, afterAll, "--data", dir, "--deployments", "releases")
		own := tagged(synthetic)
		own.Deployments.From = azuredevops.FromReleases
		l := newLedger()
		require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
		h.Check(t, l.all())
		require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
		t.Logf("%d requests where nothing changed", l.last.Requests)
	}
}
