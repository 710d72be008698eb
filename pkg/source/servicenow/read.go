package servicenow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// wholeEvery is how often everything is read, whatever changed: what a record refers to, such as a service that is renamed,
// does not change the record.
const wholeEvery = 24 * time.Hour

// read reads a table on from where it was.
func (r *run) read(ctx context.Context, t *table) error {
	p := r.cursor.Tables.At(t.as)
	defer r.cursor.Tables.Rest()
	if p.Shape != t.shape {
		*p = position{Shape: t.shape}
	}
	began := !p.Mark.IsZero() || !p.Whole.IsZero()
	whole := !began || p.Way != nil || !p.Whole.IsZero() && r.Now().Sub(p.Whole) >= wholeEvery
	var from time.Time
	if whole {
		if err := r.checkColumns(ctx, t); err != nil {
			return err
		}
	} else if !p.Mark.IsZero() { // else there was nothing
		from = p.Mark.Add(-cursor.Overlap)
	}
	r.knowAll(t.kind)
	news, broken, err := r.changed(ctx, t, p, from, whole)
	if err != nil {
		return err
	}
	if !news && !whole && p.Hidden == 0 {
		count, err := r.ask(ctx, t, question{query: t.filter.and([][]string{t.within(r.request.Since)}), fields: []string{"sys_id"}})
		if err != nil {
			return err
		}
		if count.told && count.total == p.Total {
			return r.unreadable(t, broken)
		}
	}
	more, err := r.list(ctx, t, p)
	if err != nil {
		return err
	}
	if whole || p.Whole.IsZero() {
		p.Whole = r.Now().UTC().Truncate(time.Second)
	}
	if err := r.rest(ctx); err != nil {
		return err
	}
	return r.unreadable(t, broken+more)
}

// changed reads what changed since a time, and says whether anything of it is news. A reading of everything is gone on with
// where it was broken off.
func (r *run) changed(ctx context.Context, t *table, p *position, from time.Time, whole bool) (news bool, broken int, err error) {
	newest := p.Mark
	begin := place{}
	if !from.IsZero() {
		begin.At = stamp(from)
	}
	if whole && p.Way != nil {
		begin = *p.Way
	}
	within := t.within(r.request.Since)
	err = r.walk(ctx, t, walking{
		begin: begin, width: wholeRows, fields: t.columns,
		order: []string{"sys_updated_on", "sys_id"},
		query: func(from place) [][]string {
			switch {
			case from == place{}:
				return [][]string{within}
			case from.ID == "":
				return [][]string{slices.Concat(within, []string{"sys_updated_on>=" + from.At})}
			}
			return [][]string{
				slices.Concat(within, []string{"sys_updated_on>" + from.At}),
				slices.Concat(within, []string{"sys_updated_on=" + from.At, "sys_id>" + from.ID}),
			}
		},
		place: func(each row) place {
			if at(each.of("sys_updated_on")).IsZero() {
				return place{}
			}
			return place{At: each.of("sys_updated_on"), ID: each.of("sys_id")}
		},
		take: func(found page, last place) error {
			if !r.obeys(t, found.rows) {
				return r.filtersNothing(t)
			}
			events, bad := r.news(t, found.rows)
			broken += found.broken + bad
			news = news || len(events) > 0
			newest = dora.Latest(newest, at(last.At))
			if whole {
				p.Way = &last
			}
			if r.Progress.Done == 0 {
				r.Progress.Total = found.total
			}
			r.Progress.Done += len(found.rows)
			if len(events) == 0 {
				return nil
			}
			return r.emit(ctx, events)
		},
	})
	if err != nil {
		return news, broken, err
	}
	p.Way = nil
	p.Mark = newest
	return news, broken, nil
}

