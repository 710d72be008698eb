package github

import (
	"context"
	"fmt"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

const (
	// placesPerQuery and placeWidth make a query of at most 1 point: 5 × (1 + 24) lists.
	placesPerQuery = 5
	placeWidth     = 24
	// placedLimit and lostLimit bound how many deployed commits the cursor remembers.
	placedLimit = 50
	lostLimit   = 20
)

// deployed notes a deployed commit that has yet to be met on the commit graph.
func (p *position) deployed(sha string) {
	for _, list := range [][]string{p.Placed, p.Lost, p.Met, p.Unplaced} {
		if slices.Contains(list, sha) {
			return
		}
	}
	p.Unplaced = append(p.Unplaced, sha)
}

// meet takes the deployed commits that the graph holds by now off the list. Once the branch is read they are placed.
func (p *position) meet(b *branch) {
	var missing []string
	for _, sha := range p.Unplaced {
		if !b.has(sha) {
			missing = append(missing, sha)
		} else if len(p.Met) < placedLimit {
			p.Met = append(p.Met, sha)
		}
	}
	p.Unplaced = missing
	if first := p.History.First; first != nil && p.Deployments.Done {
		first.Ahead = nil
	}
	if !b.done {
		return
	}
	for _, sha := range slices.Backward(p.Met) { // the newest comes first and is to stay longest
		p.Placed = cursor.Remember(p.Placed, sha, placedLimit)
	}
	p.Met = nil
}

// place finds the deployed commits that the default branch does not lead to, such as those of a hotfix branch, and
// reads what leads to them until known commits are met. A commit that GitHub does not know any more is remembered as lost.
func (s *repositorySync) place(ctx context.Context) error {
	for len(s.state.Unplaced) > 0 {
		batch := s.state.Unplaced[:min(len(s.state.Unplaced), placesPerQuery)]
		if err := s.placeSome(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// placeSome reads a page behind each of a few commits, and then on behind those for which a page is not enough.
func (s *repositorySync) placeSome(ctx context.Context, shas []string) error {
	nodes, err := read(ctx, s.run, func(api reader) ([]*historyNode, error) { return api.histories(ctx, s, shas) })
	if err != nil {
		return err
	}
	var events []dora.Event
	for i, sha := range shas {
		news, err := s.placeOne(ctx, sha, nodes[i])
		if err != nil {
			return err
		}
		events = append(events, news...)
	}
	// Only now may the position change: until here an error leaves everything to the next run.
	for i, sha := range shas {
		if nodes[i].lost() {
			s.state.Lost = cursor.Remember(s.state.Lost, sha, lostLimit)
		} else {
			s.state.Placed = cursor.Remember(s.state.Placed, sha, placedLimit)
		}
	}
	s.state.Unplaced = s.state.Unplaced[len(shas):]
	return s.emit(ctx, events)
}

type historyNode struct{ History *pages.Page[commitNode] }

func (n *historyNode) lost() bool { return n == nil || n.History == nil }

// placeOne returns what is news behind one commit once all of it is read.
func (s *repositorySync) placeOne(ctx context.Context, sha string, node *historyNode) ([]dora.Event, error) {
	if node.lost() {
		return nil, nil
	}
	var events []dora.Event
	for {
		events = append(events, s.takeBehind(node.History)...)
		if s.branch.graph.Complete(sha) || !node.History.PageInfo.HasNextPage {
			s.branch.graph.Settle([]string{sha})
			return events, nil
		}
		var err error
		node, err = read(ctx, s.run, func(api reader) (*historyNode, error) {
			return api.behind(ctx, s, sha, node.History.PageInfo.EndCursor)
		})
		if err != nil {
			return nil, err
		}
		if node.lost() {
			return nil, s.noRepository(s.part, fmt.Errorf("commit %s was lost while it was read", sha))
		}
	}
}

func (s *repositorySync) takeBehind(commits *pages.Page[commitNode]) []dora.Event {
	var events []dora.Event
	for _, c := range commits.Nodes {
		commit := s.commit(s.state.Name, c)
		if s.branch.graph.Add(commit.SHA, commit.Parents) {
			events = append(events, commit)
		}
	}
	s.noteRecent(events)
	s.Progress.Done += len(events)
	s.Report()
	return events
}
