package github

import (
	"context"
	"strings"
	"time"

	api "github.com/google/go-github/v60/github"
)

// REST's answers in the words of GraphQL's schema.

// ghost is who REST names where an account is gone; GraphQL names nobody.
const ghost = "ghost"

func actorOf(user *api.User) *actor {
	if user.GetLogin() == "" || user.GetLogin() == ghost {
		return nil
	}
	return &actor{Typename: user.GetType(), Login: user.GetLogin()}
}

func commitOf(c *api.RepositoryCommit) commitNode {
	node := commitNode{
		ID: c.GetNodeID(), OID: c.GetSHA(), Message: c.GetCommit().GetMessage(),
		AuthoredDate: c.GetCommit().GetAuthor().GetDate().Time, CommittedDate: c.GetCommit().GetCommitter().GetDate().Time,
	}
	node.Author.Name = c.GetCommit().GetAuthor().GetName()
	if login := c.GetAuthor().GetLogin(); login != "" {
		node.Author.User = &userNode{Login: login}
	}
	for _, parent := range c.Parents {
		node.Parents.Nodes = append(node.Parents.Nodes, oidNode{OID: parent.GetSHA()})
	}
	return node
}

func pullOf(p *api.PullRequest) pullNode {
	node := pullNode{
		ID: p.GetNodeID(), Number: p.GetNumber(), Title: p.GetTitle(), Body: p.GetBody(), URL: p.GetHTMLURL(),
		CreatedAt: p.GetCreatedAt().Time, UpdatedAt: p.GetUpdatedAt().Time, MergedAt: p.GetMergedAt().Time,
		BaseRefName: p.GetBase().GetRef(), HeadRefName: p.GetHead().GetRef(), Author: actorOf(p.User), Labels: labelsOf(p.Labels),
	}
	if sha := p.GetMergeCommitSHA(); sha != "" {
		node.MergeCommit = &oidNode{OID: sha}
	}
	return node
}

// take adds what REST tells of a pull request elsewhere.
func (p *pullNode) take(commits []*api.RepositoryCommit, reviews []*api.PullRequestReview) {
	for _, each := range commits {
		var node pullCommitNode
		node.Commit.OID, node.Commit.AuthoredDate = each.GetSHA(), each.GetCommit().GetAuthor().GetDate().Time
		p.Commits.Nodes = append(p.Commits.Nodes, node)
	}
	for _, each := range reviews {
		node := reviewNode{ID: each.GetNodeID(), State: each.GetState(), Author: actorOf(each.User)}
		if each.SubmittedAt != nil {
			node.SubmittedAt = each.SubmittedAt.GetTime()
		}
		p.Reviews.Nodes = append(p.Reviews.Nodes, node)
	}
}

func labelsOf(labels []*api.Label) *page[nameNode] {
	list := &page[nameNode]{}
	for _, each := range labels {
		list.Nodes = append(list.Nodes, nameNode{Name: each.GetName()})
	}
	return list
}

func (a rest) deploymentOf(ctx context.Context, repository, branch string, d *api.Deployment) (deploymentNode, error) {
	ref, err := a.refOf(ctx, repository, branch, d.GetRef())
	return deploymentNode{
		ID: d.GetNodeID(), DatabaseID: d.GetID(), CommitOID: d.GetSHA(), Environment: d.GetEnvironment(), Task: d.GetTask(),
		CreatedAt: d.GetCreatedAt().Time, UpdatedAt: d.GetUpdatedAt().Time, Creator: actorOf(d.Creator), Ref: ref,
	}, err
}

func statusOf(s *api.DeploymentStatus) statusNode {
	return statusNode{ID: s.GetNodeID(), State: strings.ToUpper(s.GetState()), CreatedAt: s.GetCreatedAt().Time, LogURL: s.GetLogURL()}
}

func issueOf(i *api.Issue) issueNode {
	node := issueNode{
		ID: i.GetNodeID(), Number: int64(i.GetNumber()), Title: i.GetTitle(), Body: i.GetBody(), URL: i.GetHTMLURL(),
		CreatedAt: i.GetCreatedAt().Time, UpdatedAt: i.GetUpdatedAt().Time, Closed: i.GetState() == "closed", Labels: labelsOf(i.Labels),
	}
	if closed := i.GetClosedAt().Time; !closed.Equal(time.Time{}) {
		node.ClosedAt = &closed
	}
	return node
}
