package azuredevops_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
)

// failed is the one failure of a reading.
func failed(t *testing.T, err error) *source.Error {
	t.Helper()
	all := source.Failures("azure", err)
	require.Len(t, all, 1, "%v", err)
	assert.NotContains(t, all[0].Error(), replayToken)
	return all[0]
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	const early = "2023-08-01T00:00:00Z"
	r := startReplay(t, early, "--data", "data/immunisation-fhir-api+synthetic")
	own := tagged(synthetic)
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(own, at(early)), time.Time{}))
	collected := len(l.events)
	scopes := func(list ...string) row { return row{"scopes": row{replayToken: list}} }
	for _, c := range []struct {
		name         string
		control      row
		url, project string
		token        string
		cause        source.Cause
		says         []string
	}{
		{name: "a token that expired", control: row{"faults": []row{{"kind": "token_expired"}}}, cause: source.CauseCredentials, says: []string{"the token has expired"}},
		{name: "a token that nobody knows", token: "wrong-" + replayToken, cause: source.CauseCredentials, says: []string{"does not accept the token", "of another organisation"}},
		{name: "a scope for environments that is missing", control: scopes("vso.project", "vso.code", "vso.build", "vso.work"), cause: source.CausePermission, says: []string{"may not read environments", "Environment: Read & manage"}},
		{name: "a scope for code that is missing", control: scopes("vso.project"), cause: source.CausePermission, says: []string{"Code: Read"}},
		{name: "another organisation", url: r.URL + "/elsewhere", cause: source.CauseNotFound, says: []string{"there is no project", "the organisation in the address"}},
		{name: "a project that nobody sees", project: "secret", cause: source.CauseNotFound, says: []string{"there is no project secret"}},
		{name: "a server that fails", control: row{"faults": []row{{"kind": "http500"}}}, cause: source.CauseServer, says: []string{"Azure DevOps fails"}},
		{name: "a limit that outlasts the run", control: row{"faults": []row{{"kind": "http429", "retry_after": 7200, "reset_seconds": 7200}}}, cause: source.CauseRateLimit, says: []string{"the next run goes on from here"}},
		{name: "no host", url: "http://127.0.0.1:1/org", cause: source.CauseNetwork, says: []string{"cannot be reached"}},
		{name: "no organisation", url: "https://dev.azure.com", cause: source.CauseConfiguration, says: []string{"names no organisation"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer r.post("/_reset", nil)
			if c.control != nil {
				r.control(c.control)
			}
			settings := own
			settings.URL = c.url
			if c.project != "" {
				settings.Repositories = []string{c.project + "/*"}
			}
			s := r.source(settings, at(early))
			if c.token != "" {
				settings.URL = r.URL + "/NHSDigital"
				s = open(source.Given{Secrets: map[string]string{"token": c.token}}, settings, at(early))
			}
			failures := source.Failures("azure", l.collect(t.Context(), s, time.Time{}))
			require.NotEmpty(t, failures)
			assert.Equal(t, c.cause, failures[0].Cause, failures[0].Error())
			for _, words := range c.says {
				assert.Contains(t, failures[0].Error(), words)
			}
			assert.NotContains(t, failures[0].Error(), replayToken)
			assert.Len(t, l.events, collected)
		})
	}
	r.control(row{"now": early})
	require.NoError(t, l.collect(t.Context(), r.source(own, at(early)), time.Time{}))
	assert.Len(t, l.events, collected)
}

func TestAPageToSignInIsAFailureWhateverItsStatus(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]http.HandlerFunc{
		"203": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNonAuthoritativeInfo)
			_, _ = w.Write([]byte("<html>Sign in to your account</html>"))
		},
		"302 to another host": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://login.example/_signin?realm=dev.azure.com")
			w.WriteHeader(http.StatusFound)
		},
		"401": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
	} {
		server := httptest.NewServer(page)
		own := tagged("health")
		own.URL = server.URL + "/org"
		s := open(given(), own)
		for _, err := range []error{s.Check(t.Context()), newLedger().collect(t.Context(), s, time.Time{})} {
			failure := failed(t, err)
			assert.Equal(t, source.CauseCredentials, failure.Cause, name)
			assert.Contains(t, failure.Error(), "create one in this organisation", name)
		}
		server.Close()
	}
}

func TestAnAnswerThatAsksForAWaitIsTakenAndWaitedFor(t *testing.T) {
	t.Parallel()
	g := &tiny{projects: []*tinyProject{newProject("p1", "health")}}
	g.before = func(w http.ResponseWriter, _ *http.Request, path string) bool {
		if path == "/_apis/projects/health" {
			w.Header().Set("Retry-After", "30")
		}
		return false
	}
	server := httptest.NewServer(g)
	defer server.Close()
	own := tagged("health")
	own.URL = server.URL + "/org"
	l := newLedger()
	waited := []source.Progress{}
	s := open(given(), own, at(afterAll))
	require.NoError(t, s.Collect(t.Context(), source.Request{Known: l.known, Emit: l.emit, Report: func(p source.Progress) {
		if !p.WaitingUntil.IsZero() {
			waited = append(waited, p)
		}
	}}))
	require.NotEmpty(t, waited)
	assert.Equal(t, 30*time.Second, waited[0].WaitingUntil.Sub(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)))
	assert.Equal(t, 1, waited[0].Requests, "the wait is before the next request")
	assert.Contains(t, l.events, "deployment health/api:deployment:1:Deploy:101")
}

func TestAnApplicationDrawsItsTokenWhereItsSecretAloneGoes(t *testing.T) {
	t.Parallel()
	const secret = "client-secret-0123456789"
	var asked []string
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked = append(asked, r.URL.Path+" "+r.Form.Get("grant_type")+" "+r.Form.Get("client_id")+" "+r.Form.Get("scope"))
		assert.Empty(t, r.Header.Get("Authorization"))
		if r.Form.Get("client_secret") != secret {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"` + r.Form.Get("client_secret") + `"}`))
			return
		}
		_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3599,"access_token":"drawn-token"}`))
	}))
	defer login.Close()
	g := &tiny{projects: []*tinyProject{newProject("p1", "health")}}
	g.before = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
		assert.Equal(t, "Bearer drawn-token", r.Header.Get("Authorization"))
		return false
	}
	server := httptest.NewServer(g)
	defer server.Close()
	own := tagged("health")
	own.URL, own.Tenant, own.ClientID, own.LoginURL = server.URL+"/org", "tenant-1", "client-1", login.URL
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), open(source.Given{Secrets: map[string]string{"clientSecret": secret}}, own, at(afterAll)), time.Time{}))
	assert.Equal(t, []string{"/tenant-1/oauth2/v2.0/token client_credentials client-1 499b84ac-1321-427f-aa17-267ca6975798/.default"}, asked, "once")

	failure := failed(t, newLedger().collect(t.Context(), open(source.Given{Secrets: map[string]string{"clientSecret": "wrong-secret-987654"}}, own, at(afterAll)), time.Time{}))
	assert.Equal(t, source.CauseCredentials, failure.Cause)
	assert.NotContains(t, failure.Error(), "wrong-secret")
}

func TestTheReleaseHostFollowsFromTheAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://dev.azure.com/org/":                "https://vsrm.dev.azure.com/org",
		"https://org.visualstudio.com":              "https://org.vsrm.visualstudio.com",
		"https://tfs.example/tfs/DefaultCollection": "https://tfs.example/tfs/DefaultCollection",
	} {
		assert.Equal(t, want, azuredevops.ReleasesAt(address), address)
	}
}
