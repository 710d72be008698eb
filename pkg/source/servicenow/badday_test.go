package servicenow_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/servicenow"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	at := func(url func(string) string, change func(*servicenow.Settings), secrets map[string]string) func(*standintest.StandIn, standintest.Pace) source.Source {
		return func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			own, with := withChanges(), given()
			own.URL = url(at.URL)
			if change != nil {
				change(&own)
			}
			if secrets != nil {
				with.Secrets = secrets
			}
			return servicenow.New(with, own, servicenow.WithPace(pace))
		}
	}
	here := func(url string) string { return url }
	to := func(url string) func(string) string { return func(string) string { return url } }
	client := func(s *servicenow.Settings) { s.ClientID = "collector-client" }
	user := func(s *servicenow.Settings) { s.User = "svc_collector" }
	subject(withChanges()).BadDays(t, "2025-08-01T00:00:00Z", []standintest.BadDay{
		{Name: "an instance that sleeps", Control: row{"hibernating": true}, Cause: source.CauseServer, Says: []string{"hibernating", "wake it"}},
		{Name: "a key that expired", Control: row{"tokens": []string{"another-secret-of-servicenow"}}, Cause: source.CauseCredentials, Says: []string{"does not accept the API key"}},
		{Name: "a client that nobody knows", Open: at(here, client, map[string]string{"clientSecret": "wrong-secret-of-a-client"}), Cause: source.CauseCredentials, Says: []string{"does not accept the OAuth client", "application user"}},
		{Name: "a password that is wrong", Open: at(here, user, map[string]string{"password": "wrong-password-1234"}), Cause: source.CauseCredentials, Says: []string{"does not accept the user and password"}},
		{Name: "no password", Open: at(here, user, map[string]string{}), Cause: source.CauseCredentials, Says: []string{"no password of the user is set"}},
		{Name: "a table that may not be read", Control: row{"acl": row{"incident": row{"deny": true}}}, Cause: source.CausePermission, Says: []string{"(incident)", "sn_incident_read"}},
		{Name: "a table that is not there", Open: at(here, func(s *servicenow.Settings) { s.Incidents.Table, s.Incidents.Filter = "u_outage", "active=true" }, nil), Cause: source.CauseNotFound, Says: []string{"(u_outage)", "there is no such table"}},
		{Name: "a column that is not there", Open: at(here, func(s *servicenow.Settings) { s.Deployments.Filter = "u_kind=deployment" }, nil), Cause: source.CauseNotFound, Says: []string{"(change_request)", "no column u_kind", "deployments.filter"}},
		{Name: "a server that fails", Control: row{"faults": []row{{"kind": "http500"}}}, Cause: source.CauseServer, Says: []string{"ServiceNow fails"}},
		{Name: "an answer that is never whole", Control: row{"faults": []row{{"kind": "secondary_limit", "rows": 1}}}, Cause: source.CauseServer, Says: []string{"could not answer even the smallest page"}},
		{Name: "a limit that outlasts the run", Control: row{"faults": []row{{"kind": "http429", "retry_after": 7200, "reset_seconds": 7200}}}, Cause: source.CauseRateLimit, Says: []string{"the next run goes on from here"}},
		{Name: "no host", Open: at(to("http://127.0.0.1:1"), nil, nil), Cause: source.CauseNetwork, Says: []string{"cannot be reached"}},
		{Name: "no address", Open: at(to("example.service-now.com"), nil, nil), Cause: source.CauseConfiguration, Says: []string{"is not an http or https address"}},
		{Name: "another path", Open: at(func(url string) string { return url + "/nav" }, nil, nil), Cause: source.CauseConfiguration, Says: []string{"there is no Table API at this address"}},
	}...)
}

func TestWhatFailsOnTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	subject(withChanges()).Faults(t, "2025-08-01T00:00:00Z",
		row{"kind": "http500", "every": 3}, row{"kind": "secondary_limit", "every": 2, "rows": 10}, row{"kind": "http429", "every": 3, "retry_after": 1}, row{"kind": "http429", "every": 3, "bare": true},
		row{"kind": "http503_retry_after", "every": 3}, row{"kind": "connection_reset", "every": 3}, row{"kind": "duplicate_across_pages"}, row{"kind": "clock_skew", "seconds": 5400},
	)
}

// Whoever asks, by whichever of three ways, reads the same; and a token may end in the middle.
func TestThreeWaysInReadTheSame(t *testing.T) {
	t.Parallel()
	s := subject(servicenow.Settings{})
	h := s.History(t, standintest.Synthetic(t))
	at := s.Start(t, h, afterAll, "--token-life", "40")
	byKey := s.Fresh(t, at, h, when("30 12:00"))
	for _, way := range []struct {
		own     servicenow.Settings
		secrets map[string]string
	}{
		{servicenow.Settings{URL: at.URL, ClientID: "collector-client"}, map[string]string{"clientSecret": secret}},
		{servicenow.Settings{URL: at.URL, User: "svc_collector"}, map[string]string{"password": secret}},
	} {
		with := given()
		with.Secrets = way.secrets
		source := servicenow.New(with, way.own, servicenow.WithPace(standintest.At(afterAll)))
		require.NoError(t, source.Check(t.Context()))
		l := sourcetest.NewLedger()
		require.NoError(t, l.Collect(t.Context(), source, time.Time{}))
		sourcetest.Same(t, byKey, l)
		at.Control(row{"expire_access_tokens": true})
		require.NoError(t, l.Collect(t.Context(), source, time.Time{}), "the token that it had is none any more")
	}
	assert.Equal(t, 2, at.Stats().ByKind["POST /oauth_token.do"], "a token is drawn once, and again when it is refused")
}

