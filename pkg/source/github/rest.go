package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// rest reads over REST v3, for servers that refuse GraphQL. What is nested there is a request each here: the statuses
// of a deployment, the commits and the reviews of a pull request. So nothing is read that is known: a list whose first
// page is as it was has nothing new, and costs nothing to ask for.
//
// Two things differ from GraphQL. The history of an issue's labels is not read, which would be a request for every
// issue: an issue that lost its label before it was ever read is no withdrawn incident but none. And a deployment's
// ref is a branch where it neither is a tag nor looks like one that is gone, though the branch may be gone.
type rest struct{ *run }

// list names what is asked for with an ETag.
type list string

const (
	aboutList      list = "about"
	commitList     list = "commits"
	pullList       list = "pulls"
	deploymentList list = "deployments"
	issueList      list = "issues"
)

// detailedAtATime is how many entries a page has that need requests of their own: what an interruption may cost.
const detailedAtATime = 50

// met is what REST has told of a repository in a run.
type met struct {
	about *repositoryNode
	etags map[list]string
	lists map[string]*pages.Moving // by path; of commits by where they lead to
	ways  map[string]*pages.Trail  // of GraphQL's lists
	// noIssues says that the repository has none, so that its pull requests are not among them.
	noIssues bool
}

// way is the pages.Trail along one of GraphQL's lists.
func (m *met) way(list string) *pages.Trail {
	if m.ways == nil {
		m.ways = map[string]*pages.Trail{}
	}
	if m.ways[list] == nil {
		m.ways[list] = &pages.Trail{}
	}
	return m.ways[list]
}

// reading is what was met of a list so far; nothing at its first page.
func (m *met) reading(list string, number int) *pages.Moving {
	if m.lists == nil {
		m.lists = map[string]*pages.Moving{}
	}
	if number == 1 || m.lists[list] == nil {
		m.lists[list] = new(pages.Moving)
	}
	return m.lists[list]
}

// answers says whether there is a REST API at all.
func (a rest) answers(ctx context.Context) bool {
	_, _, err := fetch[struct{}](ctx, a.run, "", "meta", "")
	return err == nil
}

func (a rest) repository(ctx context.Context, name string) error {
	_, _, err := fetch[repositoryRecord](ctx, a.run, name, repositoryPath(name), "")
	if isAbsent(err, http.StatusNotFound) {
		return a.noRepository(name, nil)
	}
	return err
}

func (a rest) owner(ctx context.Context, login string) error {
	_, err := a.list(login, func(path string) ([]*listedRecord, fetched, error) {
		return fetchPage[listedRecord](ctx, a.run, login, path, 1, 1, "")
	})
	return err
}

// owned lists an owner's repositories. REST does not say what is new in them, so that each is looked at.
func (a rest) owned(ctx context.Context, login string) ([]target, error) {
	repositories, err := a.list(login, func(path string) ([]*listedRecord, fetched, error) {
		return fetchAll[listedRecord](ctx, a.run, login, path, "")
	})
	var found []target
	failures := []error{err}
	for _, each := range repositories {
		a.listed.Note(each.FullName, each.ID)
		switch {
		case each.unread != nil:
			failures = append(failures, a.unlisted(login, each.FullName, each.unread))
		case a.selection.lists(each.FullName) && (!each.Archived || each.PushedAt.After(a.request.Since) || a.positions.Repositories.Known(strings.ToLower(each.FullName)) != nil):
			found = append(found, target{name: each.FullName})
		}
	}
	return found, errors.Join(failures...)
}

// list reads the repositories of an organisation, or else of a person.
func (a rest) list(login string, read func(path string) ([]*listedRecord, fetched, error)) ([]*listedRecord, error) {
	for _, kind := range []string{"orgs", "users"} {
		list, _, err := read(kind + "/" + url.PathEscape(login) + "/repos?sort=full_name")
		if !isAbsent(err, http.StatusNotFound) {
			return list, err
		}
	}
	return nil, a.noOwner(login)
}

func repositoryPath(name string) string {
	v := named(name)
	return "repos/" + url.PathEscape(v["owner"].(string)) + "/" + url.PathEscape(v["name"].(string))
}

// histories reads behind the commits one by one; a commit that GitHub does not know is nil.
func (a rest) histories(ctx context.Context, s *repositorySync, shas []string) ([]*historyNode, error) {
	nodes := make([]*historyNode, len(shas))
	for i, sha := range shas {
		var err error
		if nodes[i], err = a.behind(ctx, s, sha, ""); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

func (a rest) behind(ctx context.Context, s *repositorySync, sha, after string) (*historyNode, error) {
	commits, _, err := a.history(ctx, s, sha, after, "")
	if isAbsent(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &historyNode{commits}, nil
}

// history reads a page of the commits that lead to a branch or a commit.
func (a rest) history(ctx context.Context, s *repositorySync, from, position, etag string) (*pages.Page[commitNode], fetched, error) {
	number, err := pageNumber(position)
	if err != nil {
		return nil, fetched{}, err
	}
	path, before := repositoryPath(s.part)+"/commits?sha="+url.QueryEscape(from), s.met.reading(from, number)
	list, f, err := goOn(a.run, s.part, before, number, func(number int) ([]*commitRecord, fetched, error) {
		return fetchPage[commitRecord](ctx, a.run, s.part, path, wire.Widest, number, etag)
	})
	if number == 1 && len(list) > 0 {
		s.met.lists[list[0].SHA] = before // from the second page on a branch is read by its head
	}
	commits := &pages.Page[commitNode]{PageInfo: f.info()}
	for _, each := range list {
		commits.Nodes = append(commits.Nodes, commitOf(each))
	}
	return commits, f, err
}

// unfinished asks for the statuses of each deployment, and for the deployment where they changed.
func (a rest) unfinished(ctx context.Context, asked []watched) ([]*deploymentNode, error) {
	nodes := make([]*deploymentNode, len(asked))
	for i, each := range asked {
		number := each.Number
		if number == 0 {
			number = numberIn(each.ID)
		}
		statuses, f, err := a.statuses(ctx, each.in.Name, number, each.ETag)
		if isAbsent(err, http.StatusNotFound) || (err == nil && f.unchanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		node := &deploymentNode{ID: each.ID}
		if len(statuses.Nodes) != each.Progress {
			deployment, _, err := fetch[deploymentRecord](ctx, a.run, each.in.Name, deploymentPath(each.in.Name, number), "")
			if isAbsent(err, http.StatusNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if *node, err = a.deploymentOf(ctx, each.in.Name, each.in.Branch, &deployment); err != nil {
				return nil, err
			}
		}
		node.Statuses, node.etag = statuses, f.etag
		nodes[i] = node
	}
	return nodes, nil
}
