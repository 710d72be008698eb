package bitbucket

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

const (
	commitFields = "next,values.hash,values.date,values.author.raw,values.author.user,values.message,values.parents.hash"
	// shortHash is how many digits of a commit pull requests have.
	shortHash = 12
	// placedLimit bounds how many commits the cursor remembers that were looked for.
	placedLimit = 200
)

var commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

// readBranch reads what leads to the default branch's head and did not lead to the one before, and announces the repository.
func (s *repositorySync) readBranch(ctx context.Context) error {
	branch := s.own.branch()
	if branch == "" { // there is no commit
		return s.announce(ctx, "")
	}
	for _, from := range append(slices.Concat(s.state.Heads, s.state.Base), "") {
		head, found, err := s.walk(ctx, branch, from)
		switch {
		case err != nil:
			return err
		case !found: // one of both is there no longer, as after a forced push: an older head may be
			continue
		case head == "":
			return s.announce(ctx, from)
		}
		s.state.Reach(head)
		return s.announce(ctx, head)
	}
	return s.announce(ctx, s.state.Head)
}

// walk hands over the commits that lead to one and not to an older one, newest first; empty: to none. It says which the newest is,
// empty where there is none, and whether both are there.
func (s *repositorySync) walk(ctx context.Context, newer, older string) (head string, found bool, err error) {
	query := url.Values{"include": {newer}, "pagelen": {"100"}, "fields": {commitFields}}
	if older != "" {
		query.Set("exclude", older)
	}
	var way pages.Trail
	for address := s.at(s.path+"/commits", query); address != ""; {
		p, err := read[commitRecord](ctx, s.run, s.part, address, http.StatusNotFound)
		if err != nil || p.absent {
			return "", false, err
		}
		events := make([]dora.Event, 0, len(p.rows))
		for _, row := range p.rows {
			if head == "" {
				head = row.Hash
			}
			s.see(row.Hash)
			events = append(events, s.commit(row))
		}
		if len(events) > 0 {
			if err := s.emit(ctx, events); err != nil {
				return "", false, err
			}
		}
		if way.Follow(len(p.rows), pages.Info{HasNextPage: p.next != "", EndCursor: p.next}) != nil {
			return "", false, s.Endless(s.part)
		}
		address = p.next
	}
	return head, true, nil
}

func (s *repositorySync) see(sha string) {
	short := sha[:min(len(sha), shortHash)]
	if !slices.Contains(s.seen[short], sha) {
		s.seen[short] = append(s.seen[short], sha)
	}
}

func (s *repositorySync) saw(sha string) bool {
	return slices.Contains(s.seen[sha[:min(len(sha), shortHash)]], sha)
}

func (s *repositorySync) commit(c *commitRecord) *dora.Commit {
	author := c.Author.User.who()
	if author == "" {
		author, _, _ = strings.Cut(c.Author.Raw, " <")
	}
	parents := make([]string, 0, len(c.Parents))
	for _, p := range c.Parents {
		parents = append(parents, p.Hash)
	}
	return &dora.Commit{
		Header:     dora.Header{Source: s.config.ID, ID: s.state.Name + "@" + c.Hash, Updated: c.Date.Time},
		Repository: s.state.Name, SHA: c.Hash, Parents: parents, Authored: c.Date.Time, Committed: c.Date.Time,
		Author: author, Message: dora.Shorten(c.Message, dora.MessageLimit),
	}
}

// announce tells of the repository once its head is reached.
func (s *repositorySync) announce(ctx context.Context, head string) error {
	p, branch, page, traits := s.state, s.own.branch(), s.own.Links.HTML.Href, s.own.traits()
	if !p.Announced.IsZero() && p.Head == head && p.Branch == branch && p.URL == page && p.Traits.Same(&traits) {
		return nil
	}
	updated := s.now()
	if !updated.After(p.Announced) {
		updated = p.Announced.Add(time.Second)
	}
	p.Head, p.Branch, p.URL, p.Traits, p.Announced = head, branch, page, traits, updated
	return s.emit(ctx, []dora.Event{&dora.Repository{
		Header: dora.Header{Source: s.config.ID, ID: p.Name, Updated: updated},
		Name:   p.Name, DefaultBranch: branch, HeadSHA: head, URL: page, Formerly: p.Formerly, Began: p.Began, Traits: traits,
	}})
}

// shipped takes note of a deployment's commit, to be found where the branch was not seen to lead to it.
func (s *repositorySync) shipped(d *dora.Deployment) {
	if !commitForm.MatchString(d.SHA) || s.saw(d.SHA) || !s.config.Counts(d.Repository, d.Environment) {
		return
	}
	for _, list := range [][]string{s.state.Placed, s.state.Unplaced, s.state.Heads} {
		if slices.Contains(list, d.SHA) {
			return
		}
	}
	s.state.Unplaced = append(s.state.Unplaced, d.SHA)
}

// place finds the deployed commits that the branch does not lead to, by what they have over its head, and reads these.
func (s *repositorySync) place(ctx context.Context) error {
	if len(s.state.Unplaced) == 0 {
		return nil
	}
	for len(s.state.Unplaced) > 0 {
		sha := s.state.Unplaced[0]
		if !s.saw(sha) {
			if _, _, err := s.walk(ctx, sha, s.state.Head); err != nil {
				return err
			}
		}
		s.state.Placed = cursor.Remember(s.state.Placed, sha, placedLimit)
		s.state.Unplaced = s.state.Unplaced[1:]
	}
	return s.emit(ctx, nil)
}
