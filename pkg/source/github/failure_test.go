package github_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

const (
	secret = "ghp_secret"
	shop   = "example-shop/till"
)

// saying serves one answer to every request.
func saying(t *testing.T, status int, contentType, body string, header ...string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server
}

func till(address string, client *http.Client, options ...github.Option) *github.Source {
	config := configured{
		ID: "github", URL: address, Repositories: []string{shop},
		Secrets: map[string]string{"token": secret},
	}
	return open(config, client, append([]github.Option{github.WithRetries(1, time.Millisecond, time.Millisecond), at(afterAll)}, options...)...)
}

func TestEveryFailureHasACauseAndASentence(t *testing.T) {
	const jsonType = "application/json"
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		header []string
		cause  source.Cause
		says   string
	}{
		"a login page":             {200, "text/html", "<html><body>Sign in</body></html>", nil, source.CauseAnswer, "login page"},
		"half an answer":           {200, jsonType, `{"data": {"repository": {"nameWith`, nil, source.CauseAnswer, "whole"},
		"no data":                  {200, jsonType, `{"data": null}`, nil, source.CauseAnswer, "no data"},
		"another form":             {200, jsonType, `{"data": {"repository": {"nameWithOwner": 7}}}`, nil, source.CauseAnswer, "schema"},
		"no such path":             {404, jsonType, `{"message": "Not Found"}`, nil, source.CauseConfiguration, "/graphql"},
		"a wrong token":            {401, jsonType, `{"message": "Bad credentials for ` + secret + `"}`, nil, source.CauseCredentials, "token"},
		"no access":                {403, jsonType, `{"message": "Resource not accessible"}`, nil, source.CausePermission, "read access"},
		"single sign-on":           {403, jsonType, `{"message": "Resource protected by organization SAML enforcement."}`, nil, source.CausePermission, "single sign-on"},
		"single sign-on, GraphQL":  {200, jsonType, `{"data": {"repository": null}, "errors": [{"type": "FORBIDDEN", "path": ["repository"], "extensions": {"saml_failure": true}, "message": "protected"}]}`, nil, source.CausePermission, "single sign-on"},
		"deployments are closed":   {200, jsonType, `{"data": {"repository": {"deployments": null}}, "errors": [{"type": "FORBIDDEN", "path": ["repository", "deployments"], "message": "Resource not accessible by personal access token"}]}`, nil, source.CausePermission, "deployments"},
		"no such repository":       {200, jsonType, `{"data": {"repository": null}, "errors": [{"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve"}]}`, nil, source.CauseNotFound, shop},
		"an old server":            {200, jsonType, `{"errors": [{"message": "Field 'x' doesn't exist on type 'Y'", "extensions": {"code": "undefinedField"}}]}`, nil, source.CauseAnswer, "too old"},
		"always an error":          {200, jsonType, `{"data": {"repository": null}, "errors": [{"message": "Something went wrong while executing your query."}]}`, nil, source.CauseServer, "smallest page"},
		"a page full of holes":     {200, jsonType, `{"data": {"repository": {"nameWithOwner": "` + shop + `", "pullRequests": {"nodes": [null]}}}}`, nil, source.CauseServer, "smallest page"},
		"a broken server":          {500, jsonType, `{"message": "Server Error"}`, nil, source.CauseServer, "fails"},
		"a broken gate":            {502, "text/html", `<html>Unicorn!</html>`, nil, source.CauseServer, "smallest page"},
		"a limit by status":        {429, jsonType, `{"message": "slow down"}`, []string{"Retry-After", "7200"}, source.CauseRateLimit, "rate limit"},
		"a limit by header":        {403, jsonType, `{"message": "no"}`, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "4000000000"}, source.CauseRateLimit, "rate limit"},
		"a limit by word":          {403, jsonType, `{"message": "You have exceeded a secondary rate limit."}`, nil, source.CauseRateLimit, "rate limit"},
		"a limit within an answer": {200, jsonType, `{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}`, nil, source.CauseRateLimit, "rate limit"},
		"an address that moved":    {302, jsonType, ``, []string{"Location", "https://elsewhere.example/graphql"}, source.CauseConfiguration, "elsewhere.example"},
	} {
		t.Run(name, func(t *testing.T) {
			server := saying(t, c.status, c.kind, c.body, c.header...)
			s := till(server.URL, server.Client(), github.WithPatience(time.Hour))
			err := newLedger().collect(t.Context(), s, time.Time{})
			failures := source.Failures("github", err)
			require.Len(t, failures, 1)
			assert.Equal(t, c.cause, failures[0].Cause, err.Error())
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

func TestTheTokenStaysWithTheHostThatItIsFor(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	var authorisation, agent string
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorisation, agent = r.Header.Get("Authorization"), r.Header.Get("User-Agent")
		http.Redirect(w, r, other.URL+"/graphql", http.StatusTemporaryRedirect)
	}))
	defer home.Close()
	err := till(home.URL, home.Client()).Check(t.Context())
	var failure *source.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, source.CauseConfiguration, failure.Cause)
	assert.Equal(t, "Bearer "+secret, authorisation)
	assert.Equal(t, "live-dora", agent)
	assert.False(t, reached, "no request goes to another host")
}

