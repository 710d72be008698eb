package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// runResults says what the end of a run means. One that is not here was no try to deploy, such as a skipped run.
var runResults = map[string]string{
	"success": "SUCCESS", "failure": "FAILURE", "timed_out": "FAILURE", "startup_failure": "FAILURE", "cancelled": "FAILURE",
	"action_required": "WAITING",
}

// workflowRuns reads a page of runs, the newest first. GitHub's own filters end after a thousand runs, so that runs are
// picked here.
func (a rest) workflowRuns(ctx context.Context, s *repositorySync, node *repositoryNode) error {
	number, known, err := s.resume(deploymentList, s.runs)
	if err != nil {
		return err
	}
	path := repositoryPath(s.part) + "/actions/runs"
	list, f, err := goOn(s.met.reading(path, number), number, func(number int) ([]*runRecord, fetched, error) {
		at := fmt.Sprintf("%s?exclude_pull_requests=true&per_page=%d&page=%d", path, widest, number)
		answer, f, err := fetch[runsRecord](ctx, a.run, s.part, at, known)
		return answer.Runs, f, err
	})
	if err != nil {
		return err
	}
	if number == 1 {
		s.met.etags[deploymentList] = f.etag
	}
	runs := &page[deploymentNode]{PageInfo: f.info()}
	for _, each := range list {
		if run, deploys := a.runOf(each); deploys || run.CreatedAt.Before(s.runs.until) {
			runs.Nodes = append(runs.Nodes, run)
		}
	}
	node.Deployments = runs
	return nil
}

// runOf says whether a run is a try to deploy, and makes a deployment of it.
func (a rest) runOf(w *runRecord) (deploymentNode, bool) {
	config := a.config.Deployments
	node := deploymentNode{
		ID: w.nodeID(), DatabaseID: w.ID, name: fmt.Sprintf("workflow_run:%d", w.ID), CommitOID: w.HeadSHA,
		Environment: config.Target(), Task: w.Name, CreatedAt: w.CreatedAt.Time, UpdatedAt: w.UpdatedAt.Time, Creator: actorOf(w.Actor),
	}
	if branch := w.HeadBranch; branch != "" {
		node.Ref = &refNode{Name: branch} // a branch or a tag: GitHub does not say
	}
	deploys := !strings.HasPrefix(w.Event, "pull_request") &&
		(config.Workflow.IsZero() || config.Workflow.Match(w.Name)) && (config.Branch == "" || config.Branch == w.HeadBranch)
	statuses := []statusNode{{State: "QUEUED", CreatedAt: node.CreatedAt}}
	started := statusNode{State: "IN_PROGRESS", CreatedAt: w.RunStartedAt.Time}
	switch w.Status {
	case "completed":
		result, known := runResults[w.Conclusion]
		deploys = deploys && known
		statuses = append(statuses, started, statusNode{State: result, CreatedAt: node.UpdatedAt, LogURL: w.HTMLURL})
	case "in_progress":
		statuses = append(statuses, started)
	}
	node.Statuses = &page[statusNode]{}
	for i := len(statuses) - 1; i >= 0; i-- { // the newest comes first
		node.Statuses.Nodes = append(node.Statuses.Nodes, statuses[i])
	}
	node.steps = w.RunAttempt*10 + len(statuses)
	return node, deploys
}

// unfinishedRuns asks for each of the runs.
func (a rest) unfinishedRuns(ctx context.Context, asked []watched) ([]*deploymentNode, error) {
	nodes := make([]*deploymentNode, len(asked))
	for i, each := range asked {
		run, f, err := fetch[runRecord](ctx, a.run, each.in.Name, fmt.Sprintf("%s/actions/runs/%d", repositoryPath(each.in.Name), each.Number), each.ETag)
		if isAbsent(err, http.StatusNotFound) || (err == nil && f.unchanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		node, _ := a.runOf(&run)
		node.etag = f.etag
		nodes[i] = &node
	}
	return nodes, nil
}
