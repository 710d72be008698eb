package rest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// Bounds of what one request may ask for.
const (
	pageDefault = 100
	pageLimit   = 1000
	valueLimit  = 1000
	rangeLimit  = 20 * 366 * 24 * time.Hour
)

// text is a parameter that may be given once.
func (c *call) text(name string) (string, error) {
	values := c.URL.Query()[name]
	if len(values) > 1 {
		return "", refuse(http.StatusBadRequest, name, "is there %d times; allowed: once", len(values))
	}
	if len(values) == 0 {
		return "", nil
	}
	return values[0], nil
}

// time is a parameter that is a time or a date in UTC; zero where it is not given.
func (c *call) time(name string) (time.Time, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	return readTime(name, text)
}

func readTime(name, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1970 && at.Year() < 2200 {
			return at.UTC(), nil
		}
	}
	return time.Time{}, refuse(http.StatusBadRequest, name, "%s is no time; allowed: 2026-01-31 or 2026-01-31T15:04:05Z", quote(text))
}

// within reads from (inclusive) and to (exclusive). Where they are not given, nothing bounds.
func (c *call) within() (func(time.Time) bool, error) {
	from, err := c.time("from")
	if err != nil {
		return nil, err
	}
	to, err := c.time("to")
	if err != nil {
		return nil, err
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return nil, refuse(http.StatusBadRequest, "to", "is not after from")
	}
	return func(at time.Time) bool {
		return (from.IsZero() || !at.Before(from)) && (to.IsZero() || at.Before(to))
	}, nil
}

// filters reads service, team, environment and repository, each of which may be given several times.
func (c *call) filters() ([]dora.Filter, error) {
	var filters []dora.Filter
	query := c.URL.Query()
	for _, field := range []dora.Field{dora.ByService, dora.ByTeam, dora.ByEnvironment, dora.ByRepository} {
		values := query[string(field)]
		if len(values) > valueLimit {
			return nil, refuse(http.StatusBadRequest, string(field), "%d are too many; allowed: %d", len(values), valueLimit)
		}
		if len(values) > 0 {
			filters = append(filters, dora.NewFilter(field, false, values))
		}
	}
	return filters, nil
}

// one reads a parameter that takes one of a few words.
func (c *call) one(name string, allowed ...string) (string, error) {
	text, err := c.text(name)
	if err != nil || text == "" || slices.Contains(allowed, text) {
		return text, err
	}
	return "", refuse(http.StatusBadRequest, name, "%s is not allowed; allowed: %s", quote(text), strings.Join(allowed, ", "))
}

// place is where a row stands in a list that goes from the newest back.
type place struct {
	at time.Time
	id string
}

// before says whether a row comes earlier in the list.
func (p place) before(q place) int {
	if n := q.at.Compare(p.at); n != 0 {
		return n
	}
	return strings.Compare(p.id, q.id)
}

// encode makes a cursor of a place. What arrives while a list is read moves no row across a cursor.
func (p place) encode() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.at.UnixNano(), 10) + " " + p.id))
}

func decodePlace(text string) (place, error) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	at, id, found := strings.Cut(string(plain), " ")
	nanoseconds, bad := strconv.ParseInt(at, 10, 64)
	if err != nil || !found || bad != nil {
		return place{}, refuse(http.StatusBadRequest, "cursor", "%s is no cursor; allowed: what the page before gave as next", quote(text))
	}
	return place{time.Unix(0, nanoseconds).UTC(), id}, nil
}

// Page is a part of a list, the newest first.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page that follows; absent on the last one.
	Next string `json:"next,omitempty"`
}

// row is an entry of a list before it is put into its form.
type row[T any] struct {
	place
	// facts are the service whose changes the form needs, or nil.
	facts *facts.Service
	show  func(*facts.Shipments) T
}

// pageAsked is how many rows a page has, and after which row it begins; nil: it is the first.
func (c *call) pageAsked() (size int, after *place, err error) {
	size = pageDefault
	text, err := c.text("limit")
	if err != nil {
		return 0, nil, err
	}
	if text != "" {
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > pageLimit {
			return 0, nil, refuse(http.StatusBadRequest, "limit", "%s is not allowed; allowed: 1 to %d", quote(text), pageLimit)
		}
	}
	if text, err = c.text("cursor"); err != nil || text == "" {
		return size, nil, err
	}
	at, err := decodePlace(text)
	return size, &at, err
}

// page sorts rows and cuts out the page that limit and cursor ask for.
func page[T any](c *call, rows []row[T]) (Page[T], error) {
	p := Page[T]{Items: []T{}}
	size, after, err := c.pageAsked()
	if err != nil {
		return p, err
	}
	slices.SortFunc(rows, func(a, b row[T]) int { return a.before(b.place) })
	if after != nil {
		first, _ := slices.BinarySearchFunc(rows, *after, func(r row[T], q place) int {
			if r.before(q) <= 0 {
				return -1
			}
			return 1
		})
		rows = rows[first:]
	}
	p.Items = make([]T, min(len(rows), size))
	byService := map[*facts.Service][]int{}
	for i := range p.Items {
		byService[rows[i].facts] = append(byService[rows[i].facts], i)
	}
	for derived, of := range byService { // one at a time, so that the changes of no more are in memory
		if !c.waitedFor(0) {
			return p, c.Context().Err()
		}
		var shipped *facts.Shipments
		if derived != nil {
			shipped = derived.Shipments()
		}
		for _, i := range of {
			p.Items[i] = rows[i].show(shipped)
		}
	}
	if len(rows) > size {
		p.Next = rows[size-1].encode()
	}
	return p, nil
}

// rangeOf is from and to of a question about figures; the last 90 days where they are not given.
func (c *call) rangeOf(fromText, toText string) (from, to time.Time, err error) {
	to = c.now.UTC()
	if toText != "" {
		if to, err = readTime("to", toText); err != nil {
			return from, to, err
		}
	}
	from = to.Add(-90 * 24 * time.Hour)
	if fromText != "" {
		if from, err = readTime("from", fromText); err != nil {
			return from, to, err
		}
	}
	switch {
	case !from.Before(to):
		return from, to, refuse(http.StatusBadRequest, "to", "is not after from")
	case to.Sub(from) > rangeLimit:
		return from, to, refuse(http.StatusBadRequest, "from", "is too long before to; allowed: %s", fmt.Sprintf("%d years", int(rangeLimit/(366*24*time.Hour))))
	}
	return from, to, nil
}

// needed is a parameter that must be given.
func (c *call) needed(name, what string) (string, error) {
	text, err := c.text(name)
	if err == nil && text == "" {
		return "", refuse(http.StatusBadRequest, name, "is missing: %s", what)
	}
	return text, err
}

// sourceNamed is the parameter source, which must be one of the settings' ids.
func (c *call) sourceNamed() (string, error) {
	id, err := c.needed("source", "the id of a source in the settings")
	if err != nil {
		return "", err
	}
	var ids []string
	for _, s := range c.dataset.Settings().Sources {
		ids = append(ids, s.ID)
	}
	if !slices.Contains(ids, id) {
		return "", refuse(http.StatusNotFound, "source", "%s is no source of this data source; allowed: %s", quote(id), orNothing(ids))
	}
	return id, nil
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing, for none is configured"
	}
	return strings.Join(list, ", ")
}
