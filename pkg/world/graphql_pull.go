package world

import "slices"

func definePullRequest() {
	define("PullRequest", []string{"Node"}, map[string]*field{
		"id":                leaf(func(p *pull) any { return nodeID("PullRequest", p.id) }),
		"databaseId":        leaf(func(p *pull) any { return p.id }),
		"fullDatabaseId":    leaf(func(p *pull) any { return p.id }),
		"number":            leaf(func(p *pull) any { return p.number }),
		"title":             leaf(func(p *pull) any { return p.title }),
		"body":              leaf(func(p *pull) any { return p.body }),
		"bodyText":          leaf(func(p *pull) any { return p.body }),
		"url":               leaf(func(p *pull) any { return p.url() }),
		"permalink":         leaf(func(p *pull) any { return p.url() }),
		"state":             leaf(func(p *pull) any { return p.state() }),
		"isDraft":           leaf(func(p *pull) any { return p.draft }),
		"merged":            leaf(func(p *pull) any { return !p.merged.IsZero() }),
		"closed":            leaf(func(p *pull) any { return !p.closed.IsZero() }),
		"createdAt":         leaf(func(p *pull) any { return stamp(p.created) }),
		"updatedAt":         leaf(func(p *pull) any { return stamp(p.updated) }),
		"mergedAt":          leaf(func(p *pull) any { return stamp(p.merged) }),
		"closedAt":          leaf(func(p *pull) any { return stamp(p.closed) }),
		"baseRefName":       leaf(func(*pull) any { return mainBranch }),
		"headRefName":       leaf(func(p *pull) any { return p.branch }),
		"headRefOid":        leaf(func(p *pull) any { return p.commits[len(p.commits)-1].sha }),
		"isCrossRepository": leaf(func(*pull) any { return false }),
		"additions":         leaf(func(p *pull) any { return p.additions }),
		"deletions":         leaf(func(p *pull) any { return p.deletions }),
		"changedFiles":      leaf(func(p *pull) any { return len(p.files) }),
		"author":            on("Actor", func(p *pull) any { return orNull(p.author) }),
		"mergedBy":          on("Actor", func(p *pull) any { return orNull(p.mergedBy) }),
		"mergeCommit":       on("Commit", func(p *pull) any { return orNull(p.landed) }),
		"repository":        on("Repository", func(p *pull) any { return p.repo }),
		"labels": many("Label", []string{"orderBy"}, func(p *pull, a arguments) (any, error) {
			return listed(a, labels(p.repo, p.labels))
		}),
		"commits": many("PullRequestCommit", nil, func(p *pull, a arguments) (any, error) {
			list := make([]pullCommit, len(p.commits))
			for i, c := range p.commits {
				list[i] = pullCommit{p, c}
			}
			return listed(a, list)
		}),
		"files": many("PullRequestChangedFile", nil, func(p *pull, a arguments) (any, error) { return listed(a, p.files) }),
		"reviews": many("PullRequestReview", []string{"states", "author"}, func(p *pull, a arguments) (any, error) {
			states, author := a.texts("states"), a.text("author")
			var list []*review
			for _, r := range p.reviews {
				if (len(states) == 0 || slices.Contains(states, r.state)) && (author == "" || author == r.author.login) {
					list = append(list, r)
				}
			}
			return listed(a, list)
		}),
	})
	define("PullRequestCommit", []string{"Node"}, map[string]*field{
		"id":     leaf(func(c pullCommit) any { return nodeIDOf("Commit", c.pull.repo.name+":"+c.commit.sha) }),
		"commit": on("Commit", func(c pullCommit) any { return c.commit }),
	})
	define("PullRequestChangedFile", nil, map[string]*field{
		"path":       leaf(func(path string) any { return path }),
		"changeType": leaf(func(string) any { return "MODIFIED" }),
	})
	define("PullRequestReview", []string{"Node"}, map[string]*field{
		"id":          leaf(func(r *review) any { return nodeID("PullRequestReview", r.id) }),
		"databaseId":  leaf(func(r *review) any { return r.id }),
		"state":       leaf(func(r *review) any { return r.state }),
		"body":        leaf(func(r *review) any { return r.body }),
		"submittedAt": leaf(func(r *review) any { return stamp(r.at) }),
		"createdAt":   leaf(func(r *review) any { return stamp(r.at) }),
		"author":      on("Actor", func(r *review) any { return orNull(r.author) }),
	})
}

type pullCommit struct {
	pull   *pull
	commit *commit
}
