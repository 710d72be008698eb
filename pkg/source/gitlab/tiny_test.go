package gitlab_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// tiny is a GitLab of a few objects, in which a test may delete, rename and move what a replay of a history cannot.
type tiny struct {
	*httptest.Server
	mu       sync.Mutex
	projects []*tinyProject
	asked    []string
	// before is called ahead of each answer, with the path that is asked for; it may answer itself, and then says true.
	before func(w http.ResponseWriter, r *http.Request, path string) bool
	hour   int // of readings
}

type tinyProject struct {
	id      int64
	path    string
	leads   []string // names that GitLab leads from
	commits []row    // the newest first
	lists   map[string][]row
	jobs    []row // of each pipeline
	tags    []row
	traits  row               // what its record has besides
	files   map[string]string // by path
}

func given() source.Given { return source.Given{Secrets: map[string]string{"token": replayToken}} }

func newTiny(t *testing.T, projects ...*tinyProject) *tiny {
	g := &tiny{projects: projects}
	g.Server = httptest.NewServer(http.HandlerFunc(g.answer))
	t.Cleanup(g.Close)
	return g
}

// newProject is a project of one commit that runs in production.
func newProject(id int64, path string) *tinyProject {
	p := &tinyProject{id: id, path: path, lists: map[string][]row{}}
	p.commits = []row{{"id": sha(path), "parent_ids": []string{}, "message": "commit", "author_name": "dev-1", "authored_date": when("02 08:00"), "committed_date": when("02 08:00")}}
	p.deploy(id*100+1, "02 09:00")
	return p
}

func (p *tinyProject) deploy(id int64, at string) {
	p.lists["deployments"] = append(p.lists["deployments"], row{
		"id": id, "sha": p.commits[0]["id"], "ref": "main", "status": "success", "created_at": when(at), "updated_at": when(at), "environment": row{"name": "production"},
		"deployable": row{"name": "deploy", "finished_at": when(at), "tag": false},
	})
}

func (p *tinyProject) request(iid int64, at string) {
	p.lists["merge_requests"] = append(p.lists["merge_requests"], row{
		"iid": iid, "title": "Change", "state": "merged", "author": row{"id": 7, "username": "dev-1"}, "sha": p.commits[0]["id"], "target_branch": "main", "source_branch": "b",
		"created_at": when(at), "updated_at": when(at), "merged_at": when(at),
	})
}

func (p *tinyProject) issue(iid int64, at string) {
	p.lists["issues"] = append(p.lists["issues"], row{"iid": iid, "title": "Outage", "state": "opened", "issue_type": "incident", "created_at": when(at), "updated_at": when(at)})
}

