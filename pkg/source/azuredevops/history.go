package azuredevops

import (
	"context"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

const (
	// commitsAtOnce is how many commits are handed over in a batch; each is a request.
	commitsAtOnce = 100
	// commitPages is how many commits a page of their list has.
	commitPages = 1000
	// placedLimit, lostLimit and besideLimit bound how many commits the cursor remembers.
	placedLimit = 50
	lostLimit   = 20
	besideLimit = 500
)

// readBranch reads what leads to the default branch's head and did not lead to the one before, and announces the repository.
func (s *repositorySync) readBranch(ctx context.Context) error {
	head, err := s.head(ctx)
	if err != nil {
		return err
	}
	if head == "" || head == s.state.Head {
		if events := s.announce(head); len(events) > 0 {
			return s.emit(ctx, events)
		}
		return nil
	}
	if s.state.Walk == nil {
		s.state.Walk = &walk{Target: head}
		if len(s.state.Heads) > 0 {
			s.state.Walk.From = s.state.Heads[0]
		}
	}
	rows, found, err := s.between(ctx, s.state.Walk.From, s.state.Walk.Target)
	for _, anchor := range slices.Concat(s.state.Heads, s.state.Base) {
		if err != nil || found {
			break
		}
		// One of the two is there no longer, as after a forced push: an older head may be.
		s.state.Walk = &walk{From: anchor, Target: head}
		rows, found, err = s.between(ctx, anchor, head)
	}
	if err == nil && !found {
		s.state.Walk = &walk{Target: head}
		rows, found, err = s.between(ctx, "", head)
	}
	if err != nil {
		return err
	}
	if !found { // the head went while it was read: the next run sees the present one
		s.state.Walk = nil
		return nil
	}
	s.whole = s.state.Walk.From == ""
	s.Progress.Total = len(rows)
	for _, row := range rows {
		s.seen[row.ID] = true
	}
	for s.state.Walk.Done < len(rows) {
		some := rows[s.state.Walk.Done:min(len(rows), s.state.Walk.Done+commitsAtOnce)]
		events, err := s.commits(ctx, some)
		if err != nil {
			return err
		}
		s.state.Walk.Done += len(some)
		if s.state.Walk.Done < len(rows) {
			if err := s.emit(ctx, events); err != nil {
				return err
			}
			continue
		}
		return s.reach(ctx, events, head)
	}
	return s.reach(ctx, nil, head)
}

// reach makes an anchor of the head that was read to the end.
func (s *repositorySync) reach(ctx context.Context, events []dora.Event, head string) error {
	target := s.state.Walk.Target
	s.state.Reach(target)
	s.state.Walk = nil
	err := s.emit(ctx, append(events, s.announce(target)...))
	if err != nil || target == head {
		return err
	}
	return s.readBranch(ctx) // it was begun when the branch ended there
}

// head is the default branch's; empty where there is no commit.
func (s *repositorySync) head(ctx context.Context) (string, error) {
	name := strings.TrimPrefix(s.own.DefaultBranch, "refs/")
	if name == "" {
		return "", nil
	}
	rows, err := all[refRecord](ctx, s.run, s.part, question{path: s.path + "/refs", query: url.Values{"filter": {name}}, about: ofCode})
	if err != nil {
		return "", err
	}
	for _, row := range rows { // names that begin alike are listed too
		if row.Name == s.own.DefaultBranch {
			return row.Object, nil
		}
	}
	return "", nil
}

// between lists the commits that lead to a commit and not to an older one; found is false where one of the two is not there.
func (s *repositorySync) between(ctx context.Context, older, newer string) (rows []*commitRecord, found bool, err error) {
	query := url.Values{}
	set := func(which, sha string) {
		query.Set("searchCriteria."+which+".version", sha)
		query.Set("searchCriteria."+which+".versionType", "commit") // else it is the name of a branch
	}
	if older == "" {
		set("itemVersion", newer)
	} else {
		set("itemVersion", older)
		set("compareVersion", newer)
	}
	return skipped[commitRecord](ctx, s.run, s.part, question{path: s.path + "/commits", query: query, about: ofCode}, "searchCriteria.", commitPages, http.StatusNotFound)
}

// commits asks for commits one by one, which alone tells their parents.
func (s *repositorySync) commits(ctx context.Context, rows []*commitRecord) ([]dora.Event, error) {
	events := make([]dora.Event, 0, len(rows))
	for _, row := range rows {
		c, found, err := one[commitRecord](ctx, s.run, s.part, question{path: s.path + "/commits/" + url.PathEscape(row.ID), about: ofCode})
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, s.Unexpected(s.part, errLostCommit)
		}
		if c.Committer.Date.IsZero() {
			return nil, s.Unexpected(s.part, errNoDate)
		}
		events = append(events, s.commit(s.state.Name, c))
	}
	return events, nil
}

