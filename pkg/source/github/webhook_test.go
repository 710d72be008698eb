package github_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/audit"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/intake"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
	"github.com/livedora/dora-datasource/pkg/world"
)

const hookSecret = "a-secret-of-webhooks"

// told is an invented organisation that tells of what happens, and a source that reads it and is told.
type told struct {
	*testing.T
	world  *world.World
	source *github.Source
	hooks  []world.Webhook
}

func tell(t *testing.T, alter func(*configured)) *told {
	t.Helper()
	// Its clock is well behind ours, so that it can move on.
	w := world.New(world.Options{Seed: 5, Months: 2, Now: time.Now().Add(-90 * 24 * time.Hour)})
	server := httptest.NewServer(w.Handler("world-secret"))
	t.Cleanup(server.Close)
	config := configured{
		ID: "github", URL: server.URL, Repositories: []string{world.Organization + "/*"},
		Incidents: &github.Incidents{Labels: []string{"incident"}, Severity: dora.MustPattern(`^sev(\d)$`)},
		Secrets:   map[string]string{"token": "world-secret", source.SecretWebhook: hookSecret},
	}
	if alter != nil {
		alter(&config)
	}
	o := &told{T: t, world: w, source: open(config, server.Client(), github.WithRetries(1, time.Millisecond, time.Millisecond))}
	w.Subscribe(func(h world.Webhook) { o.hooks = append(o.hooks, h) })
	return o
}

func (o *told) receive(r *http.Request, err error) (source.Received, error) {
	o.Helper()
	require.NoError(o, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(o, err)
	return o.source.Receive(r.Header, body)
}

// gone are branches that were deleted once they were merged: what is read later names them no more, a webhook did.
var gone = regexp.MustCompile(`"ref":"hotfix/[^"]*"`)

// facts are all lines of the facts under services that share nothing, as JSON.
func derived(t require.TestingT, w *world.World, s store.Store) []string {
	var services []dora.Service
	for _, each := range w.Services() {
		services = append(services, dora.Service{
			Name:        each.Name,
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: each.Repository, Environment: dora.MustPattern("^" + each.Production + "$"), TagPrefix: each.TagPrefix}},
			Incidents:   []dora.IncidentRule{{Source: "github", Repository: each.Repository, Labels: each.IncidentLabels}},
		})
	}
	h := facts.NewDeriver(dora.Mapping{Services: services, Production: dora.DefaultProduction})
	for change, err := range s.Changes(context.Background(), 0) {
		require.NoError(t, err)
		h.Apply(change.Event)
	}
	var lines []string
	for _, f := range h.Derive(dora.DefaultDefinition()).Services {
		for line := range audit.Lines(f, func(time.Time) bool { return true }, time.Now()) {
			text, err := json.Marshal(line)
			require.NoError(t, err)
			lines = append(lines, gone.ReplaceAllString(string(text), `"ref":""`))
		}
	}
	slices.Sort(lines)
	return lines
}

// arrival is something that comes to the store: a batch that was read, a webhook, or what a pipeline posts.
type arrival struct {
	read bool
	with []dora.Event
}

func (a arrival) apply(t require.TestingT, s store.Store) {
	batch := store.Batch{Events: a.with}
	if !a.read {
		batch.Merge = dora.Merge
	}
	_, err := s.Apply(context.Background(), batch)
	require.NoError(t, err)
}

