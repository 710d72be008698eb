package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// What the list does not tell of a merge request: its commits, which the list of the project cannot show once they are
// squashed, and what people did on it. Both interfaces tell the same.

// detailsText asks for many merge requests by their numbers. Its complexity is about 45 of GitLab's 250: numbers that are
// given cost nothing. Lists that do not fit into a page are read over REST.
const detailsText = `query Details($path: ID!, $iids: [String!], $files: Boolean!) {
  project(fullPath: $path) { mergeRequests(iids: $iids, first: 100) { pageInfo { hasNextPage }
    nodes { iid
      author { username bot }
      diffStats @include(if: $files) { path }
      commits(first: 100) { pageInfo { hasNextPage } nodes { sha authoredDate } }
      notes(first: 100) { pageInfo { hasNextPage } nodes { body system createdAt author { username bot } } } } } }
}`

type person struct {
	Username string
	Bot      bool
}

func (p *person) name() string {
	if p == nil {
		return ""
	}
	u := &userRecord{Username: p.Username, Bot: p.Bot}
	return who(u, u.machine())
}

type connection[T any] struct {
	PageInfo struct{ HasNextPage bool }
	Nodes    []*T
}

type detailsNode struct {
	IID    string
	Author *person
	// DiffStats are all files, where they are asked for.
	DiffStats []struct{ Path string }
	Commits   *connection[struct {
		SHA          string
		AuthoredDate moment
	}]
	Notes *connection[struct {
		Body      string
		System    bool
		CreatedAt moment
		Author    *person
	}]
}

// detail reads what the list does not tell of some merge requests, in their order. The first answer decides for the whole run
// which interface it is.
func (s *projectSync) detail(ctx context.Context, rows []*mergeRequestRecord) ([]details, error) {
	if s.overREST {
		return s.detailOverREST(ctx, rows)
	}
	var found []details
	for len(rows) > 0 {
		some := rows[:min(len(rows), s.Width.Now)]
		batch, refused, err := s.detailSome(ctx, some)
		switch {
		case refused && s.undecided:
			s.overREST = true
			rest, err := s.detailOverREST(ctx, rows)
			return append(found, rest...), err
		case err != nil:
			return nil, err
		}
		s.undecided = false
		found = append(found, batch...)
		rows = rows[len(some):]
	}
	return found, nil
}

// detailSome asks GraphQL. Refused says that it is not there, or is not for this token.
func (s *projectSync) detailSome(ctx context.Context, rows []*mergeRequestRecord) (found []details, refused bool, err error) {
	var answer struct {
		Project *struct {
			MergeRequests connection[detailsNode]
		}
	}
	iids := make([]string, len(rows))
	for i, row := range rows {
		iids[i] = strconv.FormatInt(row.IID, 10)
	}
	width := len(iids)
	refused, err = s.ask(ctx, detailsText, func() map[string]any {
		width = min(width, s.Width.Now)
		return map[string]any{"path": s.state.Name, "iids": iids[:width], "files": s.shared}
	}, &answer)
	if err != nil || refused {
		return nil, refused, err
	}
	if answer.Project == nil {
		return nil, false, s.noProject(s.part, nil)
	}
	byNumber := map[string]*detailsNode{}
	for _, node := range answer.Project.MergeRequests.Nodes {
		if node == nil {
			return nil, false, s.Unexpected(s.part, pages.ErrHole)
		}
		byNumber[node.IID] = node
	}
	for i, row := range rows[:width] {
		node := byNumber[iids[i]]
		if node == nil || node.Commits == nil || node.Notes == nil || node.Commits.PageInfo.HasNextPage || node.Notes.PageInfo.HasNextPage {
			// It changed its place meanwhile, or has lists that a page does not hold.
			some, err := s.detailOverREST(ctx, rows[i:i+1])
			if err != nil {
				return nil, false, err
			}
			found = append(found, some...)
			continue
		}
		d, err := s.detailOf(row, node)
		if err != nil {
			return nil, false, err
		}
		found = append(found, d)
	}
	if width < len(rows) { // a narrower page was all that the server could do
		rest, _, err := s.detailSome(ctx, rows[width:])
		return append(found, rest...), false, err
	}
	return found, false, nil
}

func (s *projectSync) detailOf(row *mergeRequestRecord, node *detailsNode) (details, error) {
	d := details{author: node.Author.name()}
	if d.author == "" {
		d.author = who(row.Author, row.Author != nil && row.Author.machine())
	}
	for _, c := range slices.Backward(node.Commits.Nodes) { // the newest comes first
		if c == nil || c.SHA == "" {
			return d, s.Unexpected(s.part, pages.ErrHole)
		}
		d.commits = append(d.commits, dora.ChangeCommit{SHA: c.SHA, Authored: c.AuthoredDate.Time})
	}
	if s.shared {
		var names []string
		for _, each := range node.DiffStats {
			names = append(names, each.Path)
		}
		d.files = filesOf(names)
		d.files.Cut = false
	}
	for _, n := range node.Notes.Nodes {
		if n == nil {
			return d, s.Unexpected(s.part, pages.ErrHole)
		}
		if each, acts := review(n.Body, n.System, n.Author.name(), n.CreatedAt.Time); acts {
			d.reviews = append(d.reviews, each)
		}
	}
	return d, nil
}

