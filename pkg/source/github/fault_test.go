package github_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// waits is a clock that moves by being waited for.
type waits struct {
	now    time.Time
	waited []time.Duration
}

func (w *waits) option() github.Option {
	return github.WithClock(func() time.Time { return w.now }, w.sleep)
}

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.now = w.now.Add(d)
	w.waited = append(w.waited, d)
	return ctx.Err()
}

// early is an instant at which the histories are a quarter as long as in the end.
const early = "2024-03-01T00:00:00Z"

func newWaits() *waits { return &waits{now: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)} }

func TestABackfillSurvivesWhatGitHubDoesOnABadDay(t *testing.T) {
	r := startReplay(t, early)
	good := r.goodDay(configured{Repositories: []string{synthetic}}, time.Time{})
	for name, fault := range map[string][]map[string]any{
		"gateway errors in HTML":               {{"kind": "http502_html", "every": 4}},
		"server errors":                        {{"kind": "http500", "every": 5}},
		"cut answers":                          {{"kind": "truncated_json", "every": 6}, {"kind": "truncated_body", "every": 7}},
		"connections that break":               {{"kind": "connection_reset", "every": 5}},
		"a limit that is not the hour's":       {{"kind": "secondary_limit", "every": 9}},
		"a limit with a time":                  {{"kind": "secondary_limit", "every": 9, "retry_after": 30}, {"kind": "http429", "every": 11, "retry_after": 5}},
		"an overload with a time":              {{"kind": "http503_retry_after", "every": 9, "retry_after": 3}},
		"pages that are too wide":              {{"kind": "graphql_wide_page", "max_page": 50}},
		"pages that are too wide for a gate":   {{"kind": "graphql_wide_page", "max_page": 40, "mode": "http502"}},
		"lists that are too much":              {{"kind": "graphql_wide_page", "max_page": 60, "mode": "null_connection"}},
		"lists that shift while they are read": {{"kind": "duplicate_across_pages", "shift": 3}},
	} {
		t.Run(name, func(t *testing.T) {
			r.reset()
			r.control(map[string]any{"faults": fault})
			clock := newWaits()
			l := newLedger()
			s := r.source(configured{Repositories: []string{synthetic}}, clock.option(), github.WithPatience(24*time.Hour))
			require.NoError(t, l.collect(t.Context(), s, time.Time{}))
			assertSame(t, good, l)
		})
	}
}

func TestARateLimitIsWaitedOutInSight(t *testing.T) {
	r := startReplay(t, early)
	good := r.goodDay(configured{Repositories: []string{plain}}, time.Time{})
	r.control(map[string]any{"faults": []any{map[string]any{"kind": "graphql_rate_limited", "nth": 3, "reset_seconds": 1}}})
	l := newLedger()
	s := r.source(configured{Repositories: []string{plain}})
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	assertSame(t, good, l)
	held := false
	for _, p := range l.progress {
		held = held || !p.WaitingUntil.IsZero()
	}
	assert.True(t, held, "the wait is reported")
	assert.Zero(t, l.last.WaitingUntil, "and over")
}

func TestARateLimitThatOutlastsARunEndsIt(t *testing.T) {
	r := startReplay(t, early)
	good := r.goodDay(configured{Repositories: []string{plain, synthetic}}, time.Time{})
	r.control(map[string]any{"faults": []any{map[string]any{"kind": "graphql_rate_limited", "nth": 5, "reset_seconds": 3000}}})
	clock := newWaits()
	l := newLedger()
	s := r.source(configured{Repositories: []string{plain, synthetic}}, clock.option(), github.WithPatience(30*time.Minute))
	failures := source.Failures("github", l.collect(t.Context(), s, time.Time{}))
	require.Len(t, failures, 1, "the other repositories wait as well")
	assert.Equal(t, source.CauseRateLimit, failures[0].Cause)
	assert.Empty(t, clock.waited)

	r.control(map[string]any{"faults": []any{}, "rate_limits": map[string]any{"graphql": 5000}})
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	assertSame(t, good, l)
}

func TestAnExpiredTokenEndsTheRunAndTheNextOneGoesOn(t *testing.T) {
	r := startReplay(t, early)
	good := r.goodDay(configured{Repositories: []string{plain, synthetic}}, time.Time{})
	r.control(map[string]any{"faults": []any{map[string]any{"kind": "token_expired", "nth": 6}}})
	l := newLedger()
	s := r.source(configured{Repositories: []string{plain, synthetic}}, at(early))
	err := l.collect(t.Context(), s, time.Time{})
	failures := source.Failures("github", err)
	require.Len(t, failures, 1)
	assert.Equal(t, source.CauseCredentials, failures[0].Cause)
	assert.NotContains(t, err.Error(), replayToken)
	assert.NotEmpty(t, l.cursor)

	r.control(map[string]any{"tokens": []string{replayToken}, "faults": []any{}})
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	assertSame(t, good, l)
}

