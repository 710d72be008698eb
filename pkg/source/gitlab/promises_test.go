package gitlab_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const conformanceToken = "glpat-conformance-secret-0123456789"

// town is a tiny GitLab in which time goes on.
type town struct {
	*tiny
	step int
	day  int
}

func newTown() *town {
	api, web := newProject(1, "health/api"), newProject(2, "health/booking/web")
	for i := range int64(45) {
		at := "03 10:" + strconv.FormatInt(10+i, 10)
		api.deploy(1000+i, at)
		api.request(10+i, at)
		api.issue(70+i, at)
	}
	web.request(5, "03 08:30")
	return &town{tiny: &tiny{projects: []*tinyProject{api, web}}, day: 4}
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return when("05 00:00").AddDate(0, 0, w.step)
}

// pass lets a day go by: a commit lands by a merge request and is deployed, something breaks, and what was there changes.
func (w *town) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	n, at := int64(w.step), strconv.Itoa(w.day+w.step)
	if len(at) == 1 {
		at = "0" + at
	}
	api := w.projects[0]
	landed := row{
		"id": sha("landed" + at), "parent_ids": []string{api.commits[0]["id"].(string)}, "message": "landed", "author_name": "dev-1",
		"authored_date": when(at + " 08:00"), "committed_date": when(at + " 08:30"),
	}
	api.commits = append([]row{landed}, api.commits...)
	api.request(200+n, at+" 08:30")
	api.deploy(2000+n, at+" 09:00")
	api.issue(300+n, at+" 10:00")
	// One that was there ends, and one gets another title.
	issue := clonedRow(api.lists["issues"][n])
	issue["state"], issue["closed_at"], issue["updated_at"] = "closed", when(at+" 11:00"), when(at+" 11:00")
	api.lists["issues"][n] = issue
	request := clonedRow(api.lists["merge_requests"][n])
	request["title"], request["updated_at"] = "Another title", when(at+" 11:30")
	api.lists["merge_requests"][n] = request
}

func clonedRow(r row) row {
	copied := row{}
	for key, value := range r {
		copied[key] = value
	}
	return copied
}

func (w *town) delete(list string, at int) row {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := w.projects[0].lists[list]
	gone := rows[at]
	w.projects[0].lists[list] = append(append([]row{}, rows[:at]...), rows[at+1:]...)
	return gone
}

func (w *town) system() *sourcetest.System {
	gone := func(list, id string, number string, kind dora.Kind) func(*testing.T) (dora.Kind, string) {
		return func(*testing.T) (dora.Kind, string) {
			return kind, "health/api:" + id + ":" + strconv.FormatInt(w.delete(list, 7)[number].(int64), 10)
		}
	}
	return &sourcetest.System{
		Handler: http.HandlerFunc(w.answer), Now: w.now, Pass: w.pass,
		Parts: []string{"health/api", "health/booking/web"},
		About: func(r *http.Request, _ []byte, part string) bool {
			number := map[string]string{"health/api": "/projects/1/", "health/booking/web": "/projects/2/"}[part]
			return strings.Contains(r.URL.Path+"/", number)
		},
		Unseen: map[string]http.HandlerFunc{
			"it is not there": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte(`{"message":"404 Project Not Found"}`))
			},
			"it may not be read": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"message":"403 Forbidden"}`))
			},
		},
		Delete: map[string]func(*testing.T) (dora.Kind, string){
			"a deployment":    gone("deployments", "deployment", "id", dora.KindDeployment),
			"a merge request": gone("merge_requests", "merge_request", "iid", dora.KindChange),
			"an incident":     gone("issues", "issue", "iid", dora.KindIncident),
		},
		Rename: func(*testing.T) (from, to string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.projects[0].path = "health/moved/api"
			return "health/api", "health/moved/api"
		},
	}
}

func TestGitLabKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	for _, api := range []gitlab.API{gitlab.APIAuto, gitlab.APIREST} {
		t.Run(string(api), func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, sourcetest.Subject{
				Start: func(*testing.T) *sourcetest.System { return newTown().system() },
				Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
					own := gitlab.Settings{URL: address, API: api, Repositories: []string{"health/**"}}
					given := source.Given{ID: "gitlab", Client: client, Secrets: map[string]string{"token": conformanceToken}}
					return gitlab.New(given, own, gitlab.WithPace(func(p *wire.Pace) { *p = pace }))
				},
				Secrets: []string{conformanceToken}, Marks: map[string]string{"X-Gitlab-Meta": "{}"},
				Refusals: map[string]sourcetest.Refusal{
					"of the front of gitlab.com": func(w http.ResponseWriter, now time.Time) time.Duration {
						w.Header().Set("RateLimit-Limit", "2000")
						w.Header().Set("RateLimit-Remaining", "0")
						w.Header().Set("RateLimit-Reset", strconv.FormatInt(now.Add(40*time.Second).Unix(), 10))
						http.Error(w, "Retry later", http.StatusTooManyRequests)
						return 40 * time.Second
					},
				},
			})
		})
	}
}