func TestAnEventIsOneByWebhookByAPIAndByReadingInWhateverOrder(t *testing.T) {
	t.Parallel()
	o := tell(t, nil)
	before := newLedger()
	require.NoError(t, before.collect(t.Context(), o.source, time.Time{}))
	o.world.Pass(20 * 24 * time.Hour)
	meanwhile := newLedger()
	meanwhile.cursor = before.cursor
	require.NoError(t, meanwhile.collect(t.Context(), o.source, time.Time{}))
	o.world.Pass(20 * 24 * time.Hour)
	for _, service := range o.world.Services() {
		_, err := o.world.Deploy(service.Name)
		require.NoError(t, err)
	}
	after := newLedger()
	after.cursor = meanwhile.cursor
	require.NoError(t, after.collect(t.Context(), o.source, time.Time{}))

	var arrivals []arrival
	for _, l := range []*ledger{before, meanwhile, after} {
		arrivals = append(arrivals, arrival{true, slices.Collect(maps.Values(l.events))})
	}
	baseline := memory.New()
	for _, a := range arrivals {
		a.apply(t, baseline)
	}
	want := derived(t, o.world, baseline)

	kinds := map[string]int{}
	for i, h := range o.hooks {
		ask := h.Request
		if i%2 == 1 {
			ask = h.FormRequest
		}
		received, err := o.receive(ask(t.Context(), "http://grafana.example/webhooks", hookSecret))
		require.NoError(t, err)
		if len(received.Events) > 0 {
			kinds[h.Event]++
			arrivals = append(arrivals, arrival{false, received.Events})
		}
	}
	require.Positive(t, kinds["deployment"])
	require.Positive(t, kinds["deployment_status"])
	require.Positive(t, kinds["issues"])
	posts := 0
	for _, d := range of[*dora.Deployment](after) {
		for _, status := range d.Statuses {
			if status.State == dora.StateRetired {
				continue
			}
			text := fmt.Sprintf(`{"id":%d,"repository":%q,"environment":%q,"sha":%q,"status":%q,"at":%q}`, d.Number, d.Repository, d.Environment, d.SHA, status.State, status.At.Format(time.RFC3339))
			posted, err := intake.List(intake.Context{Source: "github", Now: time.Now(), Identify: o.source.Posted}, "deployments", []byte(text))
			require.NoError(t, err)
			arrivals = append(arrivals, arrival{false, posted})
			posts++
		}
	}
	require.Positive(t, posts)
	t.Logf("%d webhooks with events (%v), %d posts, %d facts", len(arrivals)-3-posts, kinds, posts, len(want))

	orders, atMost := 0, 25
	if torture() {
		atMost = math.MaxInt
	}
	rapid.Check(t, func(draw *rapid.T) {
		if orders++; orders > atMost {
			return
		}
		s := memory.New()
		order := rapid.Permutation(arrivals).Draw(draw, "order")
		for _, a := range order {
			a.apply(draw, s)
		}
		for _, again := range order[:rapid.IntRange(0, 20).Draw(draw, "replayed")] {
			again.apply(draw, s)
		}
		assert.Equal(draw, want, derived(draw, o.world, s))
		assert.Equal(draw, storetest.Counts(draw, baseline), storetest.Counts(draw, s), "one event, whoever told of it")
	})
}

func TestAWebhookIsSeenBeforeAnythingIsRead(t *testing.T) {
	t.Parallel()
	o := tell(t, nil)
	s := memory.New()
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), o.source, time.Time{}))
	arrival{true, slices.Collect(maps.Values(l.events))}.apply(t, s)
	deployed, err := o.world.Deploy("booking")
	if err != nil {
		deployed, err = o.world.Deploy(o.world.Services()[0].Name)
	}
	require.NoError(t, err)
	var refresh []string
	for _, h := range o.hooks {
		received, err := o.receive(h.Request(t.Context(), "http://grafana.example", hookSecret))
		require.NoError(t, err)
		assert.Equal(t, h.Event, received.Kind)
		arrival{false, received.Events}.apply(t, s)
		refresh = append(refresh, received.Refresh...)
	}
	assert.Contains(t, strings.Join(derived(t, o.world, s), "\n"), fmt.Sprintf(`"id":"github:%s:deployment:%d"`, deployed.Repository, deployed.ID))
	require.NotEmpty(t, refresh)
	for _, part := range refresh {
		assert.Equal(t, deployed.Repository, part)
	}

	requests := l.last.Requests
	require.NoError(t, o.source.Collect(t.Context(), source.Request{
		Cursor: l.cursor, Only: []string{deployed.Repository, "another/repository"},
		Emit:   func(_ context.Context, b source.Batch) error { arrival{true, b.Events}.apply(t, s); return nil },
		Report: func(p source.Progress) { requests = p.Requests },
	}))
	assert.LessOrEqual(t, requests, 3, "only that repository is asked for")
	fresh := newLedger()
	require.NoError(t, fresh.collect(t.Context(), o.source, time.Time{}))
	all := memory.New()
	arrival{true, slices.Collect(maps.Values(fresh.events))}.apply(t, all)
	assert.Equal(t, derived(t, o.world, all), derived(t, o.world, s))
}

