package github_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// hookRead is a kind of webhook that a source reads: what makes its payload one that tells something, and what is read.
type hookRead struct {
	from    github.From
	planted map[string]any
	read    []string
	needed  []string // of what is read
}

const (
	planted40 = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
	plantedAt = "2026-03-02T09:00:00Z"
)

var (
	deploymentRead   = []string{"node_id", "id", "sha", "ref", "environment", "task", "created_at", "updated_at", "creator.login", "creator.type"}
	deploymentNeeded = []string{"id", "sha", "environment", "created_at"}
	runRead          = []string{
		"node_id", "id", "name", "event", "status", "conclusion", "head_sha", "head_branch", "run_attempt", "html_url", "created_at", "updated_at", "run_started_at",
		"actor.login", "actor.type",
	}
	issueRead = []string{
		"node_id", "number", "title", "body", "state", "html_url", "created_at", "updated_at", "closed_at", "labels[].name", "pull_request",
	}
)

func under(prefix string, fields ...string) []string {
	var all []string
	for _, field := range fields {
		all = append(all, prefix+"."+field)
	}
	return all
}

var hooksRead = map[string]hookRead{
	"deployment":          {read: under("deployment", deploymentRead...), needed: under("deployment", deploymentNeeded...)},
	"deployment_status":   {planted: map[string]any{"deployment_status.state": "success"}, read: append(under("deployment", deploymentRead...), under("deployment_status", "node_id", "state", "created_at", "log_url")...), needed: append(under("deployment", deploymentNeeded...), "deployment_status.state", "deployment_status.created_at")},
	"workflow_run":        {from: github.FromWorkflowRuns, planted: map[string]any{"workflow_run.conclusion": "success", "workflow_run.status": "completed", "workflow_run.event": "push"}, read: under("workflow_run", runRead...), needed: []string{"workflow_run", "workflow_run.id", "workflow_run.head_sha", "workflow_run.created_at", "workflow_run.updated_at"}},
	"issues":              {planted: map[string]any{"issue.pull_request": nil, "issue.labels[].name": "incident"}, read: append(under("issue", issueRead...), "action", "label.name"), needed: []string{"issue", "issue.number", "issue.created_at", "issue.updated_at"}},
	"pull_request":        {planted: map[string]any{"pull_request.merged": true}, read: under("pull_request", "merged", "merged_at"), needed: []string{"pull_request"}},
	"pull_request_review": {planted: map[string]any{"pull_request.merged_at": plantedAt}, read: under("pull_request", "merged", "merged_at"), needed: []string{"pull_request"}},
	"push":                {planted: map[string]any{"ref": "refs/heads/main"}, read: []string{"ref", "repository.default_branch"}, needed: []string{"ref"}},
	"release":             {from: github.FromReleases},
}

// listener is a source that is told of everything, its deployments from one origin.
func listener(from github.From) *github.Source {
	return open(configured{
		ID: "github", URL: "http://127.0.0.1:1", Repositories: []string{"example-health/*"}, Incidents: &github.Incidents{Labels: []string{"incident"}},
		Deployments: github.Deployments{Habit: github.Habit{From: from}}, Secrets: map[string]string{"token": "t", source.SecretWebhook: hookSecret},
	}, http.DefaultClient)
}

// tellOf signs a payload and hands it to a source.
func tellOf(t *testing.T, s *github.Source, event string, body []byte) (source.Received, error) {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write(body)
	return s.Receive(http.Header{
		"X-Github-Event": {event}, "Content-Type": {"application/json"}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	}, body)
}

