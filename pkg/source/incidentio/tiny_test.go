package incidentio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/incidentio"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

type row = map[string]any

// tiny is an organisation of a few incidents, in which a test may merge, delete and break what a replay of a history cannot. It
// answers as incident.io's own schema has it.
type tiny struct {
	mu        sync.Mutex
	incidents []row // in order of when they were created
	updates   []row
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

// open opens an incident that is live at once.
func (o *tiny) open(id, service string, at time.Time) row {
	i := row{
		"id": id, "reference": fmt.Sprintf("INC-%d", len(o.incidents)+1), "name": "Outage " + id, "summary": "It is down", "permalink": "https://app.incident.io/acme/" + id, "mode": "standard",
		"incident_type": row{"id": "T1", "name": "Default"}, "created_at": at.Add(123456 * time.Microsecond), "updated_at": at.Add(123456 * time.Microsecond),
		"custom_field_entries": []row{
			{"custom_field": row{"id": "F1", "name": "Affected service"}, "values": []row{{"value_catalog_entry": row{"id": "C1", "name": service, "external_id": "acme/" + service}}}},
			{"custom_field": row{"id": "F2", "name": "Dashboard"}, "values": []row{}},
		},
	}
	o.incidents = append(o.incidents, i)
	o.stamp(i, "Reported at", at)
	o.become(i, "Investigating", "live", at)
	return i
}

// stamp sets a timestamp.
func (o *tiny) stamp(i row, name string, at time.Time) {
	stamps, _ := i["incident_timestamp_values"].([]row)
	i["incident_timestamp_values"] = append(slices.DeleteFunc(slices.Clone(stamps), func(s row) bool { return s["incident_timestamp"].(row)["name"] == name }),
		row{"incident_timestamp": row{"id": "TS " + name, "name": name}, "value": row{"value": at}})
}

// become gives it another status.
func (o *tiny) become(i row, name, category string, at time.Time) {
	i["incident_status"], i["updated_at"] = row{"name": name, "category": category}, at.Add(654321*time.Microsecond)
	o.updates = append(o.updates, row{"id": fmt.Sprint("U", len(o.updates)), "incident_id": i["id"], "created_at": at, "new_incident_status": i["incident_status"]})
}

func (o *tiny) resolve(i row, at time.Time) {
	o.stamp(i, "Resolved at", at)
	o.become(i, "Documenting", "learning", at)
}

func (o *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, r.URL.String())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-RateLimit-Limit", "1200, 1200;window=60")
	q := r.URL.Query()
	switch path := r.URL.Path; {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "):
		w.WriteHeader(http.StatusUnauthorized)
	case path == "/v2/incidents":
		rows := slices.DeleteFunc(slices.Clone(o.incidents), func(i row) bool {
			for _, field := range []string{"created_at", "updated_at"} {
				if from, err := time.Parse(time.DateOnly, q.Get(field+"[gte]")); err == nil && i[field].(time.Time).Before(from) {
					return true
				}
			}
			return i["mode"] == "test" || i["mode"] == "tutorial"
		})
		slices.Reverse(rows)
		o.list(w, q.Get("page_size"), q.Get("after"), "incidents", rows)
	case path == "/v2/incident_updates":
		rows := slices.DeleteFunc(slices.Clone(o.updates), func(u row) bool { return u["incident_id"] != q.Get("incident_id") })
		slices.Reverse(rows)
		o.list(w, q.Get("page_size"), q.Get("after"), "incident_updates", rows)
	default:
		for _, i := range o.incidents {
			if path == "/v2/incidents/"+i["id"].(string) {
				answer(w, row{"incident": i})
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		answer(w, row{"type": "not_found", "errors": []row{{"code": "not_found", "message": "The resource could not be found"}}})
	}
}

func (o *tiny) list(w http.ResponseWriter, size, after, name string, rows []row) {
	total, start := len(rows), 0
	if after != "" {
		if start = 1 + slices.IndexFunc(rows, func(each row) bool { return each["id"] == after }); start == 0 {
			w.WriteHeader(http.StatusUnprocessableEntity)
			answer(w, row{"type": "validation_error", "errors": []row{{"code": "invalid_value", "message": "after is not a known record"}}})
			return
		}
	}
	width, err := strconv.Atoi(size)
	if err != nil {
		width = 25
	}
	if width > 250 {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	rows = rows[start:min(start+width, len(rows))]
	meta := row{"page_size": width, "total_record_count": total}
	if len(rows) == width {
		meta["after"] = rows[len(rows)-1]["id"]
	}
	answer(w, row{name: rows, "pagination_meta": meta})
}

func answer(w http.ResponseWriter, body row) {
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

// reads collects the organisation into a ledger.
func (o *tiny) reads(t *testing.T, l *sourcetest.Ledger, own incidentio.Settings) error {
	t.Helper()
	if o.server == nil {
		o.server = httptest.NewServer(o)
		t.Cleanup(o.server.Close)
	}
	own.URL = o.server.URL
	return l.Collect(t.Context(), open(own), time.Time{})
}

const hookSecret = "whsec_aW5jaWRlbnQuaW8gd2ViaG9va3M="

func open(own incidentio.Settings) *incidentio.Source {
	given := source.Given{ID: "incidentio", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": replayToken, "webhookSecret": hookSecret}}
	return incidentio.New(given, own, incidentio.WithPace(standintest.Fast))
}

// found are the incidents that count, by incident.io's own ids.
func found(l *sourcetest.Ledger) map[string]*dora.Incident {
	all := map[string]*dora.Incident{}
	for id, i := range sourcetest.Of[*dora.Incident](l) {
		all[strings.TrimPrefix(id, "incident:")] = i
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	require.NoError(t, err)
}
