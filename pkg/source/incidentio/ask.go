package incidentio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// pageWidth is how many entries a page has at most.
const pageWidth = 250

// get asks for a path.
func (r *run) get(ctx context.Context, part, path string, query url.Values, handled ...int) (*wire.Answer, error) {
	answer, err := r.Fetch(ctx, part, wire.Call{Address: r.root + path + "?" + query.Encode()}, append(handled, http.StatusNotFound)...)
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusNotFound && !r.IsGenuine(answer):
		return nil, r.Failure(source.CauseConfiguration, "", "there is no API of incident.io at this address: enter "+publicAPI, r.Said(answer))
	}
	return answer, nil
}

// page is one page of a list.
type page struct {
	rows  []json.RawMessage
	after string
	total *int
}

var errNoList = errors.New("the list is missing")

// list asks for a page of a list. It says false where what it is to go on after is not known.
func (r *run) list(ctx context.Context, path, name string, query url.Values) (p page, known bool, err error) {
	answer, err := r.get(ctx, "", path, query, http.StatusUnprocessableEntity)
	if err != nil {
		return p, false, err
	}
	switch {
	case answer.Status == http.StatusUnprocessableEntity && query.Get("after") != "":
		return p, false, nil
	case answer.Status != http.StatusOK:
		return p, false, r.Failure(source.CauseAnswer, "", "incident.io refused the request: it is tried again at the next run, and if it stays so, please report it", r.Said(answer))
	}
	told, err := wire.Decode[map[string]json.RawMessage](r.Session, "", answer)
	if err != nil {
		return p, false, err
	}
	var meta struct {
		After string
		Total *int `json:"total_record_count"`
	}
	if told[name] == nil || json.Unmarshal(told[name], &p.rows) != nil || p.rows == nil {
		return p, false, r.Unexpected("", fmt.Errorf("%s: %w", name, errNoList))
	}
	if text := told["pagination_meta"]; text == nil || json.Unmarshal(text, &meta) != nil {
		return p, false, r.Unexpected("", errors.New("pagination_meta is missing"))
	}
	p.after, p.total = meta.After, meta.Total
	return p, true, nil
}

// each reads a list from after an entry to its end. It says false where that entry is not known any more.
func (r *run) each(ctx context.Context, path, name string, query url.Values, after string, take func(page) error) (known bool, err error) {
	var way pages.Trail
	for {
		asked := url.Values{"page_size": {strconv.Itoa(pageWidth)}}
		maps.Copy(asked, query)
		if after != "" {
			asked.Set("after", after)
		}
		p, known, err := r.list(ctx, path, name, asked)
		if err != nil || !known {
			return known, err
		}
		if err := take(p); err != nil {
			return true, err
		}
		if p.after == "" { // a page that is full names its last even where nothing follows
			return true, nil
		}
		if after = p.after; way.Follow(len(p.rows), pages.Info{HasNextPage: true, EndCursor: after}) != nil {
			return true, r.Endless("")
		}
	}
}

// updates are those of an incident.
func (r *run) updates(ctx context.Context, id string) (all []*updateRecord, err error) {
	var ill wire.Broken
	known, err := r.each(ctx, "/v2/incident_updates", "incident_updates", url.Values{"incident_id": {id}}, "", func(p page) error {
		all = append(all, wire.Rows[updateRecord](p.rows, &ill, func(json.RawMessage) string { return id })...)
		return ill.Failure(r.Host, "incident "+id)
	})
	if err == nil && !known {
		err = r.Endless("incident " + id)
	}
	return all, err
}

// one asks for an incident; nil: there is none.
func (r *run) one(ctx context.Context, id string) (*incidentRecord, error) {
	part := "incident " + id
	answer, err := r.get(ctx, part, "/v2/incidents/"+url.PathEscape(id), nil)
	if err != nil || answer.Status == http.StatusNotFound {
		return nil, err
	}
	told, err := wire.Decode[struct{ Incident incidentRecord }](r.Session, part, answer)
	if err == nil && told.Incident.Lacks() != "" {
		err = r.Unexpected(part, fmt.Errorf("%s is missing", told.Incident.Lacks()))
	}
	return &told.Incident, err
}
