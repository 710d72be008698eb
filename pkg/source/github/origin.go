package github

import (
	"context"
	"encoding/json"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// lateArrival is how far behind the newest a release or a tag is looked for again: a draft is published, and a tag
// pushed, later than GitHub orders them by.
const lateArrival = 30 * 24 * time.Hour

// origin says what makes a deployment of a repository, as configured. When it changes, the repository is read again.
func (h Habit) origin() string {
	if h.of() == FromDeployments {
		return ""
	}
	text, _ := json.Marshal(h) // texts and a truth value: it cannot fail
	return string(text) + readingOf[h.of()]
}

// readingOf says how deployments are made of what is read, where that has changed since a version before.
var readingOf = map[From]string{FromWorkflowRuns: " by their first success", FromMerges: " by landing"}

// from is what deployments of the repository are.
func (s *repositorySync) from() From { return s.habit.of() }

// elsewhere reads the next page of deployments where they are not GitHub's own.
func (s *repositorySync) elsewhere(ctx context.Context, node *repositoryNode) error {
	if s.runs.Done {
		return nil
	}
	switch from := s.from(); from {
	case FromWorkflowRuns:
		return rest{s.run}.workflowRuns(ctx, s, node)
	case FromReleases, FromTags:
		if _, only := s.reader.(rest); only {
			return s.failure(source.CauseConfiguration, "", "deployments.from: "+string(from)+" needs GraphQL, which is refused here or switched off by api: allowed without it are deployments, workflow_runs and merges", nil)
		}
		if from == FromTags {
			return graphql{s.run}.tagged(ctx, s, node)
		}
		return graphql{s.run}.released(ctx, s, node)
	}
	return nil
}

// turn makes a position forget the deployments that it is past, where something else makes a deployment now.
func (p *position) turn(habit Habit) {
	origin := habit.origin()
	if p.Origin == origin {
		return
	}
	p.Origin, p.ETags, p.Deployments, p.Open, p.Settled = origin, nil, cursor.Stream{}, nil, nil
	if habit.of() == FromMerges { // they are found while the history is read
		p.History, p.Unplaced, p.Met, p.Placed, p.Lost = history{}, nil, nil, nil, nil
	}
}

// newRuns is where the reading of deployments goes on.
func (s *repositorySync) newRuns() *cursor.Pass {
	runs := cursor.NewPass(&s.state.Deployments, s.request.Since)
	switch s.from() {
	case FromMerges: // there is no list of them
		s.state.Deployments.Done, runs.Done = true, true
	case FromReleases, FromTags:
		if runs.Stream.Done && !runs.Stream.Mark.IsZero() {
			runs.Until = dora.Latest(runs.Stream.Mark.Add(-lateArrival), s.request.Since)
		}
	}
	return runs
}

// succeeded are the statuses of what is a success as soon as it is there.
func succeeded(at time.Time, url string) *pages.Page[statusNode] {
	return &pages.Page[statusNode]{Nodes: []statusNode{{State: "SUCCESS", CreatedAt: at, LogURL: url}}}
}

// numbered makes a number that orders what has none: by its second, and within one by rank.
func numbered(at time.Time, rank uint16) int64 { return at.Unix()<<16 | int64(rank) }

// merged makes deployments of the commits that landed on the default branch, the newest first. When each landed depends on
// all that landed before, which is read later: it is worked out on the graph, whatever the order of reading.
func (s *repositorySync) merged(branch string, landed []*dora.Commit) []dora.Event {
	var events []dora.Event
	for _, c := range landed {
		if c.Committed.Before(s.request.Since) {
			continue
		}
		if !c.Committed.Equal(s.landed.at) {
			s.landed.at, s.landed.count = c.Committed, 0
		}
		node := deploymentNode{
			ID: "merge:" + c.SHA, name: "merge:" + c.SHA, DatabaseID: numbered(c.Committed, ^s.landed.count),
			CommitOID: c.SHA, Environment: s.habit.Target(), CreatedAt: c.Committed, UpdatedAt: c.Committed,
			Ref: &refNode{Name: branch, Prefix: branchPrefix}, Statuses: succeeded(c.Committed, ""),
		}
		s.landed.count++
		s.censusOf(deploymentList).Meet(node.name, node.CreatedAt, nil)
		deployment := s.deployment(s.state.Name, node)
		deployment.Creator, deployment.Landing = c.Author, true
		deployment.Rank++ // above what version 0.1 made of it
		events = append(events, deployment)
	}
	return events
}

// landing counts the commits that landed in one second, so that they keep their order.
type landing struct {
	at    time.Time
	count uint16
}
