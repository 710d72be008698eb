package bitbucket_test

import (
	"crypto/sha1" //nolint:gosec // as git names objects
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/bitbucket"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// tiny is a workspace of a few repositories, in which a test may do what a replay of a history cannot.
type tiny struct {
	mu           sync.Mutex
	repositories []*tinyRepository
	asked        []string
}

type tinyRepository struct {
	id, name    string
	pushed      time.Time
	commits     []row // the newest first
	requests    []row // by their change
	activity    map[int][]row
	deployments []row
	pipelines   []row // the newest first
	project     string
}

func sha(label string) string {
	sum := sha1.Sum([]byte(label)) //nolint:gosec // as git names objects
	return hex.EncodeToString(sum[:])
}

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

func person(name string) row { return row{"display_name": name, "nickname": name, "type": "user"} }

// newRepository has one commit that runs in production.
func newRepository(name string) *tinyRepository {
	r := &tinyRepository{id: "{" + name + "}", name: "health/" + name, activity: map[int][]row{}}
	r.commit(name, "02 08:00")
	r.deploy(1, "02 09:00", "SUCCESSFUL")
	return r
}

func (r *tinyRepository) commit(label, at string) {
	parents := []row{}
	if len(r.commits) > 0 {
		parents = append(parents, row{"hash": r.commits[0]["hash"]})
	}
	r.commits = append([]row{{"hash": sha(label), "date": when(at), "message": label, "author": row{"raw": "dev-1 <dev-1@example.invalid>"}, "parents": parents}}, r.commits...)
	r.pushed = when(at)
}

func (r *tinyRepository) request(id int, at string) {
	r.requests = append(r.requests, row{
		"id": id, "title": "Change " + strconv.Itoa(id), "state": "MERGED", "author": person("dev-1"), "created_on": when(at).Add(-time.Hour), "updated_on": when(at),
		"merge_commit": row{"hash": r.commits[0]["hash"].(string)[:12]}, "source": row{"branch": row{"name": "b"}}, "destination": row{"branch": row{"name": "main"}},
	})
	r.activity[id] = []row{
		{"update": row{"state": "MERGED", "date": when(at)}},
		{"approval": row{"date": when(at).Add(-time.Minute), "user": person("dev-2")}},
		{"comment": row{"created_on": when(at).Add(-2 * time.Minute), "user": row{"display_name": "lint", "type": "app_user"}}},
		{"update": row{"state": "OPEN", "date": when(at).Add(-time.Hour)}},
	}
}

// deploy is a pipeline that deploys the newest commit; without a result it goes on.
func (r *tinyRepository) deploy(number int, at, result string) {
	id := "{d" + strconv.Itoa(number) + "}"
	state := row{"name": "IN_PROGRESS", "started_on": when(at)}
	pipeline := row{"uuid": "{p" + strconv.Itoa(number) + "}", "created_on": when(at), "state": row{"name": "IN_PROGRESS"}, "target": row{"ref_type": "tag", "ref_name": "v1." + strconv.Itoa(number) + ".0"}}
	updated := when(at)
	if result != "" {
		updated = when(at).Add(2 * time.Minute)
		state = row{"name": "COMPLETED", "status": row{"name": result}, "started_on": when(at), "completed_on": updated}
		pipeline["state"], pipeline["completed_on"] = row{"name": "COMPLETED", "result": row{"name": result}}, updated
	}
	r.deployments = slices.DeleteFunc(r.deployments, func(d row) bool { return d["uuid"] == id })
	r.deployments = append(r.deployments, row{
		"uuid": id, "number": number, "environment": row{"name": "Production", "environment_type": row{"name": "Production"}},
		"release": row{"commit": row{"hash": r.commits[0]["hash"]}, "pipeline": row{"uuid": pipeline["uuid"]}, "created_on": when(at)}, "state": state, "last_update_time": updated,
	})
	r.pipelines = slices.DeleteFunc(r.pipelines, func(p row) bool { return p["uuid"] == pipeline["uuid"] })
	r.pipelines = append([]row{pipeline}, r.pipelines...)
}

func (r *tinyRepository) record() row {
	return row{"uuid": r.id, "full_name": r.name, "mainbranch": row{"name": "main"}, "updated_on": r.pushed, "links": row{"html": row{"href": "https://bitbucket.example/" + r.name}}, "project": row{"key": r.project}}
}

func (g *tiny) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path := strings.TrimPrefix(request.URL.Path, "/2.0/repositories/")
	g.asked = append(g.asked, path)
	parts := strings.Split(path, "/")
	if len(parts) == 1 && parts[0] == "health" {
		rows := []row{}
		for _, r := range g.repositories {
			rows = append(rows, r.record())
		}
		list(w, request, rows)
		return
	}
	for _, r := range g.repositories {
		if len(parts) > 1 && r.name == parts[0]+"/"+parts[1] && r.answer(w, request, parts[2:]) {
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"type":"error","error":{"message":"Resource not found"}}`))
}

func (r *tinyRepository) answer(w http.ResponseWriter, request *http.Request, parts []string) bool {
	query := request.URL.Query()
	from := func(name string) int {
		if name == "main" {
			return 0
		}
		return slices.IndexFunc(r.commits, func(c row) bool { return strings.HasPrefix(c["hash"].(string), name) })
	}
	switch strings.Join(parts, "/") {
	case "":
		tell(w, r.record())
		return true
	case "commits":
		begin, end := from(query.Get("include")), len(r.commits)
		if exclude := query.Get("exclude"); exclude != "" {
			end = from(exclude)
		}
		if begin < 0 || end < 0 {
			return false
		}
		list(w, request, r.commits[min(begin, end):end])
		return true
	case "pullrequests":
		_, text, early := strings.Cut(query.Get("q"), "< ")
		if !early {
			_, text, _ = strings.Cut(query.Get("q"), ">= ")
		}
		at, _ := time.Parse(time.RFC3339Nano, text)
		list(w, request, slices.DeleteFunc(slices.Clone(r.requests), func(p row) bool { return p["updated_on"].(time.Time).Before(at) != early }))
		return true
	case "pipelines":
		list(w, request, r.pipelines)
		return true
	case "deployments":
		list(w, request, r.deployments)
		return true
	}
	if len(parts) == 2 && parts[0] == "commit" {
		if i := from(parts[1]); i >= 0 {
			tell(w, r.commits[i])
			return true
		}
		return false
	}
	if len(parts) != 3 || parts[0] != "pullrequests" {
		return false
	}
	id, _ := strconv.Atoi(parts[1])
	switch parts[2] {
	case "commits":
		list(w, request, []row{{"hash": sha("own" + parts[1]), "date": when("02 07:00")}})
	case "activity":
		list(w, request, r.activity[id])
	}
	return true
}

func list(w http.ResponseWriter, r *http.Request, rows []row) {
	begin, _ := strconv.Atoi(r.URL.Query().Get("page"))
	width, _ := strconv.Atoi(r.URL.Query().Get("pagelen"))
	begin = min(begin, len(rows))
	end := min(len(rows), begin+width)
	body := row{"values": append([]row{}, rows[begin:end]...), "pagelen": width}
	if end < len(rows) {
		next := *r.URL
		query := next.Query()
		query.Set("page", strconv.Itoa(end))
		next.RawQuery, next.Scheme, next.Host = query.Encode(), "http", r.Host
		body["next"] = next.String()
	}
	tell(w, body)
}

func tell(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(text)
}

// read serves the workspace and reads it.
func (g *tiny) read(t *testing.T, l *sourcetest.Ledger, since time.Time) {
	t.Helper()
	server := httptest.NewServer(g)
	defer server.Close()
	given := source.Given{ID: "bitbucket", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": replayToken}}
	s := bitbucket.New(given, bitbucket.Settings{URL: server.URL + "/2.0", Repositories: []string{"health/*"}}, bitbucket.WithPace(standintest.At(standintest.AfterAll)))
	require.NoError(t, l.Collect(t.Context(), s, since))
}

func deployments(l *sourcetest.Ledger) (found []*dora.Deployment, unseen int) {
	for _, e := range l.Events {
		if d, is := e.(*dora.Deployment); is && !d.Withdrawn {
			if d.Unseen > 0 {
				unseen += d.Unseen
				continue
			}
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *dora.Deployment) int { return a.Created.Compare(b.Created) })
	return found, unseen
}