func (g *tiny) answer(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4")
	if path == "/api/graphql" {
		g.graphql(w, r)
		return
	}
	g.asked = append(g.asked, path)
	if g.before != nil && g.before(w, r, path) {
		return
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	name, _ := url.PathUnescape(parts[min(1, len(parts)-1)])
	switch {
	case parts[0] == "users" && len(parts) == 2:
		g.tell(w, row{"id": 7, "username": "dev-1", "bot": false})
		return
	case parts[0] == "groups" && len(parts) == 3:
		var rows []any
		for _, p := range g.projects {
			if strings.HasPrefix(p.path, name+"/") {
				rows = append(rows, p.shown())
			}
		}
		if rows != nil {
			g.tell(w, rows)
			return
		}
	case parts[0] == "projects":
		for _, p := range g.projects {
			if name == strconv.FormatInt(p.id, 10) || strings.EqualFold(name, p.path) || slices.Contains(p.leads, name) {
				g.project(w, r, p, parts[2:])
				return
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"message":"404 Not Found"}`))
}

func (p *tinyProject) shown() row {
	record := row{"id": p.id, "path_with_namespace": p.path, "default_branch": "main", "web_url": "https://gitlab.example/" + p.path}
	maps.Copy(record, p.traits)
	return record
}

func (g *tiny) project(w http.ResponseWriter, r *http.Request, p *tinyProject, parts []string) {
	switch {
	case len(parts) == 0:
		g.tell(w, p.shown())
	case len(parts) == 3 && parts[1] == "files":
		path, _ := url.PathUnescape(parts[2])
		if text, there := p.files[path]; there && r.URL.Query().Get("ref") == p.commits[0]["id"] {
			g.tell(w, row{"file_path": path, "encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte(text))})
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"404 File Not Found"}`))
	case parts[len(parts)-1] == "diff":
		g.tell(w, []any{row{"new_path": "packages/x/" + parts[2][:4]}})
	case parts[len(parts)-1] == "diffs":
		g.tell(w, []any{row{"new_path": "packages/y/b"}, row{"new_path": "packages/y/a"}})
	case parts[0] == "repository" && len(parts) == 3:
		for _, c := range p.commits {
			if c["id"] == parts[2] {
				g.tell(w, c)
			}
		}
	case parts[len(parts)-1] == "tags":
		g.tell(w, p.tags)
	case parts[len(parts)-1] == "jobs":
		g.tell(w, p.jobs)
	case parts[0] == "pipelines" && len(parts) == 2:
		for _, each := range p.lists["pipelines"] {
			if strconv.FormatInt(each["id"].(int64), 10) == parts[1] {
				g.tell(w, each)
			}
		}
	case parts[0] == "repository":
		rows := []any{}
		for i, c := range p.commits {
			if ref := r.URL.Query().Get("ref_name"); ref == "main" || ref == c["id"] {
				for _, each := range p.commits[i:] {
					rows = append(rows, each)
				}
				break
			}
		}
		g.tell(w, rows)
	case len(parts) == 3 && parts[2] == "commits":
		g.tell(w, []any{row{"id": sha("own"), "authored_date": when("02 07:00"), "committed_date": when("02 07:00")}})
	case len(parts) == 3:
		g.tell(w, []any{})
	default:
		g.list(w, r, p.lists[parts[0]])
	}
}

// graphql tells of merge requests what REST does.
func (g *tiny) graphql(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Variables struct {
			Path string
			IIDs []string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		panic(err)
	}
	answer := row{"project": nil}
	for _, p := range g.projects {
		if !strings.EqualFold(p.path, asked.Variables.Path) {
			continue
		}
		nodes := []row{}
		for _, each := range p.lists["merge_requests"] {
			if iid := strconv.FormatInt(each["iid"].(int64), 10); slices.Contains(asked.Variables.IIDs, iid) {
				nodes = append(nodes, row{
					"iid": iid, "author": row{"username": "dev-1", "bot": false}, "notes": row{"pageInfo": row{"hasNextPage": false}, "nodes": []row{}},
					"commits": row{"pageInfo": row{"hasNextPage": false}, "nodes": []row{{"sha": sha("own"), "authoredDate": when("02 07:00")}}},
				})
			}
		}
		answer["project"] = row{"mergeRequests": row{"pageInfo": row{"hasNextPage": false}, "nodes": nodes}}
	}
	g.tell(w, row{"data": answer})
}

func (g *tiny) list(w http.ResponseWriter, r *http.Request, rows []row) {
	query := r.URL.Query()
	number := func(key string, otherwise int) int {
		if n, err := strconv.Atoi(query.Get(key)); err == nil {
			return n
		}
		return otherwise
	}
	after, _ := time.Parse(time.RFC3339Nano, query.Get("updated_after"))
	updated := func(r row) time.Time { return r["updated_at"].(time.Time) }
	kept := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return updated(r).Before(after) })
	slices.SortStableFunc(kept, func(a, b row) int {
		if query.Get("sort") == "asc" {
			return updated(a).Compare(updated(b))
		}
		return updated(b).Compare(updated(a))
	})
	width, page := number("per_page", 20), number("page", 1)
	w.Header().Set("X-Total", strconv.Itoa(len(kept)))
	begin, end := min(len(kept), (page-1)*width), min(len(kept), page*width)
	if end < len(kept) {
		w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
	}
	g.tell(w, kept[begin:end])
}

func (g *tiny) tell(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Gitlab-Meta", `{"version":"1"}`)
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	if string(text) == "null" {
		text = []byte("[]")
	}
	_, _ = w.Write(text)
}

// change changes what is there, while nobody is answered.
func (g *tiny) change(do func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = nil
	do()
}

