package jira

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// doubted bounds how many incidents that are missing are looked up by themselves in one run.
const doubted = 50

// withdraw takes back incidents that are none any more, now that everything was read. The list comes from an index, which may lack
// what is young, or nearly everything while it is built anew: so what is missing is looked up by itself.
func (r *run) withdraw(ctx context.Context) error {
	if r.stored == nil {
		return nil
	}
	var missing []string
	for id, e := range r.stored {
		if !r.there[id] && !r.told[id] && !e.Withdrawn && !e.Updated.Before(r.request.Since) {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := r.knowUs(ctx); err != nil { // a login that failed meanwhile is shown nothing
		return err
	}
	slices.SortFunc(missing, byAge)
	doubtful := missing[:min(len(missing), doubted)]
	deleted, left, err := r.lookUp(ctx, doubtful)
	if err != nil {
		return err
	}
	gone := slices.Concat(deleted, left)
	if len(gone) == len(doubtful) {
		gone = append(gone, missing[len(doubtful):]...)
	}
	events := make([]dora.Event, 0, len(gone))
	for _, id := range gone {
		events = append(events, census.Withdraw(r.stored[id]))
	}
	return r.emit(ctx, events)
}

// lookUp sorts issues that a search did not find: those that are not there, and those that are no incidents any more. One that the
// index knows in another version than it has now is neither.
func (r *run) lookUp(ctx context.Context, ids []string) (deleted, left []string, err error) {
	present := map[string]moment{}
	for _, id := range ids {
		answer, err := r.ask(ctx, "/issue/"+id+"?fields=updated", nil, http.StatusNotFound)
		if err != nil {
			return nil, nil, err
		}
		if answer.Status == http.StatusNotFound {
			deleted = append(deleted, id)
			continue
		}
		row, err := wire.Decode[agedRecord](r.Session, "", answer)
		if err == nil && row.ID == "" {
			err = r.missing("id")
		}
		if err != nil {
			return nil, nil, err
		}
		present[id] = row.Fields.Updated
	}
	if len(present) == 0 {
		return deleted, nil, nil
	}
	q := question{jql: "id in (" + quotedAll(slices.SortedFunc(maps.Keys(present), byAge)) + ") ORDER BY key ASC", fields: []string{"updated"}, width: len(present)}
	for {
		f, err := r.search(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		for _, text := range f.rows {
			var row agedRecord
			if json.Unmarshal(text, &row) == nil && !row.Fields.Updated.IsZero() && row.Fields.Updated.Equal(present[row.ID].Time) {
				left = append(left, row.ID)
			}
		}
		if f.last || len(f.rows) == 0 {
			return deleted, left, nil
		}
		q = f.next
	}
}

// agedRecord is an issue's version.
type agedRecord struct {
	ID     string `json:"id"`
	Fields struct {
		Updated moment `json:"updated"`
	} `json:"fields"`
}
