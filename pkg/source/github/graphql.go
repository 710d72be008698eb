package github

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// graphql reads over GraphQL v4.
type graphql struct{ *run }

func (r graphql) repository(ctx context.Context, name string) error {
	var answer struct {
		Repository *struct{ NameWithOwner string }
	}
	err := r.ask(ctx, question{part: name, text: checkRepositoryText, variables: fixed(named(name))}, &answer)
	if err == nil && answer.Repository == nil {
		return r.noRepository(name, nil)
	}
	return err
}

func (r graphql) owner(ctx context.Context, login string) error {
	for _, root := range ownerRoots {
		var answer struct{ Owner *struct{ Login string } }
		err := r.ask(ctx, question{
			part: login, text: checkOwnerText(root), tolerates: noSuchOwner, variables: fixed(map[string]any{"owner": login}),
		}, &answer)
		if err != nil || answer.Owner != nil {
			return err
		}
	}
	return r.noOwner(login)
}

func (r graphql) page(ctx context.Context, s *repositorySync) (*repositoryNode, error) {
	var answer syncAnswer
	if err := r.ask(ctx, question{part: s.part, text: syncText, variables: s.variables}, &answer); err != nil {
		return nil, err
	}
	if answer.Repository == nil {
		return nil, r.noRepository(s.part, nil)
	}
	answer.Repository.ownersTold, answer.Repository.catalogTold = r.config.CodeOwners, r.config.CatalogInfo
	if err := s.ends(answer.Repository); err != nil {
		return nil, err
	}
	if err := r.complete(ctx, s.part, answer.Repository); err != nil {
		return nil, err
	}
	return answer.Repository, r.recoverRefs(ctx, s, answer.Repository.Deployments)
}

// ends makes sure that the lists come to an end, and that those that were asked for are there.
func (s *repositorySync) ends(node *repositoryNode) error {
	head := ""
	if node.branchHistory() != nil {
		head = node.DefaultBranchRef.Target.OID
	}
	type followed struct {
		name  string
		asked bool
		page  interface{ Position() (int, pages.Info) }
	}
	for _, each := range []followed{
		{"pullRequests", !s.pulls.Done, node.PullRequests},
		{"deployments", !s.runs.Done && s.from() == FromDeployments, node.Deployments},
		{"issues", s.issues != nil && !s.issues.Done, node.Issues},
		{"history of the branch at " + head, false, node.branchHistory()},
		{"history of " + s.branch.target, false, node.targetHistory()},
	} {
		entries, next := each.page.Position()
		switch {
		case entries >= 0:
			if s.met.way(each.name).Follow(entries, next) != nil {
				return s.Endless(s.part)
			}
		case each.asked && (s.state.Name == "" || s.state.Name == node.NameWithOwner):
			return s.Unexpected(s.part, errors.New(each.name+" is missing"))
		}
	}
	return nil
}

// histories reads the pages behind all of the commits in one query.
func (r graphql) histories(ctx context.Context, s *repositorySync, shas []string) ([]*historyNode, error) {
	var declared, fields strings.Builder
	for i := range shas {
		fmt.Fprintf(&declared, ", $sha%d: GitObjectID!", i)
		fmt.Fprintf(&fields, " commit%d: object(oid: $sha%d) { ... on Commit { history(first: $commits) { %s nodes %s } } }", i, i, pageFields, commitFields)
	}
	var answer struct{ Repository map[string]*historyNode }
	err := r.ask(ctx, question{
		part: s.part,
		text: "query Place($owner: String!, $name: String!, $commits: Int!" + declared.String() + ") { " + rateLimit +
			" repository(owner: $owner, name: $name) {" + fields.String() + " } }",
		variables: func(width int) map[string]any {
			v := named(s.part)
			v["commits"] = min(width, placeWidth)
			for i, sha := range shas {
				v[fmt.Sprintf("sha%d", i)] = sha
			}
			return v
		},
	}, &answer)
	if err != nil {
		return nil, err
	}
	if answer.Repository == nil {
		return nil, r.noRepository(s.part, nil)
	}
	nodes := make([]*historyNode, len(shas))
	for i := range shas {
		nodes[i] = answer.Repository[fmt.Sprintf("commit%d", i)]
		if err := r.complete(ctx, s.part, &repositoryNode{Target: nodes[i]}); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

const behindText = `query Behind($owner: String!, $name: String!, $sha: GitObjectID!, $commits: Int!, $page: String) { ` + rateLimit + `
  repository(owner: $owner, name: $name) { commit: object(oid: $sha) { ... on Commit { history(first: $commits, after: $page) { ` + pageFields + ` nodes ` + commitFields + ` } } } }
}`

func (r graphql) behind(ctx context.Context, s *repositorySync, sha, after string) (*historyNode, error) {
	var answer struct {
		Repository *struct{ Commit *historyNode }
	}
	err := r.ask(ctx, question{part: s.part, text: behindText, variables: func(width int) map[string]any {
		v := named(s.part)
		v["sha"], v["page"], v["commits"] = sha, optional(after), width
		return v
	}}, &answer)
	if err != nil {
		return nil, err
	}
	if answer.Repository == nil {
		return nil, r.noRepository(s.part, nil)
	}
	if commit := answer.Repository.Commit; !commit.lost() && s.met.way("behind "+sha).Follow(len(commit.History.Nodes), commit.History.PageInfo) != nil {
		return nil, r.Endless(s.part)
	}
	return answer.Repository.Commit, r.complete(ctx, s.part, &repositoryNode{Target: answer.Repository.Commit})
}

// unfinished asks about all of the deployments in one query, whatever their repository.
func (r graphql) unfinished(ctx context.Context, asked []watched) ([]*deploymentNode, error) {
	ids := make([]string, len(asked))
	for i, each := range asked {
		ids[i] = each.ID
	}
	var answer struct{ Nodes []*deploymentNode }
	err := r.ask(ctx, question{
		part: unfinishedPart, text: recheckText,
		variables: func(width int) map[string]any { return map[string]any{"ids": ids, "nested": width} },
		tolerates: func(e graphqlError) bool { return e.Type == "NOT_FOUND" },
	}, &answer)
	if err != nil {
		return nil, err
	}
	if len(answer.Nodes) != len(ids) {
		return nil, r.Unexpected(unfinishedPart, errors.New("fewer deployments than were asked for"))
	}
	var found []*deploymentNode
	for _, node := range answer.Nodes {
		if node != nil && node.ID != "" {
			found = append(found, node)
		}
	}
	return answer.Nodes, r.completeStatuses(ctx, unfinishedPart, found)
}