const status = `{"action":"created","deployment_status":{"id":7,"state":"success","created_at":"2026-03-02T09:05:00Z","log_url":"https://github.example/run"},
	"deployment":{"id":42,"node_id":"DE_42","sha":"5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e","ref":"main","task":"deploy","environment":"production","created_at":"2026-03-02T09:00:00Z","updated_at":"2026-03-02T09:05:00Z"},
	"repository":{"full_name":"example-health/api","default_branch":"main"}}`

// hooked is a webhook of any content, rightly signed.
func hooked(event, body string) world.Webhook {
	return world.Webhook{Event: event, Delivery: "1", Body: []byte(body)}
}

func TestWhatAWebhookMeans(t *testing.T) {
	repository := `"repository":{"full_name":"example-health/api","default_branch":"main"}`
	run := `{"action":"completed","workflow_run":{"id":9,"node_id":"WFR_9","name":"deploy","event":"push","status":"completed","conclusion":"success","head_branch":"main","head_sha":"5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e","run_attempt":1,"created_at":"2026-03-02T09:00:00Z","run_started_at":"2026-03-02T09:00:00Z","updated_at":"2026-03-02T09:05:00Z"},` + repository + `}`
	from := func(what github.From) func(*configured) {
		return func(s *configured) { s.Deployments.From = what }
	}
	ruled := func(pattern string, what github.From) func(*configured) {
		return func(s *configured) {
			s.Deployments.Rules = []github.Rule{{Repositories: []string{pattern}, Habit: github.Habit{From: what, Workflow: dora.MustPattern("^deploy$")}}}
		}
	}
	for _, c := range []struct {
		name, event, body string
		alter             func(*configured)
		events            int
		refresh           bool
		ignored           string
	}{
		{"a success", "deployment_status", status, nil, 1, true, ""},
		{"a step on the way", "deployment_status", strings.Replace(status, `"success"`, `"in_progress"`, 1), nil, 1, false, ""},
		{"a log at an address that is none", "deployment_status", strings.Replace(status, `"https://github.example/run"`, `"javascript:alert(1)"`, 1), nil, 1, true, ""},
		{"a failure", "deployment_status", strings.Replace(status, `"success"`, `"error"`, 1), nil, 1, true, ""},
		{"a deployment where runs count", "deployment_status", status, from(github.FromWorkflowRuns), 0, false, "deployments of this repository are workflow_runs"},
		{"a run", "workflow_run", run, from(github.FromWorkflowRuns), 1, true, ""},
		{"a run for a pull request", "workflow_run", strings.Replace(run, `"push"`, `"pull_request"`, 1), from(github.FromWorkflowRuns), 0, false, "this run is no deployment"},
		{"a run where deployments count", "workflow_run", run, nil, 0, false, "deployments of this repository are deployments"},
		{"a release where releases count", "release", `{"action":"published",` + repository + `}`, from(github.FromReleases), 0, true, ""},
		{"a release", "release", `{"action":"published",` + repository + `}`, nil, 0, false, "deployments of this repository are deployments"},
		{"a run where a rule says that they count", "workflow_run", run, ruled("*/api", github.FromWorkflowRuns), 1, true, ""},
		{"a run of another workflow", "workflow_run", strings.Replace(run, `"deploy"`, `"test"`, 1), ruled("*/api", github.FromWorkflowRuns), 0, false, "this run is no deployment"},
		{"a deployment where a rule says otherwise", "deployment_status", status, ruled("*/api", github.FromReleases), 0, false, "deployments of this repository are releases"},
		{"a release where a rule says that they count", "release", `{"action":"published",` + repository + `}`, ruled("*/api", github.FromReleases), 0, true, ""},
		{"a deployment where a rule says otherwise of others", "deployment_status", status, ruled("*/web", github.FromReleases), 1, true, ""},
		{"a merge", "pull_request", `{"action":"closed","pull_request":{"merged":true},` + repository + `}`, nil, 0, true, ""},
		{"a pull request that goes on", "pull_request", `{"action":"synchronize","pull_request":{"merged":false},` + repository + `}`, nil, 0, false, "not merged"},
		{"a late review", "pull_request_review", `{"action":"submitted","pull_request":{"merged_at":"2026-03-02T09:05:00Z"},` + repository + `}`, nil, 0, true, ""},
		{"a push to main", "push", `{"ref":"refs/heads/main",` + repository + `}`, nil, 0, true, ""},
		{"a push to a branch", "push", `{"ref":"refs/heads/work",` + repository + `}`, nil, 0, false, "once it is merged or deployed"},
		{"a tag where tags count", "push", `{"ref":"refs/tags/v1",` + repository + `}`, from(github.FromTags), 0, true, ""},
		{"an incident", "issues", `{"action":"labeled","issue":{"number":3,"title":"Down","state":"open","created_at":"2026-03-02T09:00:00Z","updated_at":"2026-03-02T09:00:00Z","labels":[{"name":"incident"},{"name":"sev1"}]},` + repository + `}`, nil, 1, true, ""},
		{"an incident no more", "issues", `{"action":"unlabeled","label":{"name":"incident"},"issue":{"number":3,"created_at":"2026-03-02T09:00:00Z","updated_at":"2026-03-02T09:30:00Z","labels":[]},` + repository + `}`, nil, 1, true, ""},
		{"another issue", "issues", `{"action":"opened","issue":{"number":3,"created_at":"2026-03-02T09:00:00Z","updated_at":"2026-03-02T09:30:00Z","labels":[]},` + repository + `}`, nil, 0, false, "none of the labels"},
		{"an issue where issues are not read", "issues", `{"action":"opened",` + repository + `}`, func(s *configured) { s.Incidents = nil }, 0, false, "does not read issues"},
		{"a ping", "ping", `{"zen":"Design for failure."}`, nil, 0, false, "the signature is right"},
		{"a repository that is renamed", "repository", `{"action":"renamed",` + repository + `}`, nil, 0, false, ""},
		{"a repository that is edited", "repository", `{"action":"edited",` + repository + `}`, nil, 0, false, "changes nothing that figures need"},
		{"something unknown", "star", `{"action":"created",` + repository + `}`, nil, 0, false, "tell nothing that figures need"},
		{"a repository of others", "push", `{"ref":"refs/heads/main","repository":{"full_name":"another/api","default_branch":"main"}}`, nil, 0, false, "does not read that repository"},
	} {
		t.Run(c.name, func(t *testing.T) {
			received, err := tell(t, c.alter).receive(hooked(c.event, c.body).Request(t.Context(), "http://grafana.example", hookSecret))
			require.NoError(t, err)
			assert.Equal(t, c.event, received.Kind)
			assert.Len(t, received.Events, c.events)
			for _, e := range received.Events {
				assert.Equal(t, dora.Told, e.Head().Rank)
				text, err := json.Marshal(e)
				require.NoError(t, err)
				assert.NotContains(t, string(text), "javascript:")
			}
			assert.Equal(t, c.refresh, len(received.Refresh) == 1 && received.Refresh[0] == "example-health/api")
			assert.Equal(t, c.event == "repository" && c.ignored == "", received.Everything)
			assert.Contains(t, received.Ignored, c.ignored)
			assert.Equal(t, c.ignored == "", received.Ignored == "")
		})
	}
}

