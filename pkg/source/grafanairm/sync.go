package grafanairm

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

const (
	// few is how many incidents are all listed by each run, and listEvery how often more of them are: nothing else tells of one
	// that was deleted.
	few       = 500
	listEvery = 24 * time.Hour
	// heardLimit bounds how many versions are remembered not to be looked into again.
	heardLimit = 1000
)

// farAhead is after all that was ever opened.
var farAhead = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// sync lists all incidents where they are few, or it is time to; else it reads those that were modified.
func (r *run) sync(ctx context.Context) error {
	settings, _ := json.Marshal(r.config.Settings) // texts: it cannot fail
	p := r.Cursor
	if wanted := string(settings); p.Wanted != wanted {
		if p.Wanted != "" {
			p.Changed++
		}
		p.Wanted, p.Listed, p.Next = wanted, time.Time{}, ""
	}
	if !p.Since.IsZero() && r.Request.Since.Before(p.Since) { // more history is wanted than was
		p.Listed, p.Next = time.Time{}, ""
	}
	if p.Next == "" && p.Count > few && r.Now().Sub(p.Listed) < listEvery {
		return r.follow(ctx)
	}
	return r.all(ctx)
}

// all lists the incidents back to the history limit, from the newest. What the store has and is not listed is taken back, where it
// was done in one go.
func (r *run) all(ctx context.Context) error {
	p, now := r.Cursor, r.Now().UTC()
	before, _ := json.Marshal(p) // what was read can be written
	whole, first := p.Next == "", p.Listed.IsZero()
	p.Since = r.Request.Since
	met, unmarked := map[string]bool{}, whole && p.Mark.IsZero()
	known, err := r.each(ctx, byCreated, p.Next, func(rows []*previewRecord, next string) (bool, error) {
		for _, row := range rows { // whoever is modified from now on is so after all of the first page
			if unmarked && row.Modified.After(p.Mark) {
				p.Mark = row.Modified.UTC()
			}
		}
		unmarked = false
		fresh := rows[:0:0]
		for _, row := range rows {
			if row.Created.Before(r.Request.Since) {
				next = "" // and all that follow were created earlier
				continue
			}
			met[incidentID(row.ID)] = true
			fresh = append(fresh, row)
		}
		events, err := r.versions(ctx, fresh)
		if err != nil {
			return false, err
		}
		if next == "" {
			p.Next, p.Count, p.Listed = "", len(met), now
			if !whole { // the next run looks for who is gone
				p.Count, p.Listed = 0, time.Time{}
			} else if !r.Broken.Nameless {
				events = append(events, r.Stored.Gone(r.Request.Since, farAhead, func(id string) bool {
					return met[id] || r.Broken.IDs[strings.TrimPrefix(id, incidentID(""))]
				})...)
			}
		} else if first { // one that is to find who is gone is not gone on with
			p.Next = next
		}
		if len(events) == 0 && !r.moved(before) {
			return next != "", nil
		}
		return next != "", r.Emit(ctx, events)
	})
	if err == nil && !known { // where it was to go on is lost: once more, from the beginning
		p.Next = ""
		return r.all(ctx)
	}
	return err
}

// moved says that a position is another but for when all were listed, which few incidents are by every run.
func (r *run) moved(before []byte) bool {
	var was position
	if json.Unmarshal(before, &was) != nil || was.Version == 0 || was.Count != r.Cursor.Count || was.Count > few {
		return true
	}
	was.Listed = r.Cursor.Listed
	text, err := json.Marshal(was)
	now, failed := json.Marshal(r.Cursor)
	return err != nil || failed != nil || string(text) != string(now)
}

// follow reads what was modified since it was read last, from the newest.
func (r *run) follow(ctx context.Context) error {
	p := r.Cursor
	known := map[string]bool{}
	for _, version := range p.Heard {
		known[version] = true
	}
	from, mark := p.Mark.Add(-cursor.Overlap), p.Mark
	if p.Mark.IsZero() {
		from = r.Request.Since
	}
	var modified []*previewRecord
	if _, err := r.each(ctx, byModified, "", func(rows []*previewRecord, _ string) (bool, error) {
		for _, row := range rows {
			if row.Modified.Before(from) {
				return false, nil
			}
			if row.Modified.After(mark) {
				mark = row.Modified.UTC()
			}
			modified = append(modified, row)
		}
		return true, nil
	}); err != nil {
		return err
	}
	events, err := r.versions(ctx, slices.DeleteFunc(slices.Clone(modified), func(row *previewRecord) bool {
		return known[row.version()] || row.Created.Before(r.Request.Since) && r.Stored.Of(incidentID(row.ID)) == nil
	}))
	if err != nil {
		return err
	}
	var heard []string
	for _, row := range modified {
		if len(heard) < heardLimit && !r.Broken.IDs[row.ID] && !row.Modified.Before(mark.Add(-cursor.Overlap)) {
			heard = append(heard, row.version())
		}
	}
	slices.Sort(heard)
	if len(events) == 0 && mark.Equal(p.Mark) && slices.Equal(heard, p.Heard) {
		return nil
	}
	p.Mark, p.Heard = mark, heard
	return r.Emit(ctx, events)
}

// versions are those of some incidents that are news.
func (r *run) versions(ctx context.Context, rows []*previewRecord) (events []dora.Event, err error) {
	for _, row := range rows {
		e, err := r.incident(ctx, row)
		if err != nil {
			return nil, err
		}
		before := r.Stored.Of(e.ID)
		if before != nil && !e.NewerThan(before.Head()) && before.Withdrawn == e.Withdrawn {
			continue
		}
		if r.config.Incidents.References && !e.Withdrawn {
			same, err := r.references(ctx, row.ID)
			if source.Stops(err) {
				return nil, err
			}
			if err != nil { // it costs itself alone, and is met again
				r.Broken.Add(row.ID, err)
				continue
			}
			e.Same = same
		}
		events = append(events, r.Stored.News(e)...)
	}
	return events, nil
}
