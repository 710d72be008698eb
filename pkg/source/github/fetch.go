package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	api "github.com/google/go-github/v60/github"

	"github.com/livedora/dora-datasource/pkg/source"
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

// fetch reads one answer of REST, unless it is the one with that ETag.
func fetch[T any](ctx context.Context, r *run, part, path, etag string) (T, fetched, error) {
	var value T
	client := api.NewClient(&http.Client{Transport: courier{r, part}})
	var err error
	if client.BaseURL, err = url.Parse(r.root + "/"); err != nil {
		return value, fetched{}, err
	}
	request, err := client.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return value, fetched{}, err
	}
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	response, err := client.Do(ctx, request, &value)
	if err == nil {
		err = lacking(&value)
	}
	var known *source.Error
	var status *api.ErrorResponse
	switch {
	case err == nil:
		return value, fetched{etag: response.Header.Get("ETag"), next: response.NextPage, last: response.LastPage}, nil
	case ctx.Err() != nil:
		return value, fetched{}, ctx.Err()
	case errors.As(err, &known):
		return value, fetched{}, known
	case errors.As(err, &status) && status.Response.StatusCode == http.StatusNotModified:
		return value, fetched{etag: etag, unchanged: true}, nil
	case errors.As(err, &status):
		what, _, _ := strings.Cut(path, "?")
		return value, fetched{}, r.failure(source.CauseNotFound, part, "GitHub does not find "+what+", or the token may not see it", absent(status.Response.StatusCode))
	}
	return value, fetched{}, r.unexpected(part, err)
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
		return nil, f, r.unexpected(part, errNoList)
	}
	for i, each := range list {
		fault := errNullNodes
		if each != nil {
			fault = lacking(each)
		}
		if fault != nil {
			return nil, f, r.unexpected(part, fmt.Errorf("entry %d: %w", i, fault))
		}
	}
	return list, f, nil
}

var errNoList = errors.New("there is no list where one was asked for")

// lacking says which needed field an object does not have; nil where it has them all.
func lacking(object any) error {
	if needy, ok := object.(record); ok && needy.lacks() != "" {
		return errors.New(needy.lacks() + " is missing")
	}
	return nil
}

// fetchAll reads a list to its end, unless its first page is the one with that ETag.
func fetchAll[T any](ctx context.Context, r *run, part, path, etag string) ([]*T, fetched, error) {
	before := newReading()
	read := func(number int) ([]*T, fetched, error) {
		known := ""
		if number == 1 {
			known = etag
		}
		return fetchPage[T](ctx, r, part, path, widest, number, known)
	}
	all, first, err := goOn(r, part, before, 1, read)
	for next := first.next; err == nil && next > 0; {
		var more []*T
		var f fetched
		if more, f, err = goOn(r, part, before, next, read); err == nil {
			all, next = append(all, more...), f.next
		}
	}
	return all, first, err
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

func (f fetched) info() pageInfo {
	return pageInfo{HasNextPage: f.next > 0, EndCursor: restPage + strconv.Itoa(f.next)}
}

// courier carries the requests of the REST client: with our credentials, over the same retries, limits and judgement
// as GraphQL's. What is left to the client is what a caller can handle.
type courier struct {
	*run
	part string
}

func (c courier) RoundTrip(request *http.Request) (*http.Response, error) {
	var final *reply
	err := c.persist(request.Context(), c.part, func() (*reply, verdict, error) {
		answer, err := c.signed(request.Context(), c.part, call{
			method: request.Method, address: request.URL.String(), accept: restAccept, etag: request.Header.Get("If-None-Match"),
		})
		if err != nil {
			return nil, answered, err
		}
		final = answer
		switch answer.status {
		case http.StatusNotModified: // costs nothing
			return answer, answered, nil
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity, http.StatusUnavailableForLegalReasons:
			c.progress.Points++
			return answer, answered, nil
		}
		c.progress.Points++
		v, err := c.judgeStatus(c.part, answer)
		return answer, v, err
	})
	if err != nil {
		return nil, err
	}
	header := final.header.Clone()
	for _, name := range []string{"X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Limit", "Retry-After"} {
		header.Del(name) // limits are waited for here, when they come
	}
	return &http.Response{
		Status: http.StatusText(final.status), StatusCode: final.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(final.body)), ContentLength: int64(len(final.body)), Request: request,
	}, nil
}
