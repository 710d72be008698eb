package bitbucket

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const (
	requestFields = "next,values.id,values.title,values.description,values.state,values.author,values.created_on,values.updated_on,values.merge_commit.hash,values.source.branch.name,values.destination.branch.name,values.links.html"
	// requestPages is the most that a page of pull requests may have.
	requestPages = "50"
	// requestsAtOnce is how many are handed over in a batch; each is two requests.
	requestsAtOnce = 25
	// landedNear is how much later than the history's limit a commit may say that it was made and still be looked for: clocks
	// differ.
	landedNear = 24 * time.Hour
)

// readRequests reads the merged pull requests that changed since the last reading, in the order of their change. A page begins
// at the change where the one before ended, so that what changes meanwhile moves none out of sight.
func (s *repositorySync) readRequests(ctx context.Context) error {
	address := ""
	for {
		if address == "" {
			address = s.at(s.path+"/pullrequests", s.changed())
		}
		p, err := read[pullRequestRecord](ctx, s.run, s.part, address)
		if err != nil {
			return err
		}
		fresh := slices.DeleteFunc(slices.Clone(p.rows), func(row *pullRequestRecord) bool {
			return row.Updated.Equal(s.state.Requests) && slices.Contains(s.state.Last, row.ID) || row.Updated.Before(s.state.Requests)
		})
		for some := range slices.Chunk(fresh, requestsAtOnce) {
			if err := s.takeRequests(ctx, some); err != nil {
				return err
			}
		}
		switch {
		case p.next == "":
			return nil
		case len(fresh) == 0: // more than a page changed at one instant
			if p.next == address {
				return s.Endless(s.part)
			}
			address = p.next
		default:
			address = ""
		}
	}
}

// changed asks for what changed since.
func (s *repositorySync) changed() url.Values {
	query := url.Values{"state": {"MERGED"}, "sort": {"updated_on"}, "pagelen": {requestPages}, "fields": {requestFields}}
	since := s.state.Requests
	if since.IsZero() {
		since = s.request.Since
	}
	if !since.IsZero() {
		query.Set("q", "updated_on >= "+instant(since))
	}
	return query
}

// takeRequests hands over some, and moves the mark past them.
func (s *repositorySync) takeRequests(ctx context.Context, rows []*pullRequestRecord) error {
	var events []dora.Event
	for _, row := range rows {
		change, err := s.change(ctx, row)
		if err != nil {
			return err
		}
		if !change.Early || slices.Contains(s.state.Claimed, row.ID) {
			events = append(events, change)
		}
		if !row.Updated.Equal(s.state.Requests) {
			s.state.Requests, s.state.Last = row.Updated.Time, nil
		}
		s.state.Last = append(s.state.Last, row.ID)
	}
	return s.emit(ctx, events)
}

// change reads a pull request's own commits, and what happened to it.
func (s *repositorySync) change(ctx context.Context, p *pullRequestRecord) (*dora.Change, error) {
	number := strconv.FormatInt(p.ID, 10)
	path := s.path + "/pullrequests/" + number
	commits, err := all[commitRecord](ctx, s.run, s.part, s.at(path+"/commits", url.Values{"pagelen": {"100"}, "fields": {"next,values.hash,values.date"}}), http.StatusNotFound)
	if err != nil {
		return nil, err
	}
	happened, err := all[activityRecord](ctx, s.run, s.part, s.at(path+"/activity", url.Values{
		"pagelen": {"50"}, "fields": {"next,values.update.state,values.update.date,values.approval.date,values.approval.user,values.changes_requested.date,values.changes_requested.user,values.comment.created_on,values.comment.deleted,values.comment.user"},
	}), http.StatusNotFound)
	if err != nil {
		return nil, err
	}
	landed, at, err := s.landed(ctx, p)
	if err != nil {
		return nil, err
	}
	change := &dora.Change{
		Header:     dora.Header{Source: s.config.ID, ID: s.state.Name + ":pull_request:" + number, Updated: p.Updated.Time},
		Repository: s.state.Name, Number: int(p.ID), Title: p.Title, Body: p.Description, Author: p.Author.who(),
		Base: p.Destination.Branch.Name, Branch: p.Source.Branch.Name, Opened: p.Created.Time, MergeCommit: landed, URL: p.Links.HTML.Href,
	}
	for _, a := range happened {
		if a.Update != nil && a.Update.State == "MERGED" && (change.Merged.IsZero() || a.Update.Date.Before(change.Merged)) {
			change.Merged = a.Update.Date.Time
		}
		change.Reviews = append(change.Reviews, a.reviews()...)
	}
	if change.Merged.IsZero() { // it was merged by a push, of which nothing is told
		change.Merged = at
	}
	if change.Merged.IsZero() {
		change.Merged = p.Updated.Time
	}
	slices.SortStableFunc(change.Reviews, func(a, b dora.Review) int { return a.At.Compare(b.At) })
	for _, c := range slices.Backward(commits) { // the newest comes first
		change.Commits = append(change.Commits, dora.ChangeCommit{SHA: c.Hash, Authored: c.Date.Time})
	}
	change.Early = !s.request.Since.IsZero() && change.Merged.Before(s.request.Since)
	change.Rank = len(change.Commits) + len(change.Reviews)
	return change, nil
}

