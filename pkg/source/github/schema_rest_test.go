package github_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/github"
)

// endpoint is an address of REST that is read, what its answers are in the test, and what is read of them.
type endpoint struct {
	path    string
	planted map[string]any
	read    []string
	needed  []string // of what is read
}

const repositoryAddress = "/repos/{owner}/{repo}"

func entries(fields ...string) []string {
	var all []string
	for _, field := range fields {
		all = append(all, "[]."+field)
	}
	return all
}

// inEntries plants in the entries of a list.
func inEntries(planted map[string]any) map[string]any {
	all := map[string]any{}
	for field, value := range planted {
		all["[]."+field] = value
	}
	return all
}

const anotherSHA = "ba5eba11ba5eba11ba5eba11ba5eba11ba5eba11"

var (
	commitRead = []string{"node_id", "sha", "author.login", "commit.message", "commit.author.name", "commit.author.date", "commit.committer.date", "parents[].sha"}
	pullRead   = []string{
		"node_id", "number", "title", "body", "html_url", "created_at", "updated_at", "merged_at", "closed_at", "merge_commit_sha", "base.ref", "base.sha", "head.ref", "head.sha", "user.login", "user.type", "labels[].name",
	}
	aDeployment = map[string]any{"id": 42, "node_id": "DE_42", "sha": anotherSHA, "ref": "v1", "environment": "production"}
	aRun        = map[string]any{"id": 9, "node_id": "WFR_9", "head_sha": anotherSHA, "event": "push", "status": "in_progress", "conclusion": nil, "run_attempt": 2}
)

// endpointsRead are all addresses that a source asks. One that is asked and not here fails the test.
var endpointsRead = []endpoint{
	{"/orgs/{org}/repos", map[string]any{"[].full_name": "example-health/api", "[].archived": false}, entries("id", "full_name", "archived", "pushed_at"), entries("full_name")},
	{"/users/{username}/repos", map[string]any{"[].full_name": "example-health/api", "[].archived": false}, entries("id", "full_name", "archived", "pushed_at"), entries("full_name")},
	{repositoryAddress, map[string]any{"full_name": "example-health/api", "default_branch": "main"}, []string{"id", "full_name", "html_url", "default_branch", "topics", "topics[]", "archived", "fork"}, []string{"full_name", "default_branch"}},
	{"/orgs/{org}/properties/values", inEntries(map[string]any{"repository_full_name": "example-health/api"}), entries("repository_full_name", "properties", "properties[]", "properties[].property_name", "properties[].value", "properties[].value[]"), entries("repository_full_name")},
	{repositoryAddress + "/commits", inEntries(map[string]any{"sha": anotherSHA, "node_id": "C_1", "commit.author.date": "2026-03-01T09:00:00Z", "parents[].sha": planted40}), entries(commitRead...), entries("sha", "parents", "parents[].sha")},
	{repositoryAddress + "/commits/{ref}", map[string]any{"sha": anotherSHA, "commit.author.date": "2026-03-01T09:00:00Z", "parents[].sha": planted40}, append([]string{"files[].filename"}, commitRead...), []string{"sha", "parents", "parents[].sha"}},
	{repositoryAddress + "/pulls", inEntries(map[string]any{"number": 3, "node_id": "PR_3", "merged_at": plantedAt}), entries(pullRead...), entries("number", "created_at", "updated_at")},
	{repositoryAddress + "/pulls/{pull_number}/commits", inEntries(map[string]any{"sha": planted40, "node_id": "C_2"}), entries("node_id", "sha", "commit.author.date", "commit.committer.date"), entries("sha")},
	{repositoryAddress + "/pulls/{pull_number}/reviews", inEntries(map[string]any{"node_id": "PRR_1"}), entries("node_id", "state", "submitted_at", "user.login", "user.type"), entries("state")},
	{repositoryAddress + "/pulls/{pull_number}/files", nil, entries("filename"), entries("filename")},
	{repositoryAddress + "/deployments", inEntries(aDeployment), entries(deploymentRead...), entries("id", "sha", "environment", "created_at")},
	{repositoryAddress + "/deployments/{deployment_id}", aDeployment, deploymentRead, []string{"id", "sha", "environment", "created_at"}},
	{repositoryAddress + "/deployments/{deployment_id}/statuses", inEntries(map[string]any{"state": "in_progress"}), entries("node_id", "state", "created_at", "log_url"), entries("state", "created_at")},
	{repositoryAddress + "/issues", inEntries(map[string]any{"pull_request": nil, "number": 5, "labels[].name": "incident"}), entries(issueRead...), entries("number", "created_at", "updated_at")},
	{repositoryAddress + "/tags", inEntries(map[string]any{"name": "v1"}), entries("node_id", "name"), entries("name")},
	{repositoryAddress + "/actions/runs", map[string]any{}, append(under("workflow_runs[]", runRead...), "workflow_runs"), under("workflow_runs[]", "id", "head_sha", "created_at", "updated_at")},
	{repositoryAddress + "/actions/runs/{run_id}/attempts/{attempt_number}", map[string]any{"id": 9, "node_id": "WFR_9", "head_sha": anotherSHA, "event": "push", "status": "completed", "conclusion": "failure"}, runRead, []string{"id", "head_sha", "created_at", "updated_at"}},
	{repositoryAddress + "/actions/runs/{run_id}", map[string]any{"id": 9, "node_id": "WFR_9", "head_sha": anotherSHA, "event": "push", "status": "completed", "conclusion": "success", "run_attempt": 2}, runRead, []string{"id", "head_sha", "created_at", "updated_at"}},
}

