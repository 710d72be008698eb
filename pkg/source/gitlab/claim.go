package gitlab

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

// Merge requests are read as far back as the history's limit goes; the commit graph goes to the root. So a deployment may
// ship what was merged before the limit, and would take it for bare commits. Of each environment that counts it is known what
// ran first within the history: what that does not lead to, and the branch or another deployment does, can be shipped. The
// list of merge requests is then followed back beyond the limit, a hundred a request, until all of these commits are found
// or it is older than they are.

const (
	// landedNear is how much later than the limit a commit may say that it was made and still be looked for: clocks differ.
	landedNear = 24 * time.Hour
	// unclaimedLimit bounds how many commits of a project are looked for; the oldest beyond it stay commits.
	unclaimedLimit = 5000
	// surveyPages bounds how far the branch is read once more, where it was not read as a whole in this run.
	surveyPages = 100
)

// ship takes note of what a deployment may ship.
func (s *projectSync) ship(d *dora.Deployment) {
	if s.request.Since.IsZero() {
		return
	}
	for _, lane := range s.state.Lanes.Enter(d, s.config.ServedBy(d)) {
		if !s.state.Lanes[lane].Done {
			s.tips[lane] = append(s.tips[lane], d.SHA)
		}
	}
}

// owns takes note of a merge request that was read, of what it landed, and whether it is from before the history.
func (s *projectSync) owns(change *dora.Change) {
	change.Early = !s.request.Since.IsZero() && !s.isRecent(change.Merged)
	s.requests[int64(change.Number)] = true
	s.claimed[change.MergeCommit] = true
	for _, c := range change.Commits {
		s.claimed[c.SHA], s.rebased[c.Authored.Unix()] = true, true
	}
}

// claim reads the merge requests, merged before the history's limit, of what deployments within it ship or may yet ship.
func (s *projectSync) claim(ctx context.Context) error {
	var fresh []string
	for _, lane := range slices.Sorted(maps.Keys(s.state.Lanes)) {
		if !s.state.Lanes[lane].Done {
			fresh = append(fresh, lane)
		}
	}
	if len(fresh) > 0 && s.branch.target != "" {
		found, err := s.unclaimed(ctx, fresh)
		if err != nil {
			return err
		}
		for _, lane := range fresh {
			s.state.Lanes[lane].Done = true
		}
		for sha, at := range found {
			if len(s.state.Unclaimed) >= unclaimedLimit {
				break
			}
			if s.state.Unclaimed == nil {
				s.state.Unclaimed = map[string]time.Time{}
			}
			s.state.Unclaimed[sha] = at
		}
		if err := s.emit(ctx, nil); err != nil {
			return err
		}
	}
	if len(s.state.Unclaimed) == 0 {
		return nil
	}
	return s.lookBack(ctx)
}

// lookBack follows the list of merge requests back from the limit.
func (s *projectSync) lookBack(ctx context.Context) error {
	oldest := time.Time{}
	for _, at := range s.state.Unclaimed {
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	before := s.request.Since.Add(landedNear)
	for number := 1; ; {
		query := url.Values{
			"state": {"merged"}, "scope": {"all"}, "order_by": {"updated_at"}, "sort": {"desc"}, "per_page": {strconv.Itoa(widest)},
			"updated_before": {before.UTC().Format(time.RFC3339)}, "page": {strconv.Itoa(number)},
		}
		p, err := many[mergeRequestRecord](ctx, s.run, s.part, of(s.state.ID)+"/merge_requests", query)
		if err != nil {
			return err
		}
		var wanted []*mergeRequestRecord
		last := time.Time{}
		for _, row := range p.rows {
			last = row.UpdatedAt.Time
			if _, lands := s.state.Unclaimed[row.landed()]; lands && !s.requests[row.IID] {
				wanted = append(wanted, row)
			}
		}
		if len(wanted) > 0 {
			events, err := s.takeMergeRequests(ctx, wanted)
			if err != nil {
				return err
			}
			for sha := range s.state.Unclaimed {
				if s.claimed[sha] {
					delete(s.state.Unclaimed, sha)
				}
			}
			if err := s.emit(ctx, events); err != nil {
				return err
			}
		}
		// A merge request's last change is not before it landed.
		if p.next == 0 || len(p.rows) == 0 || len(s.state.Unclaimed) == 0 || last.Before(oldest.Add(-landedNear)) {
			break
		}
		if last.Before(before.Add(-time.Second)) {
			before, number = last.Add(time.Second).Truncate(time.Second), 1
		} else {
			number++
		}
	}
	s.state.Unclaimed = nil
	return s.emit(ctx, nil)
}

// unclaimed are the commits that are older than the history's limit, can be shipped within it and belong to no merge request
// that was read.
func (s *projectSync) unclaimed(ctx context.Context, lanes []string) (map[string]time.Time, error) {
	tips := map[string][]string{} // by the commit that came first
	for _, lane := range lanes {
		first := s.state.Lanes[lane].SHA
		tips[first] = append(tips[first], s.tips[lane]...)
	}
	g, made, err := s.survey(ctx, tips)
	if err != nil {
		return nil, err
	}
	found := map[string]time.Time{}
	for first, later := range tips {
		if !g.Has(first) {
			continue // nothing can be told from it
		}
		before := g.Below([]string{first}, nil)
		before[first] = true
		for sha := range g.Below(append([]string{s.branch.target}, later...), before) {
			if at := made[sha]; !at.IsZero() && !s.isRecent(at) && !s.claimed[sha] {
				found[sha] = at
			}
		}
	}
	return found, nil
}

// survey is the graph with when its commits were made, as far as they are older than the limit: what this run has seen, or,
// where that is not all, the branch read once more back to the commits that came first.
func (s *projectSync) survey(ctx context.Context, tips map[string][]string) (*lineage.Graph, map[string]time.Time, error) {
	if s.branch.whole {
		return s.branch.graph, s.branch.early, nil
	}
	g, made := lineage.NewGraph(slices.Collect(maps.Keys(tips))), map[string]time.Time{}
	for number := 1; number <= surveyPages; number++ {
		p, err := s.commitsOf(ctx, s.part, s.state.ID, s.branch.target, number)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range p.rows {
			g.Add(row.ID, row.ParentIDs)
			if at := row.CommittedDate.Time; !s.isRecent(at) {
				made[row.ID] = at
			}
		}
		if p.next == 0 || len(p.rows) == 0 || g.Complete(s.branch.target) {
			break
		}
	}
	return g, made, nil
}