// list reads the ids of all that the filter gives. What the store has and the list has not is withdrawn, and what the list has
// and the store has not is read.
func (r *run) list(ctx context.Context, t *table, p *position) (broken int, err error) {
	there := map[string]bool{}
	var missing []string
	total, told := 0, false
	err = r.walk(ctx, t, walking{
		width: bareRows, fields: []string{"sys_id", "state", "close_code"}, order: []string{"sys_id"},
		query: func(from place) [][]string {
			if from.ID == "" {
				return [][]string{t.within(r.request.Since)}
			}
			return [][]string{slices.Concat(t.within(r.request.Since), []string{"sys_id>" + from.ID})}
		},
		place: func(each row) place { return place{ID: each.of("sys_id")} },
		take: func(found page, _ place) error {
			if len(there) == 0 {
				total, told = found.total, found.told
			}
			for _, each := range found.rows {
				id := each.of("sys_id")
				if id == "" {
					continue
				}
				there[id] = true
				if stored := r.stored[t.eventID(id)]; r.request.Known != nil && (stored == nil || census.IsWithdrawn(stored)) && !t.gone(each) {
					missing = append(missing, id)
				}
			}
			return nil
		},
	})
	if err != nil {
		return 0, err
	}
	p.Total, p.Hidden = max(total, len(there)), 0
	if told {
		p.Hidden = max(0, total-len(there))
	}
	if broken, err = r.readAgain(ctx, t, missing); err != nil {
		return broken, err
	}
	var gone []dora.Event
	for _, e := range r.stored {
		id, ours := strings.CutPrefix(e.Head().ID, t.eventID(""))
		if ours && e.Kind() == t.kind && !there[id] && !census.IsWithdrawn(e) && t.recent(e, r.request.Since) {
			gone = append(gone, census.Withdraw(e))
		}
	}
	return broken, r.withdraw(ctx, gone)
}

