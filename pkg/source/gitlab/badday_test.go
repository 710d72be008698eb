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
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
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
	r := chain(t).replay()
	own := incidents("health/api")
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	collected := len(l.events)
	for _, c := range []struct {
		name    string
		control map[string]any
		url     string
		project string
		token   string
		cause   source.Cause
		says    []string
	}{
		{name: "a token that was revoked", control: map[string]any{"revoked": []string{replayToken}}, cause: source.CauseCredentials, says: []string{"the token was revoked", "read_api"}},
		{name: "a token that expired", control: map[string]any{"faults": []row{{"kind": "token_expired"}}}, cause: source.CauseCredentials, says: []string{"the token has expired", "read_api"}},
		{name: "a token that nobody knows", token: "wrong-" + replayToken, cause: source.CauseCredentials, says: []string{"GitLab does not accept the token", "read_api"}},
		{name: "a scope that is too small", control: map[string]any{"scopes": map[string]any{replayToken: []string{"read_user"}}}, cause: source.CausePermission, says: []string{"the token's scope is too small: it needs read_api"}},
		{name: "a project that nobody sees", project: "health/secret", cause: source.CauseNotFound, says: []string{"there is no project health/secret, or the token may not see it", "same words"}},
		{name: "a group that nobody sees", project: "secret/*", cause: source.CauseNotFound, says: []string{"there is no group or user secret"}},
		{name: "a project that is gone", control: map[string]any{"faults": []row{{"kind": "repo_vanished", "repo": "health/api"}}}, cause: source.CauseNotFound, says: []string{"there is no project health/api"}},
		{name: "a page of a proxy", control: map[string]any{"faults": []row{{"kind": "http502_html"}}}, cause: source.CauseServer, says: []string{"could not answer"}},
		{name: "a server that fails", control: map[string]any{"faults": []row{{"kind": "http500"}}}, cause: source.CauseServer, says: []string{"GitLab fails"}},
		{name: "the front's limit", control: map[string]any{"faults": []row{{"kind": "http429"}}}, cause: source.CauseRateLimit, says: []string{"rate limit holds", "the next run goes on from here"}},
		{name: "an endpoint's limit", control: map[string]any{"faults": []row{{"kind": "secondary_limit"}}}, cause: source.CauseRateLimit, says: []string{"rate limit holds"}},
		{name: "beside the path that GitLab lies beneath", url: r.URL + "/elsewhere", cause: source.CauseConfiguration, says: []string{"a page for people came", "with its path if it lies beneath one"}},
		{name: "the third version of the API", url: r.URL + "/api/v3", cause: source.CauseConfiguration, says: []string{"version 3 is gone"}},
		{name: "no host", url: "http://127.0.0.1:1", cause: source.CauseNetwork, says: []string{"cannot be reached"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer r.post("/_reset", nil)
			if c.control != nil {
				r.control(c.control)
			}
			settings := own
			settings.URL = c.url
			if c.project != "" {
				settings.Repositories = []string{c.project}
			}
			before, s := l.cursor, r.source(settings, at(afterAll))
			if c.token != "" {
				settings.URL = r.URL
				s = open(source.Given{Secrets: map[string]string{"token": c.token}}, settings, at(afterAll))
			}
			err := l.collect(t.Context(), s, time.Time{})
			failure := failed(t, err)
			assert.Equal(t, c.cause, failure.Cause, failure.Error())
			for _, words := range c.says {
				assert.Contains(t, failure.Error(), words)
			}
			assert.Len(t, l.events, collected)
			assert.Equal(t, string(before), string(l.cursor))
			if c.cause != source.CauseRateLimit {
				assert.Equal(t, c.cause, failed(t, s.Check(t.Context())).Cause)
			}
		})
	}
	require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	assert.Len(t, l.events, collected)
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
		r.control(map[string]any{"faults": []row{{"kind": kind, "nth": []int{2, 5}, "retry_after": 1, "reset_seconds": 0}}})
		l := newLedger()
		require.NoError(t, l.collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}), kind)
		assert.Len(t, of[*dora.Deployment](l), 3, kind)
	}
}

func TestWhatIsLostOnTheWayIsAskedForAgain(t *testing.T) {
	t.Parallel()
	r := chain(t).replay()
	for _, kind := range []string{"http500", "connection_reset", "truncated_json", "truncated_body", "http502_html"} {
		r.control(map[string]any{"faults": []row{{"kind": kind, "every": 4}}})
		l := newLedger()
		require.NoError(t, l.collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}), kind)
		assert.Len(t, of[*dora.Deployment](l), 3, kind)
		assert.Len(t, of[*dora.Commit](l), 3, kind)
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
		l := newLedger()
		require.NoError(t, l.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}), address)
		assert.Len(t, of[*dora.Deployment](l), 3)
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
	l := newLedger()
	failure := failed(t, l.collect(t.Context(), open(source.Given{Secrets: map[string]string{"token": replayToken}}, own), time.Time{}))
	assert.Equal(t, source.CauseConfiguration, failure.Cause)
	assert.Contains(t, failure.Error(), "look for a proxy that asks to log in")
	assert.Empty(t, l.events)
}

func TestWithoutGraphQLMergeRequestsAreReadOverREST(t *testing.T) {
	t.Parallel()
	r := chain(t).replay("--graphql", "off")
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}))
	require.Len(t, of[*dora.Change](l), 1)
	own := incidents("health/api")
	own.API = gitlab.APIGraphQL
	one := newLedger()
	failure := failed(t, one.collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
	assert.Equal(t, source.CausePermission, failure.Cause)
	assert.Contains(t, failure.Error(), "GraphQL is refused here: read over REST (api: rest)")
	assert.Empty(t, of[*dora.Change](one))
	assert.Len(t, of[*dora.Deployment](one), 3, "one list that cannot be read costs no other")
}

func TestAnInstanceInAnotherZoneTellsTheSameInstants(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.issue(1, "02 12:10", "Sign-in fails", row{"event": "closed", "createdAt": when("02 13:00")})
	utc, kolkata := d.replay(), d.replay("--time-zone", "Asia/Kolkata")
	a, b := read(t, utc, incidents("health/api")), read(t, kolkata, incidents("health/api"))
	for _, l := range []*ledger{a, b} { // addresses differ
		for _, e := range l.events {
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
	assertEqual(t, a, b)
}

func TestMoreThanTenThousandAreNotCountedAndReadAllTheSame(t *testing.T) {
	t.Parallel()
	r := chain(t).replay("--max-count", "1")
	l := newLedger()
	for range 2 {
		require.NoError(t, l.collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{}))
	}
	assert.Len(t, of[*dora.Deployment](l), 3)
}

func TestAnErrorOfTheStoreEndsTheReading(t *testing.T) {
	t.Parallel()
	r := chain(t).replay()
	l := newLedger()
	l.stopAfter = 1
	err := l.collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), time.Time{})
	require.True(t, errors.Is(err, errStopped))
	assert.Equal(t, 1, l.batches)
}
