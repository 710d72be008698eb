package github_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
	"github.com/livedora/dora-datasource/pkg/world"
)

// promisingToken is as long as GitHub's are, so that pieces of it are known again.
const promisingToken = "ghp_Cc1Dd2Ee3Ff4Gg5Hh6Jj7Kk8Mm9Nn0Pp"

// marks are on every answer of GitHub's.
var marks = map[string]string{"X-GitHub-Request-Id": "1"}

// refusals are how GitHub alone says that a limit holds.
var refusals = map[string]sourcetest.Refusal{
	"403 that is a secondary limit, with seconds": func(w http.ResponseWriter, _ time.Time) time.Duration {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusForbidden)
		return 30 * time.Second
	},
	"403 that is a secondary limit, in words": func(w http.ResponseWriter, _ time.Time) time.Duration {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message": "You have exceeded a secondary rate limit. Please wait."}`))
		return time.Minute
	},
	"403 with the hour's reset": func(w http.ResponseWriter, now time.Time) time.Duration {
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", fmt.Sprint(now.Add(11*time.Minute).Unix()))
		w.WriteHeader(http.StatusForbidden)
		return 11 * time.Minute
	},
}

// rateLimited is how GraphQL says so, with status 200.
func rateLimited(w http.ResponseWriter, now time.Time) time.Duration {
	w.Header().Set("X-RateLimit-Limit", "5000")
	w.Header().Set("X-RateLimit-Remaining", "0")
	w.Header().Set("X-RateLimit-Reset", fmt.Sprint(now.Add(7*time.Minute).Unix()))
	_, _ = w.Write([]byte(`{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}`))
	return 7 * time.Minute
}

// opened makes the source as its tests are to have it.
func opened(config configured) func(string, *http.Client, wire.Pace) source.Source {
	return func(address string, client *http.Client, pace wire.Pace) source.Source {
		config.ID, config.URL, config.Secrets = "github", address, map[string]string{"token": promisingToken}
		return open(config, client, github.WithClock(pace.Now, pace.Sleep), github.WithRetries(pace.Retries, pace.FirstBreak, pace.LongestBreak), github.WithPatience(pace.Patience))
	}
}

// about says whether a request is about a repository, over either interface.
func about(r *http.Request, body []byte, repository string) bool {
	owner, name, _ := strings.Cut(repository, "/")
	path := r.URL.EscapedPath() + "/"
	return strings.Contains(path, "/"+url.PathEscape(owner)+"/"+url.PathEscape(name)+"/") || strings.Contains(string(body), fmt.Sprintf("%q:%q", "name", name))
}

// unseen is how GitHub answers, over either interface, about a repository that is not there or may not be read.
var unseen = map[string]http.HandlerFunc{
	"not found":    inBoth(http.StatusNotFound, `{"message":"Not Found"}`, `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"],"message":"Could not resolve to a Repository."}]}`),
	"forbidden":    inBoth(http.StatusForbidden, `{"message":"Resource not accessible by personal access token"}`, `{"data":{"repository":null},"errors":[{"type":"FORBIDDEN","path":["repository"],"message":"Resource not accessible"}]}`),
	"an odd thing": inBoth(http.StatusTeapot, `{"message":"no"}`, `{"data":{"repository":{"nameWithOwner":7}}}`),
}

func inBoth(status int, rest, graphql string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(rest))
			return
		}
		_, _ = w.Write([]byte(graphql))
	}
}

// inventedParts are small and have all that is deleted.
var inventedParts = []string{world.Organization + "/medicines-api", world.Organization + "/patient-records"}

