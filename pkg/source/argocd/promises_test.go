package argocd_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/argocd"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "argocd-conformance-secret-0123456789"

// town is a tiny Argo CD in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown() *town {
	w := &town{tiny: &tiny{}}
	for i := range 12 {
		a := newApplication("service-" + strconv.Itoa(i))
		for k := range 3 { // of which the history has room for what comes
			a.sync("02 1"+strconv.Itoa(k)+":00", sha(a.name+strconv.Itoa(k)))
		}
		w.apps = append(w.apps, a)
	}
	w.apps[2].operate("Running", "04 12:00", sha("slow0"))
	return w
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("05 00:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: one application is synced, one that ran ends, and one begins.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	day := when("04 12:00").AddDate(0, 0, w.step).Format("02 15:04")
	w.apps[1].sync(day, sha(day))
	w.apps[2].sync(when("04 12:00").AddDate(0, 0, w.step-1).Format("02 15:04"), sha("slow"+strconv.Itoa(w.step-1)))
	w.apps[2].operate("Running", day, sha("slow"+strconv.Itoa(w.step)))
	w.apps[3].sync(day, sha("partly"+day))
}

func (w *town) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: w, Now: w.now, Pass: w.pass,
		Parts: []string{"argocd/service-0", "argocd/service-7"},
		About: func(r *http.Request, _ []byte, part string) bool {
			return strings.HasSuffix(r.URL.Path, strings.TrimPrefix(part, "argocd"))
		},
		Unseen: map[string]http.HandlerFunc{
			"it is not there": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte(`{"error":"not found","code":5,"message":"applications.argoproj.io \"x\" not found"}`))
			},
			"it may not be seen": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"error":"permission denied","code":7,"message":"permission denied"}`))
			},
		},
	}
}

func TestArgoCDKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown().system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			own := byLabel()
			own.URL = address
			return argocd.New(source.Given{ID: "argo", Client: client, Secrets: map[string]string{"token": conformanceToken}}, own, argocd.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{conformanceToken},
		Marks:   map[string]string{"Grpc-Metadata-Content-Type": "application/grpc"},
		Idle:    1,
	})
}
