package azuredevops

import (
	"context"
	"encoding/hex"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	// pullRequestPages is how many pull requests a page has. Azure DevOps gives a thousand at most.
	pullRequestPages = 500
	// pullRequestsAtOnce is how many are handed over in a batch; each is two requests.
	pullRequestsAtOnce = 50
	// looksBack is for how long after it was completed another title, description or label of a pull request is noticed.
	looksBack = 14 * 24 * time.Hour
	// listedText is how many characters of a description a list shows.
	listedText = 400
)

// instant is a time as a query has it.
func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999Z") }

// readPullRequests reads those that were completed since the last reading, and those that have changed since. Their list is
// of a span of time that is over, so that it does not move while it is read.
func (s *repositorySync) readPullRequests(ctx context.Context) error {
	until := s.Now().UTC()
	since := s.request.Since
	if at := s.state.Closed.Add(-looksBack); !s.state.Closed.IsZero() && at.After(since) {
		since = at
	}
	query := url.Values{"searchCriteria.status": {"completed"}, "searchCriteria.queryTimeRangeType": {"closed"}, "searchCriteria.maxTime": {instant(until)}}
	if !since.IsZero() {
		query.Set("searchCriteria.minTime", instant(since))
	}
	rows, _, err := skipped[pullRequestRecord](ctx, s.run, s.part, question{path: s.path + "/pullrequests", query: query, about: ofCode}, "", pullRequestPages)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b *pullRequestRecord) int { return a.ClosedDate.Compare(b.ClosedDate.Time) })
	rows = slices.DeleteFunc(rows, func(row *pullRequestRecord) bool {
		return row.Status != "completed" || s.state.Seen[row.ID].Sum == row.sum() || row.ClosedDate.Before(s.request.Since)
	})
	s.Progress.Total = len(rows)
	for some := range slices.Chunk(rows, pullRequestsAtOnce) {
		events, err := s.takePullRequests(ctx, some)
		if err != nil {
			return err
		}
		s.state.Closed = dora.Latest(s.state.Closed, some[len(some)-1].ClosedDate.Time)
		from := s.state.Closed.Add(-looksBack - cursor.Overlap)
		maps.DeleteFunc(s.state.Seen, func(_ int64, v standing) bool { return v.Closed.Before(from) })
		if err := s.emit(ctx, events); err != nil {
			return err
		}
	}
	return nil
}

