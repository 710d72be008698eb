package pagerduty_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

type row map[string]any

// tiny is an account of a few incidents, in which a test may merge, delete and break what a replay of a history cannot. It answers
// as PagerDuty's own schema has it.
type tiny struct {
	mu        sync.Mutex
	incidents []row // in order of their numbers
	log       []row // in order of time
	asked     []string
	untold    bool // how many there are
	counts    int  // as far as it counts; 0: to the end
	server    *httptest.Server
	sorted    map[string]int // how many of a list are in order of time
	// before is called ahead of each answer; it may answer itself, and then says true.
	before func(w http.ResponseWriter, r *http.Request) bool
}

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

// open opens an incident on a service, of high urgency and without a priority.
func (a *tiny) open(id, service string, at time.Time) row {
	i := row{
		"id": id, "type": "incident", "incident_number": len(a.incidents) + 1, "title": "Outage " + id, "html_url": "https://acme.pagerduty.com/incidents/" + id, "incident_key": nil,
		"created_at": at, "updated_at": at, "status": "triggered", "resolved_at": nil, "urgency": "high", "service": row{"id": service, "summary": service + " service", "type": "service_reference"},
		"teams": []row{{"id": "PTEAM", "summary": "On call"}}, "priority": nil, "acknowledgements": []row{}, "resolve_reason": nil, "alert_counts": row{"all": 40, "triggered": 40, "resolved": 0},
		"body": row{"type": "incident_body", "details": row{"message": "It is down", "deployment": 1234567}},
	}
	a.incidents = append(a.incidents, i)
	a.say(i, "trigger_log_entry", at)
	return i
}

// say writes into the log.
func (a *tiny) say(i row, kind string, at time.Time) {
	a.log = append(a.log, row{
		"id": fmt.Sprintf("R%05d", len(a.log)+1), "type": kind, "created_at": at,
		"incident": row{"id": i["id"], "type": "incident_reference"}, "service": i["service"],
	})
}

func (a *tiny) acknowledge(i row, at time.Time) {
	i["status"], i["updated_at"], i["acknowledgements"] = "acknowledged", at, []row{{"at": at}}
	a.say(i, "acknowledge_log_entry", at)
}

func (a *tiny) resolve(i row, at time.Time) {
	i["status"], i["updated_at"], i["resolved_at"], i["acknowledgements"] = "resolved", at, at, []row{}
	a.say(i, "resolve_log_entry", at)
}

func (a *tiny) reopen(i row, at time.Time) {
	i["status"], i["updated_at"], i["resolved_at"] = "triggered", at, nil
	a.say(i, "reopen_log_entry", at)
}

func (a *tiny) change(i row, field string, value any, at time.Time) {
	i[field], i["updated_at"] = value, at
	a.say(i, "field_value_change_log_entry", at)
}

func (a *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, r.URL.String())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ratelimit-limit", "960")
	w.Header().Set("ratelimit-remaining", "959")
	w.Header().Set("ratelimit-reset", "59")
	if a.before != nil && a.before(w, r) {
		return
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "Token token="):
		w.WriteHeader(http.StatusUnauthorized)
	case path[0] == "log_entries":
		a.list(w, r, "log_entries", a.log, true)
	case path[0] != "incidents":
		w.WriteHeader(http.StatusNotFound)
	case len(path) == 1:
		rows := a.incidents
		if services := r.URL.Query()["service_ids[]"]; len(services) > 0 {
			rows = slices.DeleteFunc(slices.Clone(rows), func(i row) bool { return !slices.Contains(services, i["service"].(row)["id"].(string)) })
		}
		a.list(w, r, "incidents", rows, strings.HasSuffix(r.URL.Query().Get("sort_by"), ":desc"))
	default:
		at := slices.IndexFunc(a.incidents, func(i row) bool { return i["id"] == path[1] })
		switch {
		case at < 0:
			w.WriteHeader(http.StatusNotFound)
			answer(w, row{"error": row{"message": "Incident Not Found", "code": 5001}})
		case len(path) == 3:
			a.list(w, r, "log_entries", slices.DeleteFunc(slices.Clone(a.log), func(e row) bool { return e["incident"].(row)["id"] != path[1] }), true)
		default:
			answer(w, row{"incident": shown(a.incidents[at], r.URL.Query()["include[]"])})
		}
	}
}

// list answers a page, as PagerDuty bounds it.
func (a *tiny) list(w http.ResponseWriter, r *http.Request, name string, rows []row, newest bool) {
	q := r.URL.Query()
	since, until := bound(q.Get("since")), bound(q.Get("until"))
	if name == "incidents" && q.Get("date_range") != "all" {
		if since.IsZero() || until.IsZero() || until.Sub(since) > 180*24*time.Hour {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, row{"error": row{"message": "Invalid Input Provided", "code": 2001, "errors": []string{" is invalid."}}})
			return
		}
	}
	made := func(each row) time.Time { return each["created_at"].(time.Time) }
	if a.sorted[name] != len(rows) {
		slices.SortStableFunc(rows, func(x, y row) int { return made(x).Compare(made(y)) })
		if a.sorted == nil {
			a.sorted = map[string]int{}
		}
		a.sorted[name] = len(rows)
	}
	before := func(each row, at time.Time) int { return made(each).Compare(at) }
	if !until.IsZero() {
		end, _ := slices.BinarySearchFunc(rows, until, before)
		rows = rows[:end]
	}
	begin, _ := slices.BinarySearchFunc(rows, since, before)
	rows = rows[begin:]
	at := func(n int) row { return rows[n] }
	if newest {
		at = func(n int) row { return rows[len(rows)-1-n] }
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	limit = min(max(limit, 1), 100)
	offset, _ := strconv.Atoi(q.Get("offset"))
	if offset+limit > 10_000 {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, row{"error": row{"message": "Invalid Input Provided", "code": 2001, "errors": []string{"Offset+limit exceeds maximum allowed value of 10000."}}})
		return
	}
	page := []row{}
	for n := offset; n < min(offset+limit, len(rows)); n++ {
		page = append(page, shown(at(n), q["include[]"]))
	}
	body := row{name: page, "limit": limit, "offset": offset, "more": offset+limit < len(rows), "total": nil}
	if q.Get("total") == "true" && !a.untold {
		body["total"] = len(rows)
		if a.counts > 0 {
			body["total"] = min(a.counts, len(rows))
		}
	}
	answer(w, body)
}

// shown is an object without what is given only where it is asked for.
func shown(each row, includes []string) row {
	each = maps.Clone(each)
	for field, include := range map[string]string{"body": "body", "custom_fields": "custom_fields"} {
		if !slices.Contains(includes, include) {
			delete(each, field)
		}
	}
	return each
}

func bound(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

func answer(w http.ResponseWriter, body row) {
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}
