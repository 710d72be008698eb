// Package intake reads events as pipelines and people write them, by the API or in a webhook, into the domain's. What it
// lets through is complete, bounded and free of contradictions; every mistake names its field. It knows the domain and
// nothing of sources, stores or HTTP.
package intake

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Bounds of what is posted.
const (
	BatchLimit = 1000 // events in one request
	titleLimit = 1000 // bytes, as all that follow
	bodyLimit  = dora.BodyLimit
	urlLimit   = dora.AddressLimit
	nameLimit  = 255
	keyLimit   = 100
	listLimit  = 500 // labels, statuses, commits and reviews of one event
	aheadLimit = 5 * time.Minute
)

// Context is what reading depends on.
type Context struct {
	Source string // the id of the source that the events belong to
	Now    time.Time
	// Identify gives the id and number of a deployment; nil: they follow from its own id.
	Identify func(repository, id string) (eventID string, number int64, err error)
}

// Kinds are what can be posted, by the name of their list.
var kinds = map[string]func(*reader, any) []dora.Event{
	"deployments": (*reader).deployment,
	"changes":     (*reader).change,
	"incidents":   (*reader).incident,
}

// List reads one event, or a list of them, of a kind: deployments, changes or incidents. The error joins one
// *strict.Error for each mistake; then there are no events.
func List(c Context, kind string, text []byte) ([]dora.Event, error) {
	value, err := parse(text)
	if err != nil {
		return nil, err
	}
	r := &reader{Context: c}
	r.list("", kind, value)
	return r.result()
}

// Document reads an object of lists: {"deployments": […], "changes": […], "incidents": […]}.
func Document(c Context, text []byte) ([]dora.Event, error) {
	value, err := parse(text)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, &strict.Error{Field: "the body", Problem: "is no object; allowed: an object with deployments, changes, incidents"}
	}
	r := &reader{Context: c}
	for name := range object {
		if kinds[name] == nil {
			r.fail(cmp.Or(short(name), `""`), "there is no such key; allowed: deployments, changes, incidents")
		}
	}
	for _, kind := range []string{"deployments", "changes", "incidents"} {
		if list, given := object[kind]; given {
			r.list(kind, kind, list)
		}
	}
	if len(object) == 0 {
		r.fail("the body", "is empty; allowed: an object with deployments, changes, incidents")
	}
	return r.result()
}

