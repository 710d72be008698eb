package backstage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	// listPath is where the catalogue lists its entities, page by page.
	listPath = "/api/catalog/entities/by-query"
	// pageWidth is how many entities are asked for at once.
	pageWidth = 500
	// entityLimit bounds how many are read.
	entityLimit = 100_000
)

// page asks for a page of the list.
func (r *run) page(ctx context.Context, query url.Values, width int) (*pageRecord, error) {
	query.Set("fields", fields)
	query.Set("limit", strconv.Itoa(width))
	answer, err := r.Fetch(ctx, "", wire.Call{Address: r.root + listPath + "?" + query.Encode()}, http.StatusNotFound)
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusNotFound:
		return nil, r.Failure(source.CauseConfiguration, "", "there is no catalogue at this address, or it is older than its lists by pages: enter the address of Backstage's backend, beneath which /api/catalog is", r.Said(answer))
	case answer.IsPage():
		return nil, r.Failure(source.CauseConfiguration, "", "a page for people answers at this address: enter that of Backstage's backend (backend.baseUrl), not of its frontend", r.Said(answer))
	}
	told, err := wire.Decode[pageRecord](r.Session, "", answer)
	if err == nil && told.Lacks() != "" {
		err = r.Unexpected("", fmt.Errorf("%s is missing", told.Lacks()))
	}
	return &told, err
}

// list reads all that is wanted. It says whether that is all that the catalogue counts.
func (r *run) list(ctx context.Context) (rows []*entityRecord, whole bool, err error) {
	var way pages.Trail
	query := url.Values{"filter": r.config.filters()}
	for {
		p, err := r.page(ctx, query, pageWidth)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, wire.Rows[entityRecord](*p.Items, &r.broken, refOf)...)
		r.Progress.Done = len(rows)
		r.Report()
		if p.PageInfo.Next == "" {
			return rows, p.Total == nil || len(rows)+len(r.broken.IDs) >= *p.Total, nil
		}
		if len(rows) > entityLimit || way.Follow(len(*p.Items), pages.Info{HasNextPage: true, EndCursor: p.PageInfo.Next}) != nil {
			return nil, false, r.Endless("")
		}
		query = url.Values{"cursor": {p.PageInfo.Next}}
	}
}
