package pagerduty

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	// batchOfChanged is how many changed incidents are handed over at once: they take two requests each.
	batchOfChanged = 25
	// heardLimit bounds how many entries of the log are remembered not to be looked into again.
	heardLimit = 1000
)

// follow reads the incidents that the log tells of since it was read last, and those that are new. Where there are fewer than
// there should be, or more, all are to be listed again.
func (r *run) follow(ctx context.Context) error {
	p := r.Cursor
	newest, err := r.newest(ctx)
	if err != nil {
		return err
	}
	if p.Newest.Number == 0 && newest.Number != 0 {
		p.Whole = false
		return nil
	}
	var from time.Time
	if !p.Mark.IsZero() {
		from = p.Mark.Add(-cursor.Overlap)
	}
	heard, err := r.listen(ctx, from)
	if err != nil {
		return err
	}
	fresh, err := r.fresh(ctx, newest, from, heard)
	if err != nil {
		return err
	}
	for _, id := range p.Broken {
		if _, named := heard.last[id]; !named {
			heard.last[id] = time.Time{}
		}
	}
	before, _ := json.Marshal(p) // what was read can be written
	if err := r.changed(ctx, heard.last); err != nil {
		return err
	}
	p.Whole = newest.Number >= p.Newest.Number && (p.Total == nil || newest.total == nil || *newest.total == *p.Total+fresh)
	if heard.mark.After(p.Mark) {
		p.Mark = heard.mark.UTC()
	}
	p.Heard, p.Total, p.Newest, p.Broken = heard.entries, newest.total, newest.mark, r.Broken.Names()
	if after, err := json.Marshal(p); err != nil || string(after) == string(before) {
		return err
	}
	return r.Emit(ctx, nil)
}

// heard is what the log said since a time.
type heard struct {
	told told
	// last is when each incident that it has news of was named last.
	last map[string]time.Time
	// entries are those that need not be looked into again, and mark is when the newest was made.
	entries []string
	mark    time.Time
}

// listen reads the log from a time on.
func (r *run) listen(ctx context.Context, from time.Time) (*heard, error) {
	h := &heard{told: told{}, last: map[string]time.Time{}}
	known := map[string]bool{}
	for _, id := range r.Cursor.Heard {
		known[id] = true
	}
	var all []*entryRecord
	for log := r.log("/log_entries", from, time.Time{}, false); !log.done; {
		entries, err := log.next(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !r.reads(e.Service.ID) && r.Stored.Of(incidentID(e.Incident.ID)) == nil {
				continue
			}
			h.told.note(e)
			if e.Created.After(h.mark) {
				h.mark = e.Created
			}
			all = append(all, e)
			if !known[e.ID] && e.Created.After(h.last[e.Incident.ID]) {
				h.last[e.Incident.ID] = e.Created
			}
		}
	}
	h.entries = heardOf(all, h.mark)
	return h, nil
}

// heardOf are the entries that the next run meets again, since it begins some time before the mark.
func heardOf(entries []*entryRecord, mark time.Time) (ids []string) {
	for _, e := range entries {
		if len(ids) < heardLimit && !e.Created.Before(mark.Add(-cursor.Overlap)) {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// fresh reads the incidents that were created since the last run, and says how many they are.
func (r *run) fresh(ctx context.Context, newest top, from time.Time, h *heard) (count int, err error) {
	before := r.Cursor.Newest
	if newest.Number <= before.Number {
		return 0, nil
	}
	for list := r.incidents(before.At, newest.end()); !list.done; {
		rows, err := list.next(ctx)
		if err != nil {
			return 0, err
		}
		var taken []*incidentRecord
		for _, row := range rows {
			if row.Number > before.Number && row.Number <= newest.Number {
				count++
			}
			switch _, named := h.last[row.ID]; {
			case row.Created.Before(r.Request.Since):
			case !row.Created.Before(from): // all that was said of it was heard
				taken = append(taken, row)
				delete(h.last, row.ID)
			case !named && row.Number > before.Number:
				h.last[row.ID] = time.Time{}
			}
		}
		events, err := r.versions(ctx, taken, h.told)
		if err != nil {
			return 0, err
		}
		if len(events) > 0 {
			if err := r.Emit(ctx, events); err != nil {
				return 0, err
			}
		}
	}
	return count, nil
}

// changed reads incidents by themselves, each with its log, in the order in which they were last named.
func (r *run) changed(ctx context.Context, last map[string]time.Time) error {
	ids := slices.SortedFunc(maps.Keys(last), func(a, b string) int {
		if earlier := last[a].Compare(last[b]); earlier != 0 {
			return earlier
		}
		return strings.Compare(a, b)
	})
	for some := range slices.Chunk(ids, batchOfChanged) {
		var events []dora.Event
		for _, id := range some {
			found, err := r.one(ctx, id)
			if source.Stops(err) {
				return err
			}
			if err != nil { // it costs itself alone, and is asked for again
				r.Broken.Add(id, err)
			}
			events = append(events, found...)
		}
		if r.Broken.TooMany() {
			return r.Unreadable()
		}
		if at := last[some[len(some)-1]]; at.After(r.Cursor.Mark) { // what was named until then is read
			r.Cursor.Mark = at.UTC()
		}
		if len(events) > 0 {
			if err := r.Emit(ctx, events); err != nil {
				return err
			}
		}
	}
	return nil
}

// one is the version of an incident, where it is news.
func (r *run) one(ctx context.Context, id string) ([]dora.Event, error) {
	row, err := r.record(ctx, id)
	if err != nil || row == nil {
		return r.Stored.Taken(incidentID(id)), err
	}
	if !r.reads(row.Service.ID) {
		return r.Stored.Taken(incidentID(id)), nil
	}
	if row.Created.Before(r.Request.Since) && r.Stored.Of(incidentID(id)) == nil {
		return nil, nil
	}
	said := told{}
	for log := r.log("/incidents/"+url.PathEscape(id)+"/log_entries", time.Time{}, time.Time{}, true); !log.done; {
		entries, err := log.next(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			said.note(e)
		}
	}
	return r.Stored.News(r.incident(row, said[id])), nil
}

// record asks for one incident; nil: there is none.
func (r *run) record(ctx context.Context, id string) (*incidentRecord, error) {
	include := []string{"body"}
	if r.fields() {
		include = append(include, "custom_fields")
	}
	part := "incident " + id
	answer, err := r.get(ctx, part, "/incidents/"+url.PathEscape(id), url.Values{"include[]": include, "time_zone": {"UTC"}})
	if err != nil || answer == nil {
		return nil, err
	}
	told, err := wire.Decode[struct{ Incident incidentRecord }](r.Session, part, answer)
	if err != nil {
		return nil, err
	}
	if lacks := told.Incident.Lacks(); lacks != "" {
		return nil, r.Unexpected(part, fmt.Errorf("%s is missing", lacks))
	}
	return &told.Incident, nil
}

// versions are those of some incidents that are news.
func (r *run) versions(ctx context.Context, rows []*incidentRecord, said told) (events []dora.Event, err error) {
	for _, row := range rows {
		if r.fields() {
			whole, err := r.record(ctx, row.ID)
			switch {
			case source.Stops(err):
				return nil, err
			case err != nil:
				r.Broken.Add(row.ID, err)
				continue
			case whole != nil: // else it went this moment
				row = whole
			}
		}
		events = append(events, r.Stored.News(r.incident(row, said[row.ID]))...)
	}
	return events, nil
}