// parse reads JSON that must be UTF-8, whole, and one value.
func parse(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, &strict.Error{Field: "the body", Problem: "is not UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	var value any
	err := decoder.Decode(&value)
	if err == nil {
		if _, more := decoder.Token(); more == nil || !errors.Is(more, io.EOF) {
			err = errors.New("there is more behind its end")
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, &strict.Error{Field: "the body", Problem: "is empty; allowed: JSON"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &strict.Error{Field: "the body", Problem: "is cut off"}
	case err != nil:
		return nil, &strict.Error{Field: "the body", Problem: "is not JSON: " + err.Error()}
	}
	return value, nil
}

type reader struct {
	Context
	mistakes []error
	events   []dora.Event
	count    int
}

func (r *reader) result() ([]dora.Event, error) {
	if len(r.mistakes) > 0 {
		return nil, errors.Join(r.mistakes...)
	}
	return r.events, nil
}

func (r *reader) fail(field, format string, args ...any) {
	r.mistakes = append(r.mistakes, &strict.Error{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// list reads one event or many. Places in a list are part of a mistake's field.
func (r *reader) list(at, kind string, value any) {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	if r.count += len(list); r.count > BatchLimit {
		r.fail(orBody(at), "%d events are too many; allowed: %d in one request", r.count, BatchLimit)
		return
	}
	if len(list) == 0 && at == "" {
		r.fail("the body", "is an empty list; allowed: one event or more")
	}
	for i, each := range list {
		place := at
		if many {
			place = fmt.Sprintf("%s[%d]", at, i)
		}
		one := &reader{Context: r.Context}
		one.events = kinds[kind](one, each)
		for _, mistake := range one.mistakes {
			r.mistakes = append(r.mistakes, within(place, mistake))
		}
		r.events = append(r.events, one.events...)
	}
}

func orBody(at string) string {
	if at == "" {
		return "the body"
	}
	return at
}

// within puts a place in front of a mistake's field.
func within(place string, mistake error) error {
	var m *strict.Error
	if place == "" || !errors.As(mistake, &m) {
		return mistake
	}
	if m.Field == "the event" {
		return &strict.Error{Field: place, Problem: m.Problem}
	}
	return &strict.Error{Field: place + "." + m.Field, Problem: m.Problem}
}

// decode fills a form, and says whether it could.
func (r *reader) decode(value any, form any) bool {
	if _, ok := value.(map[string]any); !ok {
		r.fail("the event", "is no object; allowed: an object with %s", strings.Join(strict.Keys(reflect.TypeOf(form).Elem()), ", "))
		return false
	}
	if err := strict.Decode("", value, form); err != nil {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			r.mistakes = append(r.mistakes, joined.Unwrap()...)
		} else {
			r.mistakes = append(r.mistakes, err)
		}
		return false
	}
	return true
}

var (
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/@#+-]{0,199}$`)
	shaPattern  = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	namePattern = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)*$`)
)

func (r *reader) id(id string) {
	if id == "" {
		r.fail("id", "is missing; it is what you call the event, and posting it again changes it")
	} else {
		r.named("id", id)
	}
}

// named judges what an event is called.
func (r *reader) named(field, id string) {
	if !idPattern.MatchString(id) {
		r.fail(field, "%q is not allowed; allowed: 1 to 200 letters, digits and . _ / @ # + -, the first a letter or digit", short(id))
	}
}

func (r *reader) sha(field, sha string) {
	if !shaPattern.MatchString(sha) {
		r.fail(field, "%q is not allowed; allowed: a whole commit id, 40 lower-case hexadecimal digits", short(sha))
	}
}

// repository makes a remote's address the name of the repository that it leads to, and judges the name.
func (r *reader) repository(given *string) {
	*given = dora.RepositoryAt(*given)
	name := *given
	if name == "" {
		r.fail("repository", "is missing; allowed: a name such as owner/name")
	} else if len(name) > nameLimit || !namePattern.MatchString(name) {
		r.fail("repository", "%q is not allowed; allowed: a name such as owner/name, of letters, digits and . _ -, up to %d", short(name), nameLimit)
	}
}

// text bounds a text and keeps control characters out.
func (r *reader) text(field, text string, limit int, needed bool) {
	switch {
	case strings.TrimSpace(text) == "" && needed:
		r.fail(field, "is missing")
	case len(text) > limit:
		r.fail(field, "has %d bytes; allowed: up to %d", len(text), limit)
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' }):
		r.fail(field, "has control characters")
	}
}

func (r *reader) url(text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || len(text) > urlLimit {
		r.fail("url", "is not allowed; allowed: an address with https:// or http://, up to %d bytes", urlLimit)
	}
}

func (r *reader) size(field string, n int) bool {
	if n > listLimit {
		r.fail(field, "%d are too many; allowed: %d", n, listLimit)
		return false
	}
	return true
}

// Moment is a point in time in RFC 3339.
type Moment struct{ time.Time }

// UnmarshalText reads it.
func (m *Moment) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is no time; allowed: RFC 3339, such as 2026-01-31T15:04:05Z", short(string(text)))
	}
	m.Time = at.UTC()
	return nil
}

// moment checks that a time is one that can have been.
func (r *reader) moment(field string, at Moment, needed bool) {
	r.momentSince(dora.Earliest, field, at, needed)
}

// authored checks the time of a commit, which may be older than any system.
func (r *reader) authored(field string, at Moment, needed bool) {
	r.momentSince(dora.EarliestCommit, field, at, needed)
}

func (r *reader) momentSince(earliest time.Time, field string, at Moment, needed bool) {
	switch {
	case at.IsZero():
		if needed {
			r.fail(field, "is missing; allowed: RFC 3339, such as 2026-01-31T15:04:05Z")
		}
	case at.Before(earliest):
		r.fail(field, "%s is too long ago; allowed: since %s", at.Format(time.RFC3339), earliest.Format(time.DateOnly))
	case at.After(r.Now.Add(aheadLimit)):
		r.fail(field, "%s is in the future; it is %s here", at.Format(time.RFC3339), r.Now.UTC().Format(time.RFC3339))
	}
}

// after checks an order of times, where both are given.
func (r *reader) after(field string, at Moment, first string, than Moment) {
	if !at.IsZero() && !than.IsZero() && at.Before(than.Time) {
		r.fail(field, "%s is before %s, %s", at.Format(time.RFC3339), first, than.Format(time.RFC3339))
	}
}

func short(text string) string {
	if len(text) <= 80 {
		return text
	}
	return strings.ToValidUTF8(text[:80], "") + "…"
}
