package github_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// Every kind of fault that the replay injects, at a moderate rate, over either interface: a run ends with the facts of
// a good day, or says why not and the next one does.
func TestEveryKindOfFaultIsSurvivedOrNamed(t *testing.T) {
	r := startReplay(t, early)
	seldom := func(kind string, more ...any) map[string]any {
		fault := map[string]any{"kind": kind, "probability": 0.08, "seed": 5}
		for i := 0; i < len(more); i += 2 {
			fault[more[i].(string)] = more[i+1]
		}
		return fault
	}
	once := func(fault map[string]any, nth ...int) map[string]any {
		delete(fault, "probability")
		fault["nth"] = nth
		return fault
	}
	// REST takes many requests for what GraphQL takes one for: a shorter history has it meet as many faults.
	for api, now := range map[settings.API]string{settings.APIGraphQL: early, settings.APIREST: "2023-11-20T00:00:00Z"} {
		config := incidents(synthetic)
		config.API = api
		r.reset()
		r.control(map[string]any{"now": now, "rate_limits": map[string]any{"core": 1_000_000, "graphql": 1_000_000}})
		good := newLedger()
		require.NoError(t, good.collect(t.Context(), r.source(config, at(now)), time.Time{}))
		for name, c := range map[string]struct {
			fault map[string]any
			cause source.Cause // of the failure that ends the run; empty: none does
			clock bool         // the server's own time matters: limits are renewed by it
			rest  bool         // over REST also in the short form
		}{
			"server errors":             {fault: seldom("http500"), rest: true},
			"pages in HTML":             {fault: seldom("http502_html")},
			"overload with a time":      {fault: seldom("http503_retry_after", "retry_after", 20)},
			"abuse with a time":         {fault: seldom("secondary_limit", "retry_after", 60)},
			"abuse without":             {fault: seldom("secondary_limit", "status", 403)},
			"abuse as 429":              {fault: seldom("secondary_limit", "status", 429)},
			"too many requests":         {fault: seldom("http429", "retry_after", 10), rest: true},
			"an exhausted limit":        {fault: once(seldom("primary_exhausted", "reset_seconds", 1), 6), clock: true},
			"a limit in the answer":     {fault: once(seldom("graphql_rate_limited", "reset_seconds", 1), 6), clock: true},
			"wide pages":                {fault: seldom("graphql_wide_page", "max_page", 40)},
			"requests that hang":        {fault: once(seldom("hang", "seconds", 4), 3, 9)},
			"connections that break":    {fault: seldom("connection_reset")},
			"cut JSON":                  {fault: seldom("truncated_json")},
			"bodies that end early":     {fault: seldom("truncated_body")},
			"bodies that drip":          {fault: once(seldom("slow_body", "seconds", 4), 4)},
			"an expired token":          {fault: once(seldom("token_expired"), 5), cause: source.CauseCredentials, rest: true},
			"a repository that is gone": {fault: once(seldom("repo_vanished", "repo", synthetic), 5), cause: source.CauseNotFound},
			"pages that repeat":         {fault: seldom("duplicate_across_pages", "shift", 5), rest: true},
			"pages that keep repeating": {fault: map[string]any{"kind": "duplicate_across_pages", "shift": 5}},
			"a clock that is ahead":     {fault: seldom("clock_skew", "skew_seconds", 7200)},
			"a clock that is behind":    {fault: seldom("clock_skew", "skew_seconds", -7200)},
		} {
			if api == settings.APIREST && !c.rest && os.Getenv("LIVEDORA_TORTURE") == "" {
				continue // REST needs thousands of requests for each; go tool mage torture takes all
			}
			t.Run(fmt.Sprintf("%s over %s", name, api), func(t *testing.T) {
				r.reset()
				r.control(map[string]any{"now": now, "faults": []any{c.fault}, "rate_limits": map[string]any{"core": 1_000_000, "graphql": 1_000_000}})
				impatient := &http.Client{Timeout: time.Second}
				options := []github.Option{github.WithRetries(4, time.Millisecond, 2*time.Millisecond), github.WithPatience(24 * time.Hour)}
				if !c.clock {
					options = append(options, newWaits().option())
				}
				given := config
				given.ID, given.Type, given.URL, given.Secrets = "github", settings.SourceGitHub, r.URL, map[string]string{"token": replayToken}
				s := github.New(given, impatient, options...)
				l := newLedger()
				started := time.Now()
				err := l.collect(t.Context(), s, time.Time{})
				t.Logf("%v, %d requests, %s", err, l.last.Requests, time.Since(started).Round(time.Millisecond))
				if c.cause != "" {
					failures := source.Failures("github", err)
					require.Len(t, failures, 1)
					assert.Equal(t, c.cause, failures[0].Cause)
					r.control(map[string]any{"faults": []any{}, "tokens": []string{replayToken}, "restore_repositories": true})
					err = l.collect(t.Context(), s, time.Time{})
				}
				require.NoError(t, err)
				assertEqualEvents(t, good, l)
			})
		}
	}
}