// shelf is a GitHub that has one answer for each address.
type shelf struct {
	t       *testing.T
	paths   map[string]*regexp.Regexp
	answers map[string][]byte
	later   bool // the deployments and runs are as they were, and come to be looked at again
	asked   map[string]int
}

func (s *shelf) RoundTrip(request *http.Request) (*http.Response, error) {
	status := http.StatusOK
	address := ""
	for path, pattern := range s.paths {
		if pattern.MatchString(request.URL.Path) {
			address = path
		}
	}
	s.asked[address]++
	assert.NotEmpty(s.t, address, "%s is asked, and is none of the endpoints of this test", request.URL.Path)
	body := s.answers[address]
	switch {
	case body == nil:
		status, body = http.StatusNotFound, []byte(`{"message": "Not Found"}`)
	case s.later && strings.HasSuffix(address, "/deployments"):
		body = []byte(`[]`)
	case s.later && strings.HasSuffix(address, "/runs"):
		body = []byte(`{"total_count": 0, "workflow_runs": []}`)
	case s.later && strings.HasSuffix(address, "/statuses") && len(body) > 2: // another one
		body = slices.Concat(body[:len(body)-1], []byte(","), body[1:])
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: request,
	}, nil
}

// twice reads everything, and once more when what was unfinished has come further.
func (s *shelf) twice(config configured) (*ledger, error) {
	now := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	config.ID, config.URL, config.API, config.Secrets = "github", "http://github.test", github.APIREST, map[string]string{"token": secret}
	config.Incidents, config.Repositories = &github.Incidents{Labels: []string{"incident"}}, []string{"example-health/*"}
	l := newLedger()
	for _, s.later = range []bool{false, true} {
		source := open(config, &http.Client{Transport: s}, github.WithRetries(0, 0, 0),
			github.WithClock(func() time.Time { return now }, func(ctx context.Context, _ time.Duration) error { return ctx.Err() }))
		if err := l.collect(context.Background(), source, time.Time{}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Every property of everything that REST answers takes each type that GitHub's published schema allows it. None is
// refused. And whatever stands where nothing is read changes nothing.
func TestEveryAnswerOfGitHubsSchemaIsRead(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"api.github.com.json", "ghes-3.17.json"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			p := readPublished(t, "openapi/generated/"+file)
			var paths map[string]struct {
				Get struct {
					Responses map[string]struct {
						Content map[string]struct{ Schema map[string]any }
					}
				}
			}
			require.NoError(t, json.Unmarshal(p.root["paths"], &paths))
			documents := map[string]*document{}
			whole := &shelf{t: t, paths: map[string]*regexp.Regexp{}, answers: map[string][]byte{}, asked: map[string]int{}}
			for _, each := range endpointsRead {
				planted := maps.Clone(each.planted)
				if strings.HasSuffix(each.path, "/actions/runs") {
					for field, value := range aRun {
						planted["workflow_runs[]."+field] = value
					}
				}
				documents[each.path] = p.grown(paths[each.path].Get.Responses["200"].Content["application/json"].Schema, planted)
				whole.answers[each.path] = documents[each.path].with(t, nil)
				whole.paths[each.path] = regexp.MustCompile("^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(each.path, `[^/]+`) + "$")
			}
			properties, tried, spoilt := 0, 0, 0
			for _, each := range endpointsRead {
				config := configured{Shared: []string{"*"}, Properties: true}
				with := &shelf{t: t, paths: whole.paths, answers: maps.Clone(whole.answers), asked: map[string]int{}}
				if strings.Contains(each.path, "/actions/") {
					config.Deployments.From = github.FromWorkflowRuns
				}
				if strings.HasPrefix(each.path, "/users/") {
					delete(with.answers, "/orgs/{org}/repos")
				}
				usual, err := with.twice(config)
				require.NoError(t, err, each.path)
				require.Positive(t, with.asked[each.path], "%s is asked", each.path)
				refuses := func(alike bool) func(text []byte) error {
					return func(text []byte) error {
						with.answers[each.path] = text
						got, err := with.twice(config)
						if err == nil && alike && !reflect.DeepEqual(usual.events, got.events) {
							err = errors.New("it changes what is read")
						}
						return err
					}
				}
				d := documents[each.path]
				some, wrong := d.trial(t, allowed, refuses(false))
				assert.Empty(t, wrong, each.path)
				properties, tried = properties+len(d.places), tried+some
				some, wrong = d.trial(t, wild(each.read), refuses(true))
				assert.Empty(t, wrong, each.path)
				spoilt += some
				some, wrong = d.trial(t, without(each.needed), refuses(false))
				assert.Len(t, wrong, some, each.path)
				for _, field := range each.needed {
					what := strings.TrimPrefix(field, "[].")
					assert.ErrorContains(t, wrong[field+" absent"], strings.ReplaceAll(what, "[]", "")+" is missing", each.path)
				}
			}
			t.Logf("%d endpoints with %d properties in %d forms of the schema, none refused; %d forms in places that nobody reads", len(endpointsRead), properties, tried, spoilt)
		})
	}
}
