package github_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// kinds are the ways to read a GitHub that ask different questions.
var kinds = []configured{
	{API: github.APIGraphQL},
	{API: github.APIREST},
	{API: github.APIGraphQL, Shared: []string{"*"}},
	{API: github.APIREST, Shared: []string{"*"}},
	{API: github.APIGraphQL, Deployments: github.Deployments{Habit: github.Habit{From: github.FromWorkflowRuns}}},
	{API: github.APIGraphQL, Deployments: github.Deployments{Habit: github.Habit{From: github.FromReleases}}},
	{API: github.APIGraphQL, Deployments: github.Deployments{Habit: github.Habit{From: github.FromTags}}},
	{API: github.APIREST, Deployments: github.Deployments{Habit: github.Habit{From: github.FromMerges}}},
}

// answered is an answer of the stand-in to one kind of question, and where in two runs one after the other it came.
type answered struct {
	kind, place int
	question    string
	body        []byte
}

var (
	operation = regexp.MustCompile(`query (\w+)`)
	instance  = regexp.MustCompile(`[0-9a-f]{40}|\d+`)
)

// questionOf is what a request asks for, whatever repository or commit it asks it of.
func questionOf(request *http.Request) string {
	if request.Body != nil {
		text, _ := io.ReadAll(request.Body) // of memory: it cannot fail
		request.Body = io.NopCloser(bytes.NewReader(text))
		if named := operation.FindSubmatch(text); named != nil {
			return string(named[1])
		}
	}
	return instance.ReplaceAllString(request.URL.Path, "…")
}

// corpus has an answer to each kind of question, thinned out to what fuzzing can work on.
func corpus(tb testing.TB) []answered {
	tb.Helper()
	var all []answered
	known := map[string]bool{}
	for kind, reads := range kinds {
		way := &spoiling{handler: fresh()}
		question, place, l := "", 0, newLedger()
		way.hear = func(request *http.Request) { question = questionOf(request) }
		way.spoil = func(body []byte) []byte {
			key := fmt.Sprint(question, len(reads.Shared)) // with files, the same question is answered at more length
			if place++; !known[key] && len(body) > 0 {
				known[key] = true
				all = append(all, answered{kind, place, question, thin(tb, body)})
			}
			return body
		}
		for range 2 {
			_ = l.collect(context.Background(), way.reading(reads), time.Time{}) // the stand-in has no tags
		}
	}
	return all
}

// thin leaves the first entries of each list in an answer.
func thin(tb testing.TB, body []byte) []byte {
	tb.Helper()
	var answer any
	require.NoError(tb, json.Unmarshal(body, &answer))
	text, err := json.Marshal(thinned(answer))
	require.NoError(tb, err)
	return text
}

func thinned(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key := range value {
			value[key] = thinned(value[key])
		}
	case []any:
		value = value[:min(len(value), 2)]
		for i := range value {
			value[i] = thinned(value[i])
		}
		return value
	}
	return value
}

// said are answers that the stand-in does not give: those of GitHub on a bad day, and of what stands in its place.
var said = []struct {
	status int
	body   string
}{
	{200, `{"errors":[{"type":"NOT_FOUND","path":["repository",null,-1e9],"message":"Could not resolve to a Repository"}]}`},
	{200, `{"data":{"repository":{"deployments":null}},"errors":[{"type":"FORBIDDEN","path":["repository","deployments"],"message":"Resource not accessible by personal access token"}]}`},
	{200, `{"data":{"repository":null},"errors":[{"type":"FORBIDDEN","path":["repository"],"extensions":{"saml_failure":true},"message":"Resource protected by organization SAML enforcement."}]}`},
	{200, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for user ID 1."}]}`},
	{200, `{"data":{"repository":null},"errors":[{"message":"Something went wrong while executing your query. Please include 2F4B:1A2B when reporting this issue."}]}`},
	{200, `{"data":{"repository":{"nameWithOwner":"example-health/booking","pullRequests":{"pageInfo":{"hasNextPage":true,"endCursor":null},"nodes":[null]}}}}`},
	{200, `{"data":{"repository":{"refs":{"pageInfo":{"hasNextPage":false,"endCursor":"MQ"},"nodes":[{"name":"v1.2.0","target":{"__typename":"Tag","tagger":{"date":"2025-05-01T10:00:00Z"},"target":{"oid":"0123456789012345678901234567890123456789"}}}]}}}}`},
	{200, `{"workflow_runs":[{"id":1,"status":"completed","conclusion":"success","head_sha":"0123456789012345678901234567890123456789","run_attempt":2,"created_at":"2025-05-01T10:00:00Z"}],"total_count":1}`},
	{200, `<!DOCTYPE html><html><title>Sign in</title></html>`},
	{200, `{"data":{"repository":{"nameWith`},
	{301, `{"message":"Moved Permanently","url":"https://api.github.com/repositories/1"}`},
	{401, `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}`},
	{403, `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`},
	{403, `{"message":"Resource not accessible by integration"}`},
	{404, `{"message":"Not Found"}`},
	{409, `{"message":"Git Repository is empty."}`},
	{422, `{"message":"Validation Failed","errors":[{"resource":"Search","field":"q","code":"invalid"}]}`},
	{502, `<html><title>Unicorn! · GitHub</title></html>`},
}

// fresh is an organisation whose rate limit nobody has used.
func fresh() http.Handler {
	return world.New(world.Options{Seed: 3, Months: 1, Now: worldNow}).Handler(secret)
}

func TestTheCorpusHasAnAnswerToEveryKindOfQuestion(t *testing.T) {
	var questions []string
	size := 0
	for _, each := range corpus(t) {
		questions = append(questions, each.question)
		size += len(each.body)
		assert.Less(t, len(each.body), 10_000, each.question)
	}
	slices.Sort(questions)
	questions = slices.Compact(questions)
	t.Logf("%d bytes: %q", size, questions)
	for _, want := range []string{
		"Probe", "Sync", "Recheck", "Releases", "Tags", "/orgs/example-health/repos", "/repos/example-health/booking/pulls", "/repos/example-health/booking/pulls/…/commits",
		"/repos/example-health/booking/pulls/…/reviews", "/repos/example-health/booking/pulls/…/files", "/repos/example-health/booking/commits", "/repos/example-health/booking/commits/…",
		"/repos/example-health/booking/deployments", "/repos/example-health/booking/deployments/…/statuses", "/repos/example-health/booking/issues", "/repos/example-health/booking/actions/runs",
	} {
		assert.Contains(t, questions, want)
	}
}

// One answer in two runs is another than the stand-in's, and both runs end: for what they could not read they give a cause
// and advice.
func FuzzAnAnswer(f *testing.F) {
	for _, each := range corpus(f) {
		f.Add(each.kind, each.place, http.StatusOK, each.body)
	}
	for i, each := range said {
		f.Add(i%len(kinds), 1+i%3, each.status, []byte(each.body))
	}
	handler, runs := fresh(), 0
	f.Fuzz(func(t *testing.T, kind, place, status int, body []byte) {
		if runs++; runs%10 == 0 {
			handler = fresh()
		}
		way := &spoiling{handler: handler}
		answers, l := 0, newLedger()
		way.turn = func(response *http.Response) {
			if answers++; answers == max(1, place%200) {
				response.StatusCode = 200 + (status%400+200)%400
				response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			}
		}
		for range 2 {
			way.ends(t, l.collect(t.Context(), way.reading(kinds[(kind%len(kinds)+len(kinds))%len(kinds)]), time.Time{}))
		}
	})
}
