package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
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
	list, f, err := goOn(a.run, s.part, s.met.reading(path, number), number, func(number int) ([]*runRecord, fetched, error) {
		at := fmt.Sprintf("%s?exclude_pull_requests=true&per_page=%d&page=%d", path, wire.Widest, number)
		answer, f, err := fetch[runsRecord](ctx, a.run, s.part, at, known)
		return answer.Runs, f, err
	})
	if err != nil {
		return err
	}
	if number == 1 {
		s.met.etags[deploymentList] = f.etag
	}
	runs := &pages.Page[deploymentNode]{PageInfo: f.info(), Unchanged: f.unchanged}
	for _, each := range list {
		run, deploys, err := a.runIn(ctx, s, each)
		if err != nil {
			return err
		}
		if deploys || run.CreatedAt.Before(s.runs.Until) {
			runs.Nodes = append(runs.Nodes, run)
		}
	}
	node.Deployments = runs
	return nil
}

// runIn is a run as the list has it, with its earlier attempts where these count: it is not behind the end of the reading,
// and no success of it was handed over before.
func (a rest) runIn(ctx context.Context, s *repositorySync, w *runRecord) (node deploymentNode, deploys bool, err error) {
	switch {
	case w.CreatedAt.Before(s.runs.Until):
		return s.habit.named(w), false, nil
	case w.RunAttempt > 1 && slices.Contains(s.state.Settled, w.nodeID()):
		node = s.habit.named(w)
		node.known = true
		return node, true, nil
	}
	return a.attempted(ctx, s.part, s.habit, w)
}

// picks says whether a run is of those that deploy, as configured.
func (h Habit) picks(w *runRecord) bool {
	return !forPulls(w) && (h.Workflow.IsZero() || h.Workflow.Match(w.Name)) && (h.Branch == "" || h.Branch == w.HeadBranch)
}

// runOf says whether a run is a try to deploy, and makes a deployment of its last attempt.
func (h Habit) runOf(w *runRecord) (deploymentNode, bool) {
	node := h.named(w)
	steps, deploys := stepsOf(w)
	slices.Reverse(steps) // the newest comes first
	node.Statuses, node.steps = &pages.Page[statusNode]{Nodes: steps}, progressOf(w, len(steps))
	return node, deploys && h.picks(w)
}

// progressOf rises with every attempt, and within one with what happens.
func progressOf(w *runRecord, steps int) int { return w.RunAttempt*10 + steps }

// stepsOf lists what happened in an attempt, in order of time, and says whether it was a try to deploy. GitHub tells the
// end of an attempt as the time at which it was last changed; its jobs would tell it to the second for a request more.
func stepsOf(w *runRecord) (steps []statusNode, tries bool) {
	steps = []statusNode{{State: "QUEUED", CreatedAt: w.CreatedAt.Time}}
	started := statusNode{State: "IN_PROGRESS", CreatedAt: w.RunStartedAt.Time}
	switch w.Status {
	case "completed":
		result, known := runResults[w.Conclusion]
		return append(steps, started, statusNode{State: result, CreatedAt: w.UpdatedAt.Time, LogURL: w.HTMLURL}), known
	case "in_progress":
		steps = append(steps, started)
	}
	return steps, true
}

// named is what all attempts of a run have in common.
func (h Habit) named(w *runRecord) deploymentNode {
	node := deploymentNode{
		ID: w.nodeID(), DatabaseID: w.ID, name: fmt.Sprintf("workflow_run:%d", w.ID), CommitOID: w.HeadSHA,
		Environment: h.Target(), Task: w.Name, CreatedAt: w.CreatedAt.Time, UpdatedAt: w.UpdatedAt.Time, Creator: actorOf(w.Actor),
	}
	if branch := w.HeadBranch; branch != "" {
		node.Ref = &refNode{Name: branch} // a branch or a tag: GitHub does not say
	}
	return node
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
		node, _, err := a.attempted(ctx, each.in.Name, a.habits.Of(each.in.Name), &run)
		if err != nil {
			return nil, err
		}
		node.etag = f.etag
		nodes[i] = &node
	}
	return nodes, nil
}
