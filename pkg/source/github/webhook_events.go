package github

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
)

func missing(field string) error { return &source.Mistake{Field: field, Problem: "is missing"} }

// ahead is how far GitHub's clock may be ahead of ours.
const ahead = 5 * time.Minute

// future finds a time that cannot have been, which no later event would ever outweigh.
func future(times map[string]time.Time) error {
	now := time.Now()
	for _, field := range slices.Sorted(maps.Keys(times)) {
		if at := times[field]; at.After(now.Add(ahead)) {
			return &source.Mistake{Field: field, Problem: fmt.Sprintf("%s is in the future; it is %s here", at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
		}
	}
	return nil
}

// toldDeployment makes a deployment with the one status that the webhook has, if any. Once it has ended, the repository
// is read: the deployed commit may be new.
func (s *Source) toldDeployment(repository string, p *payload) (source.Received, error) {
	if s.from() != settings.FromDeployments {
		return source.Received{Ignored: "deployments of this source are " + string(s.from())}, nil
	}
	d := p.Deployment
	switch {
	case d.GetID() <= 0:
		return source.Received{}, missing("deployment.id")
	case d.GetSHA() == "":
		return source.Received{}, missing("deployment.sha")
	case d.GetEnvironment() == "":
		return source.Received{}, missing("deployment.environment")
	case d.GetCreatedAt().IsZero():
		return source.Received{}, missing("deployment.created_at")
	case p.Status != nil && p.Status.GetState() == "":
		return source.Received{}, missing("deployment_status.state")
	case p.Status != nil && p.Status.GetCreatedAt().IsZero():
		return source.Received{}, missing("deployment_status.created_at")
	}
	if err := future(map[string]time.Time{
		"deployment.created_at": d.GetCreatedAt().Time, "deployment.updated_at": d.GetUpdatedAt().Time, "deployment_status.created_at": p.Status.GetCreatedAt().Time,
	}); err != nil {
		return source.Received{}, err
	}
	node := deploymentNode{
		ID: d.GetNodeID(), DatabaseID: d.GetID(), CommitOID: d.GetSHA(), Environment: d.GetEnvironment(), Task: d.GetTask(),
		CreatedAt: d.GetCreatedAt().Time, UpdatedAt: d.GetUpdatedAt().Time, Creator: actorOf(d.Creator),
	}
	if ref := d.GetRef(); ref != "" && ref != d.GetSHA() {
		node.Ref = &refNode{Name: ref} // a branch or a tag: the webhook does not say
	}
	received := source.Received{}
	if p.Status != nil {
		node.Statuses = &page[statusNode]{Nodes: []statusNode{statusOf(p.Status)}}
	}
	told := s.deployment(repository, node)
	told.Rank = dora.Told
	received.Events = []dora.Event{told}
	if p.Status == nil || told.Settled() || !told.Failed().IsZero() {
		received.Refresh = []string{repository}
	}
	return received, nil
}

// toldRun makes a deployment of a workflow run, where these are deployments.
func (s *Source) toldRun(repository string, p *payload) (source.Received, error) {
	if s.from() != settings.FromWorkflowRuns {
		return source.Received{Ignored: "deployments of this source are " + string(s.from())}, nil
	}
	w := p.WorkflowRun
	switch {
	case w.GetID() <= 0:
		return source.Received{}, missing("workflow_run.id")
	case w.GetHeadSHA() == "":
		return source.Received{}, missing("workflow_run.head_sha")
	case w.GetCreatedAt().IsZero():
		return source.Received{}, missing("workflow_run.created_at")
	}
	if err := future(map[string]time.Time{"workflow_run.created_at": w.GetCreatedAt().Time, "workflow_run.updated_at": w.GetUpdatedAt().Time}); err != nil {
		return source.Received{}, err
	}
	node, deploys := rest{&run{Source: s}}.runOf(w)
	if !deploys {
		return source.Received{Ignored: "this run is no deployment: deployments.workflow and deployments.branch say which are"}, nil
	}
	told := s.deployment(repository, node)
	told.Rank = dora.Told
	return source.Received{Events: []dora.Event{told}, Refresh: []string{repository}}, nil
}

// toldIssue makes an incident of an issue that is one, or was one until now.
func (s *Source) toldIssue(repository string, p *payload) (source.Received, error) {
	if s.config.Incidents == nil {
		return source.Received{Ignored: "this source does not read issues"}, nil
	}
	switch {
	case p.Issue.GetNumber() <= 0:
		return source.Received{}, missing("issue.number")
	case p.Issue.GetCreatedAt().IsZero():
		return source.Received{}, missing("issue.created_at")
	case p.Issue.IsPullRequest():
		return source.Received{Ignored: "a pull request is no incident"}, nil
	}
	if err := future(map[string]time.Time{
		"issue.created_at": p.Issue.GetCreatedAt().Time, "issue.updated_at": p.Issue.GetUpdatedAt().Time, "issue.closed_at": p.Issue.GetClosedAt().Time,
	}); err != nil {
		return source.Received{}, err
	}
	node := issueOf(p.Issue)
	if p.Action == "unlabeled" && p.Label != nil {
		node.TimelineItems.Nodes = append(node.TimelineItems.Nodes, unlabelling{Label: &nameNode{Name: p.Label.GetName()}})
	}
	told := s.incident(repository, node, 0, false)
	if told == nil {
		return source.Received{Ignored: "this issue carries none of the labels of incidents"}, nil
	}
	told.Rank = dora.Told
	if p.Action == "deleted" || p.Action == "transferred" { // nobody can read it any more
		told.Withdrawn = true
		told.Updated = told.Updated.Add(time.Second)
	}
	return source.Received{Events: []dora.Event{told}, Refresh: []string{repository}}, nil
}

// toldPull has a merged pull request read; one that is not merged is no change yet.
func (s *Source) toldPull(repository string, p *payload) (source.Received, error) {
	if p.PullRequest == nil {
		return source.Received{}, missing("pull_request")
	}
	if !p.PullRequest.Merged && p.PullRequest.MergedAt == nil {
		return source.Received{Ignored: "this pull request is not merged"}, nil
	}
	return source.Received{Refresh: []string{repository}}, nil
}

// toldPush has the default branch read, or the tags where these are deployments.
func (s *Source) toldPush(repository string, p *payload) (source.Received, error) {
	if p.Ref == "" {
		return source.Received{}, missing("ref")
	}
	if p.Ref == branchPrefix+p.Repository.GetDefaultBranch() || (strings.HasPrefix(p.Ref, tagPrefix) && s.from() == settings.FromTags) {
		return source.Received{Refresh: []string{repository}}, nil
	}
	return source.Received{Ignored: "what is pushed there is read once it is merged or deployed"}, nil
}

// toldRelease has releases read, where these are deployments: the webhook does not tell a release's commit.
func (s *Source) toldRelease(repository string, _ *payload) (source.Received, error) {
	if s.from() != settings.FromReleases {
		return source.Received{Ignored: "deployments of this source are " + string(s.from())}, nil
	}
	return source.Received{Refresh: []string{repository}}, nil
}
