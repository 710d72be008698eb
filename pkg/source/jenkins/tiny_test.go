package jenkins_test

import (
	"crypto/sha1" //nolint:gosec // as git names objects
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jenkins"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

type row map[string]any

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

// tiny is a controller of a few jobs, by their full names. Multibranch projects are folders that are named as such.
type tiny struct {
	mu       sync.Mutex
	jobs     map[string]*tinyJob
	branches map[string]bool
	asked    []string
	// before is called ahead of each answer; it may answer itself, and then says true.
	before func(w http.ResponseWriter, r *http.Request) bool
	since  time.Time
	served []dora.Service
	queue  int64
}

type tinyJob struct {
	class  string
	builds []row // the newest first
	next   int64
	stages map[int64][]row
}

func newTiny(names ...string) *tiny {
	g := &tiny{jobs: map[string]*tinyJob{}, branches: map[string]bool{}}
	for _, name := range names {
		g.jobs[name] = &tinyJob{class: "org.jenkinsci.plugins.workflow.job.WorkflowJob", next: 1, stages: map[int64][]row{}}
	}
	return g
}

// data is what a checkout leaves at a build.
func data(label, branch string, remotes ...string) row {
	return row{"_class": "hudson.plugins.git.util.BuildData", "remoteUrls": remotes, "lastBuiltRevision": row{"SHA1": sha(label), "branch": []row{{"SHA1": sha(label), "name": branch}}}}
}

const (
	remote  = "https://github.com/health/api.git"
	library = "https://github.com/health/pipeline-library.git"
)

// run adds a build that began at a time and took some minutes. A result that is empty has not come yet.
func (g *tiny) run(job, label, at, result string, minutes int, actions ...row) row {
	j := g.jobs[job]
	g.queue++
	if len(actions) == 0 {
		actions = []row{{}, data("library", "main", library), data(label, "refs/remotes/origin/main", remote), {"_class": "org.jenkinsci.plugins.displayurlapi.actions.RunDisplayAction"}}
	}
	b := row{
		"number": j.next, "queueId": 1_000_000 + g.queue, "timestamp": when(at).UnixMilli(), "duration": int64(minutes) * 60_000, "building": result == "", "result": result,
		"url": "https://ci.example.org/" + job + "/" + strconv.FormatInt(j.next, 10) + "/", "actions": actions,
	}
	if result == "" {
		b["result"], b["duration"] = nil, 0
	}
	j.next++
	j.builds = append([]row{b}, j.builds...)
	return b
}

// end has a build end.
func end(b row, result string, minutes int) {
	b["building"], b["result"], b["duration"] = false, result, int64(minutes)*60_000
}

// discard has Jenkins keep the newest builds of a job alone.
func (g *tiny) discard(job string, keep int) {
	j := g.jobs[job]
	j.builds = slices.Clone(j.builds[:min(keep, len(j.builds))])
}

func parameters(pairs ...string) row {
	var list []row
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, row{"name": pairs[i], "value": pairs[i+1]})
	}
	return row{"_class": "hudson.model.ParametersAction", "parameters": list}
}

var ranged = regexp.MustCompile(`^(builds|allBuilds)\[.*\]\{(\d+),(\d+)\}$`)

func (g *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.URL.Path)
	w.Header().Set("X-Jenkins", "2.516.3")
	if g.before != nil && g.before(w, r) {
		return
	}
	var names []string
	rest := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for len(rest) > 1 && rest[0] == "job" {
		name, _ := url.PathUnescape(rest[1])
		names, rest = append(names, name), rest[2:]
	}
	full, path := strings.Join(names, "/"), strings.Join(rest, "/")
	job := g.jobs[full]
	switch {
	case job == nil && path == "api/json":
		if folder := g.folder(full); folder != nil {
			g.tell(w, folder)
			return
		}
	case job == nil:
	case path == "api/json":
		g.page(w, full, job, r.URL.Query().Get("tree"))
		return
	case path == "wfapi/runs":
		list := []row{}
		for _, b := range job.builds[:min(10, len(job.builds))] {
			list = append(list, job.stagesOf(b))
		}
		g.tell(w, list)
		return
	default:
		number, what, _ := strings.Cut(path, "/")
		for _, b := range job.builds {
			if strconv.FormatInt(b["number"].(int64), 10) != number {
				continue
			}
			if what == "api/json" {
				g.tell(w, b)
				return
			}
			if what == "wfapi/describe" && job.class == "org.jenkinsci.plugins.workflow.job.WorkflowJob" {
				g.tell(w, job.stagesOf(b))
				return
			}
		}
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte("<html>Not Found</html>"))
}

