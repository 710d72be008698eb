package github

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// Merged pull requests are followed as deployments and issues are, but the store may have some that their list never
// showed, since a deployment shipped them that were merged long before. So where GitHub counts others than there were and
// have come since, all are called by number, whenever they were merged and changed, and nothing more is read of them. What
// is not called is withdrawn, and what is called and missing is read.

// rolled is a pull request as it is called.
type rolled struct {
	claimNode
	UpdatedAt time.Time

	record *pullRecord // over REST, which tells more
}

// roll is the calling of a repository's pull requests.
type roll struct {
	merged []rolled
	total  int // what the list has, of which those over REST are merged or not
	newest int64
}

func (r *roll) add(each rolled, ended time.Time) {
	if each.MergedAt != nil && !each.MergedAt.IsZero() {
		r.merged = append(r.merged, each)
	}
	r.newest = max(r.newest, ended.Unix())
}

// The lists by which pull requests are counted: GraphQL counts those that were merged, REST those that were closed. Over
// REST issues and pull requests are one list: where that lost nothing, no pull request went.
const (
	mergedList list = "merged"
	closedList list = "closed"
	sharedList list = "shared"
)

// takeEnds takes note of when the pull requests of a page were merged or, over REST, closed.
func (s *repositorySync) takeEnds(p *pages.Page[pullNode]) {
	c := s.ended
	_, only := s.reader.(rest)
	c.Page(p.TotalCount, p.Counted, only && s.pulls.Stream.Page == "" && !p.PageInfo.HasNextPage && !p.Unchanged)
	for _, n := range p.Nodes {
		c.Saw(int64(n.Number))
		s.endedAt[n.Number] = dora.Latest(n.MergedAt, n.ClosedAt).Unix()
	}
}

// callRoll withdraws the pull requests that are not there any more, and brings back those that are there again.
func (s *repositorySync) callRoll(ctx context.Context) (events []dora.Event, changed bool, err error) {
	c := s.ended
	if s.request.Known == nil {
		return nil, false, nil
	}
	doubtful, err := s.missesPulls(ctx, c)
	if err != nil {
		return nil, false, err
	}
	if doubtful {
		called, err := read(ctx, s.run, func(api reader) (*roll, error) { return api.roll(ctx, s) })
		if err != nil {
			return nil, false, err
		}
		if called == nil { // it changed while it was read
			return nil, false, nil
		}
		if events, err = s.answer(ctx, called); err != nil {
			return nil, false, err
		}
		c.Total, c.Newest = called.total, max(c.Newest, called.newest)
	}
	return events, s.note(c), nil
}

// missesPulls says whether pull requests may have gone, or come that are older than the newest.
func (s *repositorySync) missesPulls(ctx context.Context, c *tally) (bool, error) {
	unsure := s.state.Unsure
	if !c.Whole && !c.resumed { // by an earlier version, which did not count
		unsure = true
	}
	if _, only := s.reader.(rest); !only {
		c.list = mergedList
	} else if issues := s.censusOf(issueList); issues != nil && !s.met.noIssues {
		c.list, c.Told = sharedList, true
		c.Total = 1
		c.Remembers(s.counted(sharedList))
		return !c.Counted && unsure || issues.Again || issues.Misses(), nil
	} else {
		c.list = closedList
	}
	c.Remembers(s.counted(c.list))
	c.Newest = max(c.Newest, s.request.Since.Unix(), 0)
	if err := s.recount(ctx, c); err != nil || !c.Told {
		return false, err
	}
	for number, at := range s.endedAt {
		c.Came(int64(number), at)
	}
	if !c.Counted {
		return unsure, nil
	}
	return c.Misses(), nil
}

