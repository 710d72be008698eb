package azuredevops

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	// itemsAtOnce is how many work items are asked for at a time.
	itemsAtOnce = 200
	// generationBits leaves room in an incident's rank below the number of times that what makes an incident was changed.
	generationBits = 20
)

// resolvedStates are those in which a work item is over in the processes that Azure DevOps comes with.
var resolvedStates = []string{"Closed", "Done", "Completed"}

// readIncidents reads the work items that are incidents. A query gives all their numbers, so that one which is none any more,
// or was deleted, is missed from it; a second one gives those that have changed.
func (s *projectSync) readIncidents(ctx context.Context) error {
	if s.config.Incidents.From == "" || s.config.Incidents.From == NoIncidents {
		return nil
	}
	p := s.state
	place := ""
	if names := s.deployable(); len(names) == 1 {
		place = names[0]
	}
	settings, _ := json.Marshal(s.config.Incidents) // texts: it cannot fail
	if wanted := string(settings) + "\n" + place; p.Wanted != wanted {
		if p.Wanted != "" {
			p.Changed++
		}
		p.Wanted, p.Items, p.Place = wanted, time.Time{}, place
	}
	began := s.Now().UTC()
	ids, err := s.query(ctx, s.request.Since)
	if err != nil {
		return err
	}
	fresh := ids
	if !p.Items.IsZero() {
		if fresh, err = s.query(ctx, p.Items.Add(-cursor.Overlap)); err != nil {
			return err
		}
	}
	stored := map[string]dora.Event{}
	for _, name := range []string{place, ""} {
		for _, e := range s.known(dora.KindIncident, name) {
			if i, ok := e.(*dora.Incident); ok && strings.HasPrefix(i.ID, s.itemID("")) {
				stored[i.ID] = e
			}
		}
	}
	there := map[string]bool{}
	for _, id := range ids {
		name := s.itemID(number(id))
		there[name] = true
		if e := stored[name]; s.request.Known != nil && (e == nil || census.IsWithdrawn(e)) && !slices.Contains(fresh, id) {
			fresh = append(fresh, id) // it is there again
		}
	}
	slices.Sort(fresh)
	for some := range slices.Chunk(fresh, itemsAtOnce) {
		events, err := s.items(ctx, some, stored)
		if err != nil {
			return err
		}
		if len(events) > 0 {
			if err := s.emit(ctx, events); err != nil {
				return err
			}
		}
	}
	var gone []dora.Event
	for name, e := range stored {
		if i := e.(*dora.Incident); !there[name] && !i.Withdrawn && !i.Opened.Before(s.request.Since) && i.Opened.Before(began.Add(-cursor.Overlap)) {
			gone = append(gone, census.Withdraw(e))
		}
	}
	slices.SortFunc(gone, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
	if len(gone) == 0 && len(fresh) == 0 && !p.Items.IsZero() {
		return nil
	}
	p.Items = began
	return s.emit(ctx, gone)
}

func (s *projectSync) itemID(id string) string { return s.state.ID + ":work_item:" + id }

// items reads some work items, of which one may have gone meanwhile.
func (s *projectSync) items(ctx context.Context, ids []int64, stored map[string]dora.Event) ([]dora.Event, error) {
	p, err := many[workItemRecord](ctx, s.run, s.part, question{
		path: s.path + "/_apis/wit/workitemsbatch", payload: map[string]any{"ids": ids, "fields": workItemFields, "errorPolicy": "omit"}, about: ofWorkItems,
	}, true)
	if err != nil {
		return nil, err
	}
	var events []dora.Event
	for _, row := range p.rows {
		incident := s.incident(row)
		before := stored[incident.ID]
		if before == nil || incident.NewerThan(before.Head()) {
			events = append(events, incident)
		} else if census.IsWithdrawn(before) {
			events = append(events, census.Above(incident, before))
		}
	}
	return events, nil
}

// wiqlRecord is what a query gives.
type wiqlRecord struct {
	Items *[]struct {
		ID int64 `json:"id"`
	} `json:"workItems"`
}

func (w *wiqlRecord) Lacks() string { return wire.FirstMissing(wire.Need("workItems", w.Items == nil)) }

// query gives the numbers of the incidents that have changed since a time. Where there are more than a query may find, they are
// asked for by when they were created, in halves.
func (s *projectSync) query(ctx context.Context, changed time.Time) ([]int64, error) {
	return s.queryWithin(ctx, changed, firstDay, s.Now().UTC().Add(24*time.Hour))
}

// firstDay is before all work items, and narrowest how short a span of time is not halved any more.
var firstDay = time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC)