// reads collects by settings of incidents and REST, an hour after the time before.
func (g *tiny) reads(t *testing.T, l *sourcetest.Ledger, projects ...string) error {
	t.Helper()
	own := incidents(projects...)
	own.URL, own.API = g.URL, gitlab.APIREST
	g.hour++
	return l.Collect(t.Context(), open(source.Given{Secrets: map[string]string{"token": replayToken}}, own, at(when("05 00:00").Add(time.Duration(g.hour)*time.Hour).Format(time.RFC3339))), time.Time{})
}

// standing are the events that count, by id.
func standing(l *sourcetest.Ledger) []string { return slices.Sorted(maps.Keys(l.Facts())) }

func TestWhatIsDeletedIsWithdrawnAndWhatComesBackCounts(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	for i := range int64(45) {
		p.deploy(200+i, "02 10:"+strconv.FormatInt(10+i, 10))
		p.request(10+i, "02 11:"+strconv.FormatInt(10+i, 10))
		p.issue(70+i, "02 12:"+strconv.FormatInt(10+i, 10))
	}
	g := newTiny(t, p)
	l := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "health/api"))
	whole := standing(l)
	require.Len(t, whole, 2+46+45+45)
	kept := map[string][]row{}
	g.change(func() {
		for name, rows := range p.lists {
			kept[name] = rows
			p.lists[name] = slices.Concat(rows[:3], rows[4:])
		}
	})
	require.NoError(t, g.reads(t, l, "health/api"))
	for _, e := range []dora.Event{l.Events["deployment health/api:deployment:202"], l.Events["change health/api:merge_request:13"], l.Events["incident health/api:issue:73"]} {
		require.NotNil(t, e)
	}
	assert.True(t, l.Events["deployment health/api:deployment:202"].(*dora.Deployment).Withdrawn)
	assert.True(t, l.Events["change health/api:merge_request:13"].(*dora.Change).Withdrawn)
	assert.True(t, l.Events["incident health/api:issue:73"].(*dora.Incident).Withdrawn)
	requests := len(g.asked)

	g.change(func() { p.deploy(300, "03 10:00") })
	require.NoError(t, g.reads(t, l, "health/api"))
	assert.Less(t, len(g.asked), requests, "what is new is not taken for what is missing")

	g.change(func() {
		p.lists["deployments"] = slices.Concat(kept["deployments"], p.lists["deployments"][len(p.lists["deployments"])-1:])
		p.lists["merge_requests"], p.lists["issues"] = kept["merge_requests"], kept["issues"]
	})
	require.NoError(t, g.reads(t, l, "health/api"))
	assert.Len(t, standing(l), len(whole)+1)
}

func TestAProjectKeepsItsHistoryWhateverItIsCalled(t *testing.T) {
	t.Parallel()
	for name, leads := range map[string]bool{"GitLab leads from the old name": true, "GitLab does not know the old name": false} {
		t.Run(name, func(t *testing.T) {
			p := newProject(1, "health/api")
			p.request(5, "02 08:30")
			g := newTiny(t, p)
			l := sourcetest.NewLedger()
			require.NoError(t, g.reads(t, l, "health/api"))
			g.change(func() {
				p.path = "health/booking/slots"
				if leads {
					p.leads = []string{"health/api"}
				}
			})
			require.NoError(t, g.reads(t, l, "health/api"))
			old := l.Events["repository health/api"].(*dora.Repository)
			assert.True(t, old.Withdrawn)
			assert.Equal(t, "health/booking/slots", old.Moved)
			now := l.Events["repository health/booking/slots"].(*dora.Repository)
			assert.Equal(t, "health/api", now.Formerly[0].Name)
			assert.Contains(t, l.Events, "deployment health/booking/slots:deployment:101")
			assert.Contains(t, l.Events, "change health/booking/slots:merge_request:5")
			before := len(l.Events)
			require.NoError(t, g.reads(t, l, "health/api"))
			assert.Len(t, l.Events, before)
		})
	}
}

