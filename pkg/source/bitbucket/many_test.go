package bitbucket_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/bitbucket"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// hourly lets so many requests of an hour through, as Bitbucket does, which says nothing of when to come again.
type hourly struct {
	http.Handler
	limit          int
	now            *time.Time
	hour           time.Time
	asked, refused int
	most           int // of any hour
}

func (h *hourly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if at := h.now.Truncate(time.Hour); at.After(h.hour) {
		h.hour, h.asked = at, 0
	}
	if h.asked >= h.limit {
		h.refused++
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	h.asked++
	h.most = max(h.most, h.asked)
	h.Handler.ServeHTTP(w, r)
}

// With LIVEDORA_TORTURE there are five hundred, and Bitbucket's own limit.
func TestManyRepositoriesAreReadInStepsWithinTheHourlyLimit(t *testing.T) {
	t.Parallel()
	count := 60
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		count = 500
	}
	g := &tiny{}
	for i := range count {
		r := newRepository("service-" + strconv.Itoa(i))
		r.request(1, "02 08:00")
		r.commit("landed "+strconv.Itoa(i), "03 08:00")
		r.request(2, "03 08:00")
		r.deploy(2, "03 10:00", "SUCCESSFUL")
		g.repositories = append(g.repositories, r)
	}
	now := when("05 00:00")
	gate := &hourly{Handler: g, limit: 2 * count, now: &now}
	server := httptest.NewServer(gate)
	defer server.Close()
	pace := func(p *wire.Pace) {
		p.Now = func() time.Time { return now }
		p.Sleep = func(ctx context.Context, d time.Duration) error { now = now.Add(d); return ctx.Err() }
	}
	given := source.Given{ID: "bitbucket", Client: server.Client(), Secrets: map[string]string{"token": replayToken}}
	l := sourcetest.NewLedger()
	begin, runs, requests := now, 0, 0
	for over := false; !over; runs++ {
		require.Less(t, runs, 20, "it gets nowhere")
		s := bitbucket.New(given, bitbucket.Settings{URL: server.URL + "/2.0", Repositories: []string{"health/*"}}, bitbucket.WithPace(pace))
		err := l.Collect(t.Context(), s, time.Time{})
		var failure *source.Error
		if over = err == nil; !over {
			require.True(t, errors.As(err, &failure), err)
			require.Equal(t, source.CauseRateLimit, failure.Cause, err)
			now = now.Truncate(time.Hour).Add(time.Hour)
		}
		requests += l.Last().Requests
	}
	t.Logf("%d repositories: %d requests, %d of them refused, in %d runs over %s", count, requests, gate.refused, runs, now.Sub(begin))
	assert.LessOrEqual(t, gate.most, 2*count)
	assert.Less(t, gate.refused, 3*runs+int(now.Sub(begin)/time.Hour)*6, "a limit is waited out, not knocked at")
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 2*count)
	assert.Len(t, sourcetest.Of[*dora.Change](l), 2*count)
	assert.Len(t, sourcetest.Of[*dora.Commit](l), 2*count)

	now = now.Truncate(time.Hour).Add(time.Hour)
	s := bitbucket.New(given, bitbucket.Settings{URL: server.URL + "/2.0", Repositories: []string{"health/*"}}, bitbucket.WithPace(pace))
	require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
	t.Logf("%d where nothing happened", l.Last().Requests)
	assert.LessOrEqual(t, l.Last().Requests, count+1+count/100, "the lists, and the newest pipelines of each")
}
