package github

import (
	"time"
)

// The answers, in the words of GitHub's schema.

type syncAnswer struct{ Repository *repositoryNode }

type repositoryNode struct {
	NameWithOwner    string
	URL              string
	DefaultBranchRef *struct {
		Name   string
		Target *struct {
			OID     string
			History *page[commitNode]
		}
	}
	Target       *historyNode
	PullRequests *page[pullNode]
	Deployments  *page[deploymentNode]
	Issues       *page[issueNode]
}

func (n *repositoryNode) branchHistory() *page[commitNode] {
	if n.DefaultBranchRef == nil || n.DefaultBranchRef.Target == nil {
		return nil
	}
	return n.DefaultBranchRef.Target.History
}

func (n *repositoryNode) targetHistory() *page[commitNode] {
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
		User *struct{ Login string }
	}
	Parents page[oidNode]
}

type pullNode struct {
	ID          string
	Number      int
	Title       string
	Body        string
	URL         string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	MergedAt    time.Time
	BaseRefName string
	HeadRefName string
	Author      *actor
	MergeCommit *oidNode
	Commits     page[struct {
		Commit struct {
			OID          string
			AuthoredDate time.Time
		}
	}]
	Reviews page[struct {
		State       string
		SubmittedAt *time.Time
		Author      *actor
	}]
	Labels *page[nameNode]
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
	Ref         *struct{ Name, Prefix string }
	Statuses    *page[statusNode]
}

type statusNode struct {
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
	Labels        *page[nameNode]
	TimelineItems page[struct{ Label *nameNode }]
}

type probeAnswer struct{ Owner *ownerNode }

type ownerNode struct{ Repositories page[probeNode] }

type probeNode struct {
	NameWithOwner string
	IsArchived    bool
	PushedAt      *time.Time
	PullRequests  page[struct{ UpdatedAt time.Time }]
	Deployments   page[struct {
		ID        string
		UpdatedAt time.Time
	}]
	Issues *page[struct{ UpdatedAt time.Time }]
}
