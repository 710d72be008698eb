package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// mediaType names the version of the API.
const mediaType = "application/vnd.pagerduty+json;version=2"

// get asks for a path. What is not there is answered by nil.
func (r *run) get(ctx context.Context, part, path string, query url.Values) (*wire.Answer, error) {
	answer, err := r.Fetch(ctx, part, wire.Call{Address: r.root + path + "?" + query.Encode(), Accept: mediaType}, http.StatusNotFound, http.StatusPaymentRequired)
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusPaymentRequired:
		return nil, r.Failure(source.CausePermission, part, "the account's plan does not have what is asked for", r.Said(answer))
	case answer.Status == http.StatusNotFound && !r.IsGenuine(answer):
		return nil, r.Failure(source.CauseConfiguration, "", "there is no API of PagerDuty at this address: enter "+publicAPI+", or https://api.eu.pagerduty.com", r.Said(answer))
	case answer.Status == http.StatusNotFound:
		return nil, nil //nolint:nilnil // there is none, and nothing is wrong with that
	}
	return answer, nil
}

// record is what a list holds, with the time that the list is ordered by.
type record interface {
	wire.Record
	at() time.Time
	key() string
}

// page is one page of a list.
type page[T any] struct {
	rows  []*T
	lost  int // rows that are no records
	more  bool
	total *int
}

var errNoList = errors.New("the list is missing")

// read asks for a page of a list. What in it is no record costs itself alone.
func read[T any, P interface {
	*T
	record
}](ctx context.Context, r *run, path, name string, query url.Values) (page[T], error) {
	answer, err := r.get(ctx, "", path, query)
	if err != nil {
		return page[T]{}, err
	}
	if answer == nil {
		return page[T]{}, r.Failure(source.CauseNotFound, "", "PagerDuty does not find "+path, nil)
	}
	told, err := wire.Decode[struct {
		More  *bool
		Total *int
	}](r.Session, "", answer)
	if err != nil {
		return page[T]{}, err
	}
	lists, err := wire.Decode[map[string]json.RawMessage](r.Session, "", answer)
	if err != nil {
		return page[T]{}, err
	}
	var rows []json.RawMessage
	if lists[name] == nil || told.More == nil || json.Unmarshal(lists[name], &rows) != nil || rows == nil {
		return page[T]{}, r.Unexpected("", fmt.Errorf("%s: %w", name, errNoList))
	}
	p := page[T]{rows: wire.Rows[T, P](rows, &r.Broken, idOf), more: *told.More, total: told.Total}
	p.lost = len(rows) - len(p.rows)
	if r.Broken.TooMany() {
		return page[T]{}, r.Unreadable()
	}
	return p, nil
}

// idOf is which incident a row is about that cannot be read; empty where that cannot be read either.
func idOf(row json.RawMessage) string {
	var told struct {
		ID       string
		Incident struct{ ID string }
	}
	_ = json.Unmarshal(row, &told) // what can be read of it is
	if told.Incident.ID != "" {
		return told.Incident.ID
	}
	return told.ID
}
