package gitlab

import (
	"context"
	"errors"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

const (
	// placedLimit and lostLimit bound how many deployed commits the cursor remembers.
	placedLimit = 50
	lostLimit   = 20
)

var errLostHead = errors.New("the head of the branch is lost each time")

// deployed notes a deployed commit that has yet to be met on the commit graph.
func (p *position) deployed(sha string) {
	for _, list := range [][]string{p.Placed, p.Lost, p.Unplaced} {
		if slices.Contains(list, sha) {
			return
		}
	}
	p.Unplaced = append(p.Unplaced, sha)
}

// place finds the deployed commits that the default branch does not lead to, such as those of a hotfix branch, and reads
// what leads to them until known commits are met. A commit that GitLab does not know any more is remembered as lost.
func (s *projectSync) place(ctx context.Context) error {
	before := len(s.state.Unplaced)
	for len(s.state.Unplaced) > 0 {
		sha := s.state.Unplaced[0]
		if s.branch.graph.Has(sha) {
			s.placed(sha)
			continue
		}
		events, found, err := s.behind(ctx, sha)
		if err != nil {
			return err
		}
		if found {
			s.placed(sha)
		} else {
			s.state.Lost, s.state.Unplaced = cursor.Remember(s.state.Lost, sha, lostLimit), s.state.Unplaced[1:]
		}
		if err := s.emit(ctx, events); err != nil {
			return err
		}
		before = len(s.state.Unplaced)
	}
	if before != 0 { // some were known already
		return s.emit(ctx, nil)
	}
	return nil
}

func (s *projectSync) placed(sha string) {
	s.state.Placed, s.state.Unplaced = cursor.Remember(s.state.Placed, sha, placedLimit), s.state.Unplaced[1:]
}

// behind reads what leads to a commit, until every way back leads to a known one.
func (s *projectSync) behind(ctx context.Context, sha string) (events []dora.Event, found bool, err error) {
	for number := 1; ; number++ {
		p, err := s.commitsOf(ctx, s.part, s.state.ID, sha, number)
		if err != nil || number == 1 && len(p.rows) == 0 {
			return nil, false, err
		}
		for _, row := range p.rows {
			commit := s.commit(s.state.Name, row)
			if s.branch.graph.Add(commit.SHA, commit.Parents) {
				events = append(events, commit)
			}
		}
		if p.next == 0 || len(p.rows) == 0 || s.branch.graph.Complete(sha) {
			s.branch.graph.Settle([]string{sha})
			return events, true, nil
		}
	}
}
