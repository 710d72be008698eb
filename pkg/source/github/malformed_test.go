package github_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/mangle"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// spoiling is a way to a server on which answers are spoilt, without a network in between.
type spoiling struct {
	handler  http.Handler
	hear     func(request *http.Request)   // before it is answered; nil: nothing
	spoil    func(body []byte) []byte      // nil: nothing
	turn     func(response *http.Response) // into another one; nil: as it is
	requests int
}

// requestsAtMost is far more than any run here needs: one that makes more would never end.
const requestsAtMost = 3000

func (s *spoiling) RoundTrip(request *http.Request) (*http.Response, error) {
	s.requests++
	if s.requests > requestsAtMost {
		return nil, io.ErrClosedPipe
	}
	if s.hear != nil {
		s.hear(request)
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, request)
	response := recorder.Result()
	if s.spoil != nil {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		spoilt := s.spoil(body)
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(spoilt)), int64(len(spoilt))
	}
	if s.turn != nil {
		s.turn(response)
	}
	return response, nil
}

func (s *spoiling) source(api github.API) *github.Source {
	return s.reading(configured{API: api})
}

// reading is a source of a kind that reads a repository by its name, and others by their owner's list.
func (s *spoiling) reading(kind configured) *github.Source {
	kind.ID, kind.URL = "github", "http://github.test"
	kind.Repositories = []string{world.Organization + "/booking", world.Organization + "/no*"}
	kind.Incidents, kind.Secrets = &github.Incidents{Labels: []string{"incident"}}, map[string]string{"token": secret}
	return open(kind, &http.Client{Transport: s}, github.WithRetries(1, 0, 0), newWaits().option())
}

// ends holds that a run came to its end by itself, and that whatever it complains of is told with its cause, with advice
// and without the token.
func (s *spoiling) ends(t *testing.T, err error) {
	t.Helper()
	require.Less(t, s.requests, requestsAtMost, "the run never ends")
	for _, failure := range source.Failures("github", err) {
		require.NotEmpty(t, failure.Cause, err)
		require.NotEmpty(t, failure.Advice, err)
		require.Less(t, len(failure.Error()), 2000)
		require.NotContains(t, failure.Error(), secret)
	}
}

// One answer of each run is spoilt, wherever in the run it comes, and all runs end: for what they could not read they
// give a cause and advice.
func TestMalformedAnswersEndInFailuresWithACause(t *testing.T) {
	t.Parallel()
	wanted := 20
	if torture() {
		wanted = 10_000
	}
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		t.Run(string(api), func(t *testing.T) {
			var handler http.Handler
			fresh := func() int { // an organisation whose rate limit nobody has used, and how many requests a run takes
				handler = world.New(world.Options{Seed: 3, Months: 1, Now: worldNow}).Handler(secret)
				way := &spoiling{handler: handler}
				require.NoError(t, newLedger().collect(t.Context(), way.source(api), time.Time{}))
				return way.requests
			}
			random := rand.New(rand.NewPCG(4, 4))
			spoilt, failed, usual := 0, 0, 0
			for run := 0; spoilt < wanted; run++ {
				if run%20 == 0 {
					usual = fresh()
				}
				answers, place := 0, 1+random.IntN(usual)
				way := &spoiling{handler: handler, spoil: func(body []byte) []byte {
					if answers++; answers != place {
						return body
					}
					spoilt++
					return []byte(mangle.JSON(random, string(body)))
				}}
				err := newLedger().collect(t.Context(), way.source(api), time.Time{})
				way.ends(t, err)
				for _, failure := range source.Failures("github", err) {
					require.NotEqual(t, source.CauseRateLimit, failure.Cause, "the test asks too much of its server")
				}
				if err != nil {
					failed++
				}
			}
			t.Logf("%d malformed answers, one in each run of %d requests, of which %d runs failed", spoilt, usual, failed)
			assert.Positive(t, failed)
			assert.Less(t, failed, spoilt)
		})
	}
}