// claim reads the pull requests, merged before the history's limit, of what deployments within it ship or may yet ship: what the
// branch has over the first of each environment that counts, and is older than the limit.
func (s *repositorySync) claim(ctx context.Context) error {
	wanted, firsts := map[string]bool{}, map[string]bool{}
	for _, first := range s.state.Lanes {
		if first.Done || firsts[first.SHA] || s.state.Head == "" {
			continue
		}
		firsts[first.SHA] = true
		rows, err := all[commitRecord](ctx, s.run, s.part, s.at(s.path+"/commits", url.Values{
			"include": {s.state.Head}, "exclude": {first.SHA}, "pagelen": {"100"}, "fields": {"next,values.hash,values.date"},
		}), http.StatusNotFound)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Date.Before(s.request.Since.Add(landedNear)) {
				wanted[row.Hash[:min(len(row.Hash), shortHash)]] = true
			}
		}
	}
	if len(firsts) == 0 {
		return nil
	}
	var events []dora.Event
	if len(wanted) > 0 {
		rows, err := all[pullRequestRecord](ctx, s.run, s.part, s.at(s.path+"/pullrequests", url.Values{
			"state": {"MERGED"}, "sort": {"-updated_on"}, "pagelen": {requestPages}, "fields": {requestFields}, "q": {"updated_on < " + instant(s.request.Since.Add(landedNear))},
		}))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Merge == nil || !wanted[row.Merge.Hash[:min(len(row.Merge.Hash), shortHash)]] {
				continue
			}
			change, err := s.change(ctx, row)
			if err != nil {
				return err
			}
			s.state.Claimed = append(s.state.Claimed, row.ID)
			events = append(events, change)
		}
	}
	for _, first := range s.state.Lanes {
		first.Done = true
	}
	return s.emit(ctx, events)
}

// instant is a time as a query has it.
func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

// reviews are the votes and remarks of one thing that happened.
func (a *activityRecord) reviews() []dora.Review {
	switch {
	case a.Approval != nil && a.Approval.User != nil:
		return []dora.Review{{Author: a.Approval.User.who(), State: dora.ReviewApproved, At: a.Approval.Date.Time}}
	case a.Changes != nil && a.Changes.User != nil:
		return []dora.Review{{Author: a.Changes.User.who(), State: "changes_requested", At: a.Changes.Date.Time}}
	case a.Comment != nil && a.Comment.User != nil && !a.Comment.Deleted:
		return []dora.Review{{Author: a.Comment.User.who(), State: "commented", At: a.Comment.Created.Time}}
	}
	return nil
}

// landed is the commit that a pull request landed with, of which it has twelve digits: the only one that begins so. Where this
// run did not read it, Bitbucket is asked, which tells when it was made as well.
func (s *repositorySync) landed(ctx context.Context, p *pullRequestRecord) (sha string, at time.Time, err error) {
	if p.Merge == nil || p.Merge.Hash == "" {
		return "", time.Time{}, nil
	}
	if commitForm.MatchString(p.Merge.Hash) {
		return p.Merge.Hash, time.Time{}, nil
	}
	if len(p.Merge.Hash) == shortHash {
		switch alike := s.seen[p.Merge.Hash]; len(alike) {
		case 0:
		case 1:
			return alike[0], time.Time{}, nil
		default: // which of them it is cannot be told
			return "", time.Time{}, nil
		}
	}
	c, err := one[commitRecord](ctx, s.run, s.part, s.at(s.path+"/commit/"+url.PathEscape(p.Merge.Hash), url.Values{"fields": {"hash,date"}}), http.StatusNotFound)
	if err != nil || c == nil {
		return "", time.Time{}, err
	}
	return c.Hash, c.Date.Time, nil
}
