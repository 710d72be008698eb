package bitbucket_test

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/bitbucket"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "bitbucket-conformance-secret-0123456789"

// town is a tiny workspace in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown() *town {
	api, web := newRepository("api"), newRepository("web")
	for i := range 25 {
		at := "03 10:" + strconv.Itoa(10+i)
		api.commit("landed"+at, at)
		api.request(10+i, at)
		api.deploy(10+i, at, "SUCCESSFUL")
	}
	web.request(5, "03 08:30")
	api.deploy(40, "03 12:00", "")
	return &town{tiny: &tiny{repositories: []*tinyRepository{api, web}}}
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("05 00:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: a commit lands by a pull request and is deployed, what ran ends, and a pull request changes.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	at := when("04 00:00").AddDate(0, 0, w.step).Format("02 ")
	api := w.repositories[0]
	if w.step == 1 {
		api.deploy(40, "03 12:00", "FAILED")
	}
	api.commit("step"+at, at+"08:30")
	api.request(200+w.step, at+"08:30")
	api.deploy(200+w.step, at+"09:00", "SUCCESSFUL")
	changed := maps.Clone(api.requests[0])
	changed["title"], changed["updated_on"] = "Another title "+at, when(at+"08:40")
	api.requests = append(api.requests[1:], changed)
}

func (w *town) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: w, Now: w.now, Pass: w.pass, Parts: []string{"health/api", "health/web"},
		About: func(r *http.Request, _ []byte, part string) bool {
			return strings.Contains(r.URL.Path+"/", "/"+part+"/")
		},
		Unseen: map[string]http.HandlerFunc{
			"it is not there": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte(`{"type":"error","error":{"message":"You may not have access to this repository"}}`))
			},
			"a scope is missing": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"type":"error","error":{"message":"scopes","detail":{"required":["pipeline"]}}}`))
			},
		},
		Rename: func(*testing.T) (from, to string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.repositories[0].name = "health/moved"
			return "health/api", "health/moved"
		},
	}
}

func TestBitbucketKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown().system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			own := bitbucket.Settings{URL: address + "/2.0", Repositories: []string{"health/*"}}
			return bitbucket.New(source.Given{ID: "bitbucket", Client: client, Secrets: map[string]string{"token": conformanceToken}}, own, bitbucket.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{conformanceToken},
	})
}
