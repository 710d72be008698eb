package jira_test

import (
	"cmp"
	"encoding/json"
	"fmt"
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
	"github.com/livedora/dora-datasource/pkg/source/jira"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

type row map[string]any

// tiny is a Jira of a few issues, in which a test may delete, move and link what a replay of a history cannot.
type tiny struct {
	mu       sync.Mutex
	cloud    bool
	projects []row
	types    []row
	fields   []row
	statuses []row
	issues   []*tinyIssue
	cap      int // rows of a page
	asked    []string
	address  string
	// index hides issues that are there, as an index does that is being built; indexed gives the version that it has of one.
	index   func(*tinyIssue) bool
	indexed func(*tinyIssue) time.Time
	// before is called ahead of each answer; it may answer itself, and then says true.
	before func(w http.ResponseWriter, r *http.Request, body string) bool
}

type tinyIssue struct {
	id, key, project, kind, status string
	created, updated               time.Time
	fields                         row
	history                        []row
	links                          []row
	remote                         []string
	broken                         bool
}

const (
	opened, working, solved, closed, watched = "1", "3", "5", "6", "7"
)

func newTiny(cloud bool) *tiny {
	status := func(id, name, category string) row {
		return row{"id": id, "name": name, "statusCategory": row{"key": category}}
	}
	return &tiny{
		cloud: cloud, cap: 1000,
		projects: []row{{"id": "10", "key": "OPS", "name": "Operations"}, {"id": "20", "key": "PAY", "name": "Payments"}},
		types:    []row{{"id": "100", "name": "[System] Incident"}, {"id": "101", "name": "Bug"}, {"id": "102", "name": "Incident"}},
		fields: []row{
			{"id": "priority", "name": "Priority"}, {"id": "components", "name": "Components"}, {"id": "customfield_1", "name": "Severity"},
			{"id": "customfield_2", "name": "Affected services"}, {"id": "customfield_3", "name": "PagerDuty incident"}, {"id": "customfield_5", "name": "Began"}, {"id": "customfield_6", "name": "Restored"}, {"id": "customfield_4", "name": "Severity"},
		},
		statuses: []row{
			status(opened, "Open", "new"), status(working, "In Progress", "indeterminate"), status(solved, "Resolved", "done"), status(closed, "Closed", "done"), status(watched, "Monitoring", "indeterminate"),
		},
	}
}

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

// open opens an incident in a project of which the key is given.
func (j *tiny) open(id int, key, at string) *tinyIssue {
	project, _, _ := strings.Cut(key, "-")
	i := &tinyIssue{id: strconv.Itoa(id), key: key, project: project, kind: "100", status: opened, created: when(at), updated: when(at), fields: row{"summary": "It is down", "labels": []string{}}}
	j.issues = append(j.issues, i)
	return i
}

// to moves an issue to a status.
func (i *tinyIssue) to(status, at string) *tinyIssue {
	i.changed(at, row{"field": "status", "fieldId": "status", "fieldtype": "jira", "from": i.status, "to": status, "fromString": "a", "toString": "b"})
	i.status = status
	return i
}

func (i *tinyIssue) changed(at string, item row) {
	i.updated = when(at)
	i.history = append(i.history, row{"id": strconv.Itoa(len(i.history) + 1), "created": when(at), "items": []row{item}})
}

func (i *tinyIssue) set(field string, value any) *tinyIssue {
	i.fields[field] = value
	return i
}

func (i *tinyIssue) edit(field string, value any, at string) {
	i.set(field, value).changed(at, row{"field": field, "fieldId": field})
}

// duplicates links two issues.
func (i *tinyIssue) duplicates(other *tinyIssue, at string) {
	kind := row{"name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}
	i.links = append(i.links, row{"type": kind, "outwardIssue": row{"id": other.id, "key": other.key}})
	other.links = append(other.links, row{"type": kind, "inwardIssue": row{"id": i.id, "key": i.key}})
	i.changed(at, row{"field": "Link"})
}

const jiraTime = "2006-01-02T15:04:05.000-0700"

var newYork = time.FixedZone("", -5*3600)

func (j *tiny) told(i *tinyIssue, changelog bool) row {
	at := i.updated
	if j.indexed != nil {
		at = j.indexed(i)
	}
	fields := row{
		"created": i.created.In(newYork).Format(jiraTime), "updated": at.In(newYork).Format(jiraTime), "project": row{"id": i.project, "key": i.project},
		"issuetype": row{"id": i.kind, "subtask": i.kind == "103"}, "issuelinks": i.links, "description": nil, "resolutiondate": nil,
	}
	for _, status := range j.statuses {
		if status["id"] == i.status {
			fields["status"] = status
		}
	}
	for key, value := range i.fields {
		fields[key] = value
	}
	if i.broken {
		fields["created"] = "long ago"
	}
	told := row{"id": i.id, "key": i.key, "fields": fields}
	if changelog {
		histories := []row{}
		for _, h := range i.history {
			items := []row{}
			for _, item := range h["items"].([]row) {
				bare := row{}
				for key, value := range item {
					if key != "fieldId" {
						bare[key] = value
					}
				}
				items = append(items, bare)
			}
			histories = append(histories, row{"id": h["id"], "created": h["created"].(time.Time).In(newYork).Format(jiraTime), "items": items})
		}
		told["changelog"] = row{"histories": histories}
	}
	return told
}

func (j *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/rest/api/2")
	body := new(strings.Builder)
	if r.Body != nil {
		_, _ = fmt.Fprint(body, read(r))
	}
	j.asked = append(j.asked, path)
	w.Header().Set("X-AREQUESTID", "1")
	if j.before != nil && j.before(w, r, body.String()) {
		return
	}
	switch {
	case path == "/serverInfo":
		tell(w, row{"deploymentType": map[bool]string{true: "Cloud", false: "Server"}[j.cloud], "baseUrl": "https://jira.example"})
	case path == "/myself":
		tell(w, row{"key": "collector", "name": "collector"})
	case path == "/project" && !j.cloud:
		tell(w, j.projects)
	case path == "/project/search" && j.cloud:
		tell(w, row{"values": j.projects, "total": len(j.projects), "isLast": true})
	case path == "/issuetype":
		tell(w, j.types)
	case path == "/field":
		tell(w, j.fields)
	case path == "/status":
		tell(w, j.statuses)
	case path == "/search" && !j.cloud, path == "/search/jql" && j.cloud:
		j.search(w, body.String())
	case path == "/changelog/bulkfetch" && j.cloud:
		j.changelogs(w, body.String())
	case strings.HasPrefix(path, "/issue/"):
		j.issue(w, path)
	default:
		refuse(w, http.StatusNotFound, "null for uri")
	}
}

func read(r *http.Request) string {
	var text json.RawMessage
	_ = json.NewDecoder(r.Body).Decode(&text)
	return string(text)
}

func (j *tiny) issue(w http.ResponseWriter, path string) {
	parts := strings.Split(path, "/")
	for _, i := range j.issues {
		if i.id != parts[2] {
			continue
		}
		if len(parts) > 3 {
			links := []row{}
			for _, url := range i.remote {
				links = append(links, row{"object": row{"url": url, "title": "elsewhere"}})
			}
			tell(w, links)
			return
		}
		tell(w, row{"id": i.id, "key": i.key, "fields": row{"updated": i.updated.Format(jiraTime)}})
		return
	}
	refuse(w, http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
}

var (
	inList     = regexp.MustCompile(`(project|issuetype|id|resolution not) in \(([^)]*)\)`)
	since      = regexp.MustCompile(`updated >= (\d+)`)
	labelled   = regexp.MustCompile(`labels = (\w+)`)
	orderField = regexp.MustCompile(`ORDER BY (\w+)`)
)

func (j *tiny) matching(w http.ResponseWriter, jql string) ([]*tinyIssue, bool) {
	lists := map[string][]string{}
	for _, found := range inList.FindAllStringSubmatch(jql, -1) {
		for each := range strings.SplitSeq(found[2], ",") {
			lists[found[1]] = append(lists[found[1]], strings.Trim(strings.TrimSpace(each), `"`))
		}
	}
	from := int64(0)
	if found := since.FindStringSubmatch(jql); found != nil {
		from, _ = strconv.ParseInt(found[1], 10, 64)
	}
	for _, id := range lists["id"] {
		if !slices.ContainsFunc(j.issues, func(i *tinyIssue) bool { return i.id == id }) {
			refuse(w, http.StatusBadRequest, "An issue with key '"+id+"' does not exist for field 'id'.")
			return nil, false
		}
	}
	if strings.Contains(jql, "nonsense") {
		refuse(w, http.StatusBadRequest, "Field 'nonsense' does not exist or you do not have permission to view it.")
		return nil, false
	}
	var found []*tinyIssue
	for _, i := range j.issues {
		resolution, _ := i.fields["resolution"].(row)
		switch label := labelled.FindStringSubmatch(jql); {
		case j.index != nil && !j.index(i):
		case lists["project"] != nil && !slices.Contains(lists["project"], i.project), lists["issuetype"] != nil && !slices.Contains(lists["issuetype"], i.kind):
		case lists["id"] != nil && !slices.Contains(lists["id"], i.id), i.updated.UnixMilli() < from:
		case label != nil && !slices.Contains(i.fields["labels"].([]string), label[1]):
		case resolution != nil && slices.Contains(lists["resolution not"], resolution["name"].(string)):
		default:
			found = append(found, i)
		}
	}
	order := orderField.FindStringSubmatch(jql)[1]
	slices.SortStableFunc(found, func(a, b *tinyIssue) int {
		switch order {
		case "updated":
			return cmp.Or(a.updated.Compare(b.updated), cmp.Compare(a.key, b.key))
		case "created":
			return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.key, b.key))
		}
		return cmp.Compare(a.key, b.key)
	})
	return found, true
}

func (j *tiny) search(w http.ResponseWriter, body string) {
	var asked struct {
		JQL           string
		Fields        []string
		MaxResults    int
		StartAt       int
		NextPageToken string
		Expand        []string
	}
	_ = json.Unmarshal([]byte(body), &asked)
	all, ok := j.matching(w, asked.JQL)
	if !ok {
		return
	}
	start := asked.StartAt
	if asked.NextPageToken != "" { // it holds the last issue that was given
		start = 1 + slices.IndexFunc(all, func(i *tinyIssue) bool { return i.id == asked.NextPageToken })
	}
	start = min(start, len(all))
	page := all[start:min(len(all), start+min(asked.MaxResults, j.cap))]
	rows := []row{}
	for _, i := range page {
		if len(asked.Fields) == 1 && asked.Fields[0] == "id" {
			rows = append(rows, row{"id": i.id})
		} else {
			rows = append(rows, j.told(i, slices.Contains(asked.Expand, "changelog")))
		}
	}
	answer := row{"issues": rows}
	switch more := start+len(page) < len(all); {
	case !j.cloud:
		answer["total"], answer["startAt"] = len(all), start
	case more:
		answer["isLast"], answer["nextPageToken"] = false, page[len(page)-1].id
	default:
		answer["isLast"] = true
	}
	tell(w, answer)
}

// changelogs gives changes by time, of several issues on a page; one without any is left out.
func (j *tiny) changelogs(w http.ResponseWriter, body string) {
	var asked struct {
		IssueIDsOrKeys []string
		FieldIDs       []string
		NextPageToken  string
	}
	_ = json.Unmarshal([]byte(body), &asked)
	type entry struct {
		issue string
		row   row
	}
	var all []entry
	for _, i := range j.issues {
		for _, h := range i.history {
			if slices.Contains(asked.IssueIDsOrKeys, i.id) && slices.ContainsFunc(h["items"].([]row), func(item row) bool { return slices.Contains(asked.FieldIDs, fmt.Sprint(item["fieldId"])) }) {
				all = append(all, entry{i.id, row{"id": h["id"], "created": h["created"].(time.Time).UnixMilli(), "items": h["items"]}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.row["created"].(int64), b.row["created"].(int64)) })
	start, _ := strconv.Atoi(asked.NextPageToken)
	page := all[min(start, len(all)):min(len(all), start+j.cap)]
	logs := []row{}
	for _, e := range page {
		logs = append(logs, row{"issueId": e.issue, "changeHistories": []row{e.row}})
	}
	answer := row{"issueChangeLogs": logs}
	if start+len(page) < len(all) {
		answer["nextPageToken"] = strconv.Itoa(start + len(page))
	}
	tell(w, answer)
}

func tell(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(text)
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	text, _ := json.Marshal(row{"errorMessages": []string{message}, "errors": row{}})
	_, _ = w.Write(text)
}

// at is a clock that stands at an instant of November 2026 and does not wait.
func at(now string) jira.Option { return jira.WithPace(standintest.AtTime(when(now))) }

// reads serves the Jira and reads on, with settings that may be changed.
func (j *tiny) reads(t *testing.T, l *sourcetest.Ledger, change ...func(*jira.Settings)) error {
	t.Helper()
	return l.Collect(t.Context(), j.source(t, change...), time.Time{})
}

func (j *tiny) source(t *testing.T, change ...func(*jira.Settings)) *jira.Source {
	t.Helper()
	if j.address == "" { // a site has one address
		server := httptest.NewServer(j)
		t.Cleanup(server.Close)
		j.address = server.URL
	}
	own := settings(j.address, map[bool]string{true: cloud, false: dataCenter}[j.cloud])
	own.Projects = []string{"OPS", "PAY"}
	for _, each := range change {
		each(&own)
	}
	return open(own, at("30 12:00"))
}

// incidents are those that count, by key.
func incidents(l *sourcetest.Ledger) map[string]*dora.Incident {
	found := map[string]*dora.Incident{}
	for _, e := range l.Events {
		if i := e.(*dora.Incident); !i.Withdrawn {
			found[i.Key] = i
		}
	}
	return found
}
