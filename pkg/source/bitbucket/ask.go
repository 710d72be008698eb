package bitbucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// forbidden says which scope is missing, which Bitbucket tells.
func forbidden(answer *wire.Answer) string {
	var told struct {
		Error struct {
			Detail json.RawMessage `json:"detail"`
		} `json:"error"`
	}
	var detail struct {
		Required []string `json:"required"`
	}
	if json.Unmarshal(answer.Body, &told) == nil && json.Unmarshal(told.Error.Detail, &detail) == nil {
		for _, scope := range detail.Required {
			kind, _, _ := strings.Cut(scope, ":")
			if name := permissions[kind]; name != "" {
				return "the token may not read this: it needs the permission " + name
			}
		}
	}
	return "the token may not read this: it needs the permissions Repositories: Read, Pull requests: Read and Pipelines: Read"
}

// permissions are what tokens are made with, by what Bitbucket calls the scope.
var permissions = map[string]string{"repository": "Repositories: Read", "pullrequest": "Pull requests: Read", "pipeline": "Pipelines: Read"}

// get asks the API. Statuses that the caller can handle are returned with their answers.
func (r *run) get(ctx context.Context, part, address string, handled ...int) (*wire.Answer, error) {
	answer, err := r.Fetch(ctx, part, wire.Call{Address: address}, append(handled, http.StatusNotFound, http.StatusBadRequest)...)
	if err != nil || answer.Status == http.StatusOK || slices.Contains(handled, answer.Status) {
		return answer, err
	}
	if answer.Status == http.StatusNotFound {
		return nil, r.Failure(source.CauseNotFound, part, "Bitbucket does not find it, or the token may not see it: check the workspace, the repository's name and the token's access", r.Said(answer))
	}
	return nil, r.Failure(source.CauseAnswer, part, "Bitbucket refused the request: nothing of it was read, and it is tried again at the next run", r.Said(answer))
}

func (r *run) at(path string, query url.Values) string {
	return r.address + "/repositories/" + path + "?" + query.Encode()
}

// below is the path of a repository.
func below(name string) string {
	workspace, repository, _ := strings.Cut(name, "/")
	return url.PathEscape(workspace) + "/" + url.PathEscape(repository)
}

// whole says that an object lacks a field that it must have.
func (r *run) whole(part, lacking string) error {
	if lacking == "" {
		return nil
	}
	return r.Unexpected(part, fmt.Errorf("%s is missing", lacking))
}

// one reads an object; nil where there is none and the caller can handle that.
func one[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part, address string, handled ...int) (*T, error) {
	answer, err := r.get(ctx, part, address, handled...)
	if err != nil || answer.Status != http.StatusOK {
		return nil, err
	}
	object, err := wire.Decode[T](r.Session, part, answer)
	if err == nil {
		err = r.whole(part, P(&object).Lacks())
	}
	return &object, err
}

var errNoList = errors.New("values, the list, is missing")

// page is one page of a list; next is the address of the next one, and absent says that there is no list.
type page[T any] struct {
	rows   []*T
	next   string
	absent bool
}

func read[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part, address string, handled ...int) (page[T], error) {
	answer, err := r.get(ctx, part, address, handled...)
	if err != nil {
		return page[T]{}, err
	}
	if answer.Status != http.StatusOK {
		return page[T]{absent: true}, nil
	}
	list, err := wire.Decode[struct {
		Values *[]*T  `json:"values"`
		Next   string `json:"next"`
	}](r.Session, part, answer)
	if err != nil {
		return page[T]{}, err
	}
	if list.Values == nil {
		return page[T]{}, r.Unexpected(part, errNoList)
	}
	for _, row := range *list.Values {
		if row == nil {
			return page[T]{}, r.Unexpected(part, pages.ErrHole)
		}
		if err := r.whole(part, P(row).Lacks()); err != nil {
			return page[T]{}, err
		}
	}
	return page[T]{rows: *list.Values, next: list.Next}, nil
}

// all reads a list to its end.
func all[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, part, address string, handled ...int) (rows []*T, err error) {
	var way pages.Trail
	for address != "" {
		p, err := read[T, P](ctx, r, part, address, handled...)
		if err != nil || p.absent {
			return nil, err
		}
		rows = append(rows, p.rows...)
		if way.Follow(len(p.rows), pages.Info{HasNextPage: p.next != "", EndCursor: p.next}) != nil {
			return nil, r.Endless(part)
		}
		address = p.next
	}
	return rows, nil
}
