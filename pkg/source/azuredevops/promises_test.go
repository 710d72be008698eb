package azuredevops_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "azure-conformance-secret-0123456789"

// town is a tiny organisation in which time goes on.
type town struct {
	*tiny
	step int
}

func newTown() *town {
	health, care := newProject("p1", "health"), newProject("p2", "care")
	for i := range int64(25) {
		at := "03 10:" + strconv.FormatInt(10+i, 10)
		health.deploy(1000+i, at, "succeeded", "skipped")
		health.request(10+i, at)
		health.item(70+i, at)
	}
	care.request(5, "03 08:30")
	return &town{tiny: &tiny{projects: []*tinyProject{health, care}}}
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("05 00:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: a commit lands by a pull request and is deployed, something breaks, and what was there changes.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	n, at := int64(w.step), "0"+strconv.Itoa(4+w.step)
	if w.step > 5 {
		at = strconv.Itoa(4 + w.step)
	}
	health := w.projects[0]
	health.commit("landed"+at, at+" 08:30")
	health.request(200+n, at+" 08:30")
	health.deploy(2000+n, at+" 09:00", "succeeded", "failed")
	health.stage(2000+n, 2, at+" 09:30", "succeeded")
	health.item(300+n, at+" 10:00")
	// One that was there ends, and one gets another title.
	item := health.items[n]
	fields := maps.Clone(item["fields"].(row))
	fields["System.State"], fields["System.ChangedDate"], fields["Microsoft.VSTS.Common.StateChangeDate"] = "Closed", when(at+" 11:00"), when(at+" 11:00")
	health.items[n] = row{"id": item["id"], "fields": fields}
	requests := health.repositories[0].requests
	request := maps.Clone(requests[len(requests)-1])
	request["title"] = "Another title " + at
	requests[len(requests)-1] = request
}

func (w *town) system() *sourcetest.System {
	return &sourcetest.System{
		Handler: w, Now: w.now, Pass: w.pass,
		Parts: []string{"health", "care"},
		About: func(r *http.Request, _ []byte, part string) bool {
			id := map[string]string{"health": "p1", "care": "p2"}[part]
			return strings.Contains(r.URL.Path+"/", "/"+id+"/") || strings.HasSuffix(r.URL.Path, "/projects/"+part)
		},
		Unseen: map[string]http.HandlerFunc{
			"it is not there": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte(`{"message":"TF200016: The following project does not exist"}`))
			},
			"a scope is missing": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"message":"TF400813","typeKey":"UnauthorizedRequestException"}`))
			},
		},
		Delete: map[string]func(*testing.T) (dora.Kind, string){
			"a work item": func(*testing.T) (dora.Kind, string) {
				w.mu.Lock()
				defer w.mu.Unlock()
				items := w.projects[0].items
				gone := items[7]
				w.projects[0].items = append(append([]row{}, items[:7]...), items[8:]...)
				return dora.KindIncident, "p1:work_item:" + strconv.FormatInt(gone["id"].(int64), 10)
			},
		},
		Rename: func(*testing.T) (from, to string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.projects[0].repositories[0].name = "moved"
			return "health/api", "health/moved"
		},
	}
}

func TestAzureDevOpsKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System { return newTown().system() },
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			own := tagged("health")
			own.URL, own.Repositories = address+"/org", []string{"health/*", "care/*"}
			given := source.Given{ID: "azure", Client: client, Secrets: map[string]string{"token": conformanceToken}}
			return azuredevops.New(given, own, azuredevops.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Secrets: []string{conformanceToken, base64.StdEncoding.EncodeToString([]byte(":" + conformanceToken))},
	})
}
