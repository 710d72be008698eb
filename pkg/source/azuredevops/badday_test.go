package azuredevops_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
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
	scopes := func(list ...string) row { return row{"scopes": row{replayToken: list}} }
	of := func(url func(string) string, project, token string) func(*standintest.StandIn, standintest.Pace) source.Source {
		return func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			own := tagged(project)
			own.URL = url(at.URL)
			return open(source.Given{Secrets: map[string]string{"token": token}}, own, azuredevops.WithPace(pace))
		}
	}
	here := func(url string) string { return url + "/NHSDigital" }
	to := func(url string) func(string) string { return func(string) string { return url } }
	subject(tagged("")).BadDays(t, "2023-08-01T00:00:00Z", []standintest.BadDay{
		{Name: "a token that expired", Control: row{"faults": []row{{"kind": "token_expired"}}}, Cause: source.CauseCredentials, Says: []string{"the token has expired"}},
		{Name: "a token that nobody knows", Open: of(here, synthetic, "wrong-"+replayToken), Cause: source.CauseCredentials, Says: []string{"does not accept the token", "of another organisation"}},
		{Name: "a scope for environments that is missing", Control: scopes("vso.project", "vso.code", "vso.build", "vso.work"), Cause: source.CausePermission, Says: []string{"may not read environments", "Environment: Read & manage"}, Unnoticed: true},
		{Name: "a scope for code that is missing", Control: scopes("vso.project"), Cause: source.CausePermission, Says: []string{"Code: Read"}, Unnoticed: true},
		{Name: "another organisation", Open: of(func(url string) string { return url + "/elsewhere" }, synthetic, replayToken), Cause: source.CauseNotFound, Says: []string{"there is no project", "the organisation in the address"}},
		{Name: "a project that nobody sees", Open: of(here, "secret", replayToken), Cause: source.CauseNotFound, Says: []string{"there is no project secret"}},
		{Name: "a server that fails", Control: row{"faults": []row{{"kind": "http500"}}}, Cause: source.CauseServer, Says: []string{"Azure DevOps fails"}},
		{Name: "a limit that outlasts the run", Control: row{"faults": []row{{"kind": "http429", "retry_after": 7200, "reset_seconds": 7200}}}, Cause: source.CauseRateLimit, Says: []string{"the next run goes on from here"}},
		{Name: "no host", Open: of(to("http://127.0.0.1:1/org"), synthetic, replayToken), Cause: source.CauseNetwork, Says: []string{"cannot be reached"}},
		{Name: "no organisation", Open: of(to("https://dev.azure.com"), synthetic, replayToken), Cause: source.CauseConfiguration, Says: []string{"names no organisation"}},
	}...)
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
		for _, err := range []error{s.Check(t.Context()), sourcetest.NewLedger().Collect(t.Context(), s, time.Time{})} {
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
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	waited := slices.DeleteFunc(slices.Clone(l.Told), func(p source.Progress) bool { return p.WaitingUntil.IsZero() })
	require.NotEmpty(t, waited)
	assert.Equal(t, 30*time.Second, waited[0].WaitingUntil.Sub(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)))
	assert.Equal(t, 1, waited[0].Requests, "the wait is before the next request")
	assert.Contains(t, l.Events, "deployment health/api:deployment:1:Deploy:101")
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
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(source.Given{Secrets: map[string]string{"clientSecret": secret}}, own, at(afterAll)), time.Time{}))
	assert.Equal(t, []string{"/tenant-1/oauth2/v2.0/token client_credentials client-1 499b84ac-1321-427f-aa17-267ca6975798/.default"}, asked, "once")

	failure := failed(t, sourcetest.NewLedger().Collect(t.Context(), open(source.Given{Secrets: map[string]string{"clientSecret": "wrong-secret-987654"}}, own, at(afterAll)), time.Time{}))
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
