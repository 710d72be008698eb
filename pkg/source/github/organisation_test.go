package github_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// GitHub's secondary limits.
const (
	concurrentAtMost     = 100
	graphqlAtMostAMinute = 2000
	restAtMostAMinute    = 900
)

// door counts who comes through, and refuses as GitHub's secondary limits do.
type door struct {
	mu         sync.Mutex
	next       http.Handler
	now        int
	peak       int // of requests at a time
	operations map[string]int
	recent     map[string][]time.Time
	refused    int
}

func (d *door) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	kind, atMost := "rest", restAtMostAMinute
	if strings.HasSuffix(r.URL.Path, "/graphql") {
		kind, atMost = "graphql", graphqlAtMostAMinute
	}
	d.mu.Lock()
	d.operations[kind]++
	d.now++
	d.peak = max(d.peak, d.now)
	minute := time.Now().Add(-time.Minute)
	for len(d.recent[kind]) > 0 && d.recent[kind][0].Before(minute) {
		d.recent[kind] = d.recent[kind][1:]
	}
	d.recent[kind] = append(d.recent[kind], time.Now())
	refuse := d.now > concurrentAtMost || len(d.recent[kind]) > atMost
	if refuse {
		d.refused++
	}
	d.mu.Unlock()
	if refuse {
		rw.Header().Set("Retry-After", "60")
		rw.WriteHeader(http.StatusForbidden)
		_, _ = rw.Write([]byte(`{"message": "You have exceeded a secondary rate limit."}`))
	} else {
		d.next.ServeHTTP(rw, r)
	}
	d.mu.Lock()
	d.now--
	d.mu.Unlock()
}

// TestAnOrganisationOfFiveHundredRepositoriesStaysWithinGitHubsLimits reads two months of each, which bounds its time, and
// in the short form of a hundred; the documentation has the figures of twelve.
func TestAnOrganisationOfFiveHundredRepositoriesStaysWithinGitHubsLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("five hundred histories take seconds to grow and to read")
	}
	t.Parallel()
	repositoriesSimulated, repositoriesChanged := 100, 20
	if torture() {
		repositoriesSimulated, repositoriesChanged = 500, 60
	}
	began := time.Now()
	w := world.New(world.Options{Seed: 7, Months: 2, Now: worldNow, Others: repositoriesSimulated - 5})
	require.Len(t, w.Repositories(), repositoriesSimulated)
	d := &door{next: w.Handler("world-secret"), operations: map[string]int{}, recent: map[string][]time.Time{}}
	server := httptest.NewServer(d)
	defer server.Close()
	config := configured{
		ID: "github", URL: server.URL, Repositories: []string{world.Organization + "/*"},
		Incidents: &github.Incidents{Labels: []string{"incident"}}, Secrets: map[string]string{"token": "world-secret"},
	}
	waits := 0
	s := open(config, server.Client(), github.WithClock(func() time.Time { return worldNow }, func(ctx context.Context, _ time.Duration) error {
		waits++
		return ctx.Err()
	}))
	l := newLedger()
	t.Logf("grown in %s", time.Since(began))

	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	t.Logf("back-fill: %d requests, %d points, for %d changes, %d deployments, %d commits; %d at a time; cursor %d kB",
		l.last.Requests, l.last.Points, len(of[*dora.Change](l)), len(of[*dora.Deployment](l)), len(of[*dora.Commit](l)), d.peak, len(l.cursor)>>10)
	assert.Less(t, l.last.Points, 4*repositoriesSimulated, "two months of a repository")
	assert.Less(t, l.last.Requests, 2*repositoriesSimulated)
	assert.Len(t, of[*dora.Repository](l), repositoriesSimulated)

	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	t.Logf("nothing changed: %d requests, %d points", l.last.Requests, l.last.Points)
	assert.LessOrEqual(t, l.last.Requests, 10)

	before := len(of[*dora.Deployment](l))
	changed := map[string]bool{}
	for _, service := range w.Services() {
		if len(changed) < repositoriesChanged && !changed[service.Repository] {
			changed[service.Repository] = true
			_, err := w.Deploy(service.Name)
			require.NoError(t, err)
		}
	}
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	t.Logf("%d changed: %d requests, %d points", len(changed), l.last.Requests, l.last.Points)
	assert.LessOrEqual(t, l.last.Requests, repositoriesChanged+10)
	assert.GreaterOrEqual(t, len(of[*dora.Deployment](l))-before, 2*repositoriesChanged, "one to staging and one to production each")

	assert.Zero(t, d.refused)
	assert.LessOrEqual(t, d.operations["rest"], repositoriesSimulated/20, "for refs that are gone")
	assert.LessOrEqual(t, d.peak, 2, "repositories are read one after another")
	assert.Zero(t, waits)
	t.Logf("all of it in %s", time.Since(began))
}
