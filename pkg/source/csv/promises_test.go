package csv_test

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/csv"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const secret = "list-secret-0123456789"

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// shelf is where a list lies that a test may change.
type shelf struct {
	mu     sync.Mutex
	lines  []string
	marked bool // it tells versions apart
	told   int  // how often all of it was told
	step   int
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+secret {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	text := strings.Join(s.lines, "\n")
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(text))
	tag := fmt.Sprintf(`"%x"`, sum.Sum64())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if s.marked {
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	s.told++
	_, _ = w.Write([]byte(text))
}

func (s *shelf) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return noon.AddDate(0, 0, s.step)
}

// pass lets a day go by: a service comes, and another is handed over.
func (s *shelf) pass() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step++
	n := strconv.Itoa(s.step)
	s.lines = append(s.lines, "new-"+n+",payments")
	s.lines[s.step] = "service-" + n + ",shop"
}

func TestAListKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System {
			s := &shelf{lines: []string{"service,team"}, marked: true}
			for n := range 1000 {
				s.lines = append(s.lines, "service-"+strconv.Itoa(n+1)+",payments")
			}
			return &sourcetest.System{
				Handler: s, Now: s.now, Pass: s.pass,
				Delete: map[string]func(*testing.T) (dora.Kind, string){"a line": func(*testing.T) (dora.Kind, string) {
					s.mu.Lock()
					defer s.mu.Unlock()
					s.lines = append(s.lines[:7:7], s.lines[8:]...)
					return dora.KindRepository, "service:service-7"
				}},
			}
		},
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			given := source.Given{ID: "owners", Client: client, Secrets: map[string]string{"token": secret}}
			return csv.New(given, csv.Settings{URL: address + "/owners.csv"}, csv.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{secret},
		Idle:    1,
	})
}
