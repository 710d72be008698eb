package github_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// narrow answers as a server does that has little on a page.
func narrow(next http.Handler, widths map[string]float64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		var q struct {
			Query     string         `json:"query"`
			Variables map[string]any `json:"variables"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for list, width := range widths {
			if asked, ok := q.Variables[list].(float64); ok {
				q.Variables[list] = min(asked, width)
			}
		}
		body, err := json.Marshal(q)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

// Where a first reading was broken off behind the end of a list, the next run looks whether the list still has what was
// handed over, and reads it a second time: it comes by the same pages then, which is no list without an end.
func TestAListThatIsReadASecondTimeInARunHasAnEnd(t *testing.T) {
	t.Parallel()
	w := world.New(world.Options{Seed: 5, Months: 2, Now: worldNow})
	// The commits take more pages than the deployments.
	server := httptest.NewServer(narrow(w.Handler(secret), map[string]float64{"deployments": 12, "commits": 5}))
	defer server.Close()
	s := open(configured{
		ID: "github", URL: server.URL, API: github.APIGraphQL, Repositories: []string{world.Organization + "/medicines-api"}, Secrets: map[string]string{"token": secret},
	}, server.Client(), github.WithRetries(0, 0, 0))
	good := newLedger()
	require.NoError(t, good.collect(t.Context(), s, time.Time{}))
	for after := 1; after < good.batches; after += 3 {
		l := newLedger()
		l.keeps, l.stopAfter = true, after
		require.ErrorIs(t, l.collect(t.Context(), s, time.Time{}), errStopped)
		l.stopAfter = 0
		require.NoError(t, l.collect(t.Context(), s, time.Time{}), "broken off after %d of %d batches", after, good.batches)
		assertSame(t, good, l)
	}
}
