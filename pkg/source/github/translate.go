package github

import (
	"context"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// REST's answers in the words of GraphQL's schema.

// ghost is who REST names where an account is gone; GraphQL names nobody.
const ghost = "ghost"

func actorOf(user *userRecord) *actor {
	if user == nil || user.Login == "" || user.Login == ghost {
		return nil
	}
	return &actor{Typename: user.Type, Login: user.Login}
}

func commitOf(c *commitRecord) commitNode {
	node := commitNode{ID: c.NodeID, OID: c.SHA, Message: c.Commit.Message, AuthoredDate: c.authored(), CommittedDate: c.committed()}
	node.Author.Name = c.Commit.Author.Name
	if c.Author != nil && c.Author.Login != "" {
		node.Author.User = &userNode{Login: c.Author.Login}
	}
	for _, parent := range c.Parents {
		node.Parents.Nodes = append(node.Parents.Nodes, oidNode{OID: parent.SHA})
	}
	return node
}

func pullOf(p *pullRecord) pullNode {
	node := pullNode{
		ID: p.NodeID, Number: p.Number, Title: p.Title, Body: p.Body, URL: p.HTMLURL,
		CreatedAt: p.CreatedAt.Time, UpdatedAt: p.UpdatedAt.Time, MergedAt: p.MergedAt.Time, ClosedAt: p.ClosedAt.Time,
		BaseRefName: p.Base.Ref, HeadRefName: p.Head.Ref, Author: actorOf(p.User), Labels: labelsOf(p.Labels),
	}
	if p.MergeCommitSHA != "" {
		node.MergeCommit = &oidNode{OID: p.MergeCommitSHA}
	}
	return node
}

// take adds what REST tells of a pull request elsewhere.
func (p *pullNode) take(commits []*pullCommitRecord, reviews []*reviewRecord) {
	for _, each := range commits {
		var node pullCommitNode
		node.Commit.OID, node.Commit.AuthoredDate = each.SHA, each.authored()
		p.Commits.Nodes = append(p.Commits.Nodes, node)
	}
	for _, each := range reviews {
		node := reviewNode{ID: each.NodeID, State: each.State, Author: actorOf(each.User)}
		if at := each.SubmittedAt.Time; !at.IsZero() {
			node.SubmittedAt = &at
		}
		p.Reviews.Nodes = append(p.Reviews.Nodes, node)
	}
}

// labelsOf are the labels that have a name.
func labelsOf(labels []labelRecord) *pages.Page[nameNode] {
	list := &pages.Page[nameNode]{}
	for _, each := range labels {
		if each.Name != "" {
			list.Nodes = append(list.Nodes, nameNode(each))
		}
	}
	return list
}

func (a rest) deploymentOf(ctx context.Context, repository, branch string, d *deploymentRecord) (deploymentNode, error) {
	node := d.node()
	var err error
	node.Ref, err = a.refOf(ctx, repository, branch, d.Ref)
	return node, err
}

// node is the deployment without its ref, of which only its name is told.
func (d *deploymentRecord) node() deploymentNode {
	return deploymentNode{
		ID: d.nodeID(), DatabaseID: d.ID, CommitOID: d.SHA, Environment: d.Environment, Task: d.Task,
		CreatedAt: d.CreatedAt.Time, UpdatedAt: firstKnown(d.UpdatedAt.Time, d.CreatedAt.Time), Creator: actorOf(d.Creator),
	}
}

func statusOf(s *statusRecord) statusNode {
	return statusNode{ID: s.NodeID, State: strings.ToUpper(s.State), CreatedAt: s.CreatedAt.Time, LogURL: s.LogURL}
}

func issueOf(i *issueRecord) issueNode {
	node := issueNode{
		ID: i.NodeID, Number: i.Number, Title: i.Title, Body: i.Body, URL: i.HTMLURL,
		CreatedAt: i.CreatedAt.Time, UpdatedAt: i.UpdatedAt.Time, Closed: i.State == "closed", Labels: labelsOf(i.Labels),
	}
	if closed := i.ClosedAt.Time; !closed.IsZero() {
		node.ClosedAt = &closed
	}
	return node
}
