package pagerduty_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pagerduty"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "u+conformance-secret-0123456789"

// town is a tiny account in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown() *town {
	w := &town{tiny: &tiny{}}
	for n := range 230 { // more than two pages
		i := w.open(fmt.Sprintf("Q%03d", n), []string{"PTILL", "PSTOCK"}[n%2], when("01 00:00").Add(time.Duration(n)*time.Minute))
		if n%3 == 0 {
			w.acknowledge(i, when("01 00:05").Add(time.Duration(n)*time.Minute))
		}
		if n%4 == 0 {
			w.resolve(i, when("02 00:00").Add(time.Duration(n)*time.Minute))
		}
	}
	return w
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("03 12:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: something breaks, something that was there ends, opens again, or is thought more or less of.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := when("03 12:00").AddDate(0, 0, w.step)
	w.step++
	n := w.step
	for k := range 3 {
		i := w.open(fmt.Sprintf("QNEW%d-%d", n, k), "PTILL", at.Add(time.Hour))
		w.acknowledge(i, at.Add(2*time.Hour))
	}
	w.resolve(w.incidents[3*n+1], at.Add(3*time.Hour))
	w.reopen(w.incidents[4*n], at.Add(4*time.Hour))
	w.change(w.incidents[4*n+2], "urgency", "low", at.Add(6*time.Hour))
}

func (w *town) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: w, Now: w.now, Pass: w.pass,
		Holds: func() map[dora.Kind]int {
			w.mu.Lock()
			defer w.mu.Unlock()
			count := 0
			for _, i := range w.incidents {
				if i["urgency"] == "high" {
					count++
				}
			}
			return map[dora.Kind]int{dora.KindIncident: count}
		},
		Delete: map[string]func(*testing.T) (dora.Kind, string){
			"an old incident": func(*testing.T) (dora.Kind, string) { return w.delete(7) },
			"the newest":      func(*testing.T) (dora.Kind, string) { return w.delete(len(w.incidents) - 1) },
			"the oldest":      func(*testing.T) (dora.Kind, string) { return w.delete(0) },
		},
	}
}

func (w *town) delete(at int) (dora.Kind, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	gone := w.incidents[at]
	w.incidents = append(append([]row{}, w.incidents[:at]...), w.incidents[at+1:]...)
	return dora.KindIncident, "incident:" + gone["id"].(string)
}

func TestPagerDutyKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown().system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			given := source.Given{ID: "pagerduty", Client: client, Secrets: map[string]string{"token": conformanceToken}}
			return pagerduty.New(given, pagerduty.Settings{URL: address}, pagerduty.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{conformanceToken},
		Marks:   map[string]string{"ratelimit-limit": "960"},
		Refusals: map[string]sourcetest.Refusal{
			"429 with seconds until the quota is renewed": func(w http.ResponseWriter, _ time.Time) time.Duration {
				w.Header().Set("ratelimit-remaining", "0")
				w.Header().Set("ratelimit-reset", "37")
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = w.Write([]byte(`{"error":{"message":"Rate Limit Exceeded","code":2020}}`))
				return 37 * time.Second
			},
		},
		Idle: 2,
	})
}
