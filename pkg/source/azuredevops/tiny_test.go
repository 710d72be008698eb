package azuredevops_test

import (
	"crypto/sha1" //nolint:gosec // as git names objects
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// tiny is an organisation of a few objects, in which a test may delete, rename and move what a replay of a history cannot.
type tiny struct {
	mu       sync.Mutex
	projects []*tinyProject
	asked    []string
	since    time.Time // of readings
	served   []dora.Service
	// before is called ahead of each answer; it may answer itself, and then says true.
	before func(w http.ResponseWriter, r *http.Request, path string) bool
}

type tinyProject struct {
	id, name     string
	environment  string
	repositories []*tinyRepository
	records      []row // the newest first
	builds       map[int64]row
	items        []row
	// timelines are of runs by number, and of earlier attempts by number/id.
	timelines map[string][]row
}

type tinyRepository struct {
	id, name string
	commits  []row // the newest first
	beside   []row // one that the newest of them leads to, and the branch does not
	requests []row
	disabled bool
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

func person(name string) row {
	return row{"id": "id-" + name, "displayName": name, "uniqueName": name + "@example.invalid", "descriptor": "aad." + name}
}

// newProject has a repository of one commit that runs in production.
func newProject(id, name string) *tinyProject {
	p := &tinyProject{id: id, name: name, environment: "production", builds: map[int64]row{}}
	p.repositories = []*tinyRepository{{id: id + "-r1", name: "api"}}
	p.commit(id, "02 08:00")
	p.deploy(101, "02 09:00", "succeeded")
	return p
}

func (p *tinyProject) commit(label, at string) {
	r := p.repositories[0]
	parents := []string{}
	if len(r.commits) > 0 {
		parents = []string{r.commits[0]["commitId"].(string)}
	}
	by := row{"name": "dev-1", "date": when(at)}
	r.commits = append([]row{{"commitId": sha(label), "author": by, "committer": by, "comment": label, "parents": parents}}, r.commits...)
}

// deploy is a run whose stage has a job for each of some results.
func (p *tinyProject) deploy(id int64, at string, results ...string) {
	p.builds[id] = row{
		"id": id, "reason": "individualCI", "sourceBranch": "refs/heads/main", "sourceVersion": p.repositories[0].commits[0]["commitId"], "requestedFor": person("dev-9"),
		"definition": row{"id": 1, "name": "deploy"}, "repository": row{"id": p.repositories[0].id, "type": "TfsGit"},
	}
	p.stage(id, 1, at, results...)
}

func (p *tinyProject) stage(id int64, attempt int, at string, results ...string) {
	for i, result := range results {
		record := row{
			"id": id*100 + int64(attempt)*10 + int64(i), "stageName": "Deploy", "jobName": "job" + strconv.Itoa(i), "stageAttempt": attempt, "jobAttempt": 1,
			"definition": row{"id": 1, "name": "deploy"}, "owner": row{"id": id, "name": strconv.FormatInt(id, 10)}, "queueTime": when(at), "startTime": when(at),
		}
		if result != "" {
			record["result"], record["finishTime"] = result, when(at).Add(time.Duration(i+1)*time.Minute)
		}
		p.records = append([]row{record}, p.records...)
	}
}

func (p *tinyProject) request(id int64, at string) {
	r := p.repositories[0]
	r.requests = append([]row{{
		"pullRequestId": id, "status": "completed", "createdBy": person("dev-1"), "creationDate": when(at).Add(-time.Hour), "closedDate": when(at), "title": "Change " + strconv.FormatInt(id, 10),
		"sourceRefName": "refs/heads/b", "targetRefName": "refs/heads/main", "lastMergeCommit": row{"commitId": r.commits[0]["commitId"]},
	}}, r.requests...)
}

func (p *tinyProject) item(id int64, at string) {
	p.items = append(p.items, row{"id": id, "fields": row{
		"System.WorkItemType": "Issue", "System.State": "Active", "System.Title": "Outage", "System.Tags": "incident; api", "System.AreaPath": p.name,
		"System.CreatedDate": when(at), "System.ChangedDate": when(at), "System.Description": "<div>It is down<br>for all &amp; everybody</div>",
	}})
}

func (g *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/org")
	g.asked = append(g.asked, path)
	if g.before != nil && g.before(w, r, path) {
		return
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, p := range g.projects {
		switch {
		case parts[0] == "_apis" && len(parts) == 3 && (strings.EqualFold(parts[2], p.name) || parts[2] == p.id):
			tell(w, row{"id": p.id, "name": p.name})
			return
		case parts[0] == p.id && len(parts) > 3:
			if p.answer(w, r, parts[2:]) {
				return
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"message":"TF200016: it does not exist"}`))
}

func (p *tinyProject) answer(w http.ResponseWriter, r *http.Request, parts []string) bool {
	switch strings.Join(parts[:2], "/") {
	case "git/repositories":
		if len(parts) == 2 {
			rows := []row{}
			for _, each := range p.repositories {
				rows = append(rows, row{"id": each.id, "name": each.name, "defaultBranch": "refs/heads/main", "webUrl": "https://dev.azure.example/" + each.name, "isDisabled": each.disabled})
			}
			list(w, rows)
			return true
		}
		for _, each := range p.repositories {
			if each.id == parts[2] {
				return each.answer(w, r, parts[3:])
			}
		}
	case "distributedtask/environments":
		if len(parts) == 2 {
			list(w, []row{{"id": 1, "name": p.environment}})
			return true
		}
		rows := p.records
		if token := r.URL.Query().Get("continuationToken"); token != "" {
			from, _ := strconv.ParseInt(token, 10, 64)
			rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r["id"].(int64) > from })
		}
		if top, _ := strconv.Atoi(r.URL.Query().Get("top")); top > 0 && len(rows) > top {
			w.Header().Set("X-MS-ContinuationToken", strconv.FormatInt(rows[top]["id"].(int64), 10))
			rows = rows[:top]
		}
		list(w, rows)
		return true
	case "build/builds":
		if len(parts) > 3 { // …/101/timeline
			if records := p.timelines[strings.Join(slices.Delete(slices.Clone(parts[2:]), 1, 2), "/")]; records != nil {
				tell(w, row{"records": records})
			} else {
				w.WriteHeader(http.StatusNoContent)
			}
			return true
		}
		rows := []row{}
		if status := r.URL.Query().Get("statusFilter"); status != "" {
			list(w, p.runs(status, r.URL.Query().Get("minTime")))
			return true
		}
		if definitions := r.URL.Query().Get("definitions"); definitions != "" {
			list(w, p.newestOf(strings.Split(definitions, ",")))
			return true
		}
		for id := range strings.SplitSeq(r.URL.Query().Get("buildIds"), ",") {
			number, _ := strconv.ParseInt(id, 10, 64)
			if b := p.builds[number]; b != nil {
				rows = append(rows, b)
			}
		}
		list(w, rows)
		return true
	case "wit/wiql":
		var asked struct{ Query string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		since := time.Time{}
		if found := changedSince.FindStringSubmatch(asked.Query); found != nil {
			since, _ = time.Parse(time.RFC3339Nano, found[1])
		}
		rows := []row{}
		for _, item := range p.items {
			fields := item["fields"].(row)
			if strings.Contains(fields["System.Tags"].(string), "incident") && !fields["System.ChangedDate"].(time.Time).Before(since) {
				rows = append(rows, row{"id": item["id"]})
			}
		}
		tell(w, row{"workItems": rows})
		return true
	case "wit/workitemsbatch":
		var asked struct{ IDs []int64 }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		rows := []any{}
		for _, id := range asked.IDs {
			i := slices.IndexFunc(p.items, func(item row) bool { return item["id"] == id })
			if i < 0 {
				rows = append(rows, nil)
			} else {
				rows = append(rows, p.items[i])
			}
		}
		tell(w, row{"count": len(rows), "value": rows})
		return true
	}
	return false
}

// newestOf are the newest runs of some pipelines.
func (p *tinyProject) newestOf(pipelines []string) (rows []row) {
	for _, pipeline := range pipelines {
		var newest row
		for _, b := range p.builds {
			if id := b["definition"].(row)["id"].(int); strconv.Itoa(id) == pipeline && (newest == nil || b["id"].(int64) > newest["id"].(int64)) {
				newest = b
			}
		}
		if newest != nil {
			rows = append(rows, newest)
		}
	}
	return rows
}

// runs are those that finished since a time, or that are under way.
func (p *tinyProject) runs(status, since string) []row {
	from, _ := time.Parse(time.RFC3339Nano, since)
	rows := []row{}
	for _, b := range p.builds {
		finished, over := b["finishTime"].(time.Time)
		if over == (status == "completed") && (!over || !finished.Before(from)) {
			rows = append(rows, b)
		}
	}
	return rows
}

var changedSince = regexp.MustCompile(`ChangedDate\] >= '([^']+)'`)

func (r *tinyRepository) answer(w http.ResponseWriter, request *http.Request, parts []string) bool {
	query := request.URL.Query()
	from := func(label string) []row {
		for i, c := range r.commits {
			if c["commitId"] == label {
				return r.commits[i:]
			}
		}
		if len(r.beside) > 0 && r.beside[0]["commitId"] == label {
			return append(slices.Clone(r.beside), r.commits...)
		}
		return nil
	}
	number := func(key string) int {
		n, _ := strconv.Atoi(query.Get(key))
		return n
	}
	cut := func(rows []row, prefix string) {
		begin := min(len(rows), number(prefix+"$skip"))
		list(w, rows[begin:min(len(rows), begin+number(prefix+"$top"))])
	}
	switch {
	case parts[0] == "refs":
		if len(r.commits) == 0 {
			list(w, []row{})
		} else {
			list(w, []row{{"name": "refs/heads/main", "objectId": r.commits[0]["commitId"]}})
		}
	case parts[0] == "commits" && len(parts) == 1:
		item, compare := from(query.Get("searchCriteria.itemVersion.version")), from(query.Get("searchCriteria.compareVersion.version"))
		if item == nil {
			return false
		}
		if query.Has("searchCriteria.compareVersion.version") {
			if compare == nil {
				return false
			}
			item = compare[:max(0, len(compare)-len(item))]
		}
		bare := []row{}
		for _, c := range item {
			bare = append(bare, row{"commitId": c["commitId"], "author": c["author"], "committer": c["committer"], "comment": c["comment"]})
		}
		cut(bare, "searchCriteria.")
	case parts[0] == "commits":
		found := from(parts[1])
		if found == nil {
			return false
		}
		tell(w, found[0])
	case parts[0] == "pullrequests":
		rows := []row{}
		minimum, _ := time.Parse(time.RFC3339Nano, query.Get("searchCriteria.minTime"))
		maximum, _ := time.Parse(time.RFC3339Nano, query.Get("searchCriteria.maxTime"))
		for _, each := range r.requests {
			if at := each["closedDate"].(time.Time); !at.Before(minimum) && !at.After(maximum) {
				rows = append(rows, each)
			}
		}
		cut(rows, "")
	case parts[0] == "pullrequestquery":
		var asked struct{ Queries []struct{ Items []string } }
		_ = json.NewDecoder(request.Body).Decode(&asked)
		found := row{}
		for _, each := range r.requests {
			if at := each["lastMergeCommit"].(row)["commitId"].(string); slices.Contains(asked.Queries[0].Items, at) {
				found[at] = []row{each}
			}
		}
		tell(w, row{"results": []row{found}})
	case len(parts) == 3 && parts[2] == "commits":
		list(w, []row{{"commitId": sha("own"), "author": row{"name": "dev-1", "date": when("02 07:00")}, "committer": row{"name": "dev-1", "date": when("02 07:00")}}})
	case len(parts) == 3 && parts[2] == "threads":
		list(w, []row{
			{"id": 1, "publishedDate": when("02 07:30"), "properties": row{"CodeReviewThreadType": row{"$value": "VoteUpdate"}, "CodeReviewVoteResult": row{"$value": "10"}, "CodeReviewVotedByIdentity": row{"$value": "1"}}, "identities": row{"1": person("dev-2")}},
		})
	default:
		return false
	}
	return true
}

func list(w http.ResponseWriter, rows []row) { tell(w, row{"count": len(rows), "value": rows}) }

func tell(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-TFS-ProcessId", "1")
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(text)
}

// reads serves the organisation and reads it by settings of one project.
func (g *tiny) reads(t *testing.T, l *sourcetest.Ledger, now string, change func(*azuredevops.Settings)) error {
	t.Helper()
	server := httptest.NewServer(g)
	defer server.Close()
	own := tagged("health")
	own.URL = server.URL + "/org"
	with := given()
	with.Served = g.served
	if change != nil {
		change(&own)
	}
	return l.Collect(t.Context(), open(with, own, at(now)), g.since)
}
