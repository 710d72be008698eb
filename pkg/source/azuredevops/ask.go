package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
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

// version is that of the API, which a Server of 2022 and Services know; environments are a preview in all of them.
const (
	version  = "7.0"
	previews = "7.0-preview.1"
)

// question is one request: below which address, the path and the query, and what it is about in a person's words and scopes.
type question struct {
	root, path string
	query      url.Values
	payload    any // posted where it is not nil
	about      subject
}

// subject is what is asked for, and the scope that it takes.
type subject struct{ name, scope string }

var (
	ofProjects     = subject{"the project", "Project and Team: Read"}
	ofCode         = subject{"repositories, commits and pull requests", "Code: Read"}
	ofBuilds       = subject{"pipeline runs", "Build: Read"}
	ofEnvironments = subject{"environments", "Environment: Read & manage"}
	ofReleases     = subject{"classic releases", "Release: Read"}
	ofWorkItems    = subject{"work items", "Work Items: Read"}
)

// get asks REST. Statuses that the caller can handle are returned with their answers.
func (r *run) get(ctx context.Context, part string, q question, handled ...int) (*wire.Answer, error) {
	if slow := r.slow; slow != nil { // it was an answer, with a request to wait
		r.slow = nil
		if err := r.WaitOut(ctx, slow); err != nil {
			return nil, err
		}
	}
	query := url.Values{}
	for key, values := range q.query {
		query[key] = values
	}
	query.Set("api-version", version)
	if q.about == ofEnvironments {
		query.Set("api-version", previews)
	}
	root := q.root
	if root == "" {
		root = r.root
	}
	call := wire.Call{Address: root + q.path + "?" + query.Encode()}
	if q.payload != nil {
		text, err := json.Marshal(q.payload)
		if err != nil {
			return nil, err
		}
		call.Method, call.Payload = http.MethodPost, text
	}
	answer, err := r.Fetch(ctx, part, call, http.StatusUnauthorized, http.StatusNotFound, http.StatusBadRequest, http.StatusNonAuthoritativeInfo, http.StatusFound, http.StatusNoContent)
	if err != nil {
		return nil, err
	}
	if answer.Status == http.StatusOK && answer.Header.Get("Retry-After") != "" {
		r.slow = answer
	}
	switch {
	case answer.Status == http.StatusFound && !strings.Contains(answer.Header.Get("Location"), "_signin"):
		_, err := r.Judge(part, answer)
		return nil, err
	case answer.Status == http.StatusFound, answer.Status == http.StatusNonAuthoritativeInfo:
		return nil, r.Failure(source.CauseCredentials, "", "Azure DevOps shows its page to sign in: "+r.Credentials.Advice(), nil)
	case answer.Status == http.StatusUnauthorized:
		return nil, r.refused(part, q.about, answer)
	case answer.Status == http.StatusOK && answer.IsPage():
		return nil, r.Failure(source.CauseConfiguration, "", "a page for people came in place of an answer: enter the address of the organisation or the collection, such as https://dev.azure.com/ORGANISATION; or look for a proxy that asks to log in", r.Said(answer))
	case answer.Status == http.StatusOK || slices.Contains(handled, answer.Status):
		return answer, nil
	case answer.Status == http.StatusNotFound:
		return nil, r.Failure(source.CauseNotFound, part, "Azure DevOps does not find "+q.about.name+", or the token may not see it: check the organisation in the address, the project's name and the token's access", r.Said(answer))
	}
	return nil, r.Failure(source.CauseAnswer, part, "Azure DevOps refused the request for "+q.about.name+": this version may be too old or too new; nothing of it was read, and it is tried again at the next run", r.Said(answer))
}

// refused tells a token that is no good from one whose scope is too small.
func (r *run) refused(part string, about subject, answer *wire.Answer) *source.Error {
	var told struct{ TypeKey, Message string }
	_ = json.Unmarshal(answer.Body, &told) // a page is not for us
	switch {
	case strings.Contains(strings.ToLower(told.Message), "expired"):
		return r.Failure(source.CauseCredentials, "", "the token has expired: create a new one in this organisation and enter it", r.Said(answer))
	case told.TypeKey == "UnauthorizedRequestException":
		return r.Failure(source.CausePermission, part, fmt.Sprintf("the token may not read %s: it needs the scope %s", about.name, about.scope), r.Said(answer))
	}
	return r.Failure(source.CauseCredentials, "", r.Credentials.Advice(), r.Said(answer))
}