func (j *tinyJob) stagesOf(b row) row {
	stages := j.stages[b["number"].(int64)]
	if stages == nil {
		stages = []row{}
	}
	return row{"id": strconv.FormatInt(b["number"].(int64), 10), "stages": stages}
}

func (g *tiny) page(w http.ResponseWriter, full string, job *tinyJob, tree string) {
	found := ranged.FindStringSubmatch(tree)
	if found == nil {
		g.tell(w, g.item(full, job))
		return
	}
	from, _ := strconv.Atoi(found[2])
	to, _ := strconv.Atoi(found[3])
	builds := job.builds
	if found[1] == "builds" {
		builds = builds[:min(100, len(builds))]
	}
	g.tell(w, row{"_class": job.class, found[1]: append([]row{}, builds[min(from, len(builds)):min(to, len(builds))]...)})
}

func (g *tiny) item(full string, job *tinyJob) row {
	name := full[strings.LastIndexByte(full, '/')+1:]
	it := row{"_class": job.class, "name": name, "fullName": full, "nextBuildNumber": job.next, "lastBuild": nil}
	if len(job.builds) > 0 {
		it["lastBuild"] = row{"_class": "WorkflowRun", "number": job.builds[0]["number"], "timestamp": job.builds[0]["timestamp"]}
	}
	return it
}

// folder is what lies below a name; nil where nothing does.
func (g *tiny) folder(full string) row {
	class := "com.cloudbees.hudson.plugins.folder.Folder"
	if g.branches[full] {
		class = "org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject"
	}
	it := row{"_class": class, "name": full[strings.LastIndexByte(full, '/')+1:], "fullName": full}
	jobs := []row{}
	below := map[string]bool{}
	for name, job := range g.jobs {
		rest := name
		if full != "" {
			var within bool
			if rest, within = strings.CutPrefix(name, full+"/"); !within {
				continue
			}
		}
		first, _, deeper := strings.Cut(rest, "/")
		path := strings.TrimPrefix(full+"/"+first, "/")
		if !deeper {
			jobs = append(jobs, g.item(name, job))
		} else if !below[path] {
			below[path] = true
			jobs = append(jobs, g.folder(path))
		}
	}
	if len(jobs) == 0 && full != "" {
		return nil
	}
	it["jobs"] = jobs
	return it
}

func (g *tiny) tell(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(text)
}

// production has everything below deploy in production.
func production() jenkins.Settings {
	return jenkins.Settings{User: replayUser, Repositories: []string{"health/api"}, Jobs: []string{"deploy/** -> production"}}
}

// reads serves the controller and reads it at a time.
func (g *tiny) reads(t *testing.T, l *sourcetest.Ledger, now string, change func(*jenkins.Settings)) error {
	t.Helper()
	server := httptest.NewServer(g)
	defer server.Close()
	own := production()
	own.URL = server.URL
	if change != nil {
		change(&own)
	}
	with := given()
	with.Served = g.served
	g.asked = nil
	return l.Collect(t.Context(), open(with, own, jenkins.WithPace(standintest.AtTime(when(now)))), g.since)
}

// finished are when deployments finished, by the number of their build; zero of those that did not.
func finished(t *testing.T, l *sourcetest.Ledger) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		at := ""
		if !d.Finished().IsZero() {
			at = d.Finished().Format("02 15:04")
		}
		if d.Unseen > 0 {
			at = strconv.Itoa(d.Unseen) + " unseen"
		}
		key := d.Environment + " " + d.Run
		require.NotContains(t, found, key)
		found[key] = at
	}
	return found
}

var _ source.Source = (*jenkins.Source)(nil)