// ask puts a question to GraphQL until it is answered. Refused says that GraphQL is not there, or is not for this token, in a
// way that will not pass.
func (s *projectSync) ask(ctx context.Context, text string, variables func() map[string]any, into any) (refused bool, err error) {
	err = s.Persist(ctx, s.part, func() (*wire.Answer, wire.Verdict, error) {
		payload, err := json.Marshal(map[string]any{"query": text, "variables": variables()})
		if err != nil {
			return nil, wire.Answered, err
		}
		answer, err := s.Signed(ctx, s.part, wire.Call{Method: http.MethodPost, Address: s.graphql, Payload: payload})
		if err != nil {
			return nil, wire.Answered, err
		}
		switch answer.Status {
		case http.StatusUnauthorized:
			return answer, wire.Answered, s.refusedToken(answer)
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
			refused = true
			return answer, wire.Answered, s.noGraphQL(answer)
		case http.StatusForbidden:
			if !s.host.Limits.Hold(answer) {
				refused = true
				return answer, wire.Answered, s.noGraphQL(answer)
			}
		}
		if verdict, err := s.Judge(s.part, answer); err != nil || verdict != wire.Answered {
			return answer, verdict, err
		}
		if answer.IsPage() {
			refused = true
			return answer, wire.Answered, s.noAPI(answer)
		}
		var told envelope
		if err := json.Unmarshal(answer.Body, &told); err != nil {
			return answer, wire.Answered, s.Unexpected(s.part, err)
		}
		if len(told.Errors) > 0 { // what is beside errors is not whole
			if says := told.Errors[0].Message; tooMuch(says) {
				return answer, wire.Overloaded, nil
			}
			refused = true
			return answer, wire.Answered, s.Failure(source.CauseAnswer, s.part,
				"GitLab refused the query for merge requests; this version may be too old or too new for it: read them over REST (api: rest), or update one of the two", s.Said(answer))
		}
		if err := json.Unmarshal(told.Data, into); err != nil {
			return answer, wire.Answered, s.Unexpected(s.part, err)
		}
		return answer, wire.Answered, nil
	})
	if refused && s.undecided && !source.Stops(onlyRefused(err)) {
		return true, nil
	}
	return false, err
}

// onlyRefused is nil for a refusal of GraphQL that REST may make good.
func onlyRefused(err error) error {
	var known *source.Error
	if errors.As(err, &known) && known.Cause != source.CauseCredentials && known.Cause != source.CauseRateLimit {
		return nil
	}
	return err
}

// tooMuch says that a query took the server too long.
func tooMuch(says string) bool {
	return strings.HasPrefix(says, "Timeout on ") || says == "Request timed out" || says == "Internal server error"
}

func (s *projectSync) noGraphQL(answer *wire.Answer) *source.Error {
	return s.Failure(source.CausePermission, s.part, "GraphQL is refused here: read over REST (api: rest), or let the token use it", s.Said(answer))
}

// detailOverREST reads the same by requests for each.
func (s *projectSync) detailOverREST(ctx context.Context, rows []*mergeRequestRecord) ([]details, error) {
	found := make([]details, len(rows))
	for i, row := range rows {
		path := of(s.state.ID) + "/merge_requests/" + strconv.FormatInt(row.IID, 10)
		commits, _, err := all[commitRecord](ctx, s.run, s.part, path+"/commits", nil, func(c *commitRecord) string { return c.ID }, absent...)
		if err != nil {
			return nil, err
		}
		notes, _, err := all[noteRecord](ctx, s.run, s.part, path+"/notes", url.Values{"order_by": {"created_at"}, "sort": {"asc"}},
			func(n *noteRecord) string { return strconv.FormatInt(n.ID, 10) }, absent...)
		if err != nil {
			return nil, err
		}
		d := &found[i]
		if d.author, err = s.who(ctx, row.Author); err != nil {
			return nil, err
		}
		for _, c := range slices.Backward(commits) { // the newest comes first
			at := c.AuthoredDate.Time
			if at.IsZero() {
				at = c.CommittedDate.Time
			}
			d.commits = append(d.commits, dora.ChangeCommit{SHA: c.ID, Authored: at})
		}
		for _, n := range notes {
			if _, acts := review(n.Body, n.System, "anyone", n.CreatedAt.Time); !acts {
				continue
			}
			author, err := s.who(ctx, n.Author)
			if err != nil {
				return nil, err
			}
			if each, acts := review(n.Body, n.System, author, n.CreatedAt.Time); acts {
				d.reviews = append(d.reviews, each)
			}
		}
		if s.shared {
			if d.files, err = s.filesOfRequest(ctx, row.IID); err != nil {
				return nil, err
			}
		}
		s.Report()
	}
	return found, nil
}

// peopleLimit bounds of how many people a project's position remembers whether they are machines.
const peopleLimit = 2000

// who names a user, of whom only the user's own record says whether it is a machine. It is asked for once.
func (s *projectSync) who(ctx context.Context, u *userRecord) (string, error) {
	if u == nil || u.machine() {
		return who(u, u != nil), nil
	}
	machine, known := s.state.People[u.Username]
	if !known {
		own, found, err := one[userRecord](ctx, s.run, s.part, "/users/"+strconv.FormatInt(u.ID, 10), nil)
		if err != nil {
			return "", err
		}
		machine = found && own.Bot
		if s.state.People == nil {
			s.state.People = map[string]bool{}
		}
		if len(s.state.People) >= peopleLimit {
			clear(s.state.People)
		}
		s.state.People[u.Username] = machine
	}
	return who(u, machine), nil
}

func (u *userRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("username", u.Username == ""))
}