const narrowest = time.Minute

func (s *projectSync) queryWithin(ctx context.Context, changed, from, until time.Time) ([]int64, error) {
	text := "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND (" + s.condition() + ")"
	if !changed.IsZero() {
		text += " AND [System.ChangedDate] >= '" + instant(changed) + "'"
	}
	if !from.Equal(firstDay) || until.Before(s.Now().UTC()) {
		text += " AND [System.CreatedDate] >= '" + instant(from) + "' AND [System.CreatedDate] < '" + instant(until) + "'"
	}
	// Without timePrecision a time of day is refused.
	q := question{path: s.path + "/_apis/wit/wiql", query: url.Values{"timePrecision": {"true"}}, payload: map[string]any{"query": text + " ORDER BY [System.Id]"}, about: ofWorkItems}
	answer, err := s.get(ctx, s.part, q, http.StatusBadRequest)
	if err != nil {
		return nil, err
	}
	if answer.Status == http.StatusBadRequest {
		var told struct{ TypeKey, Message string }
		_ = json.Unmarshal(answer.Body, &told) // what is none is refused below
		if !strings.Contains(told.Message, "VS402337") || until.Sub(from) < narrowest {
			return nil, s.Failure(source.CauseAnswer, s.part, "Azure DevOps refused the query for work items: check incidents.types and incidents.tags", s.Said(answer))
		}
		half := from.Add(until.Sub(from) / 2).Truncate(time.Second)
		first, err := s.queryWithin(ctx, changed, from, half)
		if err != nil {
			return nil, err
		}
		second, err := s.queryWithin(ctx, changed, half, until)
		return append(first, second...), err
	}
	found, err := wire.Decode[wiqlRecord](s.Session, s.part, answer)
	if err == nil {
		err = s.whole(s.part, found.Lacks())
	}
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, item := range *found.Items {
		ids = append(ids, item.ID)
	}
	return ids, nil
}

// condition is what makes a work item an incident, in the words of a query.
func (s *Source) condition() string {
	field, names := "[System.Tags] CONTAINS ", s.config.Incidents.Tags
	if s.config.Incidents.From == IncidentsByType {
		field, names = "[System.WorkItemType] = ", s.config.Incidents.Types
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, field+"'"+strings.ReplaceAll(name, "'", "''")+"'")
	}
	return strings.Join(parts, " OR ")
}

func (s *projectSync) incident(w *workItemRecord) *dora.Incident {
	f := &w.Fields
	incident := &dora.Incident{
		Header:     dora.Header{Source: s.config.ID, ID: s.itemID(number(w.ID)), Updated: f.Changed.Time, Rank: s.state.Changed << generationBits},
		Repository: s.state.Place, Service: f.Area, Number: w.ID, Title: f.Title, Body: plain(f.Description + "\n" + f.Steps), Opened: f.Created.Time,
		URL: s.root + "/" + url.PathEscape(s.state.Name) + "/_workitems/edit/" + number(w.ID),
	}
	for tag := range strings.SplitSeq(f.Tags, ";") {
		if tag = strings.TrimSpace(tag); tag != "" {
			incident.Labels = append(incident.Labels, tag)
		}
	}
	resolved := s.config.Incidents.Resolved
	if len(resolved) == 0 {
		resolved = resolvedStates
	}
	if slices.ContainsFunc(resolved, func(state string) bool { return strings.EqualFold(state, f.State) }) {
		if incident.Resolved = f.Entered.Time; incident.Resolved.IsZero() {
			incident.Resolved = f.Closed.Time
		}
	}
	for _, text := range append(slices.Clone(incident.Labels), f.Severity) {
		if severity, found := s.config.Incidents.Severity.Capture(text); found {
			incident.Severity = severity
			break
		}
	}
	return incident
}
