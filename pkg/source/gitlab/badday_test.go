package gitlab_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// failed is the one failure of a reading.
func failed(t *testing.T, err error) *source.Error {
	t.Helper()
	all := source.Failures("gitlab", err)
	require.Len(t, all, 1, "%v", err)
	assert.NotContains(t, all[0].Error(), replayToken)
	return all[0]
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	d := chain(t)
	of := func(change func(*source.Given, *gitlab.Settings)) func(*standintest.StandIn, standintest.Pace) source.Source {
		return func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			given, own := at.Given(), incidents("health/api")
			own.URL = at.URL
			change(&given, &own)
			return open(given, own, gitlab.WithPace(pace))
		}
	}
	named := func(project string) func(*standintest.StandIn, standintest.Pace) source.Source {
		return of(func(_ *source.Given, own *gitlab.Settings) { own.Repositories = []string{project} })
	}
	addressed := func(where func(string) string) func(*standintest.StandIn, standintest.Pace) source.Source {
		return of(func(_ *source.Given, own *gitlab.Settings) { own.URL = where(own.URL) })
	}
	known := of(func(given *source.Given, _ *gitlab.Settings) { given.Secrets["token"] = "wrong-" + replayToken })
	own := subject(gitlab.APIAuto, "")
	r := d.replay()
	own.BadDaysOf(t, r.StandIn, &replaytest.History{Name: "health/api"}, afterAll, []standintest.BadDay{
		{Name: "a token that was revoked", Control: row{"revoked": []string{replayToken}}, Cause: source.CauseCredentials, Says: []string{"the token was revoked", "read_api"}},
		{Name: "a token that expired", Control: row{"faults": []row{{"kind": "token_expired"}}}, Cause: source.CauseCredentials, Says: []string{"the token has expired", "read_api"}},
		{Name: "a token that nobody knows", Open: known, Cause: source.CauseCredentials, Says: []string{"GitLab does not accept the token", "read_api"}},
		{Name: "a scope that is too small", Control: row{"scopes": row{replayToken: []string{"read_user"}}}, Cause: source.CausePermission, Says: []string{"the token's scope is too small: it needs read_api"}},
		{Name: "a project that nobody sees", Open: named("health/secret"), Cause: source.CauseNotFound, Says: []string{"there is no project health/secret, or the token may not see it", "same words"}},
		{Name: "a group that nobody sees", Open: named("secret/*"), Cause: source.CauseNotFound, Says: []string{"there is no group or user secret"}},
		{Name: "a project that is gone", Control: row{"faults": []row{{"kind": "repo_vanished", "repo": "health/api"}}}, Cause: source.CauseNotFound, Says: []string{"there is no project health/api"}},
		{Name: "a page of a proxy", Control: row{"faults": []row{{"kind": "http502_html"}}}, Cause: source.CauseServer, Says: []string{"could not answer"}},
		{Name: "a server that fails", Control: row{"faults": []row{{"kind": "http500"}}}, Cause: source.CauseServer, Says: []string{"GitLab fails"}},
		{Name: "the front's limit", Control: row{"faults": []row{{"kind": "http429"}}}, Cause: source.CauseRateLimit, Says: []string{"rate limit holds", "the next run goes on from here"}},
		{Name: "an endpoint's limit", Control: row{"faults": []row{{"kind": "secondary_limit"}}}, Cause: source.CauseRateLimit, Says: []string{"rate limit holds"}},
		{Name: "beside the path that GitLab lies beneath", Open: addressed(func(url string) string { return url + "/elsewhere" }), Cause: source.CauseConfiguration, Says: []string{"a page for people came", "with its path if it lies beneath one"}},
		{Name: "the third version of the API", Open: addressed(func(url string) string { return url + "/api/v3" }), Cause: source.CauseConfiguration, Says: []string{"version 3 is gone"}},
		{Name: "no host", Open: addressed(func(string) string { return "http://127.0.0.1:1" }), Cause: source.CauseNetwork, Says: []string{"cannot be reached"}},
	}...)
}

func TestTokensOfOtherKindsAreToldApart(t *testing.T) {
	t.Parallel()
	for token, says := range map[string]string{
		"glcbt-64_abcdef": "one of a CI/CD job", "gldt-abcdef": "a deploy token", "glrt-abcdef": "a runner's", "whsec_abcdef": "a webhook's signing token", "": "no token is set",
	} {
		s := open(source.Given{Secrets: map[string]string{"token": token}}, incidents("health/api"))
		failure := failed(t, s.Check(t.Context()))
		assert.Equal(t, source.CauseCredentials, failure.Cause)
		assert.Contains(t, failure.Error(), says)
		if token != "" {
			assert.NotContains(t, failure.Error(), token)
		}
	}
}

