package github_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// faultCase is a kind of fault that the replay injects.
type faultCase struct {
	fault map[string]any
	cause source.Cause // of the failure that ends the run; empty: none does
	clock bool         // the server's own time matters: limits are renewed by it
	slow  bool         // it keeps the answer for seconds, and the client does not wait for it
	rest  bool         // over REST also in the short form
}

// faultCases are all kinds. Those that may strike again do so at a rate, others once.
func faultCases(rate float64) map[string]faultCase {
	seldom := func(kind string, more ...any) map[string]any {
		fault := map[string]any{"kind": kind, "probability": rate, "seed": 5}
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
	return map[string]faultCase{
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
		"requests that hang":        {fault: once(seldom("hang", "seconds", 4), 3, 9), slow: true},
		"connections that break":    {fault: seldom("connection_reset")},
		"cut JSON":                  {fault: seldom("truncated_json")},
		"bodies that end early":     {fault: seldom("truncated_body")},
		"bodies that drip":          {fault: once(seldom("slow_body", "seconds", 4), 4), slow: true},
		"an expired token":          {fault: once(seldom("token_expired"), 5), cause: source.CauseCredentials, rest: true},
		"a repository that is gone": {fault: once(seldom("repo_vanished", "repo", synthetic), 5), cause: source.CauseNotFound},
		"pages that repeat":         {fault: seldom("duplicate_across_pages", "shift", 5), rest: true},
		"pages that keep repeating": {fault: map[string]any{"kind": "duplicate_across_pages", "shift": 5}},
		"a clock that is ahead":     {fault: seldom("clock_skew", "skew_seconds", 7200)},
		"a clock that is behind":    {fault: seldom("clock_skew", "skew_seconds", -7200)},
	}
}

// plenty is a rate limit that no run here uses up.
var plenty = map[string]any{"core": 1_000_000, "graphql": 1_000_000}

// faulty is a source of incidents and all else that tries four times, and does not wait for real.
func (r *replay) faulty(config configured, c faultCase) *github.Source {
	options := []github.Option{github.WithRetries(4, time.Millisecond, 2*time.Millisecond), github.WithPatience(24 * time.Hour)}
	if !c.clock {
		options = append(options, newWaits().option())
	}
	client := &http.Client{Timeout: time.Minute}
	if c.slow {
		client.Timeout = time.Second
	}
	config.ID, config.URL, config.Secrets = "github", r.URL, map[string]string{"token": replayToken}
	return open(config, client, options...)
}

// historyOver is until when a history is read over an interface: REST takes many requests for what GraphQL takes one
// for, so that a shorter one has it meet as many faults.
func historyOver(api github.API) string {
	if api == github.APIREST {
		return "2023-11-20T00:00:00Z"
	}
	return early
}

// Every kind of fault that the replay injects, at a moderate rate, over either interface, in the long form at others too: a
// run ends with the facts of a good day, or says why not and the next one does.
func TestEveryKindOfFaultIsSurvivedOrNamed(t *testing.T) {
	const moderate = 0.08
	rates := []float64{moderate}
	if torture() {
		rates = []float64{0.02, moderate, 0.25}
	}
	r := startReplay(t, early)
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		config := incidents(synthetic)
		config.API = api
		r.now = historyOver(api)
		r.reset()
		good := r.goodDay(config, time.Time{})
		for _, rate := range rates {
			for name, c := range faultCases(rate) {
				if api == github.APIREST && !c.rest && !torture() {
					continue // REST needs thousands of requests for each; go tool mage torture takes all
				}
				if _, again := c.fault["probability"]; !again && rate != moderate {
					continue
				}
				t.Run(fmt.Sprintf("%s at %g over %s", name, rate, api), func(t *testing.T) {
					r.reset()
					r.control(map[string]any{"faults": []any{c.fault}, "rate_limits": plenty})
					s := r.faulty(config, c)
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
					for runs := 1; err != nil && rate > moderate; runs++ {
						require.Less(t, runs, 20, "the runs get nowhere")
						named(t, err)
						err = l.collect(t.Context(), s, time.Time{})
					}
					require.NoError(t, err)
					assertEqualEvents(t, good, l)
				})
			}
		}
	}
}

// named holds that whatever ended a run is told with its cause, with advice and without the token.
func named(t *testing.T, err error) {
	t.Helper()
	failures := source.Failures("github", err)
	require.NotEmpty(t, failures)
	for _, failure := range failures {
		require.NotEmpty(t, failure.Cause, err)
		require.NotEmpty(t, failure.Advice, err)
		require.NotContains(t, failure.Error(), replayToken)
	}
}

// All kinds at once, drawn from a seed, over either interface: whatever run succeeds has the facts of a good day, any other
// says what it lacks, and within a few runs, between which a person renews the token and brings the repository back, one
// succeeds.
func TestAllFaultsAtOnceAreSurvivedOrNamed(t *testing.T) {
	seeds := 2
	if torture() {
		seeds = 25
	}
	r := startReplay(t, early)
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		config := incidents(synthetic)
		config.API = api
		r.now = historyOver(api)
		r.reset()
		good := r.goodDay(config, time.Time{})
		for seed := range seeds {
			t.Run(fmt.Sprintf("seed %d over %s", seed, api), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(seed), 9))
				r.reset()
				most, within := 0.1, 12 // of requests by each kind; and among which a token expires
				if api == github.APIREST {
					most, within = 0.04, 80
				}
				var faults []any
				cases := faultCases(most)
				for _, name := range slices.Sorted(maps.Keys(cases)) { // the seed alone decides
					c := cases[name]
					switch {
					case c.slow || c.clock: // they take real time
						continue
					case c.cause != "":
						c.fault["nth"] = []int{2 + random.IntN(within)}
					default:
						c.fault["probability"] = random.Float64() * most
					}
					c.fault["seed"] = seed + 1
					faults = append(faults, c.fault)
				}
				r.control(map[string]any{"faults": faults, "rate_limits": plenty})
				s, l := r.faulty(config, faultCase{}), newLedger()
				causes := map[source.Cause]int{}
				requests, runs := 0, 0
				for {
					runs++
					require.Less(t, runs, 20, "the runs get nowhere")
					err := l.collect(t.Context(), s, time.Time{})
					requests += l.last.Requests
					if err == nil {
						break
					}
					named(t, err)
					for _, failure := range source.Failures("github", err) {
						causes[failure.Cause]++
					}
					r.control(map[string]any{"tokens": []string{replayToken}, "restore_repositories": true})
				}
				injected := r.injected()
				t.Logf("%d runs, %d requests, failures %v; faults %v", runs, requests, causes, injected)
				assert.Greater(t, len(injected), 3)
				assertEqualEvents(t, good, l)
			})
		}
	}
}
