package github

import (
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// The answers, in the words of GitHub's schema.

type syncAnswer struct{ Repository *repositoryNode }

type repositoryNode struct {
	NameWithOwner string
	DatabaseID    int64
	URL           string
	traitsNode
	ownersNode
	DefaultBranchRef *branchNode
	Target           *historyNode
	PullRequests     *pages.Page[pullNode]
	Deployments      *pages.Page[deploymentNode]
	Issues           *pages.Page[issueNode]
	// EveryIssue counts the issues, however long ago they changed; nil where that was not asked.
	EveryIssue *struct{ TotalCount int }
}

type branchNode struct {
	Name   string
	Target *headNode
}

type headNode struct {
	OID     string
	History *pages.Page[commitNode]
}

func (n *repositoryNode) branchHistory() *pages.Page[commitNode] {
	if n.DefaultBranchRef == nil || n.DefaultBranchRef.Target == nil {
		return nil
	}
	return n.DefaultBranchRef.Target.History
}

func (n *repositoryNode) targetHistory() *pages.Page[commitNode] {
	if n.Target == nil {
		return nil
	}
	return n.Target.History
}

type actor struct {
	Typename string `json:"__typename"`
	Login    string
}

type oidNode struct{ OID string }

type nameNode struct{ Name string }

type commitNode struct {
	ID            string
	OID           string
	AuthoredDate  time.Time
	CommittedDate time.Time
	Message       string
	Author        struct {
		Name string
		User *userNode
	}
	Parents pages.Page[oidNode]
}

type userNode struct{ Login string }

type pullNode struct {
	ID          string
	Number      int
	Title       string
	Body        string
	URL         string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	MergedAt    time.Time
	ClosedAt    time.Time // over REST, which lists those that were not merged as well
	BaseRefName string
	HeadRefName string
	Author      *actor
	MergeCommit *oidNode
	Commits     pages.Page[pullCommitNode]
	Reviews     pages.Page[reviewNode]
	Labels      *pages.Page[nameNode]
	// ChangedFiles is how many there are, of which Files may hold less; 0 where that is not told.
	ChangedFiles int
	Files        *fileList
}

type pullCommitNode struct {
	Commit struct {
		OID          string
		AuthoredDate time.Time
	}
}

type reviewNode struct {
	ID          string
	State       string
	SubmittedAt *time.Time
	Author      *actor
}

type deploymentNode struct {
	ID          string
	DatabaseID  int64
	CommitOID   string
	Environment string
	Task        string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Creator     *actor
	Ref         *refNode
	Statuses    *pages.Page[statusNode]

	draft bool   // a release that is not out
	known bool   // nothing to hand over: it has succeeded and was handed over before, or it is a draft
	etag  string // of its statuses
	name  string // in the event's id, where it is none of GitHub's own deployments
	steps int    // how far it is, where the number of statuses does not tell
	// recovered says that the tag it was made of is gone, and was found by REST.
	recovered bool
	retried   bool // it was run again, and its earlier attempts cannot be read
}

// id is what the event is called within its repository.
func (n deploymentNode) id() string {
	if n.name != "" {
		return n.name
	}
	return "deployment:" + strconv.FormatInt(n.DatabaseID, 10)
}

// progress rises with everything that happens to a deployment.
func (n deploymentNode) progress() int {
	if n.steps > 0 || n.Statuses == nil {
		return n.steps
	}
	return len(n.Statuses.Nodes)
}

type refNode struct{ Name, Prefix string }

type statusNode struct {
	ID        string
	State     string
	CreatedAt time.Time
	LogURL    string
}

type issueNode struct {
	ID            string
	Number        int64
	Title         string
	Body          string
	URL           string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Closed        bool
	ClosedAt      *time.Time
	Labels        *pages.Page[nameNode]
	TimelineItems pages.Page[unlabelling]

	pull bool // it is a pull request, which REST lists with the issues
}

type unlabelling struct {
	ID    string
	Label *nameNode
}

type probeAnswer struct{ Owner *ownerNode }

type ownerNode struct {
	Repositories struct {
		Nodes    []*listedNode
		PageInfo pages.Info
	}
}

type probeNode struct {
	NameWithOwner string
	DatabaseID    int64
	traitsNode
	PushedAt     *time.Time
	PullRequests pages.Page[newestNode]
	Deployments  pages.Page[newestNode]
	Issues       *pages.Page[newestNode]
}

type newestNode struct {
	ID        string
	UpdatedAt time.Time
}

func (n oidNode) Key() string        { return n.OID }
func (n nameNode) Key() string       { return n.Name }
func (n commitNode) Key() string     { return n.OID }
func (n pullNode) Key() string       { return n.ID }
func (n pullCommitNode) Key() string { return n.Commit.OID }
func (n reviewNode) Key() string     { return n.ID }
func (n deploymentNode) Key() string { return n.ID }
func (n statusNode) Key() string     { return n.ID }
func (n issueNode) Key() string      { return n.ID }
func (n unlabelling) Key() string    { return n.ID }
func (n probeNode) Key() string      { return n.NameWithOwner }
func (n newestNode) Key() string     { return n.ID }