// invented is the world as a stand-in: its people rename, delete and hide things.
func invented(t *testing.T, parts ...string) *sourcetest.System {
	t.Helper()
	w := world.New(world.Options{Seed: 3, Months: 1, Now: time.Date(2026, 3, 4, 13, 0, 0, 0, time.UTC)})
	w.Pass(25*time.Hour + 45*time.Minute) // a deployment of the first part is under way, and ends within the hour
	if len(parts) == 0 {
		parts = w.Repositories()
	}
	return &sourcetest.System{
		Handler: narrow(refilled(w), map[string]float64{"deployments": 40, "commits": 80, "pulls": 20, "issues": 2}), Now: w.Now, Pass: func() { w.Pass(8 * time.Hour) },
		Parts: parts, About: about, Unseen: unseen,
		Holds: func() map[dora.Kind]int {
			holds := map[dora.Kind]int{}
			for _, part := range parts {
				holds[dora.KindChange] += len(w.MergedPulls(part))
				holds[dora.KindIncident] += len(w.Incidents(part))
			}
			return holds
		},
		Rename: func(t *testing.T) (string, string) {
			from, to := parts[0], parts[0]+"-next"
			require.NoError(t, w.Rename(from, to))
			parts = append([]string{to}, parts[1:]...)
			return from, to
		},
		Delete: map[string]func(*testing.T) (dora.Kind, string){
			"a deployment": func(t *testing.T) (dora.Kind, string) {
				number, err := w.RemoveDeployment(parts[0], 3)
				require.NoError(t, err)
				return dora.KindDeployment, fmt.Sprintf("%s:deployment:%d", parts[0], number)
			},
			"an incident": func(t *testing.T) (dora.Kind, string) {
				number := w.Incidents(parts[0])[0]
				_, err := w.TransferIssue(parts[0], number, "")
				require.NoError(t, err)
				return dora.KindIncident, fmt.Sprintf("%s:issue:%d", parts[0], number)
			},
			"a merged pull request": func(t *testing.T) (dora.Kind, string) {
				number := w.MergedPulls(parts[0])[1]
				require.NoError(t, w.HidePull(parts[0], number, true))
				return dora.KindChange, fmt.Sprintf("%s:pull:%d", parts[0], number)
			},
		},
	}
}

// refilled answers as the world does, with a quota that is renewed before it is spent.
func refilled(w *world.World) http.Handler {
	var mu sync.Mutex
	next, left := w.Handler(promisingToken), 2000
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if left--; left < 0 {
			next, left = w.Handler(promisingToken), 2000
		}
		handler := next
		mu.Unlock()
		handler.ServeHTTP(rw, r)
	})
}

func TestGitHubKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		t.Run(string(api), func(t *testing.T) {
			t.Parallel()
			subject := sourcetest.Subject{
				Start: func(t *testing.T) *sourcetest.System { return invented(t, inventedParts...) }, Secrets: []string{promisingToken}, Marks: marks, Refusals: refusals, Moments: 3,
				Open: opened(configured{API: api, Repositories: inventedParts, Incidents: &github.Incidents{Labels: []string{"incident"}}}),
			}
			if api == github.APIGraphQL { // of which a request reads much more
				subject.Moments, subject.Start = 4, func(t *testing.T) *sourcetest.System { return invented(t) }
				subject.Open = opened(configured{API: api, Repositories: []string{world.Organization + "/*"}, Incidents: &github.Incidents{Labels: []string{"incident"}}})
			}
			sourcetest.Run(t, subject)
		})
	}
}

// replayed is the replay of two real histories as a stand-in, as of a day on which a deployment waits for approval.
func replayed(t *testing.T, config configured) sourcetest.Subject {
	t.Helper()
	const noon = "2023-11-03T12:00:00Z"
	r := startReplay(t, noon)
	return sourcetest.Subject{
		Secrets: []string{promisingToken}, Marks: marks, Refusals: refusals, Open: opened(config),
		Start: func(t *testing.T) *sourcetest.System {
			t.Helper()
			r.reset()
			r.control(map[string]any{"tokens": []string{promisingToken}, "rate_limits": plenty})
			now, err := time.Parse(time.RFC3339, noon)
			require.NoError(t, err)
			return &sourcetest.System{
				Handler: sourcetest.Behind(t, r.URL), Parts: []string{plain, synthetic}, About: about, Unseen: unseen,
				Now: func() time.Time { return now },
				Pass: func() {
					now = now.Add(65 * time.Hour)
					r.control(map[string]any{"now": now.Format(time.RFC3339)})
				},
			}
		},
	}
}

func TestGitHubKeepsThePromisesOverRealHistories(t *testing.T) {
	s := replayed(t, configured{API: github.APIGraphQL, Repositories: []string{plain, synthetic}, Incidents: &github.Incidents{Labels: []string{"incident"}}})
	s.Moments = 2
	s.Refusals = map[string]sourcetest.Refusal{"RATE_LIMITED": rateLimited}
	sourcetest.Run(t, s)
}
