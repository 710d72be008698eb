package incidentio_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/incidentio"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "inc_conformance-secret-0123456789"

// town is a tiny organisation in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown() *town {
	w := &town{tiny: &tiny{}}
	for n := range 260 { // more than a page
		i := w.open(fmt.Sprintf("Q%03d", n), []string{"till", "stock"}[n%2], when("01 00:00").Add(time.Duration(n)*time.Minute))
		switch n % 50 {
		case 1:
			w.resolve(i, when("02 00:00").Add(time.Duration(n)*time.Minute))
		case 2: // without a timestamp
			w.become(i, "Closed", "closed", when("02 00:00").Add(time.Duration(n)*time.Minute))
		}
	}
	return w
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("03 12:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: something breaks, and what was there ends, goes on again, or was none.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := when("03 12:00").AddDate(0, 0, w.step)
	w.step++
	n := w.step
	w.open(fmt.Sprintf("QNEW%d", n), "till", at.Add(time.Hour))
	w.open(fmt.Sprintf("QMORE%d", n), "till", at.Add(time.Hour))
	w.resolve(w.incidents[4*n+6], at.Add(3*time.Hour))
	w.become(w.incidents[1], "Investigating", "live", at.Add(4*time.Hour))
	w.become(w.incidents[4*n+7], "Canceled", "canceled", at.Add(5*time.Hour))
}

func (w *town) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: w, Now: w.now, Pass: w.pass,
		Holds: func() map[dora.Kind]int {
			w.mu.Lock()
			defer w.mu.Unlock()
			count := 0
			for _, i := range w.incidents {
				if i["incident_status"].(row)["category"] != "canceled" {
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

func TestIncidentIOKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown().system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			given := source.Given{ID: "incidentio", Client: client, Secrets: map[string]string{"token": conformanceToken}}
			return incidentio.New(given, incidentio.Settings{URL: address}, incidentio.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{conformanceToken},
		Marks:   map[string]string{"X-RateLimit-Limit": "1200"},
		Moments: 4,
		Idle:    2,
	})
}
