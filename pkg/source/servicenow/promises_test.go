package servicenow_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/servicenow"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceKey = "servicenow-conformance-secret-0123456789"

// town is a tiny instance in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown() *town {
	w := &town{tiny: newTiny()}
	for n := range 30 {
		at := "03 10:" + strconv.Itoa(10+n)
		i := w.incident(n+1, at)
		if n%3 == 0 {
			i["sys_updated_on"] = stamp("04 00:00") // by one job
		}
		w.change(n+1, at, "03 11:"+strconv.Itoa(10+n), "successful")
	}
	w.hidden[id("i5")], w.hidden[id("c9")] = true, true
	w.tables["incident"][0].set("03 12:00", record{"caused_by": id("c1")})
	w.now = when("05 00:00")
	return w
}

// pass lets six hours go by: something is deployed and breaks, and what was there ends, or turns out to be none.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	w.now = w.now.Add(6 * time.Hour)
	hour := w.now.Add(-time.Hour).Format("02 15:")
	n := 100 + w.step
	w.change(n, hour+"00", hour+"30", []string{"successful", "successful_issues", "unsuccessful"}[w.step%3])
	w.incident(n, hour+"40")
	w.incident(200+n, hour+"40")
	all := w.tables["incident"]
	all[w.step].set(hour+"41", record{"state": "6", "resolved_at": stamp(hour + "41")})
	all[10+w.step].set(hour+"42", record{"state": "8", "active": "false"})
	all[20+w.step].set(hour+"43", record{"category": "inquiry"})
	all[0].set(hour+"44", record{"caused_by": id(fmt.Sprint("c", 1+w.step)), "priority": "1"})
}

func (w *town) read() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *town) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: w, Now: w.read, Pass: w.pass,
		Holds: func() map[dora.Kind]int {
			w.mu.Lock()
			defer w.mu.Unlock()
			counts := map[dora.Kind]int{}
			for _, each := range w.tables["incident"] {
				if each["category"] != "inquiry" && each["state"] != "8" && !w.hidden[each["sys_id"]] {
					counts[dora.KindIncident]++
				}
			}
			for _, each := range w.tables["change_request"] {
				if !w.hidden[each["sys_id"]] {
					counts[dora.KindDeployment]++
				}
			}
			return counts
		},
		Parts: []string{"incident", "change_request"},
		About: func(r *http.Request, _ []byte, part string) bool { return strings.HasSuffix(r.URL.Path, "/"+part) },
		Unseen: map[string]http.HandlerFunc{
			"it is not there": func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`{"error":{"message":"Invalid table incident","detail":null},"status":"failure"}`))
			},
			"a role is missing": func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"error":{"message":"Insufficient rights to query records","detail":"Field(s) present in the query do not have permission to be read"},"status":"failure"}`))
			},
		},
		Delete: map[string]func(*testing.T) (dora.Kind, string){
			"an incident":      w.deletes("incident", "i7", dora.KindIncident),
			"a change request": w.deletes("change_request", "c7", dora.KindDeployment),
		},
	}
}

func (w *town) deletes(table, name string, kind dora.Kind) func(*testing.T) (dora.Kind, string) {
	return func(*testing.T) (dora.Kind, string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.remove(table, id(name))
		return kind, table + ":" + id(name)
	}
}

func TestServiceNowKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown().system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			own := withChanges()
			own.URL = address
			with := source.Given{ID: "servicenow", Client: client, Secrets: map[string]string{"token": conformanceKey}}
			return servicenow.New(with, own, servicenow.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{conformanceKey},
		Marks:   map[string]string{"X-Is-Logged-In": "true"},
		Refusals: map[string]sourcetest.Refusal{
			"429 by a rule that says when it ends": func(w http.ResponseWriter, now time.Time) time.Duration {
				w.Header().Set("X-RateLimit-Limit", "100")
				w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(now.Add(55*time.Minute).Unix(), 10))
				w.Header().Set("X-RateLimit-Rule", id("rule"))
				w.WriteHeader(http.StatusTooManyRequests)
				return 55 * time.Minute
			},
		},
		Idle: 6, // each table is listed, since of each something is hidden
	})
}