// answer compares what was called with what the store has.
func (s *repositorySync) answer(ctx context.Context, called *roll) (events []dora.Event, err error) {
	known := map[int]*dora.Change{}
	for _, e := range s.known(dora.KindChange, s.state.Name) {
		if change, ok := e.(*dora.Change); ok {
			known[change.Number] = change
		}
	}
	var missing []rolled
	there := map[int]bool{}
	for _, each := range called.merged {
		there[each.Number] = true
		switch change := known[each.Number]; {
		case change != nil && change.Withdrawn, change == nil && !s.pullsRead[each.Number] && !each.UpdatedAt.Before(s.request.Since):
			missing = append(missing, each)
		}
	}
	for number, change := range known {
		if !there[number] && !change.Withdrawn && change.Rank >= 0 {
			gone := *change
			gone.ID = pullID(s.state.Name, number)
			events = append(events, census.Withdraw(&gone))
		}
	}
	slices.SortFunc(events, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
	for some := range slices.Chunk(missing, pullsPerQuery) {
		pulls, err := read(ctx, s.run, func(api reader) ([]pullNode, error) { return api.rolledPulls(ctx, s, some) })
		if err != nil {
			return nil, err
		}
		for _, pull := range pulls {
			change := s.change(s.state.Name, pull)
			s.own(change)
			s.owns(change)
			if was := known[pull.Number]; was != nil {
				events = append(events, census.Above(change, was))
				continue
			}
			events = append(events, change)
		}
	}
	return events, nil
}

const rollText = `query Roll($owner: String!, $name: String!, $pulls: Int!, $page: String) { ` + rateLimit + `
  repository(owner: $owner, name: $name) { pullRequests(first: $pulls, after: $page, states: [MERGED], orderBy: {field: CREATED_AT, direction: ASC}) { ` + pageFields + ` totalCount
    nodes { id number updatedAt mergedAt } } }
}`

// key tells it from the others of the list.
func (n rolled) Key() string { return n.ID }

// roll calls the merged pull requests, a hundred at a point.
func (r graphql) roll(ctx context.Context, s *repositorySync) (*roll, error) {
	found, seen := &roll{}, map[int]bool{}
	var way pages.Trail
	for after := ""; ; {
		var answer struct {
			Repository *struct{ PullRequests *pages.Page[rolled] }
		}
		if err := r.ask(ctx, question{part: s.part, text: rollText, variables: func(width int) map[string]any {
			v := named(s.part)
			v["pulls"], v["page"] = width, optional(after)
			return v
		}}, &answer); err != nil {
			return nil, err
		}
		if answer.Repository == nil || answer.Repository.PullRequests == nil {
			return nil, r.noRepository(s.part, nil)
		}
		list := answer.Repository.PullRequests
		if way.Follow(len(list.Nodes), list.PageInfo) != nil {
			return nil, r.Endless(s.part)
		}
		for _, each := range list.Nodes {
			if each.MergedAt != nil && !seen[each.Number] {
				seen[each.Number] = true
				found.add(each, *each.MergedAt)
			}
		}
		if after = list.PageInfo.EndCursor; !list.PageInfo.HasNextPage {
			if found.total = list.TotalCount; len(found.merged) != found.total {
				return nil, nil //nolint:nilnil // it is no word on what is not there
			}
			return found, nil
		}
	}
}

func (r graphql) rolledPulls(ctx context.Context, s *repositorySync, some []rolled) ([]pullNode, error) {
	ids := make([]string, len(some))
	for i, each := range some {
		ids[i] = each.ID
	}
	return r.pullsByID(ctx, s, ids)
}

// roll calls the closed pull requests, a hundred at a request.
func (a rest) roll(ctx context.Context, s *repositorySync) (*roll, error) {
	list, _, err := fetchAll[pullRecord](ctx, a.run, s.part, repositoryPath(s.part)+"/pulls?state=closed&sort=created&direction=asc", "")
	if err != nil {
		return nil, err
	}
	found := &roll{total: len(list)}
	for _, each := range list {
		merged := each.MergedAt.Time
		found.add(rolled{claimNode{each.NodeID, each.Number, &merged}, each.UpdatedAt.Time, each}, dora.Latest(merged, each.ClosedAt.Time))
	}
	return found, nil
}

func (a rest) rolledPulls(ctx context.Context, s *repositorySync, some []rolled) ([]pullNode, error) {
	pulls := make([]pullNode, len(some))
	for i, each := range some {
		pulls[i] = pullOf(each.record)
		if err := a.detail(ctx, s, &pulls[i], each.record.Head.SHA); err != nil {
			return nil, err
		}
	}
	return pulls, nil
}