// whole says that an object lacks a field that it must have.
func (r *run) whole(part, lacking string) error {
	if lacking == "" {
		return nil
	}
	return r.Unexpected(part, fmt.Errorf("%s is missing", lacking))
}

// one reads an object. It says false where there is none.
func one[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part string, q question) (*T, bool, error) {
	answer, err := r.get(ctx, part, q, http.StatusNotFound)
	if err != nil || answer.Status == http.StatusNotFound {
		return nil, false, err
	}
	object, err := wire.Decode[T](r.Session, part, answer)
	if err == nil {
		err = r.whole(part, P(&object).Lacks())
	}
	return &object, err == nil, err
}

// page is one page of a list; token says where the next one begins.
type page[T any] struct {
	rows   []*T
	token  string
	absent bool
}

var errNoList = errors.New("value, the list, is missing")

// many reads a page of a list. Null in place of an entry is left out where holes says so.
func many[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part string, q question, holes bool, handled ...int) (page[T], error) {
	answer, err := r.get(ctx, part, q, handled...)
	if err != nil {
		return page[T]{}, err
	}
	if answer.Status != http.StatusOK {
		return page[T]{absent: true}, nil
	}
	list, err := wire.Decode[struct{ Value *[]*T }](r.Session, part, answer)
	if err != nil {
		return page[T]{}, err
	}
	if list.Value == nil {
		return page[T]{}, r.Unexpected(part, errNoList)
	}
	rows := *list.Value
	if holes {
		rows = slices.DeleteFunc(rows, func(row *T) bool { return row == nil })
	}
	for _, row := range rows {
		if row == nil {
			return page[T]{}, r.Unexpected(part, pages.ErrHole)
		}
		if err := r.whole(part, P(row).Lacks()); err != nil {
			return page[T]{}, err
		}
	}
	return page[T]{rows: rows, token: answer.Header.Get("X-MS-ContinuationToken")}, nil
}

// each reads a list by its tokens, until it ends or the caller has enough.
func each[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part string, q question, take func([]*T) (bool, error), handled ...int) error {
	query := url.Values{}
	for key, values := range q.query {
		query[key] = values
	}
	q.query = query
	var way pages.Trail
	for {
		p, err := many[T, P](ctx, r, part, q, false, handled...)
		if err != nil || p.absent {
			return err
		}
		if goOn, err := take(p.rows); err != nil || !goOn || p.token == "" {
			return err
		}
		if way.Follow(len(p.rows), pages.Info{HasNextPage: true, EndCursor: p.token}) != nil {
			return r.Endless(part)
		}
		query.Set("continuationToken", p.token)
	}
}

// all reads a list to its end.
func all[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part string, q question, handled ...int) (rows []*T, err error) {
	err = each[T, P](ctx, r, part, q, func(more []*T) (bool, error) {
		rows = append(rows, more...)
		return true, nil
	}, handled...)
	return rows, err
}

// skipped reads a list to its end by numbers; the caller makes sure that it does not move.
func skipped[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part string, q question, prefix string, width int, handled ...int) (rows []*T, found bool, err error) {
	query := url.Values{}
	for key, values := range q.query {
		query[key] = values
	}
	q.query = query
	var way pages.Trail
	for {
		query.Set(prefix+"$top", strconv.Itoa(width))
		query.Set(prefix+"$skip", strconv.Itoa(len(rows)))
		p, err := many[T, P](ctx, r, part, q, false, handled...)
		if err != nil || p.absent {
			return nil, false, err
		}
		rows = append(rows, p.rows...)
		if full := len(p.rows) > 0 && (len(p.rows) >= width || len(p.rows)%roundly == 0); !full {
			return rows, true, nil
		}
		if way.Follow(len(p.rows), pages.Info{HasNextPage: true, EndCursor: strconv.Itoa(len(rows))}) != nil {
			return nil, false, r.Endless(part)
		}
	}
}

// roundly is what a server's own bounds of a page are multiples of: a page that is shorter than was asked for, and has so many
// entries, may not be the last.
const roundly = 50