// Every property of every webhook takes each type that GitHub's published schema allows it: null, another form, absent.
// None is refused. And whatever stands where nothing is read changes nothing.
func TestEveryWebhookOfGitHubsSchemaIsTaken(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"api.github.com.json", "ghes-3.14.json"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			p := readPublished(t, "openapi-webhooks/generated/"+file)
			var webhooks map[string]struct {
				Post struct {
					OperationID string
					RequestBody struct {
						Content map[string]struct{ Schema map[string]any }
					}
				}
			}
			require.NoError(t, json.Unmarshal(p.root["webhooks"], &webhooks))
			properties, tried, spoilt, read := 0, 0, 0, map[string]int{}
			refused, nameless := map[string]error{}, 0
			for _, name := range slices.Sorted(maps.Keys(webhooks)) {
				event, _, _ := strings.Cut(webhooks[name].Post.OperationID, "/")
				event = strings.ReplaceAll(event, "-", "_")
				hook, reads := hooksRead[event]
				planted := map[string]any{
					"repository.full_name": "example-health/api", "repository.default_branch": "main", "deployment.sha": planted40, "workflow_run.head_sha": planted40,
				}
				maps.Copy(planted, hook.planted)
				d := p.grown(webhooks[name].Post.RequestBody.Content["application/json"].Schema, planted)
				s := listener(hook.from)
				usual, err := tellOf(t, s, event, d.with(t, nil))
				require.NoError(t, err, name)
				if reads {
					require.Empty(t, usual.Ignored, name)
					read[event]++
				}
				forms := allowed
				if !reads { // nobody looks into it
					forms = outermost
				}
				some, wrong := d.trial(t, forms, func(text []byte) error {
					_, err := tellOf(t, s, event, text)
					return err
				})
				for place, err := range wrong {
					if strings.HasSuffix(place, "repository absent") && err.Error() == "repository.full_name: is missing" {
						nameless++ // an Enterprise Server need not say of which repository it tells
						continue
					}
					refused[name+": "+place] = err
				}
				properties, tried = properties+len(d.places), tried+some
				if !reads {
					continue
				}
				some, wrong = d.trial(t, wild(slices.Concat(hook.read, []string{"repository.full_name"})), func(text []byte) error {
					got, err := tellOf(t, s, event, text)
					if err == nil && !reflect.DeepEqual(usual, got) {
						err = errors.New("it changes what is told")
					}
					return err
				})
				assert.Empty(t, wrong, name)
				spoilt += some
				needed := append([]string{"repository.full_name"}, hook.needed...)
				_, wrong = d.trial(t, without(needed), func(text []byte) error {
					_, err := tellOf(t, s, event, text)
					return err
				})
				for _, field := range needed {
					for _, how := range []string{" absent", " null"} {
						assert.ErrorContains(t, wrong[field+how], field+": is missing", name)
					}
				}
			}
			t.Logf("%d webhooks with %d properties in %d forms of the schema, %d refused, and %d that name no repository; %d forms in places that nobody reads", len(webhooks), properties, tried, len(refused), nameless, spoilt)
			assert.Len(t, read, len(hooksRead), "every kind that is read is among them")
			assert.Empty(t, refused)
		})
	}
}

// The payloads that GitHub publishes as examples, of github.com and of Enterprise Servers, are all taken.
func TestEveryExampleOfAWebhookIsTaken(t *testing.T) {
	t.Parallel()
	total, told, kinds := 0, 0, map[string]bool{}
	for _, place := range []string{"api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"} {
		var examples []struct {
			Name     string
			Examples []json.RawMessage
		}
		publishedFile(t, "webhooks-examples/"+place+"/index.json", &examples)
		for _, each := range examples {
			for i, payload := range each.Examples {
				var of struct {
					Repository struct {
						FullName string `json:"full_name"`
					}
				}
				_ = json.Unmarshal(payload, &of)
				for _, from := range []github.From{github.FromDeployments, github.FromWorkflowRuns, github.FromReleases, github.FromTags} {
					owner, _, _ := strings.Cut(of.Repository.FullName, "/")
					if owner == "" {
						owner = "nobody"
					}
					s := open(configured{
						ID: "github", URL: "http://127.0.0.1:1", Repositories: []string{owner + "/*"}, Incidents: &github.Incidents{Labels: []string{"bug"}},
						Deployments: github.Deployments{Habit: github.Habit{From: from}}, Secrets: map[string]string{"token": "t", source.SecretWebhook: hookSecret},
					}, http.DefaultClient)
					received, err := tellOf(t, s, each.Name, payload)
					require.NoError(t, err, fmt.Sprintf("%s %s %d", place, each.Name, i))
					if received.Ignored == "" {
						kinds[each.Name] = true
						told++
					}
				}
				total++
			}
		}
	}
	t.Logf("%d examples, of which %d times something was told", total, told)
	assert.Equal(t, 726, total)
	assert.Subset(t, slices.Collect(maps.Keys(kinds)), []string{"deployment", "deployment_status", "workflow_run", "issues", "push", "release"})
}
