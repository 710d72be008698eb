package jira

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// issuesAmong are the ids of issues among the parts of a run; other parts are projects.
func issuesAmong(parts []string) []string {
	return slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return !isNumber(part) })
}

// readAll reads until everything is up to date. A project that cannot be read costs its own incidents alone.
func (r *run) readAll(ctx context.Context) error {
	if err := r.meet(ctx); err != nil {
		return err
	}
	defer r.Report()
	failures := r.absent()
	r.Progress.Parts = len(r.projects) + len(failures)
	r.Report()
	r.recognise()
	if len(r.projects) == 0 {
		if len(failures) == 0 {
			failures = append(failures, r.noProject())
		}
		return errors.Join(failures...)
	}
	for _, step := range []func(context.Context) error{r.readIDs, r.readComing, r.readChanged, r.readMissing, r.withdraw} {
		if err := step(ctx); err != nil {
			return errors.Join(append(append(failures, r.failed...), err)...)
		}
	}
	return errors.Join(append(append(failures, r.failed...), r.emit(ctx, nil))...)
}

// recognise takes note of what the projects are called now, and whether an incident is what it was. Where something is another, all
// is read from its beginning.
func (r *run) recognise() {
	p := r.cursor
	again := p.Wanted != "" && p.Wanted != r.wanted()
	p.Wanted = r.wanted()
	for id, key := range r.projects {
		for _, before := range []string{p.Projects[id], p.Coming[id]} {
			if before != "" && before != key {
				again = true
				p.Former = cursor.Remember(p.Former, before, formerLimit)
			}
		}
	}
	for id, key := range p.Projects { // one that a pattern picked and that is there no longer has taken its incidents along
		if r.projects[id] == "" && r.selection.Takes(key) && !r.selection.Names(key) {
			p.Former = cursor.Remember(p.Former, key, formerLimit)
		}
	}
	if again {
		p.again()
	}
	r.know(slices.Concat(slices.Collect(maps.Values(r.projects)), p.Former))
}

// formerLimit bounds how many keys are known of projects that are not called so any more.
const formerLimit = 100

// know takes what the store has of some projects.
func (r *run) know(keys []string) {
	if r.request.Known == nil {
		return
	}
	r.stored = map[string]*dora.Incident{}
	for _, key := range keys {
		for _, e := range r.request.Known(dora.KindIncident, key) {
			if i, is := e.(*dora.Incident); is && strings.HasPrefix(i.ID, idPrefix) {
				r.stored[strings.TrimPrefix(i.ID, idPrefix)] = i
			}
		}
	}
}

// readIDs lists all incidents that there are. What cannot be listed whole withdraws nothing.
func (r *run) readIDs(ctx context.Context) error {
	ids, whole, err := r.list(ctx)
	if err != nil {
		return err
	}
	r.there = ids
	r.Progress.Total = len(ids)
	if !whole {
		r.stored = nil
		return nil
	}
	maps.DeleteFunc(r.cursor.Kin, func(id string, _ []string) bool { return !ids[id] })
	return nil
}

// readComing reads projects from their beginning that were not read before.
func (r *run) readComing(ctx context.Context) error {
	p := r.cursor
	coming := map[string]string{}
	for id, key := range r.projects {
		if p.Projects[id] == "" {
			coming[id] = key
		}
	}
	maps.DeleteFunc(p.Projects, func(id, _ string) bool { return r.projects[id] == "" })
	r.begins = len(p.Projects) == 0
	if len(coming) == 0 {
		p.Coming, p.Come = nil, time.Time{}
		return nil
	}
	if !maps.Equal(coming, p.Coming) {
		p.Coming, p.Come = coming, time.Time{}
	}
	if err := r.follow(ctx, slices.Sorted(maps.Values(coming)), &p.Come); err != nil {
		return err
	}
	if p.Mark.IsZero() { // else it is the earlier of both
		p.Mark = p.Come
	}
	maps.Copy(p.Projects, coming)
	p.Coming, p.Come = nil, time.Time{}
	return r.emit(ctx, nil)
}

// readChanged reads what has changed of projects that were read before.
func (r *run) readChanged(ctx context.Context) error {
	if r.begins {
		return nil // all was read just now
	}
	return r.follow(ctx, slices.Sorted(maps.Values(r.projects)), &r.cursor.Mark)
}

