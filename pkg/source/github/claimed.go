package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// The pull requests of commits, over either interface.

type claimNode struct {
	ID       string
	Number   int
	MergedAt *time.Time
}

func (n claimNode) Key() string { return n.ID }

// ofCommit is one commit's answer; nil where GitHub does not know it any more.
type ofCommit struct{ AssociatedPullRequests pages.Page[claimNode] }

const pullsText = `query Pulls($ids: [ID!]!, $nested: Int!, $withFiles: Boolean!) { ` + rateLimit + `
  nodes(ids: $ids) { ... on PullRequest ` + pullFields + ` }
}`

// pullsOf reads the merged pull requests of some commits that were not read before.
func (r graphql) pullsOf(ctx context.Context, s *repositorySync, shas []string) ([]pullNode, error) {
	if len(shas) == 0 {
		return nil, nil
	}
	var declared, fields strings.Builder
	variables := named(s.part)
	for i, sha := range shas {
		fmt.Fprintf(&declared, ", $sha%d: GitObjectID!", i)
		fmt.Fprintf(&fields, " commit%d: object(oid: $sha%d) { ... on Commit { associatedPullRequests(first: 25) { %s nodes { id number mergedAt } } } }", i, i, pageFields)
		variables[fmt.Sprint("sha", i)] = sha
	}
	var answer struct{ Repository map[string]*ofCommit }
	if err := r.ask(ctx, question{
		part:      s.part,
		text:      "query Claims($owner: String!, $name: String!" + declared.String() + ") { " + rateLimit + " repository(owner: $owner, name: $name) {" + fields.String() + " } }",
		variables: fixed(variables),
	}, &answer); err != nil {
		return nil, err
	}
	if answer.Repository == nil {
		return nil, r.noRepository(s.part, nil)
	}
	var ids []string
	seen := map[string]bool{}
	for i := range shas {
		commit := answer.Repository[fmt.Sprint("commit", i)]
		if commit == nil {
			continue
		}
		for _, pull := range commit.AssociatedPullRequests.Nodes {
			if pull.MergedAt != nil && s.unread(pull.Number, *pull.MergedAt) && !seen[pull.ID] {
				seen[pull.ID], ids = true, append(ids, pull.ID)
			}
		}
	}
	return r.pullsByID(ctx, s, ids)
}

// pullsByID reads merged pull requests by their node ids.
func (r graphql) pullsByID(ctx context.Context, s *repositorySync, ids []string) ([]pullNode, error) {
	var found []pullNode
	for len(ids) > 0 {
		some := ids[:min(len(ids), pullsPerQuery)]
		ids = ids[len(some):]
		var answer struct{ Nodes []*pullNode }
		if err := r.ask(ctx, question{
			part: s.part, text: pullsText, tolerates: func(e graphqlError) bool { return e.Type == "NOT_FOUND" },
			variables: func(width int) map[string]any {
				return map[string]any{"ids": some, "nested": width, "withFiles": s.shared}
			},
		}, &answer); err != nil {
			return nil, err
		}
		list := &pages.Page[pullNode]{}
		for _, pull := range answer.Nodes {
			if pull != nil && pull.Number > 0 {
				list.Nodes = append(list.Nodes, *pull)
			}
		}
		if err := r.complete(ctx, s.part, &repositoryNode{PullRequests: list}); err != nil {
			return nil, err
		}
		found = append(found, list.Nodes...)
	}
	return found, nil
}

// pullsOf asks about each of the commits.
func (a rest) pullsOf(ctx context.Context, s *repositorySync, shas []string) ([]pullNode, error) {
	var found []pullNode
	seen := map[int]bool{}
	for _, sha := range shas {
		list, _, err := fetchAll[pullRecord](ctx, a.run, s.part, repositoryPath(s.part)+"/commits/"+sha+"/pulls", "")
		if isAbsent(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, each := range list {
			if !s.unread(each.Number, each.MergedAt.Time) || seen[each.Number] {
				continue
			}
			seen[each.Number] = true
			pull := pullOf(each)
			if err := a.detail(ctx, s, &pull, each.Head.SHA); err != nil {
				return nil, err
			}
			found = append(found, pull)
		}
	}
	return found, nil
}
