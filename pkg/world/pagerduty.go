package world

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PagerDuty speaks PagerDuty's REST of incidents and of what its log has on them. What turns out to be none is of low urgency:
// nobody is called for it.
func (w *World) PagerDuty(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(),
		secret:  func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "Token token=") },
		refused: shape{"error": shape{"message": "Unauthorized", "code": 2006}}, absent: shape{"error": shape{"message": "Not Found", "code": 2100}},
	}
	t.knows("GET /incidents", (*asked).pagerIncidents)
	t.knows("GET /incidents/{id}", (*asked).pagerIncident)
	t.knows("GET /incidents/{id}/log_entries", func(a *asked) any {
		for _, i := range a.world.tracked("pagerduty") {
			if pagerID(i) == a.PathValue("id") {
				return a.pagerList("log_entries", a.pagerLog(i))
			}
		}
		return nil
	})
	t.knows("GET /log_entries", func(a *asked) any { return a.pagerList("log_entries", a.pagerLog(a.world.tracked("pagerduty")...)) })
	return t.speak(token)
}

// tracked are the incidents that a system keeps, whatever became of them, in the order of their opening.
func (w *World) tracked(system string) []*issue {
	var all []*issue
	for _, s := range w.services {
		if s.tracker() != system || s.tracker() == s.host() {
			continue
		}
		for _, inc := range s.incidents {
			all = append(all, inc.issue)
		}
	}
	slices.SortStableFunc(all, func(a, b *issue) int { return a.created.Compare(b.created) })
	return all
}

// isIncident says whether people call it one.
func (i *issue) isIncident() bool { return slices.Contains(i.labels, "incident") }

// sev is how bad it is, 1 to 3.
func (i *issue) sev() string {
	for _, label := range i.labels {
		if level, is := strings.CutPrefix(label, "sev"); is {
			return level
		}
	}
	return ""
}

func pagerID(i *issue) string { return "Q0INC" + strconv.Itoa(i.number) }

// acknowledged is when somebody took it on: within minutes, unless it was over before. Zero: nobody has yet.
func (w *World) acknowledged(i *issue) time.Time {
	at := i.created.Add(time.Duration(2+i.number%11) * time.Minute)
	for _, e := range i.events {
		if e.kind == "ClosedEvent" && e.at.Before(at) {
			return time.Time{}
		}
	}
	if at.After(w.clock) {
		return time.Time{}
	}
	return at
}

func pagerServiceID(repository string) string { return "P" + strings.ToUpper(repository) }

// pagerService is the service of an incident, as PagerDuty refers to it.
func pagerService(i *issue) any {
	return shape{"id": pagerServiceID(i.repo.name), "type": "service_reference", "summary": i.repo.name}
}

type pagerRow struct {
	at    time.Time
	shown shape
}

func (a *asked) pagerShown(i *issue) shape {
	taken := a.world.acknowledged(i)
	shown := shape{
		"id": pagerID(i), "type": "incident", "incident_number": i.number, "title": i.title, "html_url": "https://example-health.pagerduty.com/incidents/" + pagerID(i),
		"created_at": argoTime(i.created), "updated_at": argoTime(latest(i.updated, taken)), "status": "triggered", "resolved_at": nil, "urgency": "low",
		"service": pagerService(i), "teams": []any{}, "priority": nil, "acknowledgements": []any{}, "resolve_reason": nil,
		"body": shape{"type": "incident_body", "details": i.body},
	}
	if i.isIncident() {
		shown["urgency"] = "high"
	}
	if level := i.sev(); level != "" {
		shown["priority"] = shape{"id": "PPRIO" + level, "type": "priority", "summary": "P" + level, "name": "P" + level}
	}
	switch {
	case !i.closed.IsZero():
		shown["status"], shown["resolved_at"] = "resolved", argoTime(i.closed)
	case !taken.IsZero() && !i.reopened:
		shown["status"], shown["acknowledgements"] = "acknowledged", []any{shape{"at": argoTime(taken)}}
	}
	return shown
}

func (a *asked) pagerIncidents() any {
	wanted := a.URL.Query()["service_ids[]"]
	var rows []pagerRow
	for _, i := range a.world.tracked("pagerduty") {
		shown := a.pagerShown(i)
		if len(wanted) == 0 || slices.Contains(wanted, shown["service"].(shape)["id"].(string)) {
			rows = append(rows, pagerRow{i.created, shown})
		}
	}
	if strings.HasSuffix(a.URL.Query().Get("sort_by"), ":desc") {
		slices.Reverse(rows)
	}
	return a.pagerList("incidents", rows)
}

func (a *asked) pagerIncident() any {
	for _, i := range a.world.tracked("pagerduty") {
		if pagerID(i) == a.PathValue("id") {
			return shape{"incident": a.pagerShown(i)}
		}
	}
	return nil
}

// pagerEntries are what the log calls what happens to an incident; what is not here is a change of a field.
var pagerEntries = map[string]string{"ClosedEvent": "resolve_log_entry", "ReopenedEvent": "reopen_log_entry"}

// pagerLog is the log of some incidents, the newest entry first.
func (a *asked) pagerLog(incidents ...*issue) []pagerRow {
	var rows []pagerRow
	for _, i := range incidents {
		say := func(id, kind string, at time.Time) {
			rows = append(rows, pagerRow{at, shape{
				"id": "R" + id, "type": kind, "created_at": argoTime(at), "incident": shape{"id": pagerID(i), "type": "incident_reference"}, "service": pagerService(i),
			}})
		}
		say(pagerID(i)+"T", "trigger_log_entry", i.created)
		if at := a.world.acknowledged(i); !at.IsZero() {
			say(pagerID(i)+"A", "acknowledge_log_entry", at)
		}
		for _, e := range i.events {
			kind := pagerEntries[e.kind]
			if kind == "" {
				kind = "field_value_change_log_entry"
			}
			say(strconv.FormatInt(e.id, 10), kind, e.at)
		}
	}
	slices.SortStableFunc(rows, func(a, b pagerRow) int { return b.at.Compare(a.at) })
	return rows
}

// pagerList is a page of a list within the span of time that is asked for.
func (a *asked) pagerList(name string, rows []pagerRow) any {
	query := a.URL.Query()
	since, _ := time.Parse(time.RFC3339, query.Get("since"))
	until, open := time.Parse(time.RFC3339, query.Get("until"))
	rows = slices.DeleteFunc(rows, func(r pagerRow) bool { return r.at.Before(since) || open == nil && !r.at.Before(until) })
	limit, offset := min(100, number(query.Get("limit"), 25)), number(query.Get("offset"), 0)
	page := []any{}
	for _, r := range rows[min(len(rows), offset):min(len(rows), offset+limit)] {
		page = append(page, r.shown)
	}
	a.header.Set("ratelimit-limit", "960")
	a.header.Set("ratelimit-remaining", "959")
	body := shape{name: page, "limit": limit, "offset": offset, "more": offset+limit < len(rows), "total": nil}
	if query.Get("total") == "true" {
		body["total"] = len(rows)
	}
	return body
}
