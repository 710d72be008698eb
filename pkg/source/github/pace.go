package github

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The widths of a page's lists. GitHub counts one for each list and rounds the sum to hundreds: 100 commits and 15 pull
// requests with three lists each make 147, which is 1 point, and 100 deployments more are 1 more; 48 pull requests are
// another. So pages are slim where the other lists take as many pages anyway. What is usually new since the last run
// fits into one page of 1 point.
const (
	pullsAtMost  = 48
	pullsForFree = 15
	newPulls     = 12
	newEntries   = 24
)

// variables asks narrowly at first where little can be new, and as widely as the server bears from then on.
func (s *repositorySync) variables(width int) map[string]any {
	pulls, entries := min(width/2, pullsAtMost), width
	if s.left.pages > 0 && s.left.pulls <= pullsForFree*s.left.pages {
		pulls = min(pulls, pullsForFree)
	}
	if s.pages == 0 && s.pulls.Stream.Done && s.runs.Stream.Done && !s.branch.first() {
		pulls, entries = min(pulls, newPulls), min(entries, newEntries)
	}
	atMost := s.expected()
	pulls = min(pulls, atMost.pulls)
	v := named(s.part)
	v["nested"] = width
	v["counts"] = s.pages == 0 && s.branch.first()
	v["pulls"], v["pullsPage"], v["withPulls"] = pulls, optional(s.pulls.Stream.Page), !s.pulls.Done
	v["withFiles"] = s.shared
	v["deployments"], v["deploymentsPage"], v["withDeployments"] = min(entries, atMost.deployments), optional(s.runs.Stream.Page), !s.runs.Done && s.from() == FromDeployments
	v["commits"], v["commitsPage"] = min(entries, atMost.commits), optional(s.branch.page)
	v["fromBranch"], v["fromTarget"], v["target"] = s.branch.fromBranch(), s.branch.fromTarget(), optional(s.branch.target)
	v["everyIssue"] = s.pages == 0 && s.issues != nil
	v["issues"], v["withIssues"], v["issuesPage"], v["issuesSince"] = min(entries, atMost.issues), false, nil, nil
	if s.issues != nil {
		v["withIssues"], v["issuesPage"] = !s.issues.Done, optional(s.issues.Stream.Page)
		if !s.issues.Until.IsZero() {
			v["issuesSince"] = s.issues.Until.UTC().Format(time.RFC3339)
		}
	}
	return v
}

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// sizes are how long a repository's lists are.
type sizes struct {
	pulls, deployments, commits, issues int
	told                                bool
}

// expected is how many entries the next page of each list can have: as many as are left of what was counted, or as the
// owner's list told. Nothing is asked for that cannot be there, since GitHub charges for what is asked.
func (s *repositorySync) expected() sizes {
	most := sizes{pulls: wire.Widest, deployments: wire.Widest, commits: wire.Widest, issues: wire.Widest}
	switch {
	case s.left.told:
		most = s.left.sizes
	case s.sizes.told && s.branch.first():
		most.pulls, most.deployments, most.issues = s.sizes.pulls, s.sizes.deployments, s.sizes.issues
	}
	for _, size := range []*int{&most.pulls, &most.deployments, &most.commits, &most.issues} {
		switch {
		case s.left.told && *size <= 0: // there is more than was counted
			*size = wire.Widest
		case *size == 0:
			*size = 1
		}
	}
	return most
}

// remainder is what a first reading has before it, and how many pages the longest list but that of pull requests has.
type remainder struct {
	sizes
	pages int
}

func (r *remainder) count(node *repositoryNode) {
	for _, commits := range []*pages.Page[commitNode]{node.branchHistory(), node.targetHistory()} {
		if commits != nil {
			r.commits = max(r.commits, commits.TotalCount)
		}
	}
	if node.Deployments != nil {
		r.deployments = node.Deployments.TotalCount
	}
	if node.PullRequests != nil {
		r.pulls = node.PullRequests.TotalCount
	}
	if node.Issues != nil {
		r.issues = node.Issues.TotalCount
	}
	r.pages = max(r.commits, r.deployments) / wire.Widest
	r.told = r.commits > 0
}

func (r *remainder) read(node *repositoryNode) {
	r.pulls -= len(pages.Entries(node.PullRequests))
	r.deployments -= len(pages.Entries(node.Deployments))
	r.issues -= len(pages.Entries(node.Issues))
	r.commits -= len(pages.Entries(node.branchHistory())) + len(pages.Entries(node.targetHistory()))
	r.pages--
}

// total is how many entries there are, where the answer counts them.
func total(node *repositoryNode) int {
	sum := 0
	if node.PullRequests != nil {
		sum += node.PullRequests.TotalCount
	}
	if node.Deployments != nil {
		sum += node.Deployments.TotalCount
	}
	if node.Issues != nil {
		sum += node.Issues.TotalCount
	}
	for _, commits := range []*pages.Page[commitNode]{node.branchHistory(), node.targetHistory()} {
		if commits != nil {
			sum += commits.TotalCount
		}
	}
	return sum
}
