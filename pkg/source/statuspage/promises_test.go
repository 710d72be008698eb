package statuspage_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/statuspage"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

func (s *tiny) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return when("05 00:00").AddDate(0, 0, s.step)
}

// pass lets a day go by: something breaks, something is mended, something turns out to have had no impact.
func (s *tiny) pass() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step++
	day := strconv.Itoa(100 + 4 + s.step)[1:]
	s.tell("shop", "new"+day, day+" 08:00")
	s.tell("till", "late"+day, day+" 09:00")["started_at"] = when("02 09:00")
	s.pages["shop"][20+s.step].resolve(day + " 10:00")
	s.pages["shop"][40+s.step]["impact"] = "none"
}

func (s *tiny) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: s, Now: s.now, Pass: s.pass, Parts: []string{"shop", "till"},
		About: func(r *http.Request, _ []byte, part string) bool { return strings.Contains(r.URL.Path, "/"+part+"/") },
		Unseen: map[string]http.HandlerFunc{"it is not there": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"The requested resource could not be found."}`))
		}},
		Delete: map[string]func(*testing.T) (dora.Kind, string){"an incident": func(*testing.T) (dora.Kind, string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			gone := s.pages["shop"][3]
			s.pages["shop"] = append(s.pages["shop"][:3:3], s.pages["shop"][4:]...)
			return dora.KindIncident, "incident:" + gone["id"].(string)
		}},
	}
}

func TestStatuspageKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System {
			s := newTiny()
			for n := range 120 {
				i := s.tell("shop", "id"+strconv.Itoa(1000+n), "02 08:00")
				if n%3 == 0 {
					i.resolve("03 08:00")
				}
			}
			s.tell("till", "aaaa", "02 08:00")
			return s.system()
		},
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			given := source.Given{ID: "statuspage", Client: client, Secrets: map[string]string{"token": replayToken}}
			return statuspage.New(given, statuspage.Settings{URL: address, Pages: []string{"shop", "till"}}, statuspage.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{replayToken},
		Refusals: map[string]sourcetest.Refusal{"420 with nothing": func(w http.ResponseWriter, _ time.Time) time.Duration {
			w.WriteHeader(420)
			_, _ = w.Write([]byte(`{"message":"Rate limit exceeded"}`))
			return time.Minute
		}},
		Idle: 3,
	})
}
