package grafanairm_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/grafanairm"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "glsa_conformance-secret-0123456789"

// town is a tiny stack in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown(incidents int) *town {
	w := &town{tiny: &tiny{}}
	for n := range incidents {
		i := w.open([]string{"till", "stock"}[n%2], when("01 00:00").Add(time.Duration(n)*time.Minute))
		if n%3 == 0 {
			w.resolve(i, when("02 00:00").Add(time.Duration(n)*time.Minute))
		}
	}
	return w
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("03 12:00").Add(time.Duration(w.step) * 20 * time.Hour)
}

// pass lets most of a day go by: something breaks, and what was there ends, goes on again, or was a drill.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := when("03 12:00").Add(time.Duration(w.step) * 20 * time.Hour)
	w.step++
	n := w.step
	w.open("till", at.Add(time.Hour))
	w.open("till", at.Add(2*time.Hour))
	w.resolve(w.incidents[3*n+1], at.Add(3*time.Hour))
	w.change(w.incidents[3*n], at.Add(4*time.Hour), row{"status": "active", "incidentEnd": "", "closedTime": ""})
	w.change(w.incidents[3*n+2], at.Add(5*time.Hour), row{"isDrill": true})
}

func (w *town) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: w, Now: w.now, Pass: w.pass,
		Holds: func() map[dora.Kind]int {
			w.mu.Lock()
			defer w.mu.Unlock()
			count := 0
			for _, i := range w.incidents {
				if i["isDrill"] == false {
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
	w.step += 2 // a day later at the latest
	return dora.KindIncident, "incident:" + gone["incidentID"].(string)
}

func (w *town) subject(idle int) sourcetest.Subject {
	count := len(w.incidents)
	return sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown(count).system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			given := source.Given{ID: "irm", Client: client, Secrets: map[string]string{"token": conformanceToken}}
			return grafanairm.New(given, grafanairm.Settings{URL: address}, grafanairm.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{conformanceToken},
		Moments: 3,
		Idle:    idle,
	}
}

func TestGrafanaIRMKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, newTown(320).subject(4))
}

func TestManyIncidentsAreReadByWhatWasModified(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, newTown(510).subject(1))
}
