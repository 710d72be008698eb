package incidentio

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// heardLimit bounds how many versions are remembered not to be looked into again.
const heardLimit = 1000

// farAhead is after all that was ever opened.
var farAhead = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// sync lists all incidents at first, and whenever some are missing; else it reads those that were updated.
func (r *run) sync(ctx context.Context) error {
	settings, _ := json.Marshal(r.config.Settings) // texts: it cannot fail
	p := r.Cursor
	if wanted := string(settings); p.Wanted != wanted {
		if p.Wanted != "" {
			p.Changed++
		}
		p.Wanted = wanted
		r.relist()
	}
	if !p.Since.IsZero() && r.Request.Since.Before(p.Since) { // more history is wanted than was
		r.relist()
	}
	if p.Whole {
		if err := r.follow(ctx); err != nil || p.Whole {
			return err
		}
	}
	return r.all(ctx)
}

// relist has all incidents listed again, from the beginning.
func (r *run) relist() {
	r.Cursor.Again = r.Cursor.Again || r.Cursor.Whole
	r.Cursor.Whole, r.Cursor.After = false, ""
}

// head is the newest incident, and how many there are.
type head struct {
	created time.Time
	total   *int
}

func (r *run) head(ctx context.Context) (h head, err error) {
	p, _, err := r.list(ctx, "/v2/incidents", "incidents", url.Values{"page_size": {"1"}, "sort_by": {newestFirst}})
	if err != nil || len(p.rows) == 0 {
		return head{total: p.total}, err
	}
	var newest struct {
		Created time.Time `json:"created_at"`
	}
	if err := json.Unmarshal(p.rows[0], &newest); err != nil { // it is no reason to read nothing else
		return head{}, nil //nolint:nilerr // it is found again as broken
	}
	return head{newest.Created.UTC(), p.total}, nil
}

const newestFirst = "created_at_newest_first"

// day is a time in the form that filters are documented to take: its midnight.
func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// all lists the incidents back to the history limit. Whoever is updated after the first page was read was so after all that are on
// it, so that it is found by that mark.
func (r *run) all(ctx context.Context) error {
	p := r.Cursor
	whole := p.After == ""
	if whole {
		h, err := r.head(ctx)
		if err != nil {
			return err
		}
		p.Mark, p.Heard, p.Since, p.Total, p.Newest = time.Time{}, nil, r.Request.Since, h.total, h.created
	}
	before := p.Broken
	query := url.Values{"sort_by": {newestFirst}}
	if !r.Request.Since.IsZero() {
		query.Set("created_at[gte]", day(r.Request.Since))
	}
	first, met := whole, map[string]bool{}
	known, err := r.each(ctx, "/v2/incidents", "incidents", query, p.After, func(page page) error {
		rows := wire.Rows[incidentRecord](page.rows, &r.Broken, idOf)
		for _, row := range rows {
			met[incidentID(row.ID)] = true
			if first && row.Updated.After(p.Mark) {
				p.Mark = row.Updated.UTC()
			}
		}
		if first {
			p.Heard, first = heard(rows, p.Mark), false
		}
		events, err := r.versions(ctx, slices.DeleteFunc(rows, func(row *incidentRecord) bool { return row.Created.Before(r.Request.Since) }))
		if err != nil {
			return err
		}
		p.Broken = append(r.Broken.Names(), before...)
		switch {
		case page.after == "":
			again, err := r.again(ctx, before)
			if err != nil {
				return err
			}
			events = append(events, again...)
			if whole {
				events = append(events, r.gone(met)...)
			}
			p.Whole, p.Again, p.After, p.Broken = true, false, "", r.Broken.Names()
		case !p.Again: // what is to find who is gone is not gone on with
			p.After = page.after
		}
		return r.Emit(ctx, events)
	})
	if err == nil && !known { // what it was to go on after is gone: once more, from the beginning
		p.After = ""
		return r.all(ctx)
	}
	return err
}

