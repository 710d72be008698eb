package pagerduty

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// farAhead is after all that was ever opened.
var farAhead = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// list reads all incidents back to the history limit, from the newest. Beside them it reads the log, as far as the oldest incident
// that it has come to, so that all that was said of one is known when it is handed over.
func (r *run) list(ctx context.Context) error {
	p := r.Cursor
	if p.Back == nil {
		if err := r.turn(ctx); err != nil {
			return err
		}
	}
	b := p.Back
	if b.Told == nil {
		b.Told = told{}
	}
	before := map[string]time.Time{} // what was broken then is asked for by itself
	for _, id := range p.Broken {
		before[id] = time.Time{}
	}
	from, err := r.floor(ctx)
	if err != nil {
		return err
	}
	incidents, log := r.incidents(from, b.Until), r.log("/log_entries", from, b.Log, true)
	incidents.done = !b.Until.After(from)
	log.done = !b.Log.IsZero() && !b.Log.After(from)
	met := map[string]bool{}
	for !incidents.done {
		top := incidents.until
		if b.Until.Equal(b.Newest.end()) { // what is not listed above the newest is not there
			top = farAhead
		}
		rows, err := incidents.next(ctx)
		if err != nil {
			return err
		}
		oldest := incidents.until
		if len(rows) > 0 {
			oldest = rows[len(rows)-1].Created
		}
		for !log.done && (log.until.IsZero() || log.until.After(oldest)) {
			entries, err := log.next(ctx)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if r.reads(e.Service.ID) {
					b.Told.note(e)
				}
			}
		}
		events, err := r.versions(ctx, rows, b.Told)
		if err != nil {
			return err
		}
		for _, row := range rows {
			met[incidentID(row.ID)] = true
			if !row.Created.Before(incidents.until) { // it is not met again
				delete(b.Told, row.ID)
			}
		}
		after := incidents.until
		if incidents.done {
			after = r.Request.Since
		}
		events = append(events, r.gone(after, top, met)...)
		b.Until = incidents.until
		if log.offset == 0 {
			b.Log = log.until
		}
		p.Broken = append(r.Broken.Names(), slices.Sorted(maps.Keys(before))...)
		if incidents.done {
			if err := r.changed(ctx, before); err != nil {
				return err
			}
			r.arrive()
		}
		if err := r.Emit(ctx, events); err != nil {
			return err
		}
	}
	if p.Back != nil { // there was nothing to list
		r.arrive()
		return r.Emit(ctx, r.gone(r.Request.Since, farAhead, met))
	}
	return nil
}

// turn begins a listing: from where the log stands, and from the newest incident.
func (r *run) turn(ctx context.Context) error {
	p := r.Cursor
	if p.Mark.IsZero() {
		entries, err := read[entryRecord](ctx, r, "/log_entries", "log_entries", url.Values{"limit": {strconv.Itoa(wire.Widest)}, "time_zone": {"UTC"}})
		if err != nil {
			return err
		}
		if len(entries.rows) > 0 { // what is listed from now on is as it was after these
			p.Mark = entries.rows[0].Created.UTC()
			p.Heard = heardOf(entries.rows, p.Mark)
		}
	}
	newest, err := r.newest(ctx)
	if err != nil {
		return err
	}
	p.Since = r.Request.Since
	p.Back = &back{Until: newest.end(), Told: told{}, Total: newest.total, Newest: newest.mark}
	return nil
}

// arrive ends a listing.
func (r *run) arrive() {
	p := r.Cursor
	p.Total, p.Newest = p.Back.Total, p.Back.Newest
	p.Back, p.Whole, p.Broken = nil, true, r.Broken.Names()
}

// floor is when the oldest incident was created that is read.
func (r *run) floor(ctx context.Context) (time.Time, error) {
	if !r.Request.Since.IsZero() {
		return r.Request.Since.UTC().Truncate(time.Second), nil
	}
	p, err := r.end(ctx, "incident_number:asc")
	if err != nil || len(p.rows) == 0 {
		return r.Cursor.Back.Until, err
	}
	return p.rows[0].Created.UTC().Truncate(time.Second), nil
}

// gone takes back what the store has of a span of time and was not met there.
func (r *run) gone(from, until time.Time, met map[string]bool) []dora.Event {
	if r.Broken.Nameless { // it may be any of them
		return nil
	}
	return r.Stored.Gone(from, until, func(id string) bool {
		return met[id] || r.Broken.IDs[strings.TrimPrefix(id, incidentID(""))] || slices.Contains(r.Cursor.Broken, strings.TrimPrefix(id, incidentID("")))
	})
}