func TestEnterpriseServersAnswerBesideTheirRESTAddress(t *testing.T) {
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		_, _ = w.Write([]byte(`{"data": {"repository": {"nameWithOwner": "` + shop + `"}}}`))
	}))
	defer server.Close()
	for _, address := range []string{server.URL, server.URL + "/api/v3", server.URL + "/api/v3/", server.URL + "/github/"} {
		require.NoError(t, till(address, server.Client()).Check(t.Context()))
	}
	assert.Equal(t, []string{"/graphql", "/api/graphql", "/api/graphql", "/github/graphql"}, paths)
}

func TestAPersonsRepositoriesAreListedAsAnOrganisationsAre(t *testing.T) {
	var roots []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(text), "owner: organization("):
			roots = append(roots, "organization")
			_, _ = w.Write([]byte(`{"data": {"owner": null}, "errors": [{"type": "NOT_FOUND", "path": ["owner"], "message": "Could not resolve to an Organization"}]}`))
		case strings.Contains(string(text), "owner: repositoryOwner("):
			roots = append(roots, "repositoryOwner")
			_, _ = w.Write([]byte(`{"data": {"owner": {"repositories": {"nodes": [
				{"nameWithOwner": "dev-07/Old", "isArchived": true},
				{"nameWithOwner": "somebody/else"},
				{"nameWithOwner": "dev-07/left-out"}], "pageInfo": {}}}}}`))
		default:
			t.Errorf("nothing else is to be read: %s", text)
		}
	}))
	defer server.Close()
	config := configured{
		ID: "github", URL: server.URL, Repositories: []string{"dev-07/*", "!*/LEFT-?ut"}, Secrets: map[string]string{"token": secret},
	}
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), open(config, server.Client()), time.Time{}))
	assert.Empty(t, l.events)
	assert.Equal(t, []string{"organization", "repositoryOwner"}, roots)
}

func TestAnAnswerWithoutEndIsCutOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		spaces := []byte(strings.Repeat(" ", 1<<20))
		for range 80 {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	failures := source.Failures("github", till(server.URL, server.Client()).Check(t.Context()))
	require.Len(t, failures, 1)
	assert.Equal(t, source.CauseAnswer, failures[0].Cause)
	assert.Contains(t, failures[0].Error(), "64 MiB")
}

func TestAPositionThatIsDamagedIsReadFromTheBeginning(t *testing.T) {
	for _, damaged := range []string{"page=7", "\x00", `{"v":1,"repositories":{"example-health/api":null}}`, `{"v":1e9}`, `[]`} {
		g := newTiny(t)
		g.commit("a")
		g.head = g.commit("b", "a")
		want, l := newLedger(), newLedger()
		require.NoError(t, want.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}))
		l.cursor = []byte(damaged)
		require.NoError(t, l.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}))
		assert.Equal(t, of[*dora.Commit](want), of[*dora.Commit](l), damaged)
	}
}
