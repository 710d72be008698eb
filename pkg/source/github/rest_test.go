package github_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// oldServer is the replay behind a gate that refuses GraphQL.
type oldServer struct {
	*httptest.Server
	status  atomic.Int64 // what GraphQL is refused with; 0 lets it through
	graphql atomic.Int64 // requests for it
	charged atomic.Int64 // REST requests that GitHub counts
}

func newOldServer(t *testing.T, r *replay, status int) *oldServer {
	t.Helper()
	behind, err := url.Parse(r.URL)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(behind)
	o := &oldServer{}
	o.status.Store(int64(status))
	proxy.ModifyResponse = func(response *http.Response) error {
		if response.StatusCode != http.StatusNotModified && !strings.HasSuffix(response.Request.URL.Path, "/graphql") {
			o.charged.Add(1)
		}
		return nil
	}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if strings.HasSuffix(request.URL.Path, "/graphql") {
			o.graphql.Add(1)
			if status := int(o.status.Load()); status != 0 {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{"message": "Not here"}`))
				return
			}
		}
		request.Host = behind.Host
		proxy.ServeHTTP(w, request)
	}))
	t.Cleanup(o.Close)
	return o
}

// withoutGraphQLsOwn takes out of a ledger what REST does not give: an incident that was withdrawn before it was ever
// read, and how often an issue lost a label, which are a request for every issue.
func withoutGraphQLsOwn(l *ledger) *ledger {
	kept := newLedger()
	for key, event := range l.events {
		switch e := event.(type) {
		case *dora.Incident:
			if e.Withdrawn {
				continue
			}
			copied := *e
			copied.Rank = 0
			copied.Labels = slices.Sorted(slices.Values(e.Labels)) // a set
			kept.events[key] = &copied
		case *dora.Change:
			copied := *e
			copied.Labels = slices.Sorted(slices.Values(e.Labels)) // a set
			kept.events[key] = &copied
		case *dora.Repository: // its version is the clock of the run
			copied := *e
			copied.Updated = time.Time{}
			kept.events[key] = &copied
		default:
			kept.events[key] = event
		}
	}
	return kept
}

func assertEqualEvents(t *testing.T, want, got *ledger) {
	t.Helper()
	wanted, found := withoutGraphQLsOwn(want), withoutGraphQLsOwn(got)
	for key, event := range wanted.events {
		if !assert.ObjectsAreEqual(event, found.events[key]) {
			t.Errorf("%s:\nwanted %+v\n found %+v", key, event, found.events[key])
			if t.Failed() {
				break
			}
		}
	}
	assert.Len(t, found.events, len(wanted.events))
}

func incidents(repositories ...string) configured {
	return configured{
		Repositories: repositories,
		Incidents:    &github.Incidents{Labels: []string{"incident"}, Severity: dora.MustPattern(`^sev(\d)$`)},
	}
}

func TestABackfillOverRESTGivesTheEventsThatGraphQLGives(t *testing.T) {
	r := startReplay(t, afterAll)
	for repository, c := range map[string]struct {
		status int
		now    string // in the short form: REST needs thousands of requests for all that there is
	}{
		plain:     {http.StatusNotFound, early},
		synthetic: {http.StatusForbidden, "2024-10-01T00:00:00Z"},
	} {
		t.Run(repository, func(t *testing.T) {
			now := c.now
			if torture() {
				now = afterAll
			}
			r.now = now
			r.reset()
			r.control(map[string]any{"rate_limits": map[string]any{"core": 100_000}})
			old := newOldServer(t, r, c.status)
			config := incidents(repository)
			want := r.goodDay(config, time.Time{})

			config.URL = old.URL + "/api/v3"
			s := r.source(config, at(now))
			require.NoError(t, s.Check(t.Context()))
			got := newLedger()
			old.graphql.Store(0)
			require.NoError(t, got.collect(t.Context(), s, time.Time{}))
			assertEqualEvents(t, want, got)
			assert.EqualValues(t, 1, old.graphql.Load(), "one refusal decides for the run")
			t.Logf("back-fill: %d requests, %d counted, %d batches, cursor %d bytes", got.last.Requests, got.last.Points, got.batches, len(got.cursor))

			old.charged.Store(0)
			config.API = github.APIREST
			require.NoError(t, got.collect(t.Context(), r.source(config, at(now)), time.Time{}))
			t.Logf("idle refresh: %d requests, %d counted", got.last.Requests, got.last.Points)
			assert.Zero(t, old.charged.Load(), "what has not changed costs nothing")
			assert.Zero(t, got.last.Points)
			assertEqualEvents(t, want, got)
		})
	}
}

func TestRefreshesOverRESTFindWhatChanged(t *testing.T) {
	now := time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)
	r := startReplay(t, now.Format(time.RFC3339))
	r.control(map[string]any{"rate_limits": map[string]any{"core": 100_000}})
	config := incidents(synthetic)
	since := now.AddDate(0, -1, 0)
	clock := func() github.Option { return at(now.Format(time.RFC3339)) }
	config.API = github.APIREST
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(config, clock()), since))
	before := len(of[*dora.Commit](l))
	requests, points, runs := 0, 0, 24
	if torture() {
		runs = 48
	}
	for range runs {
		now = now.Add(time.Hour)
		r.control(map[string]any{"advance_seconds": 3600})
		require.NoError(t, l.collect(t.Context(), r.source(config, clock()), since))
		requests, points = requests+l.last.Requests, points+l.last.Points
	}
	t.Logf("%d hourly refreshes: %d requests, %d counted", runs, requests, points)
	assert.Greater(t, len(of[*dora.Commit](l)), before)
	assert.Less(t, points, requests)

	config.API = github.APIGraphQL
	fresh := newLedger()
	require.NoError(t, fresh.collect(t.Context(), r.source(config, clock()), since))
	assertSame(t, withoutGraphQLsOwn(fresh), withoutGraphQLsOwn(l))
}

func TestABackfillGoesOnOverTheOtherInterface(t *testing.T) {
	r := startReplay(t, early)
	r.control(map[string]any{"rate_limits": map[string]any{"core": 100_000}})
	config := incidents(synthetic)
	want := r.goodDay(config, time.Time{})
	l := newLedger()
	apis := []github.API{github.APIGraphQL, github.APIREST, github.APIREST, github.APIGraphQL, github.APIREST, github.APIREST}
	for _, api := range apis {
		config.API = api
		l.stopAfter = l.batches + 2
		require.ErrorIs(t, l.collect(t.Context(), r.source(config, at(early)), time.Time{}), errStopped)
	}
	l.stopAfter = 0
	require.NoError(t, l.collect(t.Context(), r.source(config, at(early)), time.Time{}))
	assertEqualEvents(t, want, l)
}

func TestABackfillOverRESTSurvivesABadDay(t *testing.T) {
	r := startReplay(t, early)
	config := incidents(synthetic)
	config.API = github.APIREST
	since := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	want := r.goodDay(config, since)
	for name, fault := range map[string][]map[string]any{
		"gateway errors in HTML": {{"kind": "http502_html", "every": 4}},
		"server errors":          {{"kind": "http500", "every": 5}},
		"cut answers":            {{"kind": "truncated_json", "every": 6}, {"kind": "truncated_body", "every": 7}},
		"limits":                 {{"kind": "secondary_limit", "every": 9}, {"kind": "http429", "every": 11, "retry_after": 5}},
		"an overload":            {{"kind": "http503_retry_after", "every": 9, "retry_after": 3}},
	} {
		t.Run(name, func(t *testing.T) {
			r.reset()
			r.control(map[string]any{"faults": fault})
			clock := newWaits()
			l := newLedger()
			require.NoError(t, l.collect(t.Context(), r.source(config, clock.option(), github.WithPatience(24*time.Hour)), since))
			assertEqualEvents(t, want, l)
		})
	}
}

func TestALimitWithinARunOverRESTIsWhereTheNextOneGoesOn(t *testing.T) {
	r := startReplay(t, early)
	config := incidents(plain)
	config.API = github.APIREST
	want := r.goodDay(config, time.Time{})
	whole := want.last.Requests

	r.reset()
	r.control(map[string]any{"faults": []any{map[string]any{"kind": "primary_exhausted", "nth": whole / 2, "reset_seconds": 3000}}})
	l := newLedger()
	failures := source.Failures("github", l.collect(t.Context(), r.source(config, newWaits().option(), github.WithPatience(time.Minute)), time.Time{}))
	require.Len(t, failures, 1)
	assert.Equal(t, source.CauseRateLimit, failures[0].Cause)
	r.control(map[string]any{"faults": []any{}, "rate_limits": map[string]any{"core": 5000}})
	require.NoError(t, l.collect(t.Context(), r.source(config, at(early)), time.Time{}))
	assertEqualEvents(t, want, l)
	assert.Less(t, l.last.Requests, whole*3/4, "what was handed over is not read again")
}

func TestWhatRESTRefusesHasACauseAsWell(t *testing.T) {
	r := startReplay(t, afterAll)
	for name, c := range map[string]struct {
		config configured
		cause  source.Cause
	}{
		"all is well":        {configured{Repositories: []string{plain}}, ""},
		"an organisation":    {configured{Repositories: []string{"nhsdigital/*"}}, ""},
		"a wrong token":      {configured{Repositories: []string{plain}, Secrets: map[string]string{"token": "another"}}, source.CauseCredentials},
		"unknown repository": {configured{Repositories: []string{"NHSDigital/nothing"}}, source.CauseNotFound},
		"unknown owner":      {configured{Repositories: []string{"nobody-at-all/*"}}, source.CauseNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.API = github.APIREST
			s := r.source(c.config, at(afterAll))
			err := s.Check(t.Context())
			if c.cause == "" {
				require.NoError(t, err)
				return
			}
			for _, err := range []error{err, newLedger().collect(t.Context(), s, time.Time{})} {
				failures := source.Failures("github", err)
				require.Len(t, failures, 1)
				assert.Equal(t, c.cause, failures[0].Cause, err.Error())
				assert.NotContains(t, err.Error(), "another")
			}
		})
	}
}

func TestAnOrganisationsRepositoriesAreReadOverREST(t *testing.T) {
	r := startReplay(t, "2023-06-01T00:00:00Z")
	config := configured{Repositories: []string{"NHSDIGITAL/immunisation-*", "!nhsdigital/*-synthetic"}, API: github.APIREST}
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(config, at("2023-06-01T00:00:00Z")), time.Time{}))
	assert.Len(t, of[*dora.Repository](l), 1)
	assert.Contains(t, of[*dora.Repository](l), plain)
}

func TestADeploymentThatWaitsIsAskedAboutOverRESTForNothingUntilItSucceeds(t *testing.T) {
	r := startReplay(t, afterAll)
	r.control(map[string]any{"rate_limits": map[string]any{"core": 100_000}})
	created := map[int64]time.Time{}
	for _, row := range rows[deploymentRow](t, r, synthetic, "deployments.jsonl") {
		created[row.ID] = row.CreatedAt
	}
	for _, row := range rows[statusRow](t, r, synthetic, "statuses.jsonl") {
		begun := created[row.Deployment]
		if row.State != "success" || row.CreatedAt.Sub(begun) < 2*time.Hour || begun.Year() < 2024 {
			continue
		}
		l := newLedger()
		read := func(now time.Time) *dora.Deployment {
			r.control(map[string]any{"now": now.Format(time.RFC3339)})
			s := r.source(configured{Repositories: []string{synthetic}, API: github.APIREST}, at(now.Format(time.RFC3339)))
			require.NoError(t, l.collect(t.Context(), s, begun.AddDate(0, 0, -7)))
			return of[*dora.Deployment](l)[id(synthetic, "deployment", row.Deployment)]
		}
		assert.False(t, read(begun.Add(time.Minute)).Settled())
		assert.False(t, read(begun.Add(time.Minute)).Settled())
		assert.Zero(t, l.last.Points, "nothing happened")
		assert.Equal(t, row.CreatedAt, read(row.CreatedAt).Finished())
		return
	}
	t.Fatal("the dataset has no deployment that waits")
}

func TestAutomationHasOneNameOverEitherInterface(t *testing.T) {
	r := startReplay(t, afterAll)
	config := configured{Repositories: []string{synthetic}, API: github.APIREST}
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)))
	machines := 0
	for _, change := range of[*dora.Change](l) {
		assert.LessOrEqual(t, strings.Count(change.Author, "[bot]"), 1)
		machines += strings.Count(change.Author, "[bot]")
	}
	assert.Positive(t, machines)
}

func TestOnlyARefusalThatWillNotPassTurnsToREST(t *testing.T) {
	r := startReplay(t, early)
	for status, cause := range map[int]source.Cause{
		http.StatusInternalServerError: source.CauseServer,
		http.StatusUnauthorized:        source.CauseCredentials,
		http.StatusTooManyRequests:     source.CauseRateLimit,
	} {
		old := newOldServer(t, r, status)
		config := configured{Repositories: []string{plain}, URL: old.URL}
		failures := source.Failures("github", r.source(config, at(early), github.WithPatience(0)).Check(t.Context()))
		require.Len(t, failures, 1)
		assert.Equal(t, cause, failures[0].Cause)
		assert.Zero(t, old.charged.Load(), "status %d", status)
	}
	old := newOldServer(t, r, http.StatusNotFound)
	config := configured{Repositories: []string{plain}, URL: old.URL, API: github.APIGraphQL}
	failures := source.Failures("github", r.source(config, at(early)).Check(t.Context()))
	require.Len(t, failures, 1)
	assert.Equal(t, source.CauseConfiguration, failures[0].Cause, "who wants GraphQL alone is told that it is not there")
	assert.Zero(t, old.charged.Load())
}