// follow reads issues in the order in which they changed. Each page is asked for by when the last of the page before changed, so
// that one that changes meanwhile moves to the end and takes no other's place. The mark is what Jira says, never a clock of ours:
// an index that lags gives what it lacks later, with later times.
func (r *run) follow(ctx context.Context, keys []string, mark *time.Time) error {
	from := r.request.Since
	if !mark.IsZero() && mark.Add(-cursor.Overlap).After(from) {
		from = mark.Add(-cursor.Overlap)
	}
	condition := r.within(keys)
	ask := func(from time.Time) question {
		return question{jql: condition + changedSince(from) + " ORDER BY updated ASC, key ASC", fields: append(slices.Clone(issueFields), r.fields.all()...), width: r.Width.Now, changelog: true}
	}
	met, ahead := map[string]bool{}, r.Now().Add(clockAhead)
	var way pages.Trail
	for q := ask(from); ; {
		q.width = r.Width.Now
		f, err := r.search(ctx, q)
		if err != nil {
			return err
		}
		rows, latest := r.records(f.rows), from
		news := slices.DeleteFunc(rows, func(i *issueRecord) bool {
			if i.Fields.Updated.After(latest) && i.Fields.Updated.Before(ahead) {
				latest = i.Fields.Updated.Time
			}
			version := i.ID + "@" + i.Fields.Updated.String()
			before := met[version]
			met[version] = true
			return before
		})
		fresh := len(news)
		events, err := r.events(ctx, news, false)
		if err != nil {
			return err
		}
		if latest.After(*mark) && len(rows) > 0 {
			*mark = latest
		}
		if err := r.tell(ctx, events); err != nil {
			return err
		}
		if f.last || len(f.rows) == 0 && !r.cursor.Site.Cloud {
			return nil
		}
		if q = f.next; latest.After(from) {
			from = latest
			q = ask(from)
		}
		if way.Follow(fresh, pages.Info{HasNextPage: true, EndCursor: fmt.Sprint(from.UnixMilli(), "/", q.token, "/", q.start)}) != nil {
			return r.Endless("")
		}
	}
}

// clockAhead is how far ahead of ours Jira's clock is believed to be: a time beyond that would have all that follows passed over.
const clockAhead = 24 * time.Hour

// records reads issues. One that cannot be read costs itself alone: it is told of, and asked for again.
func (r *run) records(rows []json.RawMessage) (records []*issueRecord) {
	for _, text := range rows {
		i := new(issueRecord)
		err := json.Unmarshal(text, i)
		if err == nil {
			lacks := i.Lacks()
			if lacks == "" {
				records = append(records, i)
				continue
			}
			err = fmt.Errorf("%s is missing", lacks)
		}
		var named issueRef
		_ = json.Unmarshal(text, &named) // one without a name is told of without
		failure := r.Unexpected(named.Key, err)
		again := func(e error) bool { return e.Error() == failure.Error() }
		if len(r.failed) < failedLimit && !slices.ContainsFunc(r.failed, again) {
			r.failed = append(r.failed, failure)
		}
	}
	return records
}

// failedLimit bounds how many issues that could not be read are told of.
const failedLimit = 10

// events are what issues tell that the store has not. Anew says that it is told whatever the store has.
func (r *run) events(ctx context.Context, rows []*issueRecord, anew bool) ([]dora.Event, error) {
	var told []*issueRecord
	var incidents []*dora.Incident
	var endings []string
	for _, row := range rows {
		e := r.incident(row)
		before := r.stored[row.ID]
		if before != nil && !before.Withdrawn && !anew && !e.NewerThan(before.Header) {
			continue
		}
		kin := r.kin(row)
		delete(r.cursor.Kin, row.ID)
		if len(kin) > 0 && len(r.cursor.Kin) < kinLimit {
			r.cursor.Kin[row.ID] = kin
		}
		e.PartOf = r.whole(kin)
		told, incidents = append(told, row), append(incidents, e)
		if r.over(row.Fields.Status) {
			endings = append(endings, row.ID)
		}
	}
	histories := map[string][]historyRecord{}
	if len(endings) > 0 {
		err := r.findStatuses(ctx)
		if err == nil && r.cursor.Site.Cloud {
			histories, err = r.histories(ctx, endings)
		}
		if err != nil {
			return nil, err
		}
	}
	var events []dora.Event
	for n, e := range incidents {
		row := told[n]
		if r.over(row.Fields.Status) {
			changes := row.Changelog.Histories
			if r.cursor.Site.Cloud {
				changes = histories[row.ID]
			}
			if e.Resolved = row.said(r.fields.resolved); e.Resolved.IsZero() {
				e.Resolved = r.ended(row, passages(changes))
			}
		}
		if r.config.Incidents.RemoteLinks {
			if err := r.readLinks(ctx, row.ID, e); err != nil {
				return nil, err
			}
		}
		if before := r.stored[row.ID]; before != nil {
			e = census.Above(e, before).(*dora.Incident)
		}
		events = append(events, e)
	}
	return events, nil
}