func TestWhatIsNotGenuineOrCannotBeReadIsRefused(t *testing.T) {
	o := tell(t, nil)
	genuine := func() (*http.Request, string) {
		r, err := hooked("deployment_status", status).Request(t.Context(), "http://grafana.example", hookSecret)
		require.NoError(t, err)
		return r, status
	}
	for name, forge := range map[string]func(http.Header, *string){
		"no signature":             func(h http.Header, _ *string) { h.Del("X-Hub-Signature-256") },
		"the older signature":      func(h http.Header, _ *string) { h.Del("X-Hub-Signature-256"); h.Set("X-Hub-Signature", "sha1=00") },
		"another secret":           func(h http.Header, _ *string) { h.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64)) },
		"no hexadecimal":           func(h http.Header, _ *string) { h.Set("X-Hub-Signature-256", "sha256=secret") },
		"another body":             func(_ http.Header, body *string) { *body = strings.Replace(*body, "production", "staging", 1) },
		"cut off":                  func(_ http.Header, body *string) { *body = (*body)[:len(*body)/2] },
		"the secret in the header": func(h http.Header, _ *string) { h.Del("X-Hub-Signature-256"); h.Set(source.SecretHeader, "wrong") },
	} {
		r, body := genuine()
		forge(r.Header, &body)
		_, err := o.source.Receive(r.Header, []byte(body))
		require.ErrorIs(t, err, source.ErrForged, name)
		assert.NotContains(t, err.Error(), hookSecret)
	}
	r, body := genuine()
	_, err := tell(t, func(s *configured) { delete(s.Secrets, source.SecretWebhook) }).source.Receive(r.Header, []byte(body))
	require.ErrorIs(t, err, source.ErrNoSecret)

	for _, c := range []struct{ event, body, says string }{
		{"deployment_status", status[:200], "cannot be read"},
		{"deployment_status", `[]`, "cannot be read"},
		{"deployment_status", strings.Replace(status, `"id":42`, `"id":0`, 1), "deployment.id: is missing"},
		{"deployment_status", strings.Replace(status, `"environment":"production",`, ``, 1), "deployment.environment: is missing"},
		{"deployment_status", strings.Replace(status, `"state":"success",`, ``, 1), "deployment_status.state: is missing"},
		{"deployment_status", strings.Replace(status, "2026-03-02T09:05:00Z", "2199-03-02T09:05:00Z", 1), "deployment_status.created_at: 2199-03-02T09:05:00Z is in the future"},
		{"deployment", strings.Replace(status, "2026-03-02T09:00:00Z", "2199-03-02T09:00:00Z", 1), "deployment.created_at: 2199-03-02T09:00:00Z is in the future"},
		{"issues", `{"issue":{"number":3,"created_at":"2199-03-02T09:00:00Z","updated_at":"2026-03-02T09:30:00Z"},"repository":{"full_name":"example-health/api"}}`, "issue.created_at: 2199-03-02T09:00:00Z is in the future"},
		{"push", `{"repository":{"full_name":"example-health/api"}}`, "ref: is missing"},
		{"deployment_status", strings.Replace(status, `"production"`, `"`+strings.Repeat("p", 1<<20)+`"`, 1), "environment: has 1048576 bytes; allowed: up to 1024"},
		{"issues", `{"repository":{"full_name":"example-health/api"}}`, "issue: is missing"},
		{"issues", `{"issue":{"number":3.5},"repository":{"full_name":"example-health/api"}}`, "issue.number: cannot be read: it is number 3.5"},
		{"deployment_status", strings.Replace(status, "2026-03-02T09:05:00Z", "soon", 1), "deployment_status.created_at: cannot be read: it is a text that is no time"},
		{"push", `{}`, "repository.full_name: is missing"},
		{"", `{}`, "X-GitHub-Event: the header is missing"},
	} {
		_, err := o.receive(hooked(c.event, c.body).Request(t.Context(), "http://grafana.example", hookSecret))
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, c.says)
		assert.Contains(t, err.Error(), c.says)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add("deployment_status", status, false)
	f.Add("issues", `{"action":"labeled","issue":{"number":3}}`, true)
	f.Add("push", url.Values{"payload": {"{}"}}.Encode(), true)
	s := open(configured{
		ID: "github", URL: "http://127.0.0.1:1", Repositories: []string{"example-health/*"}, Incidents: &github.Incidents{Labels: []string{"incident"}},
		Secrets: map[string]string{"token": "t", source.SecretWebhook: hookSecret},
	}, http.DefaultClient)
	f.Fuzz(func(t *testing.T, event, body string, form bool) {
		ask := hooked(event, body).Request
		if form {
			ask = hooked(event, body).FormRequest
		}
		r, err := ask(t.Context(), "http://grafana.example", hookSecret)
		require.NoError(t, err)
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		received, err := s.Receive(r.Header, text)
		if err != nil {
			require.Empty(t, received.Events)
			return
		}
		require.NoError(t, store.Batch{Events: received.Events}.Validate())
		forged := append([]byte("x"), text...)
		_, err = s.Receive(r.Header, forged)
		require.ErrorIs(t, err, source.ErrForged)
	})
}

func TestAStatusTellsTheRunOfItsDeployment(t *testing.T) {
	job := strings.Replace(status, "https://github.example/run", "https://github.example/example-health/api/actions/runs/8123456789/job/22", 1)
	received, err := tell(t, nil).receive(hooked("deployment_status", job).Request(t.Context(), "http://grafana.example", hookSecret))
	require.NoError(t, err)
	require.Len(t, received.Events, 1)
	assert.Equal(t, "8123456789", received.Events[0].(*dora.Deployment).Run) //nolint:forcetypeassert // as told
}