func TestAGroupsProjectsComeAndGo(t *testing.T) {
	t.Parallel()
	api, web := newProject(1, "health/api"), newProject(2, "health/booking/web")
	g := newTiny(t, api, web)
	l := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "health/**"))
	assert.Contains(t, l.Events, "deployment health/api:deployment:101")
	assert.Contains(t, l.Events, "deployment health/booking/web:deployment:201")

	g.change(func() { g.projects = []*tinyProject{api} })
	require.NoError(t, g.reads(t, l, "health/**"))
	assert.True(t, l.Events["repository health/booking/web"].(*dora.Repository).Withdrawn)
	assert.False(t, l.Events["repository health/api"].(*dora.Repository).Withdrawn)

	g.change(func() { g.projects = []*tinyProject{api, web} })
	require.NoError(t, g.reads(t, l, "health/**"))
	assert.False(t, l.Events["repository health/booking/web"].(*dora.Repository).Withdrawn, "it is there again")

	g.change(func() {
		g.before = func(w http.ResponseWriter, _ *http.Request, path string) bool {
			if strings.HasPrefix(path, "/groups/") {
				w.WriteHeader(http.StatusInternalServerError)
				return true
			}
			return false
		}
	})
	require.Error(t, g.reads(t, l, "health/**"))
	assert.False(t, l.Events["repository health/booking/web"].(*dora.Repository).Withdrawn, "a list that was not read tells of nobody's end")
}

func TestANameThatMeansAnotherProjectForgetsWhatItMeant(t *testing.T) {
	t.Parallel()
	first := newProject(1, "health/api")
	g := newTiny(t, first)
	l := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "health/**"))
	second := newProject(2, "health/api")
	g.change(func() { first.path = "health/old"; g.projects = append(g.projects, second) })
	require.NoError(t, g.reads(t, l, "health/**"))
	assert.Equal(t, []string{"health/api"}, l.Forgotten)
	assert.Contains(t, l.Events, "deployment health/api:deployment:201")
	assert.NotContains(t, l.Events, "deployment health/api:deployment:101")
	assert.Contains(t, l.Events, "deployment health/old:deployment:101")
	assert.False(t, l.Events["repository health/api"].(*dora.Repository).Began.IsZero())
}

