package github

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

// Pull requests are read as far back as the history's limit goes; the commit graph goes to the root. So a deployment may
// ship what was merged before the limit, and would take it for bare commits. Of each environment that counts it is known
// what ran first within the history: what that does not lead to, and the branch or another deployment does, can be
// shipped. GitHub is asked once whose pull requests these commits are, as far as they are older than the limit.

const (
	// landedNear is how much later than the limit a commit may say that it was made and still be looked up: clocks differ.
	landedNear = 24 * time.Hour
	// unclaimedLimit bounds how many commits of a repository are looked up; the oldest beyond it stay commits.
	unclaimedLimit = 5000
	// surveyPages bounds how far the branch is read once more, where it was not read as a whole in this run.
	surveyPages = 100
	// claimsPerQuery are how many commits one query asks about, and pullsPerQuery how many pull requests it reads.
	claimsPerQuery, pullsPerQuery = 50, 25
)

// enter takes note of a success for the lanes that it is in, and names them.
func (s *Source) enter(p *position, d *dora.Deployment) (lanes []string) {
	return p.Lanes.Enter(d, s.config.ServedBy(d))
}

// ship notes what a deployment may ship.
func (s *repositorySync) ship(d *dora.Deployment) {
	if s.request.Since.IsZero() {
		return
	}
	for _, lane := range s.enter(s.state, d) {
		if !s.state.Lanes[lane].Done {
			s.tips[lane] = append(s.tips[lane], d.SHA)
		}
	}
}

// claim reads the pull requests, merged before the history's limit, of what deployments within it ship or may yet ship.
func (s *repositorySync) claim(ctx context.Context) error {
	var fresh []string
	for _, lane := range slices.Sorted(maps.Keys(s.state.Lanes)) {
		if !s.state.Lanes[lane].Done {
			fresh = append(fresh, lane)
		}
	}
	if len(fresh) > 0 {
		found, err := s.unclaimed(ctx, fresh)
		if err != nil {
			return err
		}
		for _, lane := range fresh {
			s.state.Lanes[lane].Done = true
		}
		for _, sha := range found {
			if len(s.state.Unclaimed) < unclaimedLimit && !slices.Contains(s.state.Unclaimed, sha) {
				s.state.Unclaimed = append(s.state.Unclaimed, sha)
			}
		}
		if err := s.emit(ctx, nil); err != nil {
			return err
		}
	}
	for len(s.state.Unclaimed) > 0 {
		if err := s.claimSome(ctx); err != nil {
			return err
		}
	}
	return nil
}

// claimSome asks about a batch of the commits, without those that belong to pull requests found meanwhile.
func (s *repositorySync) claimSome(ctx context.Context) error {
	var batch []string
	next := 0
	for next < len(s.state.Unclaimed) && len(batch) < claimsPerQuery {
		if sha := s.state.Unclaimed[next]; !s.claimed[sha] {
			batch = append(batch, sha)
		}
		next++
	}
	pulls, err := read(ctx, s.run, func(api reader) ([]pullNode, error) { return api.pullsOf(ctx, s, batch) })
	if err != nil {
		return err
	}
	var events []dora.Event
	for _, pull := range pulls {
		change := s.change(s.state.Name, pull)
		s.owns(change)
		s.own(change)
		events = append(events, change)
	}
	s.leaveOwned()
	s.state.Unclaimed = slices.Clone(s.state.Unclaimed[next:])
	s.Progress.Done += len(events)
	s.Report()
	return s.emit(ctx, events)
}

// owns takes note of a pull request that was read, of what it landed, and whether it is from before the history.
func (s *repositorySync) owns(change *dora.Change) {
	change.Early = !s.isRecent(change.Merged)
	s.pullsRead[change.Number] = true
	s.claimed[change.MergeCommit] = true
	for _, c := range change.Commits {
		s.claimed[c.SHA] = true
	}
}

// unread says whether a pull request that a commit belongs to is to be read: the list of them has the younger ones.
func (s *repositorySync) unread(number int, merged time.Time) bool {
	return !merged.IsZero() && !s.pullsRead[number] && !s.isRecent(merged)
}

// unclaimed lists the commits of lanes that are older than the history's limit, can be shipped within it and belong to no
// pull request that was read: those of the branches first, which landed by themselves, then what they brought in.
func (s *repositorySync) unclaimed(ctx context.Context, lanes []string) ([]string, error) {
	tips := map[string][]string{} // by the commit that came first
	for _, lane := range lanes {
		first := s.state.Lanes[lane].SHA
		tips[first] = append(tips[first], s.tips[lane]...)
	}
	g, recent := s.branch.graph, s.branch.recent
	if !s.branch.whole {
		var err error
		if g, recent, err = s.survey(ctx, slices.Sorted(maps.Keys(tips))); err != nil {
			return nil, err
		}
	} else if g.Size() == len(recent) {
		return nil, nil
	}
	var line, rest []string
	seen := map[string]bool{}
	note := func(list *[]string, sha string) {
		if !seen[sha] && !recent[sha] && !s.claimed[sha] {
			seen[sha] = true
			*list = append(*list, sha)
		}
	}
	met := g.Met()
	for _, first := range slices.Sorted(maps.Keys(tips)) {
		if !met[first] {
			continue // nothing can be told from it
		}
		before := g.Below([]string{first}, nil)
		before[first] = true
		from := append([]string{s.branch.target}, tips[first]...)
		walked := map[string]bool{}
		for _, tip := range from {
			for at := tip; !before[at] && !walked[at]; {
				parents, known := g.Parents(at)
				if !known {
					break
				}
				walked[at] = true
				note(&line, at)
				if len(parents) == 0 {
					break
				}
				at = parents[0]
			}
		}
		for _, sha := range slices.Sorted(maps.Keys(g.Below(from, before))) {
			note(&rest, sha)
		}
	}
	return append(line, rest...), nil
}

// survey reads the branch once more, back to some commits.
func (s *repositorySync) survey(ctx context.Context, firsts []string) (*lineage.Graph, map[string]bool, error) {
	g, recent := lineage.NewGraph(firsts), map[string]bool{}
	after := ""
	for range surveyPages {
		node, err := read(ctx, s.run, func(api reader) (*historyNode, error) { return api.behind(ctx, s, s.branch.target, after) })
		if err != nil {
			return nil, nil, err
		}
		if node.lost() {
			break
		}
		for _, c := range node.History.Nodes {
			parents := make([]string, len(c.Parents.Nodes))
			for i, parent := range c.Parents.Nodes {
				parents[i] = parent.OID
			}
			g.Add(c.OID, parents)
			if s.isRecent(c.CommittedDate) {
				recent[c.OID] = true
			}
		}
		if after = node.History.PageInfo.EndCursor; !node.History.PageInfo.HasNextPage || g.Complete(s.branch.target) {
			break
		}
	}
	return g, recent, nil
}

// isRecent says that a commit landed surely within the history, so that its pull request has been read.
func (s *repositorySync) isRecent(committed time.Time) bool {
	return !committed.Before(s.request.Since.Add(landedNear))
}

// noteRecent takes note of which commits landed surely within the history.
func (s *repositorySync) noteRecent(commits []dora.Event) {
	for _, e := range commits {
		if c, ok := e.(*dora.Commit); ok && s.branch.whole && s.isRecent(c.Committed) {
			s.branch.recent[c.SHA] = true
		}
	}
}
