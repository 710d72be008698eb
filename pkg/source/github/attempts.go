package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// A run that is run again keeps its number and the time at which it was made; everything else that GitHub tells of it is
// its last attempt's. A deployment is its first success, so the attempts before are read, a request each.

// attemptsAtMost is more often than GitHub lets a run be run again.
const attemptsAtMost = 1000

// queueBranches is what the branches begin with that a merge queue makes for pull requests which are not merged yet.
const queueBranches = "gh-readonly-queue/"

// forPulls says whether a run was made for pull requests that are not merged: it enters no environment.
func forPulls(w *runRecord) bool {
	return strings.HasPrefix(w.Event, "pull_request") || w.Event == "merge_group" || strings.HasPrefix(w.HeadBranch, queueBranches)
}

// attempted reads a run's earlier attempts, up to the first that succeeded. What came after that changes nothing. Where
// one of them cannot be read any more, nobody knows whether it succeeded.
func (a rest) attempted(ctx context.Context, part string, habit Habit, w *runRecord) (node deploymentNode, deploys bool, err error) {
	if w.RunAttempt <= 1 || !habit.picks(w) {
		node, deploys = habit.runOf(w)
		return node, deploys, nil
	}
	attempts := []*runRecord{}
	for number := 1; number < min(w.RunAttempt, attemptsAtMost); number++ {
		attempt, _, err := fetch[runRecord](ctx, a.run, part, fmt.Sprintf("%s/actions/runs/%d/attempts/%d", repositoryPath(part), w.ID, number), "")
		if isAbsent(err, http.StatusNotFound, http.StatusGone) {
			return habit.unsure(w), true, nil
		}
		if err != nil {
			return node, false, err
		}
		attempts = append(attempts, &attempt)
		if attempt.Conclusion == "success" {
			break
		}
	}
	if !slices.ContainsFunc(attempts, func(attempt *runRecord) bool { return attempt.Conclusion == "success" }) {
		attempts = append(attempts, w)
	}
	node = habit.named(w)
	node.Statuses = &pages.Page[statusNode]{}
	for _, attempt := range attempts {
		steps, tries := stepsOf(attempt)
		deploys = deploys || tries
		if !tries {
			continue
		}
		if len(node.Statuses.Nodes) > 0 {
			steps = steps[1:] // the run was made once
		}
		for i := range steps { // an attempt ended before the last one began, whatever moved its updated_at later
			if began := w.RunStartedAt.Time; attempt != w && steps[i].CreatedAt.After(began) && !began.IsZero() {
				steps[i].CreatedAt = began
			}
		}
		node.Statuses.Nodes = append(node.Statuses.Nodes, steps...)
	}
	slices.Reverse(node.Statuses.Nodes) // the newest comes first
	node.steps = progressOf(w, len(node.Statuses.Nodes))
	return node, deploys, nil
}

// unsure is a run of which it cannot be told when it first succeeded. It is as old as the run, so that it takes the place
// of no version that knew.
func (h Habit) unsure(w *runRecord) deploymentNode {
	node := h.named(w)
	node.UpdatedAt, node.retried = node.CreatedAt, true
	node.Statuses = &pages.Page[statusNode]{Nodes: []statusNode{{State: "QUEUED", CreatedAt: node.CreatedAt}}}
	node.steps = progressOf(w, len(node.Statuses.Nodes))
	return node
}