func TestARepositoryThatVanishesDoesNotStopTheOthers(t *testing.T) {
	r := startReplay(t, early)
	good := r.goodDay(configured{Repositories: []string{plain, synthetic}}, time.Time{})
	r.control(map[string]any{"faults": []any{map[string]any{"kind": "repo_vanished", "nth": 4, "repo": plain}}})
	l := newLedger()
	s := r.source(configured{Repositories: []string{plain, synthetic}}, at(early))
	failures := source.Failures("github", l.collect(t.Context(), s, time.Time{}))
	require.Len(t, failures, 1)
	assert.Equal(t, source.CauseNotFound, failures[0].Cause)
	assert.Equal(t, plain, failures[0].Part)
	assert.Contains(t, of[*dora.Repository](l), synthetic)

	r.control(map[string]any{"restore_repositories": true, "faults": []any{}})
	require.NoError(t, l.collect(t.Context(), s, time.Time{}))
	assertSame(t, good, l)
}

func TestADeploymentThatWaitsForApprovalIsAskedAboutUntilItSucceeds(t *testing.T) {
	r := startReplay(t, afterAll)
	created := map[int64]time.Time{}
	for _, row := range rows[deploymentRow](t, r, synthetic, "deployments.jsonl") {
		created[row.ID] = row.CreatedAt
	}
	for _, row := range rows[statusRow](t, r, synthetic, "statuses.jsonl") {
		begun := created[row.Deployment]
		if row.State != "success" || row.CreatedAt.Sub(begun) < 2*time.Hour || begun.Year() < 2024 {
			continue
		}
		r.control(map[string]any{"now": begun.Add(time.Minute).Format(time.RFC3339)})
		l := newLedger()
		s := func(now time.Time) *github.Source {
			return r.source(configured{Repositories: []string{synthetic}}, at(now.Format(time.RFC3339)))
		}
		require.NoError(t, l.collect(t.Context(), s(begun), begun.AddDate(0, 0, -7)))
		waiting := of[*dora.Deployment](l)[id(synthetic, "deployment", row.Deployment)]
		require.NotNil(t, waiting)
		assert.False(t, waiting.Settled())

		r.control(map[string]any{"now": row.CreatedAt.Format(time.RFC3339)})
		require.NoError(t, l.collect(t.Context(), s(row.CreatedAt), begun.AddDate(0, 0, -7)))
		assert.Equal(t, row.CreatedAt, of[*dora.Deployment](l)[id(synthetic, "deployment", row.Deployment)].Finished())
		return
	}
	t.Fatal("the dataset has no deployment that waits")
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	r := startReplay(t, afterAll)
	wrong := map[string]string{"token": "another"}
	for name, c := range map[string]struct {
		config configured
		cause  source.Cause
	}{
		"all is well":        {configured{Repositories: []string{plain}}, ""},
		"an organisation":    {configured{Repositories: []string{"nhsdigital/*"}}, ""},
		"a wrong token":      {configured{Repositories: []string{plain}, Secrets: wrong}, source.CauseCredentials},
		"no token":           {configured{Repositories: []string{plain}, Secrets: map[string]string{"other": "x"}}, source.CauseCredentials},
		"unknown repository": {configured{Repositories: []string{"NHSDigital/nothing"}}, source.CauseNotFound},
		"unknown owner":      {configured{Repositories: []string{"nobody-at-all/*"}}, source.CauseNotFound},
		"no repositories":    {configured{}, source.CauseConfiguration},
		"a pattern as owner": {configured{Repositories: []string{"*/x"}}, source.CauseConfiguration},
		"nobody listens":     {configured{Repositories: []string{plain}, URL: "http://127.0.0.1:1"}, source.CauseNetwork},
		"an Enterprise path": {configured{Repositories: []string{plain}, URL: r.URL + "/api/v3"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := r.source(c.config).Check(t.Context())
			if c.cause == "" {
				require.NoError(t, err)
				return
			}
			var failure *source.Error
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, c.cause, failure.Cause, err.Error())
			assert.NotEmpty(t, failure.Advice)
		})
	}
}

func TestOnlyRepositoriesThatChangedAreRead(t *testing.T) {
	r := startReplay(t, "2025-03-08T09:00:00Z")
	config := configured{Repositories: []string{"NHSDIGITAL/immunisation-*", "!nhsdigital/*-synthetic"}}
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), r.source(config, at("2025-03-08T09:00:00Z")), time.Time{}))
	assert.Len(t, of[*dora.Repository](l), 1)
	assert.Contains(t, of[*dora.Repository](l), plain)
	require.NoError(t, l.collect(t.Context(), r.source(config, at("2025-03-08T09:00:00Z")), time.Time{}))
	assert.Equal(t, 1, l.last.Requests, "the list says that nothing changed")
	r.control(map[string]any{"now": afterAll})
	require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
	assertComplete(t, r, l, plain)
}
