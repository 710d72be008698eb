package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// fetched is what comes with an answer of REST.
type fetched struct {
	etag      string
	unchanged bool // it is what the ETag was of, and was not sent again
	next      int  // the list's next page; 0 behind the last
	last      int  // its last page; 0 on that
}

// absent is a status that says that there is nothing; what that means depends on what was asked for.
type absent int

func (a absent) Error() string { return "status " + strconv.Itoa(int(a)) }

// isAbsent says whether a failure is one of the statuses.
func isAbsent(err error, statuses ...int) bool {
	var status absent
	return errors.As(err, &status) && slices.Contains(statuses, int(status))
}

// absences are the statuses that a caller can handle.
var absences = []int{
	http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity, http.StatusUnavailableForLegalReasons,
}

// fetch reads one answer of REST, unless it is the one with that ETag.
func fetch[T any](ctx context.Context, r *run, part, path, etag string) (value T, f fetched, err error) {
	answer, err := r.Fetch(ctx, part, wire.Call{Address: r.root + "/" + path, Accept: restAccept, ETag: etag}, absences...)
	switch {
	case err != nil:
		return value, fetched{}, err
	case answer.Status == http.StatusNotModified:
		return value, fetched{etag: etag, unchanged: true}, nil
	case answer.Status != http.StatusOK:
		what, _, _ := strings.Cut(path, "?")
		return value, fetched{}, r.Failure(source.CauseNotFound, part, "GitHub does not find "+what+", or the token may not see it", absent(answer.Status))
	}
	if value, err = wire.Decode[T](r.Session, part, answer); err != nil {
		return value, fetched{}, err
	}
	if err := lacking(&value); err != nil {
		return value, fetched{}, r.Unexpected(part, err)
	}
	return value, fetched{etag: answer.Header.Get("ETag"), next: pages.Number(answer.Header, "next"), last: pages.Number(answer.Header, "last")}, nil
}

// fetchPage reads one page of a list. A list with a hole in it is no answer.
func fetchPage[T any](ctx context.Context, r *run, part, path string, width, number int, etag string) ([]*T, fetched, error) {
	joint := "?"
	if strings.Contains(path, "?") {
		joint = "&"
	}
	list, f, err := fetch[[]*T](ctx, r, part, fmt.Sprintf("%s%sper_page=%d&page=%d", path, joint, width, number), etag)
	if err != nil || f.unchanged {
		return list, f, err
	}
	if list == nil {
		return nil, f, r.Unexpected(part, errNoList)
	}
	for i, each := range list {
		fault := pages.ErrHole
		if each != nil {
			fault = lacking(each)
		}
		if fault != nil {
			return nil, f, r.Unexpected(part, fmt.Errorf("entry %d: %w", i, fault))
		}
	}
	return list, f, nil
}

var errNoList = errors.New("there is no list where one was asked for")

// lacking says which needed field an object does not have; nil where it has them all.
func lacking(object any) error {
	if needy, ok := object.(wire.Record); ok && needy.Lacks() != "" {
		return errors.New(needy.Lacks() + " is missing")
	}
	return nil
}

// fetchAll reads a list to its end, unless its first page is the one with that ETag.
func fetchAll[T any](ctx context.Context, r *run, part, path, etag string) (all []*T, first fetched, err error) {
	all, err = pages.All(nodeID[T], func(number int) ([]*T, int, error) {
		known := ""
		if number == 1 {
			known = etag
		}
		list, f, err := fetchPage[T](ctx, r, part, path, wire.Widest, number, known)
		if number == 1 {
			first = f
		}
		return list, f.next, err
	})
	return all, first, r.Listed(part, err)
}

// goOn reads the next page of a list that shifts.
func goOn[T any](r *run, part string, before *pages.Moving, number int, read func(number int) ([]*T, fetched, error)) (list []*T, f fetched, err error) {
	list, next, err := pages.GoOn(before, number, nodeID[T], func(number int) ([]*T, int, error) {
		var err error
		list, f, err = read(number)
		return list, f.next, err
	})
	f.next = next
	return list, f, r.Listed(part, err)
}

// nodeID is an entry's node id; empty for the few kinds that have none.
func nodeID[T any](entry *T) string {
	if named, ok := any(entry).(interface{ nodeID() string }); ok {
		return named.nodeID()
	}
	return ""
}

// length asks how many entries a list has: as many as it has pages of one.
func (a rest) length(ctx context.Context, part, path string) (int, error) {
	list, f, err := fetch[[]json.RawMessage](ctx, a.run, part, path+"per_page=1", "")
	return max(f.last, len(list)), err
}

// restPage marks a position of REST, where a list goes on by the number of a page.
const restPage = "rest:"

// errForeignPage says that a list was being read over the other interface.
var errForeignPage = errors.New("a page of GraphQL's")

func pageNumber(position string) (int, error) {
	if position == "" {
		return 1, nil
	}
	digits, ours := strings.CutPrefix(position, restPage)
	number, err := strconv.Atoi(digits)
	if !ours || err != nil {
		return 0, errForeignPage
	}
	return number, nil
}

func (f fetched) info() pages.Info {
	return pages.Info{HasNextPage: f.next > 0, EndCursor: restPage + strconv.Itoa(f.next)}
}