func TestOneListThatIsRefusedCostsNoOther(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	p.request(5, "02 08:30")
	g := newTiny(t, p, newProject(2, "health/web"))
	g.before = func(w http.ResponseWriter, _ *http.Request, path string) bool {
		if path == "/projects/1/deployments" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"message":"403 Forbidden"}`))
			return true
		}
		return false
	}
	l := sourcetest.NewLedger()
	failure := failed(t, g.reads(t, l, "health/api", "health/web"))
	assert.Equal(t, source.CausePermission, failure.Cause)
	assert.Equal(t, "health/api", failure.Part)
	assert.Contains(t, failure.Error(), "role Reporter")
	assert.Contains(t, l.Events, "change health/api:merge_request:5")
	assert.Contains(t, l.Events, "deployment health/web:deployment:201")
}

func TestAnAnswerThatIsNotWhatItShouldBeIsAnErrorAndNoFigure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, says string }{
		"an order that was not asked for":   {`[{"id":2,"sha":"b","status":"success","created_at":"2026-11-02T09:00:00Z","updated_at":"2026-11-02T11:00:00Z","environment":{"name":"p"}},{"id":1,"sha":"a","status":"success","created_at":"2026-11-02T09:00:00Z","updated_at":"2026-11-02T10:00:00Z","environment":{"name":"p"}}]`, "not in the order that was asked for"},
		"a hole":                            {`[null]`, "null in place of an entry"},
		"an object where a list should be":  {`{}`, "another form"},
		"a deployment without a commit":     {`[{"id":2,"status":"success","created_at":"2026-11-02T09:00:00Z","updated_at":"2026-11-02T11:00:00Z","environment":{"name":"p"}}]`, "sha is missing"},
		"a deployment into no environment":  {`[{"id":2,"sha":"b","status":"success","created_at":"2026-11-02T09:00:00Z","updated_at":"2026-11-02T11:00:00Z"}]`, "environment.name is missing"},
		"a time that is none":               {`[{"id":2,"sha":"b","status":"success","created_at":"yesterday","updated_at":"2026-11-02T11:00:00Z","environment":{"name":"p"}}]`, "a text stands where a time should"},
		"a refusal of a parameter (an 400)": {``, "GitLab refused the request for deployments"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newTiny(t, newProject(1, "health/api"))
			g.before = func(w http.ResponseWriter, _ *http.Request, path string) bool {
				if path != "/projects/1/deployments" {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Gitlab-Meta", "{}")
				if c.body == "" {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = w.Write([]byte("{\"message\":\"400 Bad request - `updated_at` filter requires `updated_at` sort\"}"))
				}
				_, _ = w.Write([]byte(c.body))
				return true
			}
			l := sourcetest.NewLedger()
			failure := failed(t, g.reads(t, l, "health/api"))
			assert.Equal(t, source.CauseAnswer, failure.Cause)
			assert.Contains(t, failure.Error(), c.says)
			assert.Empty(t, sourcetest.Of[*dora.Deployment](l))
			if c.body == "" {
				assert.Contains(t, failure.Error(), "requires `updated_at` sort")
			}
			g.change(func() { g.before = nil })
			require.NoError(t, g.reads(t, l, "health/api"))
			assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1)
		})
	}
}

func TestEveryListIsAskedForInTheOrderThatItsFilterDemands(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	g := newTiny(t, p)
	filtered := 0
	g.before = func(_ http.ResponseWriter, r *http.Request, path string) bool {
		if r.URL.Query().Has("updated_after") {
			filtered++
			assert.Equal(t, "updated_at", r.URL.Query().Get("order_by"), path)
		}
		return false
	}
	l := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "health/api"))
	g.change(func() {
		for i := range int64(30) {
			p.deploy(500+i, "03 10:"+strconv.FormatInt(10+i, 10))
		}
	})
	require.NoError(t, g.reads(t, l, "health/api"))
	assert.Positive(t, filtered)
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 31, "more than a page of what is new")
}

func TestWhatMovesWhileAListIsReadIsMet(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	for i := range int64(350) {
		p.deploy(1000+i, when("02 10:00").Add(time.Duration(i)*time.Second).Format("02 15:04"))
		p.lists["deployments"][i+1]["updated_at"] = when("02 10:00").Add(time.Duration(i) * time.Second)
	}
	g := newTiny(t, p)
	moved := 0
	g.before = func(_ http.ResponseWriter, _ *http.Request, path string) bool {
		if path == "/projects/1/deployments" && moved < 3 {
			// Between two pages an entry that was read changes, and moves to the end; one before it is deleted.
			rows := p.lists["deployments"]
			rows[10+moved]["updated_at"] = when("03 00:00").Add(time.Duration(moved) * time.Minute)
			p.lists["deployments"] = slices.Concat(rows[:5], rows[6:])
			moved++
		}
		return false
	}
	l := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "health/api"))
	require.NoError(t, g.reads(t, l, "health/api"))
	fresh := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, fresh, "health/api"))
	assert.Equal(t, standing(fresh), standing(l))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 348)
}

func TestAnEnvironmentThatGetsAnotherTierTakesItsDeploymentsWithIt(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	p.lists["environments"] = []row{{"id": int64(1), "name": "production", "tier": "staging", "updated_at": when("01 00:00")}}
	g := newTiny(t, p)
	byTier := given()
	byTier.Served = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "gitlab", Tier: "production", Environment: dora.MustPattern(".*")}}}}
	own := incidents("health/api")
	own.URL, own.API = g.URL, gitlab.APIREST
	l := sourcetest.NewLedger()
	for _, tier := range []string{"staging", "production"} {
		g.change(func() { p.lists["environments"][0]["tier"] = tier })
		require.NoError(t, l.Collect(t.Context(), open(byTier, own, at(afterAll)), time.Time{}))
		assert.Equal(t, tier, sourcetest.Of[*dora.Deployment](l)["health/api:deployment:101"].Tier)
	}
	g.change(func() { p.lists["environments"] = nil })
	require.NoError(t, l.Collect(t.Context(), open(byTier, own, at(afterAll)), time.Time{}))
	assert.Equal(t, "production", sourcetest.Of[*dora.Deployment](l)["health/api:deployment:101"].Tier, "one that is gone keeps what it had")
}
