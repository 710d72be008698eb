package github

import (
	"context"
	"fmt"
	"net/http"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// listedAtMost is how many commits of a pull request REST lists, whatever there are.
const listedAtMost = 250

// detail reads what belongs to a merged pull request and is a request of its own over REST each.
func (a rest) detail(ctx context.Context, s *repositorySync, pull *pullNode, head string) error {
	path := fmt.Sprintf("%s/pulls/%d", repositoryPath(s.part), pull.Number)
	commits, _, err := fetchAll[pullCommitRecord](ctx, a.run, s.part, path+"/commits", "")
	if err != nil {
		return err
	}
	if len(commits) >= listedAtMost {
		if commits, err = a.allCommits(ctx, s, pull, head, commits); err != nil {
			return err
		}
	}
	reviews, _, err := fetchAll[reviewRecord](ctx, a.run, s.part, path+"/reviews", "")
	if err != nil {
		return err
	}
	pull.take(commits, reviews)
	if s.shared {
		pull.Files, err = a.pullFiles(ctx, s, path)
	}
	return err
}

// compareRecord is the way from one commit to another.
type compareRecord struct {
	Commits []*pullCommitRecord `json:"commits"`
}

func (c *compareRecord) Lacks() string {
	for i, each := range c.Commits {
		if each == nil {
			return fmt.Sprintf("commits[%d]", i)
		}
		if field := each.Lacks(); field != "" {
			return fmt.Sprintf("commits[%d].%s", i, field)
		}
	}
	return ""
}

// allCommits are a pull request's commits where there are more of them than REST lists: those that its head has and what
// it was merged onto has not. Where GitHub does not know one of the two any more, they are those that were listed.
func (a rest) allCommits(ctx context.Context, s *repositorySync, pull *pullNode, head string, listed []*pullCommitRecord) ([]*pullCommitRecord, error) {
	if pull.MergeCommit == nil || head == "" {
		return listed, nil
	}
	gone := func(err error) bool {
		return isAbsent(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity)
	}
	landed, _, err := fetch[commitRecord](ctx, a.run, s.part, repositoryPath(s.part)+"/commits/"+pull.MergeCommit.OID, "")
	if gone(err) || (err == nil && len(landed.Parents) == 0) {
		return listed, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*pullCommitRecord
	seen := map[string]bool{}
	for number := 1; number > 0; {
		answer, f, err := fetch[compareRecord](ctx, a.run, s.part,
			fmt.Sprintf("%s/compare/%s...%s?per_page=%d&page=%d", repositoryPath(s.part), landed.Parents[0].SHA, head, wire.Widest, number), "")
		if gone(err) {
			return listed, nil
		}
		if err != nil {
			return nil, err
		}
		for _, each := range answer.Commits {
			if !seen[each.SHA] {
				seen[each.SHA], all = true, append(all, each)
			}
		}
		number = f.next
	}
	if len(all) < len(listed) { // it goes another way
		return listed, nil
	}
	return all, nil
}
