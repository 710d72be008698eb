package github_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// endsIn holds that a server which goes on sending pages is left, with an error that says so.
func endsIn(t *testing.T, name string, requestsAtMost int, s *github.Source, requests *int) {
	t.Helper()
	failures := source.Failures("github", newLedger().collect(t.Context(), s, time.Time{}))
	require.NotEmpty(t, failures, name)
	assert.Equal(t, source.CauseAnswer, failures[0].Cause, name)
	assert.Contains(t, failures[0].Error(), "no end", name)
	assert.Less(t, *requests, requestsAtMost, name)
}

func page(r *http.Request) int {
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return number
}

func TestAListOfRESTWithoutAnEndIsNotFollowedForEver(t *testing.T) {
	t.Parallel()
	const enough = 1000
	fields := `"full_name":"example-shop/till","default_branch":"main","id":1,"sha":"` + planted40 + `","environment":"production","number":1,"parents":[],
		"created_at":"2026-03-02T09:00:00Z","updated_at":"2026-03-02T09:00:00Z","commit":{"author":{"date":"2026-03-02T09:00:00Z"}}`
	for _, list := range []string{"/repos/example-shop/till/commits", "/repos/example-shop/till/pulls", "/repos/example-shop/till/deployments", "/repos/example-shop/till/issues", "/orgs/example-shop/repos", "/repos/example-shop/till/actions/runs"} {
		for name, c := range map[string]struct {
			next func(page int) int
			node func(page int) string // the node id of the one entry; empty: no entry
		}{
			"pages that are empty":            {func(page int) int { return page + 1 }, func(int) string { return "" }},
			"the same entry again":            {func(page int) int { return page + 1 }, func(int) string { return "N_1" }},
			"the same page again":             {func(page int) int { return page }, func(page int) string { return fmt.Sprint("N_", page) }},
			"a page before":                   {func(int) int { return 1 }, func(page int) string { return fmt.Sprint("N_", page) }},
			"two entries that take turns":     {func(page int) int { return page + 1 }, func(page int) string { return fmt.Sprint("N_", page%2) }},
			"a page that is far beyond all":   {func(int) int { return 1 << 30 }, func(int) string { return "" }},
			"an entry, and then nothing more": {func(page int) int { return page + 1 }, func(page int) string { return map[bool]string{true: "N_1"}[page == 1] }},
		} {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests++; requests > 2*enough {
					w.WriteHeader(http.StatusUnauthorized) // it would never end
					return
				}
				body := `[]`
				switch {
				case r.URL.Path == list:
					if node := c.node(page(r)); node != "" {
						body = `[{"node_id":"` + node + `",` + fields + `}]`
					}
					w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, list, c.next(page(r))))
				case r.URL.Path == "/repos/example-shop/till":
					body = `{` + fields + `}`
				case strings.HasSuffix(r.URL.Path, "/repos"):
					body = `[{` + fields + `}]`
				}
				if strings.HasSuffix(r.URL.Path, "/runs") {
					body = `{"workflow_runs":` + strings.ReplaceAll(body, `"sha"`, `"head_sha"`) + `}`
				}
				if strings.HasPrefix(list, "/orgs") && r.URL.Path == list { // there the name tells them apart
					body = strings.ReplaceAll(strings.ReplaceAll(body, `"example-shop/till"`, `"example-shop/`+c.node(page(r))+`"`), `"example-shop/"`, `"example-shop/till"`)
				}
				_, _ = io.WriteString(w, body)
			}))
			config := configured{
				ID: "github", URL: server.URL, Repositories: []string{"example-shop/*"}, API: github.APIREST, Secrets: map[string]string{"token": secret},
				Incidents: &github.Incidents{Labels: []string{"incident"}},
			}
			if strings.HasSuffix(list, "/runs") {
				config.Deployments.From = github.FromWorkflowRuns
			}
			endsIn(t, list+": "+name, enough, open(config, server.Client(), github.WithRetries(0, 0, 0), newWaits().option()), &requests)
			server.Close()
		}
	}
}

