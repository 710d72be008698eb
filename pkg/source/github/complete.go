package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// restsPerQuery bounds how many lists one query continues.
const restsPerQuery = 20

// continuation is a list that goes on: whose it is, how it is asked for, and where the answer goes.
type continuation struct {
	id     string // GitHub's node id
	parent string // its type
	field  string // the list, with the arguments it had
	fields string
	list   pages.Growing
}

// complete reads the rest of every list within the answer that did not fit, many at a time.
func (r *run) complete(ctx context.Context, part string, node *repositoryNode) error {
	var open []continuation
	add := func(id, parent, field, fields string, list pages.Growing) {
		open = append(open, continuation{id, parent, field, fields, list})
	}
	for _, commits := range []*pages.Page[commitNode]{node.branchHistory(), node.targetHistory()} {
		for i := range pages.Entries(commits) {
			c := &commits.Nodes[i]
			add(c.ID, "Commit", "parents", parentOids, &c.Parents)
		}
	}
	for i := range pages.Entries(node.PullRequests) {
		p := &node.PullRequests.Nodes[i]
		add(p.ID, "PullRequest", "commits", pullCommits, &p.Commits)
		add(p.ID, "PullRequest", "reviews", pullReviews, &p.Reviews)
		if p.Files != nil {
			add(p.ID, "PullRequest", "files", pullFiles, p.Files)
		}
		if p.Labels != nil {
			add(p.ID, "PullRequest", "labels", labelNames, p.Labels)
		}
	}
	for i := range pages.Entries(node.Deployments) {
		addStatuses(add, &node.Deployments.Nodes[i])
	}
	for i := range pages.Entries(node.Issues) {
		issue := &node.Issues.Nodes[i]
		if issue.Labels != nil {
			add(issue.ID, "Issue", "labels", labelNames, issue.Labels)
		}
		add(issue.ID, "Issue", "timelineItems("+unlabelOnly+")", unlabelled, &issue.TimelineItems)
	}
	return r.continueAll(ctx, part, open)
}

// completeStatuses is complete for deployments alone.
func (r *run) completeStatuses(ctx context.Context, part string, deployments []*deploymentNode) error {
	var open []continuation
	for _, d := range deployments {
		addStatuses(func(id, parent, field, fields string, list pages.Growing) {
			open = append(open, continuation{id, parent, field, fields, list})
		}, d)
	}
	return r.continueAll(ctx, part, open)
}

func addStatuses(add func(id, parent, field, fields string, list pages.Growing), d *deploymentNode) {
	if d.Statuses != nil {
		add(d.ID, "Deployment", "statuses", statusFields, d.Statuses)
	}
}

func (r *run) continueAll(ctx context.Context, part string, all []continuation) error {
	ways := make([]pages.Trail, len(all))
	for {
		var open []continuation
		for i, each := range all {
			if _, more := each.list.After(); more && len(open) < restsPerQuery {
				if ways[i].FollowGrowing(each.list.Position()) != nil {
					return r.Endless(part)
				}
				open = append(open, each)
			}
		}
		if len(open) == 0 {
			return nil
		}
		if err := r.continueSome(ctx, part, open); err != nil {
			return err
		}
	}
}

func (r *run) continueSome(ctx context.Context, part string, some []continuation) error {
	var declared, fields strings.Builder
	variables := map[string]any{}
	for i, each := range some {
		field, arguments, _ := strings.Cut(strings.TrimSuffix(each.field, ")"), "(")
		fmt.Fprintf(&declared, ", $id%d: ID!, $page%d: String", i, i)
		fmt.Fprintf(&fields, " rest%d: node(id: $id%d) { ... on %s { list: %s(first: $nested, after: $page%d %s) %s } }", i, i, each.parent, field, i, arguments, each.fields)
		after, _ := each.list.After()
		variables[fmt.Sprintf("id%d", i)], variables[fmt.Sprintf("page%d", i)] = each.id, after
	}
	var answer restAnswer
	err := r.ask(ctx, question{
		part: part,
		text: "query Rest($nested: Int!" + declared.String() + ") { " + rateLimit + fields.String() + " }",
		variables: func(width int) map[string]any {
			variables["nested"] = width
			return variables
		},
	}, &answer)
	if err != nil {
		return err
	}
	for i, each := range some {
		if err := each.list.Extend(answer[fmt.Sprintf("rest%d", i)].List); err != nil {
			return r.Unexpected(part, err)
		}
	}
	return nil
}

// restAnswer holds the lists as they came, by alias.
type restAnswer map[string]struct{ List wholeList }

// unread is an entry of which nothing is looked at.
type unread struct{}

func (unread) Key() string { return "" }

// wholeList is a list's text, of which it is known that it has no holes.
type wholeList []byte

func (l *wholeList) UnmarshalJSON(text []byte) error {
	var nodes pages.Page[unread]
	if err := json.Unmarshal(text, &nodes); err != nil {
		return err
	}
	*l = bytes.Clone(text)
	return nil
}