func (r *run) withdraw(ctx context.Context, gone []dora.Event) error {
	if len(gone) == 0 {
		return nil
	}
	slices.SortFunc(gone, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
	for _, e := range gone {
		r.stored[e.Head().ID] = e
	}
	return r.emit(ctx, gone)
}

// idsAtOnce is how many records are asked for by their ids: more would not fit into an address.
const idsAtOnce = 100

// readAgain reads records by their ids, as far as the filter gives them.
func (r *run) readAgain(ctx context.Context, t *table, ids []string) (broken int, err error) {
	for some := range slices.Chunk(ids, idsAtOnce) {
		found, err := r.byID(ctx, t, some)
		if err != nil {
			return broken, err
		}
		events, bad := r.news(t, found)
		broken += bad
		if len(events) > 0 {
			if err := r.emit(ctx, events); err != nil {
				return broken, err
			}
		}
	}
	return broken, nil
}

func (r *run) byID(ctx context.Context, t *table, ids []string) (rows []row, err error) {
	within := slices.Concat(t.within(r.request.Since), []string{"sys_idIN" + strings.Join(ids, ",")})
	err = r.walk(ctx, t, walking{
		width: wholeRows, fields: t.columns, order: []string{"sys_id"},
		query: func(from place) [][]string {
			if from.ID == "" {
				return [][]string{within}
			}
			return [][]string{slices.Concat(within, []string{"sys_id>" + from.ID})}
		},
		place: func(each row) place { return place{ID: each.of("sys_id")} },
		take: func(found page, _ place) error {
			rows = append(rows, found.rows...)
			return nil
		},
	})
	if err == nil && !r.obeys(t, rows) {
		err = r.filtersNothing(t)
	}
	return rows, err
}

// readRecords reads some records, of which something told.
func (r *run) readRecords(ctx context.Context, t *table, ids []string) error {
	r.knowAll(t.kind)
	broken := 0
	for some := range slices.Chunk(ids, idsAtOnce) {
		found, err := r.byID(ctx, t, some)
		if err != nil {
			return err
		}
		events, bad := r.news(t, found)
		broken += bad
		if len(events) > 0 {
			if err := r.emit(ctx, events); err != nil {
				return err
			}
		}
		var gone []dora.Event
		for _, id := range some {
			there := slices.ContainsFunc(found, func(each row) bool { return each.of("sys_id") == id })
			if e := r.stored[t.eventID(id)]; e != nil && !there && !census.IsWithdrawn(e) && t.recent(e, r.request.Since) {
				gone = append(gone, census.Withdraw(e))
			}
		}
		if err := r.withdraw(ctx, gone); err != nil {
			return err
		}
	}
	return r.unreadable(t, broken)
}

// walking is a reading of a table in an order, from a place on.
type walking struct {
	begin  place
	width  int
	fields []string
	order  []string
	query  func(from place) [][]string // what follows a place, in alternatives
	place  func(row) place
	take   func(found page, last place) error
}

var errOtherOrder = errors.New("the records are not in the order that was asked for")

// walk reads a table page by page, each from the last record of the page before. Access rules hide records after a page was
// cut, so a short page is not the last one: that has all that the count says are left. A page on which all are hidden is
// passed by its length.
func (r *run) walk(ctx context.Context, t *table, w walking) error {
	last, offset := w.begin, 0
	var trail pages.Trail
	for {
		found, err := r.ask(ctx, t, question{query: t.filter.and(w.query(last), w.order...), fields: w.fields, offset: offset, width: w.width})
		if err != nil {
			return err
		}
		before := last
		for _, each := range found.rows {
			at := w.place(each)
			if at.ID == "" {
				continue // it is broken, which is told of by whoever takes it
			}
			if !at.after(last) {
				return r.Unexpected(t.name, errOtherOrder)
			}
			last = at
		}
		if err := w.take(found, last); err != nil {
			return err
		}
		left, seen := found.total-offset, len(found.rows)+found.broken
		switch {
		case found.told && left <= seen, !found.told && seen == 0:
			return nil
		case last != before:
			offset = 0
		case !found.told, left <= found.limit: // what is left was on this page, hidden
			return nil
		default:
			offset += found.limit
		}
		if trail.Follow(1, pages.Info{HasNextPage: true, EndCursor: last.At + last.ID + "+" + strconv.Itoa(offset)}) != nil {
			return r.Endless(t.name)
		}
	}
}

// news makes events of rows, of those that the store does not have as they are.
func (r *run) news(t *table, rows []row) (events []dora.Event, broken int) {
	for _, each := range rows {
		e, err := t.event(each)
		if err != nil {
			broken++
			continue
		}
		dora.Bound(e)
		r.know(t.kind, placeOf(e))
		before := r.stored[e.Head().ID]
		switch {
		case before == nil && census.IsWithdrawn(e):
			continue
		case before == nil, e.Head().NewerThan(before.Head()):
		case same(e, before):
			continue
		default:
			e = census.Above(e, before)
		}
		if before != nil && !strings.EqualFold(placeOf(e), placeOf(before)) && !census.IsWithdrawn(before) {
			was := census.Withdraw(before)
			events = append(events, was)
			e = census.Above(e, was)
		}
		r.stored[e.Head().ID] = e
		events = append(events, e)
	}
	return events, broken
}

// knowAll asks the store what it has of a kind, wherever it was.
func (r *run) knowAll(kind dora.Kind) {
	r.know(kind, "")
	for _, each := range r.cursor.Places {
		r.know(kind, each)
	}
}

// leave withdraws what was read of tables that the settings have no more.
func (r *run) leave(ctx context.Context) error {
	for name, before := range r.cursor.Tables.All() {
		if before.Shape == "" || slices.ContainsFunc(r.tables, func(t *table) bool { return t.as == name }) {
			continue
		}
		var gone []dora.Event
		for _, kind := range []dora.Kind{dora.KindIncident, dora.KindDeployment} {
			r.knowAll(kind)
		}
		for _, e := range r.stored {
			if strings.HasPrefix(e.Head().ID, name+":") && !census.IsWithdrawn(e) {
				gone = append(gone, census.Withdraw(e))
			}
		}
		*r.cursor.Tables.At(name) = position{}
		if err := r.withdraw(ctx, gone); err != nil {
			return err
		}
	}
	r.cursor.Tables.Rest()
	return nil
}

// know asks the store once what it has of a repository.
func (r *run) know(kind dora.Kind, repository string) {
	key := strings.ToLower(repository)
	if asked := string(kind) + " " + key; !r.asked[asked] {
		r.asked[asked] = true
		if r.request.Known != nil {
			for _, e := range r.request.Known(kind, repository) {
				if old := r.stored[e.Head().ID]; old == nil || e.Head().NewerThan(old.Head()) {
					r.stored[e.Head().ID] = e
				}
			}
		}
	}
	if repository != "" && !slices.ContainsFunc(r.cursor.Places, func(each string) bool { return strings.EqualFold(each, repository) }) {
		r.cursor.Places = append(r.cursor.Places, repository)
	}
}

func placeOf(e dora.Event) string {
	switch e := e.(type) {
	case *dora.Incident:
		return e.Repository
	case *dora.Deployment:
		return e.Repository
	}
	return ""
}

// same says that two events tell the same. The store keeps no text of incidents.
func same(a, b dora.Event) bool {
	one, err := dora.Encode(bare(a))
	other, failed := dora.Encode(bare(b))
	return err == nil && failed == nil && bytes.Equal(one, other)
}

func bare(e dora.Event) dora.Event {
	switch e := e.(type) {
	case *dora.Incident:
		copied := *e
		copied.Header, copied.Body = dora.Header{}, ""
		return &copied
	case *dora.Deployment:
		copied := *e
		copied.Header = dora.Header{}
		return &copied
	}
	return e
}

// unreadable is the failure of records that lack what they must have; nil where there are none.
func (r *run) unreadable(t *table, broken int) error {
	if broken == 0 {
		return nil
	}
	return r.Failure(source.CauseAnswer, t.name, fmt.Sprintf("%d records have no sys_id, no time of their last change or of their opening, or cannot be read; the others were read", broken), nil)
}

// checkColumns makes sure that the columns are there by which records are chosen: ServiceNow passes over conditions on those
// that are not, or gives nothing.
func (r *run) checkColumns(ctx context.Context, t *table) error {
	own := t.filter.columns()
	needed := slices.Clone(t.times)
	if t.open {
		needed = append(needed, "active")
	}
	// Without the filter, which may be why nothing is seen; a hundred, since access rules may hide the first.
	found, err := r.ask(ctx, t, question{query: "ORDERBYDESCsys_created_on", fields: distinct([]string{"sys_id"}, own, needed), width: 1})
	if err != nil || len(found.rows) == 0 {
		return err
	}
	lacks := func(name string) bool {
		return !slices.ContainsFunc(found.rows, func(each row) bool { _, has := each[name]; return has })
	}
	for _, name := range own {
		if lacks(name) {
			return r.Failure(source.CauseNotFound, t.name, fmt.Sprintf("no column %s is there, or its login may not read it, and ServiceNow would pass over the condition on it: check %s", name, t.setting), nil)
		}
	}
	for _, name := range needed {
		if lacks(name) {
			return r.Failure(source.CauseNotFound, t.name, fmt.Sprintf("no column %s is there, or its login may not read it: the table has to be one of tasks, and the times have to be in columns that %s name", name, t.timesOf), nil)
		}
	}
	return nil
}

// checkRows looks at some of what the filter gives.
func (r *run) checkRows(ctx context.Context, t *table) error {
	found, err := r.ask(ctx, t, question{query: t.filter.and(nil), fields: t.columns, width: 1})
	if err != nil {
		return err
	}
	switch {
	case !r.obeys(t, found.rows):
		return r.filtersNothing(t)
	case len(found.rows) == 0 && found.told && found.total > 0:
		return r.Failure(source.CausePermission, t.name, fmt.Sprintf("access rules hide all of the first of %d records from its login: %s", found.total, forbidden), nil)
	}
	return r.checkNames(t, found.rows)
}

// checkNames makes sure that what records refer to may be read.
func (r *run) checkNames(t *table, rows []row) error {
	for _, each := range or(r.config.Service, serviceColumns) {
		refer, named := 0, 0
		for _, row := range rows {
			if row.of(each) != "" {
				refer++
			}
			if row.of(each+".name") != "" {
				named++
			}
		}
		if refer > 0 && named == 0 && isID(firstOf(rows, each)) {
			return r.Failure(source.CausePermission, t.name, "its login may not read the names of what "+each+" refers to: give it the role cmdb_read", nil)
		}
	}
	return nil
}

func firstOf(rows []row, column string) string {
	for _, each := range rows {
		if value := each.of(column); value != "" {
			return value
		}
	}
	return ""
}

func (r *run) obeys(t *table, rows []row) bool {
	return !slices.ContainsFunc(rows, func(each row) bool { return !t.filter.obeys(each) })
}

func (r *run) filtersNothing(t *table) error {
	return r.Failure(source.CauseAnswer, t.name, "ServiceNow gives records that "+t.setting+" leaves out, so that a condition of it was passed over, or its login may not read a column of it: check its columns, operators and values", nil)
}