func TestLimitsAreWaitedOutInBothShapes(t *testing.T) {
	t.Parallel()
	r := chain(t).replay()
	for _, kind := range []string{"http429", "secondary_limit", "primary_exhausted", "http503_retry_after"} {
		r.Control(map[string]any{"faults": []row{{"kind": kind, "nth": []int{2, 5}, "retry_after": 1, "reset_seconds": 0}}})
		l := sourcetest.NewLedger()
		require.NoError(t, l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}), kind)
		assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3, kind)
	}
}

func TestWhatIsLostOnTheWayIsAskedForAgain(t *testing.T) {
	t.Parallel()
	r := chain(t).replay()
	for _, kind := range []string{"http500", "connection_reset", "truncated_json", "truncated_body", "http502_html"} {
		r.Control(map[string]any{"faults": []row{{"kind": kind, "every": 4}}})
		l := sourcetest.NewLedger()
		require.NoError(t, l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}), kind)
		assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3, kind)
		assert.Len(t, sourcetest.Of[*dora.Commit](l), 3, kind)
	}
}

func TestAnInstanceBeneathAPathIsReadByAnyOfItsAddresses(t *testing.T) {
	t.Parallel()
	d := chain(t)
	r := d.replay("--relative-root", "/gitlab")
	base := strings.TrimSuffix(r.URL, "/gitlab")
	for _, address := range []string{"/gitlab", "/gitlab/", "/gitlab/api/v4", "/gitlab/api/v4/", "/gitlab/api/graphql"} {
		own := incidents("health/api")
		own.URL = base + address
		l := sourcetest.NewLedger()
		require.NoError(t, l.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}), address)
		assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3)
	}
	own := incidents("health/api")
	own.URL = base
	failure := failed(t, r.source(own).Check(t.Context()))
	assert.Equal(t, source.CauseConfiguration, failure.Cause)
	assert.Contains(t, failure.Error(), "a page for people came from "+base)
}

func TestALogInPageIsNoAnswer(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<html>Sign in with " + r.Header.Get("Authorization") + "</html>"))
	}))
	defer proxy.Close()
	own := incidents("health/api")
	own.URL = proxy.URL
	l := sourcetest.NewLedger()
	failure := failed(t, l.Collect(t.Context(), open(source.Given{Secrets: map[string]string{"token": replayToken}}, own), time.Time{}))
	assert.Equal(t, source.CauseConfiguration, failure.Cause)
	assert.Contains(t, failure.Error(), "look for a proxy that asks to log in")
	assert.Empty(t, l.Events)
}

func TestWithoutGraphQLMergeRequestsAreReadOverREST(t *testing.T) {
	t.Parallel()
	r := chain(t).replay("--graphql", "off")
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}))
	require.Len(t, sourcetest.Of[*dora.Change](l), 1)
	own := incidents("health/api")
	own.API = gitlab.APIGraphQL
	one := sourcetest.NewLedger()
	failure := failed(t, one.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	assert.Equal(t, source.CausePermission, failure.Cause)
	assert.Contains(t, failure.Error(), "GraphQL is refused here: read over REST (api: rest)")
	assert.Empty(t, sourcetest.Of[*dora.Change](one))
	assert.Len(t, sourcetest.Of[*dora.Deployment](one), 3, "one list that cannot be read costs no other")
}

func TestAnInstanceInAnotherZoneTellsTheSameInstants(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.issue(1, "02 12:10", "Sign-in fails", row{"event": "closed", "createdAt": when("02 13:00")})
	utc, kolkata := d.replay(), d.replay("--time-zone", "Asia/Kolkata")
	a, b := read(t, utc, incidents("health/api")), read(t, kolkata, incidents("health/api"))
	for _, l := range []*sourcetest.Ledger{a, b} { // addresses differ
		for _, e := range l.Events {
			switch e := e.(type) {
			case *dora.Repository:
				e.URL = ""
			case *dora.Deployment:
				e.URL = ""
			case *dora.Change:
				e.URL = ""
			case *dora.Incident:
				e.URL = ""
			}
		}
	}
	sourcetest.Same(t, a, b)
}

func TestMoreThanTenThousandAreNotCountedAndReadAllTheSame(t *testing.T) {
	t.Parallel()
	r := chain(t).replay("--max-count", "1")
	l := sourcetest.NewLedger()
	for range 2 {
		require.NoError(t, l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}))
	}
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3)
}

func TestAnErrorOfTheStoreEndsTheReading(t *testing.T) {
	t.Parallel()
	r := chain(t).replay()
	l := sourcetest.NewLedger()
	l.StopAfter = 1
	err := l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{})
	require.True(t, errors.Is(err, sourcetest.ErrStopped))
	assert.Equal(t, 1, l.Batches)
}
