package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const (
	// placesPerQuery and placeWidth make a query of at most 1 point: 5 × (1 + 24) lists.
	placesPerQuery = 5
	placeWidth     = 24
)

// deployed notes a deployed commit that has yet to be met on the commit graph.
func (p *position) deployed(sha string) {
	if sha != "" && !slices.Contains(p.Placed, sha) && !slices.Contains(p.Lost, sha) && !slices.Contains(p.Unplaced, sha) {
		p.Unplaced = append(p.Unplaced, sha)
	}
}

// place finds the deployed commits that the default branch does not lead to, such as those of a hotfix branch, and
// reads what leads to them until known commits are met. A commit that GitHub does not know any more is remembered as lost.
func (s *repositorySync) place(ctx context.Context) error {
	if len(s.state.Unplaced) == 0 {
		return nil
	}
	var missing []string
	for _, sha := range slices.Backward(s.state.Unplaced) {
		if !s.branch.graph.has(sha) {
			missing = append(missing, sha)
			continue
		}
		s.state.Placed = remember(s.state.Placed, sha, placedLimit)
	}
	slices.Reverse(missing)
	s.state.Unplaced = missing
	for len(s.state.Unplaced) > 0 {
		batch := s.state.Unplaced[:min(len(s.state.Unplaced), placesPerQuery)]
		if err := s.placeSome(ctx, batch); err != nil {
			return err
		}
	}
	return s.emit(ctx, nil)
}

// placeSome reads a page behind each of a few commits, and then on behind those for which a page is not enough.
func (s *repositorySync) placeSome(ctx context.Context, shas []string) error {
	var declared, fields strings.Builder
	for i := range shas {
		fmt.Fprintf(&declared, ", $sha%d: GitObjectID!", i)
		fmt.Fprintf(&fields, " commit%d: object(oid: $sha%d) { ... on Commit { history(first: $commits) { %s nodes %s } } }", i, i, pageFields, commitFields)
	}
	var answer struct{ Repository map[string]*historyNode }
	err := s.ask(ctx, question{
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
		return err
	}
	if answer.Repository == nil {
		return s.noRepository(s.part, nil)
	}
	for i, sha := range slices.Clone(shas) {
		if err := s.placeOne(ctx, sha, answer.Repository[fmt.Sprintf("commit%d", i)]); err != nil {
			return err
		}
	}
	return nil
}

type historyNode struct{ History *page[commitNode] }

func (s *repositorySync) placeOne(ctx context.Context, sha string, node *historyNode) error {
	if node == nil || node.History == nil {
		s.settlePlace(sha)
		s.state.Lost = remember(s.state.Lost, sha, lostLimit)
		return s.emit(ctx, nil)
	}
	for {
		events, err := s.takeBehind(ctx, node.History)
		if err != nil {
			return err
		}
		if s.branch.graph.complete(sha) || !node.History.PageInfo.HasNextPage {
			s.settlePlace(sha)
			s.branch.graph.settle([]string{sha})
			s.state.Placed = remember(s.state.Placed, sha, placedLimit)
			return s.emit(ctx, events)
		}
		if err := s.emit(ctx, events); err != nil {
			return err
		}
		if node, err = s.behind(ctx, sha, node.History.PageInfo.EndCursor); err != nil {
			return err
		}
	}
}

func (s *repositorySync) settlePlace(sha string) {
	s.state.Unplaced = slices.DeleteFunc(slices.Clone(s.state.Unplaced), func(each string) bool { return each == sha })
}

func (s *repositorySync) takeBehind(ctx context.Context, commits *page[commitNode]) ([]dora.Event, error) {
	if err := s.complete(ctx, s.part, &repositoryNode{Target: &historyNode{commits}}); err != nil {
		return nil, err
	}
	var events []dora.Event
	for _, c := range commits.Nodes {
		commit := s.commit(s.state.Name, c)
		if s.branch.graph.add(commit.SHA, commit.Parents) {
			events = append(events, commit)
		}
	}
	s.progress.Done += len(events)
	s.report()
	return events, nil
}

const behindText = `query Behind($owner: String!, $name: String!, $sha: GitObjectID!, $commits: Int!, $page: String) { ` + rateLimit + `
  repository(owner: $owner, name: $name) { commit: object(oid: $sha) { ... on Commit { history(first: $commits, after: $page) { ` + pageFields + ` nodes ` + commitFields + ` } } } }
}`

func (s *repositorySync) behind(ctx context.Context, sha, after string) (*historyNode, error) {
	var answer struct {
		Repository *struct{ Commit *historyNode }
	}
	err := s.ask(ctx, question{part: s.part, text: behindText, variables: func(width int) map[string]any {
		v := named(s.part)
		v["sha"], v["page"], v["commits"] = sha, after, width
		return v
	}}, &answer)
	if err != nil {
		return nil, err
	}
	if answer.Repository == nil || answer.Repository.Commit == nil || answer.Repository.Commit.History == nil {
		return nil, s.noRepository(s.part, fmt.Errorf("commit %s was lost while it was read", sha))
	}
	return answer.Repository.Commit, nil
}