// tell hands over what was read of issues.
func (r *run) tell(ctx context.Context, events []dora.Event) error {
	if len(events) == 0 {
		return nil
	}
	err := r.emit(ctx, events)
	for _, e := range events {
		id := strings.TrimPrefix(e.Head().ID, idPrefix)
		r.told[id] = true
		if r.stored != nil {
			r.stored[id] = e.(*dora.Incident)
		}
	}
	return err
}

// readLinks reads the addresses that an issue's web links lead to.
func (r *run) readLinks(ctx context.Context, id string, e *dora.Incident) error {
	answer, err := r.ask(ctx, "/issue/"+id+"/remotelink", nil, http.StatusNotFound)
	if err != nil || answer.Status == http.StatusNotFound {
		return err
	}
	links, err := wire.Decode[[]struct {
		Object struct {
			URL string `json:"url"`
		} `json:"object"`
	}](r.Session, "", answer)
	for _, link := range links {
		if dora.IsAddress(link.Object.URL) {
			e.Same = with(e.Same, link.Object.URL)
		}
	}
	return err
}

// issuesAtOnce is how many issues are asked for by their ids at a time.
const issuesAtOnce = 50

// readMissing reads incidents that there are and that the store has not, or has otherwise than it should: which became incidents
// long after anything of them changed, or came back, or are part of one that has become an incident.
func (r *run) readMissing(ctx context.Context) error {
	if r.stored == nil {
		return nil
	}
	var wanted []string
	for id := range r.there {
		if before := r.stored[id]; before == nil || before.Withdrawn || before.PartOf != r.whole(r.cursor.Kin[id]) {
			wanted = append(wanted, id)
		}
	}
	slices.SortFunc(wanted, byAge)
	for some := range slices.Chunk(wanted, issuesAtOnce) {
		if err := r.readThese(ctx, question{jql: r.condition() + among(some), width: len(some)}, true); err != nil {
			return err
		}
	}
	return nil
}

func byAge(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// readThese reads some incidents by their ids.
func (r *run) readThese(ctx context.Context, q question, anew bool) error {
	q.jql, q.fields, q.changelog = q.jql+" ORDER BY key ASC", append(slices.Clone(issueFields), r.fields.all()...), true
	var way pages.Trail
	for {
		f, err := r.search(ctx, q)
		if err != nil {
			return err
		}
		events, err := r.events(ctx, r.records(f.rows), anew)
		if err == nil {
			err = r.tell(ctx, events)
		}
		if err != nil {
			return err
		}
		if f.last || len(f.rows) == 0 {
			return nil
		}
		if q = f.next; way.Follow(len(f.rows), pages.Info{HasNextPage: true, EndCursor: fmt.Sprint(q.token, "/", q.start)}) != nil {
			return r.Endless("")
		}
	}
}

// readSome reads issues that a webhook told of, not by the index, which may not have them yet. Whether one is no incident any more is
// for a complete reading to say.
func (r *run) readSome(ctx context.Context, ids []string) error {
	defer r.Report()
	keys := slices.Sorted(maps.Values(r.cursor.Projects))
	if len(keys) == 0 {
		return nil
	}
	for _, step := range []func(context.Context) error{r.findTypes, r.findFields} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	r.know(slices.Concat(keys, r.cursor.Former))
	r.there = map[string]bool{}
	for id, e := range r.stored {
		r.there[id] = !e.Withdrawn
	}
	for some := range slices.Chunk(ids, issuesAtOnce) {
		if err := r.readThese(ctx, question{jql: r.within(keys) + among(some), width: len(some), fresh: some, lenient: true}, false); err != nil {
			return err
		}
	}
	return errors.Join(r.failed...)
}
