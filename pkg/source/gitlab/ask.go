package gitlab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// widest is how many entries a page has at most; GitLab gives no more, however many are asked for.
const widest = 100

// get asks REST. A 404 is returned where the caller says that it can handle one; a page for people in place of an answer is
// none, whatever its status.
func (r *run) get(ctx context.Context, part, path string, query url.Values, handled ...int) (*wire.Answer, error) {
	address := r.root + path
	if len(query) > 0 {
		address += "?" + query.Encode() // a + within a date is escaped, which GitLab would lose
	}
	answer, err := r.Fetch(ctx, part, wire.Call{Address: address},
		http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusBadRequest)
	if err != nil {
		return nil, err
	}
	switch {
	case answer.Status == http.StatusOK && answer.IsPage(), answer.Status == http.StatusNotFound && !json.Valid(answer.Body):
		return nil, r.noAPI(answer)
	case answer.Status == http.StatusUnauthorized:
		return nil, r.refusedToken(answer)
	case answer.Status == http.StatusOK || slices.Contains(handled, answer.Status):
		return answer, nil
	case answer.Status == http.StatusNotFound:
		return nil, r.Failure(source.CauseNotFound, part, "GitLab does not find "+subject(path)+", or the token may not see it", r.Said(answer))
	case answer.Status == http.StatusGone:
		return nil, r.Failure(source.CauseConfiguration, "", "this GitLab no longer has the API that was asked: update Live DORA", r.Said(answer))
	}
	return nil, r.Failure(source.CauseAnswer, part, "GitLab refused the request for "+subject(path)+": this version may be too old or too new; nothing of it was read, and it is tried again at the next run", r.Said(answer))
}

// subject names what is asked for in a person's words.
func subject(path string) string {
	for _, each := range []struct{ ending, name string }{
		{"/deployments", "deployments"}, {"/merge_requests", "merge requests"}, {"/repository/commits", "commits"}, {"/issues", "issues"},
		{"/pipelines", "pipelines"}, {"/releases", "releases"}, {"/repository/tags", "tags"}, {"/projects", "the projects of a group"},
	} {
		if strings.HasSuffix(path, each.ending) {
			return each.name
		}
	}
	return "this"
}

// one reads an object. It says false where there is none.
func one[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part, path string, query url.Values) (*T, bool, error) {
	answer, err := r.get(ctx, part, path, query, absent...)
	if err != nil || answer.Status == http.StatusNotFound {
		return nil, false, err
	}
	object, err := wire.Decode[T](r.Session, part, answer)
	if err == nil {
		err = r.whole(part, P(&object).Lacks())
	}
	return &object, err == nil, err
}

// page is one page of a list over REST.
type page[T any] struct {
	rows []*T
	next int // 0: it is the last
	// total is how long the list is; -1 where GitLab does not count it, above 10,000 entries.
	total  int
	absent bool
}

// many reads a page of a list.
func many[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part, path string, query url.Values, handled ...int) (page[T], error) {
	answer, err := r.get(ctx, part, path, query, handled...)
	if err != nil {
		return page[T]{}, err
	}
	if answer.Status != http.StatusOK {
		return page[T]{absent: true, total: -1}, nil
	}
	rows, err := wire.Decode[[]*T](r.Session, part, answer)
	if err != nil {
		return page[T]{}, err
	}
	for _, row := range rows {
		if row == nil {
			return page[T]{}, r.Unexpected(part, pages.ErrHole)
		}
		if err := r.whole(part, P(row).Lacks()); err != nil {
			return page[T]{}, err
		}
	}
	p := page[T]{rows: rows, total: -1}
	if p.next, err = strconv.Atoi(answer.Header.Get("X-Next-Page")); err != nil {
		p.next = pages.Number(answer.Header, "next") // a proxy may leave out what begins with X
	}
	if total, err := strconv.Atoi(answer.Header.Get("X-Total")); err == nil {
		p.total = total
	}
	return p, nil
}

// all reads a list that is short, by page numbers to its end.
func all[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part, path string, query url.Values, key func(*T) string, handled ...int) ([]*T, bool, error) {
	query = clone(query)
	query.Set("per_page", strconv.Itoa(widest))
	found := true
	rows, err := pages.All(key, func(number int) ([]*T, int, error) {
		query.Set("page", strconv.Itoa(number))
		p, err := many[T, P](ctx, r, part, path, query, handled...)
		found = found && !p.absent
		return p.rows, p.next, err
	})
	return rows, found, r.ended(part, err)
}

// ended puts the end of a list that has none into words.
func (r *run) ended(part string, err error) error {
	if err == pages.ErrNoEnd { //nolint:errorlint // it is never wrapped
		return r.Endless(part)
	}
	return err
}

// whole says that an object lacks a field that it must have.
func (r *run) whole(part, lacking string) error {
	if lacking == "" {
		return nil
	}
	return r.Unexpected(part, fmt.Errorf("%s is missing", lacking))
}

func clone(query url.Values) url.Values {
	copied := url.Values{}
	for key, values := range query {
		copied[key] = slices.Clone(values)
	}
	return copied
}

// of is the path of a project by its number, which it keeps whatever it is called.
func of(id int64) string { return "/projects/" + strconv.FormatInt(id, 10) }

// envelope is what every answer of GraphQL has around it.
type envelope struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}
