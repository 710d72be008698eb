package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// api is the version that both editions know, and in which texts are texts.
const api = "/rest/api/2"

// ask asks the API for a path; what is not nil is posted. Statuses that the caller can handle are returned with their answers.
func (r *run) ask(ctx context.Context, path string, payload any, handled ...int) (*wire.Answer, error) {
	call := wire.Call{Address: r.root + api + path}
	if payload != nil {
		text, err := json.Marshal(payload)
		if err != nil {
			return nil, err
		}
		call.Method, call.Payload = http.MethodPost, text
	}
	answer, err := r.Fetch(ctx, "", call, http.StatusNotFound, http.StatusBadRequest, http.StatusGone)
	switch {
	case err != nil:
		return nil, err
	case anonymous(answer.Header):
		return nil, r.refusedLogin(answer)
	case answer.Status == http.StatusOK && answer.IsPage():
		return nil, r.Failure(source.CauseConfiguration, "", "a page for people came in place of an answer: enter the address that Jira's own pages begin with, and look for a proxy that asks to log in", r.Said(answer))
	case answer.Status == http.StatusOK || slices.Contains(handled, answer.Status):
		return answer, nil
	case answer.Status == http.StatusNotFound || answer.Status == http.StatusGone:
		return nil, r.Failure(source.CauseNotFound, "", "Jira does not know what is asked for: enter the address that Jira's own pages begin with", r.Said(answer))
	}
	return nil, r.Failure(source.CauseAnswer, "", "Jira refused the request: nothing was read by it, and it is tried again at the next run", r.Said(answer))
}

// says finds what Jira says of a refusal.
func says(body []byte) string {
	var told struct {
		Messages []string          `json:"errorMessages"`
		Errors   map[string]string `json:"errors"`
		Message  string            `json:"message"`
	}
	if json.Unmarshal(body, &told) != nil {
		return ""
	}
	for field, message := range told.Errors {
		told.Messages = append(told.Messages, field+": "+message)
	}
	if len(told.Messages) == 0 {
		return told.Message
	}
	slices.Sort(told.Messages)
	return strings.Join(told.Messages, " ")
}

// missing says that an object lacks a field that it must have.
func (r *run) missing(field string) error {
	return r.Unexpected("", fmt.Errorf("%s is missing", field))
}

// one reads an object.
func one[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, path string) (*T, error) {
	answer, err := r.ask(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	object, err := wire.Decode[T](r.Session, "", answer)
	if err == nil {
		if lacks := P(&object).Lacks(); lacks != "" {
			err = r.missing(lacks)
		}
	}
	return &object, err
}

var errNoList = errors.New("the list is missing")

// listed takes a bare list that came.
func listed[T any, P interface {
	*T
	wire.Record
}](r *run, list *[]*T) ([]*T, error) {
	if list == nil {
		return nil, r.Unexpected("", errNoList)
	}
	for _, each := range *list {
		if each == nil {
			return nil, r.Unexpected("", pages.ErrHole)
		}
		if lacks := P(each).Lacks(); lacks != "" {
			return nil, r.missing(lacks)
		}
	}
	return *list, nil
}

// all reads a bare list.
func all[T any, P interface {
	*T
	wire.Record
}](ctx context.Context, r *run, path string) ([]*T, error) {
	answer, err := r.ask(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	list, err := wire.Decode[*[]*T](r.Session, "", answer)
	if err != nil {
		return nil, err
	}
	return listed[T, P](r, list)
}
