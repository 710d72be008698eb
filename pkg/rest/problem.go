package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Problem is the answer to what cannot be done.
type Problem struct {
	// Error says what is wrong and what is allowed.
	Error string `json:"error"`
	// Field is what is wrong, where it is one: a parameter, or a place in the body such as [3].sha.
	Field string `json:"field,omitempty"`
	// Errors are all mistakes, where there are several; Error and Field are the first.
	Errors []Problem `json:"errors,omitempty"`
}

// refusal is a Problem with its status.
type refusal struct {
	status int
	Problem
}

// Error implements error.
func (r *refusal) Error() string { return r.Problem.Error }

func refuse(status int, field, format string, args ...any) error {
	return &refusal{status, Problem{Error: fmt.Sprintf(format, args...), Field: field}}
}

// problemLimit is how many mistakes one answer lists.
const problemLimit = 20

// mistaken says a caller's mistakes, each an *strict.Error.
func mistaken(status int, err error) error {
	var all []Problem
	for _, each := range apart(err) {
		var one *strict.Error
		if errors.As(each, &one) {
			all = append(all, Problem{Error: one.Problem, Field: one.Field})
		} else {
			all = append(all, Problem{Error: each.Error()})
		}
	}
	r := &refusal{status, all[0]}
	if len(all) > 1 {
		r.Errors = all[:min(len(all), problemLimit)]
	}
	return r
}

// apart takes joined errors apart.
func apart(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, each := range joined.Unwrap() {
			all = append(all, apart(each)...)
		}
		return all
	}
	return []error{err}
}

// fail answers with what went wrong. What is not the caller's doing is logged, and told without its particulars.
func (c *call) fail(err error) {
	var r *refusal
	var busy *gate.Busy
	switch {
	case errors.As(err, &r):
	case errors.As(err, &busy):
		r = &refusal{http.StatusServiceUnavailable, Problem{Error: busy.Error()}}
		if busy.Own {
			r.status = http.StatusTooManyRequests
		}
		c.answer.Header().Set("Retry-After", strconv.Itoa(int(gate.RetryAfter.Seconds())))
	case errors.As(err, new(*strict.Error)):
		errors.As(mistaken(http.StatusBadRequest, err), &r)
	case c.Context().Err() != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		r = &refusal{http.StatusServiceUnavailable, Problem{Error: "it took longer than the caller waits: try again; sending the same again is harmless"}}
	default:
		c.log.ErrorContext(c.Context(), "a request failed", "method", c.Method, "path", c.URL.Path, "error", err)
		r = &refusal{http.StatusInternalServerError, Problem{Error: "it failed, and Grafana's log says why; sending the same again is harmless"}}
	}
	_ = c.write(r.status, r.Problem)
}

// quote repeats what a caller wrote, cut short.
func quote(text string) string { return strconv.Quote(clip(text)) }

// clip cuts a text to a length that can be shown.
func clip(text string) string {
	const longest = 80
	if len(text) <= longest {
		return text
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
