package gitlab_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
	"github.com/livedora/dora-datasource/pkg/world"
)

// limited answers as gitlab.com does where somebody asks more than 2,000 times within a minute of its clock, which each
// request moves by less than a request over a network takes.
type limited struct {
	next   http.Handler
	now    time.Time
	recent []time.Time
	asked  int
	turned int // away
}

const (
	askedAtMostAMinute = 2000
	fastAnswer         = 20 * time.Millisecond
)

func (l *limited) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.now = l.now.Add(fastAnswer)
	for len(l.recent) > 0 && !l.recent[0].After(l.now.Add(-time.Minute)) {
		l.recent = l.recent[1:]
	}
	if len(l.recent) >= askedAtMostAMinute {
		l.turned++
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	l.asked++
	l.recent = append(l.recent, l.now)
	l.next.ServeHTTP(w, r)
}

func (l *limited) pace(p *wire.Pace) {
	p.Now = func() time.Time { return l.now }
	p.Sleep = func(ctx context.Context, d time.Duration) error {
		l.now = l.now.Add(d)
		return ctx.Err()
	}
}

// TestAGroupOfFiveHundredProjectsStaysWithinGitLabsLimits reads two months of each, in the short form of a hundred.
func TestAGroupOfFiveHundredProjectsStaysWithinGitLabsLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("histories take seconds to grow and to read")
	}
	t.Parallel()
	projects := 100
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		projects = 500
	}
	began := time.Date(2026, 6, 11, 12, 0, 0, 0, time.UTC)
	w := world.New(world.Options{Seed: 7, Months: 2, Now: began, Others: projects, OthersOn: "gitlab"})
	limits := &limited{next: w.GitLab("world-secret"), now: began}
	server := httptest.NewServer(limits)
	defer server.Close()
	given := source.Given{ID: "gitlab", Client: server.Client(), Secrets: map[string]string{"token": "world-secret"}}
	open := func() source.Source {
		return gitlab.New(given, gitlab.Settings{URL: server.URL, Repositories: []string{world.Organization + "/**"}}, gitlab.WithPace(limits.pace))
	}
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(), time.Time{}))
	first, took := limits.asked, limits.now.Sub(began)
	kinds := map[dora.Kind]int{}
	for _, e := range l.All() {
		kinds[e.Kind()]++
	}
	t.Logf("%d projects: %d requests in %s at 20 ms each, %d turned away, for %v", projects, first, took, limits.turned, kinds)
	assert.Equal(t, projects, kinds[dora.KindRepository])
	assert.Less(t, took, time.Hour)
	assert.Less(t, first, 12*projects)

	require.NoError(t, l.Collect(t.Context(), open(), time.Time{}))
	t.Logf("nothing changed: %d requests", limits.asked-first)
	assert.LessOrEqual(t, limits.asked-first, 5*projects)
}
