package github

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// ahead is how far GitHub's clock may be ahead of ours.
const ahead = 5 * time.Minute

// madeElsewhere says, of what is told, that deployments of that repository are something else.
const madeElsewhere = "deployments of this repository are "

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
	if from := s.habits.Of(repository).of(); from != FromDeployments {
		return source.Received{Ignored: madeElsewhere + string(from)}, nil
	}
	d, err := p.Deployment.needed("deployment")
	if err != nil {
		return source.Received{}, err
	}
	status, err := p.Status.read("deployment_status")
	if err != nil {
		return source.Received{}, err
	}
	times := map[string]time.Time{"deployment.created_at": d.CreatedAt.Time, "deployment.updated_at": d.UpdatedAt.Time}
	if status != nil {
		times["deployment_status.created_at"] = status.CreatedAt.Time
	}
	if err := future(times); err != nil {
		return source.Received{}, err
	}
	node := d.node()
	if d.Ref != "" && d.Ref != d.SHA {
		node.Ref = &refNode{Name: d.Ref} // a branch or a tag: the webhook does not say
	}
	received := source.Received{}
	if status != nil {
		node.Statuses = &pages.Page[statusNode]{Nodes: []statusNode{statusOf(status)}}
	}
	told := s.deployment(repository, node)
	told.Rank = dora.Told
	received.Events = []dora.Event{told}
	if status == nil || told.Settled() || !told.Failed().IsZero() {
		received.Refresh = []string{repository}
	}
	return received, nil
}

// toldRun makes a deployment of a workflow run, where these are deployments.
func (s *Source) toldRun(repository string, p *payload) (source.Received, error) {
	if from := s.habits.Of(repository).of(); from != FromWorkflowRuns {
		return source.Received{Ignored: madeElsewhere + string(from)}, nil
	}
	w, err := p.WorkflowRun.needed("workflow_run")
	if err != nil {
		return source.Received{}, err
	}
	if err := future(map[string]time.Time{"workflow_run.created_at": w.CreatedAt.Time, "workflow_run.updated_at": w.UpdatedAt.Time}); err != nil {
		return source.Received{}, err
	}
	habit := s.habits.Of(repository)
	if w.RunAttempt > 1 && habit.picks(w) {
		if w.Status != "completed" {
			return source.Received{Ignored: "a run that is run again changes nothing while it is under way"}, nil
		}
		// Whether an attempt before has succeeded, which outweighs this one, is read.
		return source.Received{Refresh: []string{repository}}, nil
	}
	node, deploys := habit.runOf(w)
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
	issue, err := p.Issue.needed("issue")
	if err != nil {
		return source.Received{}, err
	}
	if issue.PullRequest {
		return source.Received{Ignored: "a pull request is no incident"}, nil
	}
	action, err := p.Action.read("action")
	if err != nil {
		return source.Received{}, err
	}
	said := func(what string) bool { return action != nil && *action == what }
	if err := future(map[string]time.Time{
		"issue.created_at": issue.CreatedAt.Time, "issue.updated_at": issue.UpdatedAt.Time, "issue.closed_at": issue.ClosedAt.Time,
	}); err != nil {
		return source.Received{}, err
	}
	node := issueOf(issue)
	if said("unlabeled") {
		label, err := p.Label.read("label")
		if err != nil {
			return source.Received{}, err
		}
		if label != nil {
			node.TimelineItems.Nodes = append(node.TimelineItems.Nodes, unlabelling{Label: &nameNode{Name: label.Name}})
		}
	}
	told := s.incident(repository, node, 0, false)
	if told == nil {
		return source.Received{Ignored: "this issue carries none of the labels of incidents"}, nil
	}
	told.Rank = dora.Told
	if said("deleted") || said("transferred") { // nobody can read it any more
		told.Withdrawn = true
		told.Updated = told.Updated.Add(time.Second)
	}
	return source.Received{Events: []dora.Event{told}, Refresh: []string{repository}}, nil
}

// toldPull has a merged pull request read; one that is not merged is no change yet.
func (s *Source) toldPull(repository string, p *payload) (source.Received, error) {
	pull, err := p.PullRequest.needed("pull_request")
	if err != nil {
		return source.Received{}, err
	}
	if !pull.Merged && pull.MergedAt.IsZero() {
		return source.Received{Ignored: "this pull request is not merged"}, nil
	}
	return source.Received{Refresh: []string{repository}}, nil
}

// toldPush has the default branch read, or the tags where these are deployments.
func (s *Source) toldPush(repository string, p *payload) (source.Received, error) {
	ref, err := p.Ref.needed("ref")
	if err != nil {
		return source.Received{}, err
	}
	branch := p.Repository.DefaultBranch
	if branch == "" || *ref == branchPrefix+branch || (strings.HasPrefix(*ref, tagPrefix) && s.habits.Of(repository).of() == FromTags) {
		return source.Received{Refresh: []string{repository}}, nil
	}
	return source.Received{Ignored: "what is pushed there is read once it is merged or deployed"}, nil
}

// toldRelease has releases read, where these are deployments: the webhook does not tell a release's commit.
func (s *Source) toldRelease(repository string, _ *payload) (source.Received, error) {
	if from := s.habits.Of(repository).of(); from != FromReleases {
		return source.Received{Ignored: madeElsewhere + string(from)}, nil
	}
	return source.Received{Refresh: []string{repository}}, nil
}
