package grafanairm

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// post asks a method of the API.
func (r *run) post(ctx context.Context, part, method string, request any, handled ...int) (*wire.Answer, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	answer, err := r.Fetch(ctx, part, wire.Call{Method: http.MethodPost, Address: r.root + api + method, Payload: text}, append(handled, http.StatusNotFound)...)
	if err == nil && answer.Status == http.StatusNotFound && part == "" {
		err = r.Failure(source.CauseConfiguration, "", "there is no Grafana IRM at this address: enter the stack's, such as https://STACK.grafana.net, and look whether IRM is switched on in it", r.Said(answer))
	}
	return answer, err
}

// query is what is listed.
type query struct {
	Limit     int    `json:"limit"`
	Field     string `json:"orderField"`
	Direction string `json:"orderDirection"`
}

const (
	byCreated  = "createdTime"
	byModified = "modifiedTime"
)

// page is one page of previews. Next is where the list goes on; empty: it is the last. Lost says that the place to go on from is
// not known any more.
type page struct {
	rows []json.RawMessage
	next string
	lost bool
}

// previews asks for a page of previews, from a place on.
func (r *run) previews(ctx context.Context, q query, from string) (p page, err error) {
	request := map[string]any{"query": q, "includeCustomFieldValues": true}
	if from != "" {
		request["cursor"] = map[string]any{"nextValue": from, "hasMore": true}
	}
	answer, err := r.post(ctx, "", "IncidentsService.QueryIncidentPreviews", request, http.StatusBadRequest)
	if err != nil {
		return p, err
	}
	if answer.Status == http.StatusBadRequest {
		if from != "" {
			return page{lost: true}, nil
		}
		return p, r.Failure(source.CauseAnswer, "", "Grafana IRM refused the request: it is tried again at the next run, and if it stays so, please report it", r.Said(answer))
	}
	told, err := wire.Decode[struct {
		Previews *[]json.RawMessage `json:"incidentPreviews"`
		Cursor   *struct {
			Next string `json:"nextValue"`
			More bool   `json:"hasMore"`
		}
	}](r.Session, "", answer)
	if err == nil && (told.Previews == nil || told.Cursor == nil) {
		err = r.Unexpected("", errors.New("incidentPreviews or cursor is missing"))
	}
	if err != nil {
		return p, err
	}
	p.rows = *told.Previews
	if told.Cursor.More {
		p.next = told.Cursor.Next
	}
	return p, nil
}

// each reads a list from a place on, until it ends or the caller has enough. It says false where that place is lost.
func (r *run) each(ctx context.Context, order, from string, take func(rows []*previewRecord, next string) (bool, error)) (known bool, err error) {
	var way pages.Trail
	for {
		p, err := r.previews(ctx, query{Limit: wire.Widest, Field: order, Direction: "DESC"}, from)
		if err != nil || p.lost {
			return !p.lost, err
		}
		rows := wire.Rows[previewRecord](p.rows, &r.Broken, idOf)
		if r.Broken.TooMany() {
			return true, r.Unreadable()
		}
		goOn, err := take(rows, p.next)
		if err != nil || !goOn || p.next == "" {
			return true, err
		}
		if from = p.next; way.Follow(len(p.rows), pages.Info{HasNextPage: true, EndCursor: from}) != nil {
			return true, r.Endless("")
		}
	}
}

// references are the links of an incident to other systems' records.
func (r *run) references(ctx context.Context, id string) (same []string, err error) {
	part := "incident " + id
	answer, err := r.post(ctx, part, "IncidentsService.GetIncident", map[string]any{"incidentID": id})
	if err != nil || answer.Status == http.StatusNotFound {
		return nil, err
	}
	told, err := wire.Decode[struct {
		Incident *struct{ Refs []struct{ Ref, URL string } }
	}](r.Session, part, answer)
	if err == nil && told.Incident == nil {
		err = r.Unexpected(part, errors.New("incident is missing"))
	}
	if err != nil {
		return nil, err
	}
	for _, each := range told.Incident.Refs {
		for _, text := range []string{each.Ref, each.URL} {
			if text != "" {
				same = append(same, text)
			}
		}
	}
	return same, nil
}

// named is what a custom field is called, by its id.
func (r *run) named(ctx context.Context, id string) (string, error) {
	if r.fields == nil {
		answer, err := r.post(ctx, "", "FieldsService.GetFields", map[string]any{})
		if err != nil {
			return "", err
		}
		told, err := wire.Decode[struct {
			Fields *[]struct{ UUID, Slug string }
		}](r.Session, "", answer)
		if err == nil && told.Fields == nil {
			err = r.Unexpected("", errors.New("fields is missing"))
		}
		if err != nil {
			return "", err
		}
		r.fields = map[string]string{}
		for _, each := range *told.Fields {
			r.fields[each.UUID] = each.Slug
		}
	}
	return r.fields[id], nil
}