func TestAPageToSignInIsAFailure(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		_, _ = w.Write([]byte("<html><title>Log in</title></html>"))
	}))
	defer server.Close()
	s := servicenow.New(given(), servicenow.Settings{URL: server.URL})
	for _, err := range []error{s.Check(t.Context()), sourcetest.NewLedger().Collect(t.Context(), s, time.Time{})} {
		failures := source.Failures("servicenow", err)
		require.NotEmpty(t, failures)
		assert.Equal(t, source.CauseConfiguration, failures[0].Cause)
		assert.Contains(t, failures[0].Error(), "a page for people came in place of an answer")
	}
}

func TestCheckNamesTheRoleThatIsMissing(t *testing.T) {
	t.Parallel()
	g := newTiny()
	g.incident(1, "02 10:00")
	s := g.source(g.address(t), servicenow.Settings{})
	require.NoError(t, s.Check(t.Context()))
	g.tables["cmdb_ci_service"][0]["name"], g.tables["cmdb_ci"][0]["name"] = "", ""
	err := s.Check(t.Context())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "the role cmdb_read")
	g.hidden[id("i1")] = true
	err = s.Check(t.Context())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "access rules hide all")
	assert.Contains(t, err.Error(), "sn_incident_read")
}

// Some answers have references as objects, and some have what people see beside what is stored.
func TestAReferenceIsReadInWhateverShapeItComes(t *testing.T) {
	t.Parallel()
	var shape atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reference := []string{
			`"` + id("c1") + `"`, `{"link":"https://x/api/now/table/change_request/` + id("c1") + `","value":"` + id("c1") + `"}`, `{"display_value":"CHG0000001","value":"` + id("c1") + `"}`,
		}[shape.Load()]
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Total-Count", "1")
		_, _ = w.Write([]byte(`{"result":[{"sys_id":"` + id("i1") + `","number":"INC1","state":"1","category":"software","opened_at":{"display_value":"02/11/2026 10:00","value":"2026-11-02 10:00:00"},
			"sys_updated_on":"2026-11-02 10:00:00","sys_mod_count":3,"active":true,"resolved_at":"","sys_created_on":"","caused_by":` + reference + `,"rfc":"","parent_incident":null,"priority":[]}]}`))
	}))
	defer server.Close()
	for n := range int32(3) {
		shape.Store(n)
		own := withChanges()
		own.URL, own.Incidents.Filter = server.URL, "category=software"
		own.Deployments.From = servicenow.NoDeployments
		l := sourcetest.NewLedger()
		require.NoError(t, l.Collect(t.Context(), servicenow.New(given(), own), time.Time{}))
		i := theIncident(t, l, 1)
		assert.Equal(t, when("02 10:00"), i.Opened)
		assert.Equal(t, 3, i.Rank)
		assert.Empty(t, i.Severity)
	}
}

func TestARecordOfWhichSomethingToldIsReadAlone(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	one := g.incident(1, "02 10:00")
	g.incident(2, "02 11:00")
	g.change(1, "02 08:00", "02 09:00", "successful")
	g.reads(t, l, withChanges())
	receiver := g.source(g.address(t), withChanges())
	header := http.Header{"X-Live-Dora-Secret": {standintest.Secret}}
	told, err := receiver.Receive(header, []byte(`{"table":"incident","sys_id":"`+id("i1")+`"}`))
	require.NoError(t, err)
	one.set("02 12:00", record{"state": "6", "resolved_at": stamp("02 12:00")})
	g.remove("incident", id("i2"))
	g.asked = nil
	l.Only = told.Refresh
	require.NoError(t, l.Collect(t.Context(), receiver, time.Time{}))
	require.Len(t, g.asked, 1)
	assert.Contains(t, g.asked[0], "sys_idIN"+id("i1"))
	assert.Equal(t, when("02 12:00"), theIncident(t, l, 1).Resolved)
	assert.False(t, theIncident(t, l, 2).Withdrawn, "nobody told of it")
	l.Only = []string{"incident:" + id("i2"), "change_request:" + id("c1")}
	require.NoError(t, l.Collect(t.Context(), receiver, time.Time{}))
	assert.True(t, theIncident(t, l, 2).Withdrawn, "it is not there")
	l.Only = nil
	g.reads(t, l, withChanges())
	assert.Len(t, sourcetest.Of[*dora.Incident](l), 1)

	for body, says := range map[string]string{
		`{"table":"incident"}`: "sys_id: is no id of a record", `{"sys_id":"` + id("i1") + `"}`: "table: is missing", `incident`: "the body is not of the form",
		`{"table":"incident","sys_id":"javascript:x^NQactive=true"}`: "sys_id: is no id of a record",
	} {
		_, err := receiver.Receive(header, []byte(body))
		require.Error(t, err, body)
		assert.Contains(t, err.Error(), says)
	}
	ignored, err := receiver.Receive(header, []byte(`{"table":"problem","sys_id":"`+id("p1")+`"}`))
	require.NoError(t, err)
	assert.NotEmpty(t, ignored.Ignored)
	_, err = receiver.Receive(http.Header{"X-Live-Dora-Secret": {"another"}}, []byte(`{}`))
	require.ErrorIs(t, err, source.ErrForged)
	assert.NotContains(t, strings.Join(g.asked, " "), "javascript")
}