// announce tells of the repository once its head is reached.
func (s *repositorySync) announce(head string) []dora.Event {
	p, branch := s.state, strings.TrimPrefix(s.own.DefaultBranch, "refs/heads/")
	traits := s.own.traits(s.projectSync.state.Name)
	if !p.Announced.IsZero() && p.Head == head && p.Branch == branch && p.URL == s.own.WebURL && p.Traits.Same(&traits) {
		return nil
	}
	p.Head, p.Branch, p.URL = head, branch, s.own.WebURL
	return []dora.Event{s.tell(p, traits)}
}

// traits are what Azure DevOps tells of a repository beside its code: that of a disabled one cannot be read any more.
func (r *repositoryRecord) traits(project string) dora.Traits {
	return dora.Traits{Group: project, Archived: r.Disabled, Fork: r.Fork}.Ordered()
}

// tell makes the next version of what is told of a repository.
func (r *run) tell(p *position, traits dora.Traits) *dora.Repository {
	updated := r.now()
	if !updated.After(p.Announced) {
		updated = p.Announced.Add(time.Second)
	}
	p.Traits, p.Announced = traits, updated
	return &dora.Repository{
		Header: dora.Header{Source: r.config.ID, ID: p.Name, Updated: updated},
		Name:   p.Name, DefaultBranch: p.Branch, HeadSHA: p.Head, URL: p.URL, Formerly: p.Formerly, Began: p.Began, Traits: traits,
	}
}

// deployed takes note of a deployment's commit, to be found where the branch was not seen to lead to it.
func (s *repositorySync) deployed(d *dora.Deployment) {
	if !isCommit(d.SHA) || s.seen[d.SHA] {
		return
	}
	if !s.config.Counts(d.Repository, d.Environment) { // previews are deployed by the thousand
		s.state.PassedOver = true
		return
	}
	for _, list := range [][]string{s.state.Placed, s.state.Lost, s.state.Unplaced, s.state.Heads, s.state.Beside} {
		if slices.Contains(list, d.SHA) {
			return
		}
	}
	s.state.Unplaced = append(s.state.Unplaced, d.SHA)
}

// reconsider has the commits looked for of deployments that count since other services do.
func (s *repositorySync) reconsider() {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(s.config.Serving(s.state.Name))) // it cannot fail
	serving := strconv.FormatUint(sum.Sum64(), 36)
	again := s.state.PassedOver && s.state.Serving != serving
	s.state.Serving = serving
	if !again {
		return
	}
	s.state.PassedOver = false
	for _, d := range s.stored {
		if d.Repository == s.state.Name {
			s.deployed(d)
		}
	}
	slices.Sort(s.state.Unplaced)
}

// place finds the deployed commits that the branch does not lead to, by what they have over its head, and reads these.
func (s *repositorySync) place(ctx context.Context) error {
	for len(s.state.Unplaced) > 0 {
		sha := s.state.Unplaced[0]
		var events []dora.Event
		if !s.seen[sha] {
			rows, found, err := s.between(ctx, s.state.Head, sha)
			if err != nil {
				return err
			}
			rows = slices.DeleteFunc(rows, func(c *commitRecord) bool { return s.seen[c.ID] || slices.Contains(s.state.Beside, c.ID) })
			if events, err = s.commits(ctx, rows); err != nil {
				return err
			}
			for _, row := range rows {
				s.state.Beside = cursor.Remember(s.state.Beside, row.ID, besideLimit)
			}
			if !found {
				s.state.Lost = cursor.Remember(s.state.Lost, sha, lostLimit)
			}
		}
		s.state.Placed = cursor.Remember(s.state.Placed, sha, placedLimit)
		s.state.Unplaced = s.state.Unplaced[1:]
		if len(events) > 0 || len(s.state.Unplaced) == 0 {
			if err := s.emit(ctx, events); err != nil {
				return err
			}
		}
	}
	return nil
}
