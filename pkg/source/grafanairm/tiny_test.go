package grafanairm_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/grafanairm"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

type row = map[string]any

// tiny is a stack of a few incidents, in which a test may delete and break what a replay of a history cannot.
type tiny struct {
	mu        sync.Mutex
	incidents []row // in order of when they were declared
	refs      map[string][]row
	asked     []string
	server    *httptest.Server
}

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

// open declares an incident. Fractions of seconds are when it was written down.
func (s *tiny) open(service string, at time.Time) row {
	written := at.Add(123456 * time.Microsecond)
	i := row{
		"incidentID": strconv.Itoa(len(s.incidents) + 1), "severityLabel": "Pending", "isDrill": false, "createdTime": written, "modifiedTime": written, "closedTime": "",
		"title": "Outage", "description": "It is down", "summary": "", "status": "active", "slug": "outage", "incidentStart": at, "incidentEnd": "",
		"labels": []row{{"key": "service", "label": service}}, "fieldValues": []row{},
	}
	s.incidents = append(s.incidents, i)
	return i
}

// change changes some fields of an incident.
func (s *tiny) change(i row, at time.Time, fields row) {
	i["modifiedTime"] = at.Add(654321 * time.Microsecond)
	for key, value := range fields {
		i[key] = value
	}
}

func (s *tiny) resolve(i row, at time.Time) {
	s.change(i, at, row{"status": "resolved", "incidentEnd": at, "closedTime": at.Add(654321 * time.Microsecond)})
}

func (s *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	method := strings.TrimPrefix(r.URL.Path, "/api/plugins/grafana-irm-app/resources/api/v1/")
	s.asked = append(s.asked, method)
	var request struct {
		IncidentID string
		Query      struct {
			Limit                      int
			OrderField, OrderDirection string
		}
		Cursor struct{ NextValue string }
	}
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "):
		w.WriteHeader(http.StatusUnauthorized)
		return
	case r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&request) != nil:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch method {
	case "IncidentsService.QueryIncidentPreviews":
		rows := slices.Clone(s.incidents)
		slices.SortStableFunc(rows, func(x, y row) int {
			a, _ := x[request.Query.OrderField].(time.Time) // what is broken is the oldest
			b, _ := y[request.Query.OrderField].(time.Time)
			return b.Compare(a)
		})
		start, limit := 0, min(max(request.Query.Limit, 1), 100)
		if request.Cursor.NextValue != "" {
			if start = 1 + slices.IndexFunc(rows, func(i row) bool { return "after "+i["incidentID"].(string) == request.Cursor.NextValue }); start == 0 {
				w.WriteHeader(http.StatusBadRequest)
				answer(w, row{"title": "Bad Request", "status": 400, "detail": "invalid cursor"})
				return
			}
		}
		more, next := start+limit < len(rows), ""
		rows = rows[start:min(start+limit, len(rows))]
		if more {
			next = "after " + rows[len(rows)-1]["incidentID"].(string)
		}
		answer(w, row{"incidentPreviews": rows, "query": row{}, "cursor": row{"nextValue": next, "hasMore": more}})
	case "IncidentsService.GetIncident":
		answer(w, row{"incident": row{"incidentID": request.IncidentID, "refs": s.refs[request.IncidentID]}})
	case "FieldsService.GetFields":
		answer(w, row{"fields": []row{{"uuid": "F1", "slug": "application", "name": "Application"}, {"uuid": "F2", "slug": "region", "name": "Region"}}})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func answer(w http.ResponseWriter, body row) {
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

// reads collects the stack into a ledger.
func (s *tiny) reads(t *testing.T, l *sourcetest.Ledger, own grafanairm.Settings) error {
	t.Helper()
	if s.server == nil {
		s.server = httptest.NewServer(s)
		t.Cleanup(s.server.Close)
	}
	own.URL = s.server.URL
	return l.Collect(t.Context(), open(own), time.Time{})
}

const hookSecret = standintest.Secret

func open(own grafanairm.Settings) *grafanairm.Source {
	given := source.Given{ID: "irm", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": replayToken, "webhookSecret": hookSecret}}
	return grafanairm.New(given, own, grafanairm.WithPace(standintest.Fast))
}

// found are the incidents that count, by their numbers.
func found(l *sourcetest.Ledger) map[int64]*dora.Incident {
	all := map[int64]*dora.Incident{}
	for _, i := range sourcetest.Of[*dora.Incident](l) {
		all[i.Number] = i
	}
	return all
}