// sum is of what may change of a pull request after it was completed, as far as a list tells.
func (p *pullRequestRecord) sum() string {
	h := fnv.New64a()
	for _, text := range append([]string{p.Title, p.Description, p.ClosedDate.Format(time.RFC3339Nano)}, p.labels()...) {
		_, _ = h.Write([]byte(text)) // it cannot fail
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (p *pullRequestRecord) labels() []string {
	var names []string
	for _, label := range p.Labels {
		if label.Active == nil || *label.Active {
			names = append(names, label.Name)
		}
	}
	return names
}

// takePullRequests reads the commits and threads of some.
func (s *repositorySync) takePullRequests(ctx context.Context, rows []*pullRequestRecord) ([]dora.Event, error) {
	events := make([]dora.Event, 0, len(rows))
	for _, row := range rows {
		sum, path := row.sum(), s.path+"/pullRequests/"+number(row.ID)
		before, again := s.state.Seen[row.ID]
		if len([]rune(row.Description)) >= listedText {
			whole, found, err := one[pullRequestRecord](ctx, s.run, s.part, question{path: path, about: ofCode})
			if err != nil {
				return nil, err
			}
			if found {
				row.Description = whole.Description
			}
		}
		commits, err := all[commitRecord](ctx, s.run, s.part, question{path: path + "/commits", query: url.Values{"$top": {"500"}}, about: ofCode}, http.StatusNotFound)
		if err != nil {
			return nil, err
		}
		threads, err := all[threadRecord](ctx, s.run, s.part, question{path: path + "/threads", about: ofCode}, http.StatusNotFound)
		if err != nil {
			return nil, err
		}
		change := s.change(row, commits, threads)
		if again && before.Sum != sum { // it was read before, in a version of the same time
			change.Updated = s.now()
		}
		if s.state.Seen == nil {
			s.state.Seen = map[int64]standing{}
		}
		s.state.Seen[row.ID] = standing{sum, row.ClosedDate.Time}
		s.claimed[change.MergeCommit] = true
		for _, c := range change.Commits {
			s.claimed[c.SHA] = true
		}
		events = append(events, change)
	}
	return events, nil
}

func (s *repositorySync) change(p *pullRequestRecord, commits []*commitRecord, threads []*threadRecord) *dora.Change {
	base, _ := refOf(p.Target)
	branch, _ := refOf(p.Source)
	change := &dora.Change{
		Header:     dora.Header{Source: s.config.ID, ID: s.state.Name + ":pull_request:" + number(p.ID), Updated: p.ClosedDate.Time},
		Repository: s.state.Name, Number: int(p.ID), Title: p.Title, Body: s.inOwnWords(p.Description), Author: p.CreatedBy.who(), Labels: p.labels(),
		Base: base, Branch: branch, Opened: p.CreationDate.Time, Merged: p.ClosedDate.Time, Reviews: reviews(p.CreatedBy, threads),
	}
	if s.own.WebURL != "" {
		change.URL = s.own.WebURL + "/pullrequest/" + number(p.ID)
	}
	if p.LastMergeCommit != nil {
		change.MergeCommit = p.LastMergeCommit.ID
	}
	for _, c := range slices.Backward(commits) { // the newest comes first
		at := c.Author.Date.Time
		if at.IsZero() {
			at = c.Committer.Date.Time
		}
		change.Commits = append(change.Commits, dora.ChangeCommit{SHA: c.ID, Authored: at})
	}
	change.Early = !s.request.Since.IsZero() && change.Merged.Before(s.request.Since)
	change.Rank = len(change.Commits) + len(change.Reviews)
	return change
}

// inOwnWords puts what names a pull request of this repository by the organisation, as people write who came from elsewhere,
// into Azure DevOps' own words: Reverts !12.
func (s *repositorySync) inOwnWords(text string) string {
	organisation := s.root[strings.LastIndexByte(s.root, '/')+1:]
	for _, name := range []string{organisation + "/" + s.own.Name, s.state.Name} {
		text = strings.ReplaceAll(text, "Reverts "+name+"#", "Reverts !")
	}
	return text
}

// reviews are the votes and remarks of persons. A vote is told in a thread of the service's, by the key of an identity; what
// takes a vote back is none. A team's vote is its member's, which has a thread of its own.
func reviews(author *identity, threads []*threadRecord) []dora.Review {
	var found []dora.Review
	add := func(by *identity, state string, at time.Time) {
		if by == nil || by.IsContainer || at.IsZero() {
			return
		}
		name := by.who()
		if author != nil && by.ID != author.ID && name == author.who() { // another person of the same name
			name = by.UniqueName
		}
		if name != "" {
			found = append(found, dora.Review{Author: name, State: state, At: at.UTC()})
		}
	}
	for _, t := range threads {
		if t.Properties["CodeReviewThreadType"].text() == "VoteUpdate" {
			vote, _ := strconv.Atoi(t.Properties["CodeReviewVoteResult"].text())
			by := t.Identities[t.Properties["CodeReviewVotedByIdentity"].text()]
			switch {
			case vote >= 5:
				add(by, dora.ReviewApproved, t.Published.Time)
			case vote < 0:
				add(by, "changes_requested", t.Published.Time)
			}
			continue
		}
		for _, c := range t.Comments {
			if strings.EqualFold(c.Type, "text") && !c.Deleted {
				add(c.Author, "commented", c.Published.Time)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b dora.Review) int { return a.At.Compare(b.At) })
	return found
}

// Pull requests are read as far back as the history's limit goes, the commits to the root. Of each environment that counts it
// is known what ran first within the history: what the branch has over that, and is older than the limit, can yet be shipped.

const (
	// landedNear is how much later than the limit a commit may say that it was made and still be looked for: clocks differ.
	landedNear = 24 * time.Hour
	// queriedAtOnce is how many commits are asked for at a time, and unclaimedLimit of how many in all.
	queriedAtOnce  = 100
	unclaimedLimit = 5000
)

// ship takes note of what a deployment may ship.
func (s *repositorySync) ship(d *dora.Deployment) {
	if s.request.Since.IsZero() || !isCommit(d.SHA) || !d.Settled() {
		return
	}
	s.state.Lanes.Enter(d, s.config.ServedBy(d))
}

// claim reads the pull requests, completed before the history's limit, of what deployments within it ship or may yet ship.
func (s *repositorySync) claim(ctx context.Context) error {
	wanted, firsts := map[string]bool{}, map[string]bool{}
	for _, first := range s.state.Lanes {
		if first.Done || firsts[first.SHA] || s.state.Head == "" {
			continue
		}
		firsts[first.SHA] = true
		rows, _, err := s.between(ctx, first.SHA, s.state.Head)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if at := row.Committer.Date; at.Before(s.request.Since.Add(landedNear)) && !s.claimed[row.ID] && len(wanted) < unclaimedLimit {
				wanted[row.ID] = true
			}
		}
	}
	if len(firsts) == 0 {
		return nil
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(wanted)), queriedAtOnce) {
		rows, err := s.landedBy(ctx, some)
		if err != nil {
			return err
		}
		events, err := s.takePullRequests(ctx, rows)
		if err != nil {
			return err
		}
		if err := s.emit(ctx, events); err != nil {
			return err
		}
	}
	for _, first := range s.state.Lanes {
		first.Done = true
	}
	return s.emit(ctx, nil)
}

type queryRecord struct {
	Results []map[string][]*pullRequestRecord `json:"results"`
}

func (q *queryRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("results", q.Results == nil))
}

// landedBy are the completed pull requests whose merges some commits are.
func (s *repositorySync) landedBy(ctx context.Context, shas []string) ([]*pullRequestRecord, error) {
	ask := map[string]any{"queries": []any{map[string]any{"type": "lastMergeCommit", "items": shas}}}
	answer, _, err := one[queryRecord](ctx, s.run, s.part, question{path: s.path + "/pullrequestquery", payload: ask, about: ofCode})
	if err != nil || answer == nil {
		return nil, err
	}
	var rows []*pullRequestRecord
	taken := map[int64]bool{}
	for _, result := range answer.Results {
		for _, sha := range slices.Sorted(maps.Keys(result)) {
			for _, row := range result[sha] {
				if row != nil && row.Status == "completed" && row.Lacks() == "" && !taken[row.ID] && s.state.Seen[row.ID].Sum == "" {
					taken[row.ID] = true
					rows = append(rows, row)
				}
			}
		}
	}
	return rows, nil
}
