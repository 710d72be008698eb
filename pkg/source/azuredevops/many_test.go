package azuredevops_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// units are 200 in five minutes, of which a request costs one here.
const (
	units  = 200
	window = 5 * time.Minute
)

// metered refuses what goes beyond the units of five minutes, and says when there are others.
type metered struct {
	http.Handler
	now            *time.Time
	since          time.Time
	spent, refused int
}

func (m *metered) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if at := m.now.Truncate(window); at.After(m.since) {
		m.since, m.spent = at, 0
	}
	if m.spent >= units {
		m.refused++
		w.Header().Set("Retry-After", strconv.Itoa(int(m.since.Add(window).Sub(*m.now)/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	m.spent++
	m.Handler.ServeHTTP(w, r)
}

// With LIVEDORA_TORTURE there are five hundred.
func TestManyRepositoriesOfAProjectAreReadWithinTheLimit(t *testing.T) {
	t.Parallel()
	count := 120
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		count = 500
	}
	p := newProject("p1", "health")
	for i := 1; i < count; i++ {
		name := "service-" + strconv.Itoa(i)
		by := row{"name": "dev-1", "date": when("02 08:00")}
		p.repositories = append(p.repositories, &tinyRepository{id: "r" + strconv.Itoa(i), name: name, commits: []row{{"commitId": sha(name), "author": by, "committer": by, "comment": name, "parents": []string{}}}})
	}
	now := when("05 00:00")
	gate := &metered{Handler: &tiny{projects: []*tinyProject{p}}, now: &now}
	server := httptest.NewServer(gate)
	defer server.Close()
	own := tagged("health")
	own.URL = server.URL + "/org"
	s := open(given(), own, azuredevops.WithPace(func(p *wire.Pace) {
		p.Now = func() time.Time { return now }
		p.Sleep = func(ctx context.Context, d time.Duration) error { now = now.Add(d); return ctx.Err() }
	}))
	l, begin := sourcetest.NewLedger(), now
	require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
	t.Logf("%d repositories: %d requests, %d of them refused, over %s", count, l.Last().Requests, gate.refused, now.Sub(begin))
	assert.Len(t, sourcetest.Of[*dora.Commit](l), count)
	assert.LessOrEqual(t, gate.refused, l.Last().Requests/units+1, "a limit is waited out once")
	now = now.Add(time.Hour)
	begin = now
	require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
	t.Logf("%d where nothing happened, over %s", l.Last().Requests, now.Sub(begin))
	assert.LessOrEqual(t, l.Last().Requests, 2*count+20, "the head and the pull requests of each")
	assert.Less(t, now.Sub(begin), time.Hour)
}