// gone takes back what the store has and was not met, back to the history limit.
func (r *run) gone(met map[string]bool) []dora.Event {
	if r.Broken.Nameless || r.Broken.TooMany() { // it may be any of them
		return nil
	}
	return r.Stored.Gone(r.Request.Since, farAhead, func(id string) bool { return met[id] || r.Broken.IDs[id[len(incidentID("")):]] })
}

// follow reads what was updated since it was read last. Where there are fewer incidents than there should be, or more, all are
// to be listed again.
func (r *run) follow(ctx context.Context) error {
	p := r.Cursor
	before, _ := json.Marshal(p) // what was read can be written
	h, err := r.head(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, version := range p.Heard {
		known[version] = true
	}
	from, mark, fresh := p.Mark.Add(-cursor.Overlap), p.Mark, 0
	query := url.Values{"sort_by": {newestFirst}}
	if !p.Mark.IsZero() {
		query.Set("updated_at[gte]", day(from))
	}
	var updated []*incidentRecord
	if _, err := r.each(ctx, "/v2/incidents", "incidents", query, "", func(page page) error {
		for _, row := range wire.Rows[incidentRecord](page.rows, &r.Broken, idOf) {
			if row.Created.After(p.Newest) && !row.Created.After(h.created) {
				fresh++
			}
			if row.Updated.Before(from) {
				continue
			}
			if row.Updated.After(mark) {
				mark = row.Updated.UTC()
			}
			updated = append(updated, row)
		}
		return nil
	}); err != nil {
		return err
	}
	news := slices.DeleteFunc(slices.Clone(updated), func(row *incidentRecord) bool {
		return known[row.version()] || row.Created.Before(r.Request.Since) && r.Stored.Of(incidentID(row.ID)) == nil
	})
	events, err := r.versions(ctx, news)
	if err != nil {
		return err
	}
	again, err := r.again(ctx, p.Broken)
	if err != nil {
		return err
	}
	events = append(events, again...)
	if p.Total != nil && h.total != nil && *h.total != *p.Total+fresh || h.created.Before(p.Newest) {
		r.relist()
	}
	p.Mark, p.Heard, p.Total, p.Newest, p.Broken = mark, heard(updated, mark), h.total, h.created, r.Broken.Names()
	if after, err := json.Marshal(p); err != nil || len(events) == 0 && string(after) == string(before) {
		return err
	}
	return r.Emit(ctx, events)
}

// heard are the versions that the next run meets again, since it begins some time before the mark.
func heard(rows []*incidentRecord, mark time.Time) (versions []string) {
	for _, row := range rows {
		if len(versions) < heardLimit && !row.Updated.Before(mark.Add(-cursor.Overlap)) {
			versions = append(versions, row.version())
		}
	}
	slices.Sort(versions)
	return versions
}

// again asks for incidents by themselves that could not be read.
func (r *run) again(ctx context.Context, ids []string) (events []dora.Event, err error) {
	for _, id := range ids {
		if r.Broken.IDs[id] {
			continue
		}
		row, err := r.one(ctx, id)
		switch {
		case source.Stops(err):
			return nil, err
		case err != nil:
			r.Broken.Add(id, err)
		case row == nil:
			events = append(events, r.Stored.Taken(incidentID(id))...)
		default:
			found, err := r.versions(ctx, []*incidentRecord{row})
			if err != nil {
				return nil, err
			}
			events = append(events, found...)
		}
	}
	return events, nil
}

// versions are those of some incidents that are news.
func (r *run) versions(ctx context.Context, rows []*incidentRecord) (events []dora.Event, err error) {
	for _, row := range rows {
		e, err := r.incident(ctx, row)
		switch {
		case source.Stops(err):
			return nil, err
		case err != nil: // it costs itself alone, and is asked for again
			r.Broken.Add(row.ID, err)
		default:
			events = append(events, r.Stored.News(e)...)
		}
	}
	if r.Broken.TooMany() {
		return nil, r.Unreadable()
	}
	return events, nil
}