func TestAListOfGraphQLWithoutAnEndIsNotFollowedForEver(t *testing.T) {
	t.Parallel()
	const enough = 1000
	at := "2026-03-02T09:00:00Z"
	whole := map[string]any{
		"nameWithOwner": shop, "defaultBranchRef": nil, "pullRequests": map[string]any{"nodes": []any{}, "pageInfo": map[string]any{}},
		"deployments": map[string]any{"nodes": []any{}, "pageInfo": map[string]any{}}, "issues": map[string]any{"nodes": []any{}, "pageInfo": map[string]any{}},
	}
	commit := map[string]any{"id": "C_1", "oid": planted40, "authoredDate": at, "committedDate": at, "parents": map[string]any{"nodes": []any{}}}
	nodes := map[string][]any{
		"pullRequests": {map[string]any{"id": "PR_1", "number": 1, "createdAt": at, "updatedAt": at, "mergedAt": at}},
		"deployments":  {map[string]any{"id": "DE_1", "databaseId": 1, "commitOid": planted40, "environment": "production", "createdAt": at, "updatedAt": at, "ref": map[string]any{"name": "v1", "prefix": "refs/tags/"}}},
		"issues":       {map[string]any{"id": "I_1", "number": 1, "createdAt": at, "updatedAt": at}},
		"history":      {commit},
	}
	for list := range nodes {
		for name, c := range map[string]struct {
			cursor func(request int) string
			filled bool
		}{
			"the same place again":   {func(int) string { return "A" }, true},
			"two places in turns":    {func(request int) string { return fmt.Sprint(request % 2) }, true},
			"no place":               {func(int) string { return "" }, true},
			"pages that are empty":   {func(request int) string { return fmt.Sprint(request) }, false},
			"no list where it is on": {nil, false},
		} {
			if c.cursor == nil && list == "history" {
				continue // without a branch there is none
			}
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if requests++; requests > 2*enough {
					w.WriteHeader(http.StatusUnauthorized) // it would never end
					return
				}
				answer := maps.Clone(whole)
				if c.cursor == nil {
					delete(answer, list)
				} else {
					page := map[string]any{"nodes": []any{}, "pageInfo": map[string]any{"hasNextPage": true, "endCursor": c.cursor(requests)}}
					if c.filled {
						page["nodes"] = nodes[list]
					}
					if answer[list] = page; list == "history" {
						answer["defaultBranchRef"] = map[string]any{"name": "main", "target": map[string]any{"oid": anotherSHA, "history": page}}
						answer["target"] = map[string]any{"history": page}
					}
				}
				_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"repository": answer}})
			}))
			config := configured{
				ID: "github", URL: server.URL, Repositories: []string{shop}, API: github.APIGraphQL, Secrets: map[string]string{"token": secret},
				Incidents: &github.Incidents{Labels: []string{"incident"}},
			}
			s := open(config, server.Client(), github.WithRetries(0, 0, 0), newWaits().option())
			if c.cursor == nil {
				failures := source.Failures("github", newLedger().collect(t.Context(), s, time.Time{}))
				require.Len(t, failures, 1)
				assert.Contains(t, failures[0].Error(), list+" is missing")
				assert.Equal(t, 1, requests)
			} else {
				endsIn(t, list+": "+name, enough, s, &requests)
			}
			server.Close()
		}
	}
}

func TestALimitBeyondAllSenseIsBounded(t *testing.T) {
	t.Parallel()
	for _, header := range [][]string{
		{"Retry-After", "18446744074"}, {"Retry-After", "9223372036854775807"}, {"Retry-After", "99999999999999999999999"}, {"Retry-After", "-1"}, {"Retry-After", "0"},
		{"Retry-After", "-99999999999999999999999"}, {"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}, {"Retry-After", "Mon, 01 Jan 1900 00:00:00 GMT"},
		{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "9223372036854775807"}, {"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "-9223372036854775808"},
		{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "99999999999999999999"}, {"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1"},
	} {
		t.Run(strings.Join(header, " "), func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header().Set("X-RateLimit-Limit", "5000")
				w.Header().Set("X-RateLimit-Remaining", "7")
				for i := 0; i < len(header); i += 2 {
					w.Header().Set(header[i], header[i+1])
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}))
			defer server.Close()
			clock, l := newWaits(), newLedger()
			failures := source.Failures("github", l.collect(t.Context(), till(server.URL, server.Client(), clock.option(), github.WithPatience(time.Hour)), time.Time{}))
			require.Len(t, failures, 1)
			assert.Equal(t, source.CauseRateLimit, failures[0].Cause)
			assert.Less(t, requests, 80, "an hour has room for no more")
			_, err := json.Marshal(l.last)
			require.NoError(t, err, "what is told of the limit can be written down")
		})
	}
}
