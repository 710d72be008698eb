package servicenow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// row is a record's columns, by name; one that is not there is not known to the table, or not to be read.
type row map[string]text

// text is a value. A reference is an object in some answers, and a text in others.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = ""
	var plain string
	var reference struct {
		Value *text `json:"value"`
	}
	switch {
	case json.Unmarshal(raw, &plain) == nil:
		*t = text(plain)
	case raw[0] == '{' && json.Unmarshal(raw, &reference) == nil && reference.Value != nil:
		*t = *reference.Value
	case raw[0] != '{' && raw[0] != '[': // a number or a truth value
		*t = text(raw)
	}
	return nil
}

// of is what a column holds.
func (r row) of(column string) string { return strings.TrimSpace(string(r[column])) }

// named is what a column is called by people: of a reference, the name of what it refers to, where that may be read.
func (r row) named(column string) string {
	if name := r.of(column + ".name"); name != "" {
		return name
	}
	return r.of(column)
}

// page is one page of a table.
type page struct {
	rows []row
	// broken is how many rows cannot be read.
	broken int
	// total is how many records the query gives, of which the offset is not taken off, hidden ones included; told says that it
	// is known. limit is how many there may be on the page.
	total, limit int
	told         bool
}

// question is a request for one page of a table.
type question struct {
	query  string
	fields []string
	offset int
	// width is how many rows a page may have for each of a hundred; 0: one row is enough.
	width int
}

const (
	wholeRows = 10  // a thousand rows with all columns
	bareRows  = 100 // ten thousand, which ServiceNow has as its own limit, with ids alone
)

// ask reads one page. An answer that broke off in the middle, for it took too long, is asked for again in a smaller form.
func (r *run) ask(ctx context.Context, t *table, q question) (page, error) {
	var p page
	err := r.Persist(ctx, t.name, func() (*wire.Answer, wire.Verdict, error) {
		p = page{limit: max(1, q.width*r.Width.Now)}
		query := url.Values{
			"sysparm_query": {q.query}, "sysparm_fields": {strings.Join(q.fields, ",")}, "sysparm_limit": {strconv.Itoa(p.limit)},
			"sysparm_display_value": {"false"}, "sysparm_exclude_reference_link": {"true"}, "sysparm_suppress_pagination_header": {"true"},
		}
		if q.offset > 0 {
			query.Set("sysparm_offset", strconv.Itoa(q.offset))
		}
		address := r.root + "/api/now/table/" + url.PathEscape(t.name) + "?" + query.Encode()
		answer, err := r.Signed(ctx, t.name, wire.Call{Address: address})
		if err != nil {
			return nil, wire.Answered, err
		}
		r.Progress.Points++
		verdict, err := r.judge(t, answer, &p)
		return answer, verdict, err
	})
	return p, err
}

// judge reads an answer, or says what to make of one that is none.
func (r *run) judge(t *table, answer *wire.Answer, p *page) (wire.Verdict, error) {
	switch {
	case answer.Status == http.StatusNotFound && strings.Contains(says(answer.Body), "No Record"):
		p.told = true
		return wire.Answered, nil
	case answer.Status == http.StatusNotFound:
		return wire.Answered, r.Failure(source.CauseConfiguration, "", "there is no Table API at this address: enter the address of the instance, such as https://INSTANCE.service-now.com", r.Said(answer))
	case answer.Status == http.StatusBadRequest && strings.Contains(says(answer.Body), "Invalid table"):
		return wire.Answered, r.Failure(source.CauseNotFound, t.name, "there is no such table: check its name, which is that of the table and not its label", r.Said(answer))
	}
	if verdict, err := r.Judge(t.name, answer); verdict != wire.Answered || err != nil {
		return verdict, err
	}
	if isPage(answer) {
		return wire.Answered, r.pageInstead(answer)
	}
	var told struct{ Result, Error json.RawMessage }
	if err := json.Unmarshal(answer.Body, &told); err != nil {
		return wire.Answered, r.Unexpected(t.name, err)
	}
	if len(told.Error) > 0 && !bytes.Equal(told.Error, []byte("null")) {
		return wire.Overloaded, nil // what is beside it is a part of the rows
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(told.Result, &rows); err != nil || rows == nil {
		return wire.Answered, r.Unexpected(t.name, errNoRows)
	}
	for _, raw := range rows {
		var each row
		if json.Unmarshal(raw, &each) != nil || each == nil {
			p.broken++
			continue
		}
		p.rows = append(p.rows, each)
	}
	if total, err := strconv.Atoi(answer.Header.Get("X-Total-Count")); err == nil && total >= 0 {
		p.total, p.told = total, true
	}
	return wire.Answered, nil
}

var errNoRows = errors.New("result, the list of records, is missing")

func isPage(answer *wire.Answer) bool {
	return answer.IsPage() || bytes.HasPrefix(bytes.TrimSpace(answer.Body), []byte("<"))
}

// pageInstead tells the page of an instance that sleeps from one to sign in.
func (r *run) pageInstead(answer *wire.Answer) error {
	if bytes.Contains(bytes.ToLower(answer.Body), []byte("hibernat")) {
		return r.Failure(source.CauseServer, "", "the instance is hibernating: sign in to the developer site to wake it; it is tried again at the next run", fmt.Errorf("status %d, a page", answer.Status))
	}
	return r.Failure(source.CauseConfiguration, "", "a page for people came in place of an answer: enter the address of the instance itself, such as https://INSTANCE.service-now.com; or look for a proxy that asks to log in", r.Said(answer))
}
