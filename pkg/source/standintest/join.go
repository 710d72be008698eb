package standintest

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// gathered is what GitHub has of each history, by directory. Reading it takes seconds.
var (
	gathering sync.Mutex
	gathered  = map[string][]dora.Event{}
)

// Join gives what GitHub tells of a history, as a source of the id github reads it: with its deployments and incidents, or of
// some kinds only. It is for systems that know a part of what figures need.
func Join(t *testing.T, h *replaytest.History, kinds ...dora.Kind) (events []dora.Event) {
	t.Helper()
	gathering.Lock()
	defer gathering.Unlock()
	if gathered[h.Dir] == nil {
		gathered[h.Dir] = JoinAt(t, h, AfterAll)
	}
	for _, e := range gathered[h.Dir] {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind()) {
			events = append(events, e)
		}
	}
	return events
}

// JoinAt is Join of all kinds at an instant, which costs less the earlier it is.
func JoinAt(t *testing.T, h *replaytest.History, now string) []dora.Event {
	t.Helper()
	server := replayserver.Start(t, "github-token", "--data", h.Dir, "--now", now)
	defer server.End()
	name := replaytest.Load(t, h.Dir).Name
	own := github.Settings{URL: server.URL, Repositories: []string{name}, Incidents: &github.Incidents{Labels: []string{"incident"}}}
	s := github.New(source.Given{ID: "github", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": "github-token"}}, own)
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
	return l.All()
}
