package github

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/settings"
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
	if s.pages == 0 && s.pulls.state.Done && s.runs.state.Done && !s.branch.first() {
		pulls, entries = min(pulls, newPulls), min(entries, newEntries)
	}
	v := named(s.part)
	v["nested"] = width
	v["counts"] = s.pages == 0 && s.branch.first()
	v["pulls"], v["pullsPage"], v["withPulls"] = pulls, optional(s.pulls.state.Page), !s.pulls.done
	v["withFiles"] = s.shared
	v["deployments"], v["deploymentsPage"], v["withDeployments"] = entries, optional(s.runs.state.Page), !s.runs.done && s.from() == settings.FromDeployments
	v["commits"], v["commitsPage"] = entries, optional(s.branch.page)
	v["fromBranch"], v["fromTarget"], v["target"] = s.branch.fromBranch(), s.branch.fromTarget(), optional(s.branch.target)
	v["issues"], v["withIssues"], v["issuesPage"], v["issuesSince"] = entries, false, nil, nil
	if s.issues != nil {
		v["withIssues"], v["issuesPage"] = !s.issues.done, optional(s.issues.state.Page)
		if !s.issues.until.IsZero() {
			v["issuesSince"] = s.issues.until.UTC().Format(time.RFC3339)
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

// remainder estimates what a first reading has before it: pull requests, and pages of the longest other list.
type remainder struct{ pulls, pages int }

func (r *remainder) count(node *repositoryNode) {
	longest := 0
	for _, commits := range []*page[commitNode]{node.branchHistory(), node.targetHistory()} {
		if commits != nil {
			longest = max(longest, commits.TotalCount)
		}
	}
	if node.Deployments != nil {
		longest = max(longest, node.Deployments.TotalCount)
	}
	if node.PullRequests != nil {
		r.pulls = node.PullRequests.TotalCount
	}
	r.pages = longest / widest
}

func (r *remainder) read(node *repositoryNode) {
	if node.PullRequests != nil {
		r.pulls -= len(node.PullRequests.Nodes)
	}
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
	for _, commits := range []*page[commitNode]{node.branchHistory(), node.targetHistory()} {
		if commits != nil {
			sum += commits.TotalCount
		}
	}
	return sum
}
