package world

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The project that incidents are kept in, and the type of those issues in it that are incidents.
const (
	jiraProject  = "REF"
	jiraIncident = "10100"
	jiraRequest  = "10101"
)

// Jira speaks the REST of a Jira Data Center with one project: issues by the conditions that are asked for, with what changed
// their status.
func (w *World) Jira(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(), secret: bearer,
		refused: shape{"message": "Client must be authenticated to access this resource."}, absent: shape{"errorMessages": []string{"It does not exist."}},
	}
	const root = "GET /rest/api/2/"
	for path, answer := range map[string]any{
		"serverInfo": shape{"deploymentType": "Server", "baseUrl": "https://jira.example-health.org", "version": "10.3.1"},
		"myself":     shape{"key": "live-dora", "name": "live-dora"},
		"project":    []any{shape{"id": "10000", "key": jiraProject, "name": "Referrals"}},
		"issuetype":  []any{shape{"id": jiraIncident, "name": "Incident"}, shape{"id": jiraRequest, "name": "Service Request"}},
		"field":      []any{shape{"id": "customfield_10050", "name": "Severity"}, shape{"id": "components", "name": "Component/s"}},
		"status":     []any{jiraStatus(false), jiraStatus(true)},
	} {
		t.knows(root+path, func(*asked) any { return answer })
	}
	t.knows(root+"issue/{id}", func(a *asked) any {
		for _, i := range a.world.tracked("jira") {
			if strconv.FormatInt(i.id, 10) == a.PathValue("id") {
				return jiraShown(i)
			}
		}
		return nil
	})
	t.knows("POST /rest/api/2/search", (*asked).jiraSearch)
	return t.speak(token)
}

// jiraStatus is one of two: work on the issue goes on, or is over.
func jiraStatus(over bool) shape {
	if over {
		return shape{"id": "6", "name": "Closed", "statusCategory": shape{"key": "done"}}
	}
	return shape{"id": "3", "name": "Work in progress", "statusCategory": shape{"key": "indeterminate"}}
}

func jiraTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.000-0700")
}

func jiraType(i *issue) string {
	if i.isIncident() {
		return jiraIncident
	}
	return jiraRequest
}

func jiraShown(i *issue) any {
	histories := []any{}
	for _, e := range i.events {
		if over, moved := map[string]bool{"ClosedEvent": true, "ReopenedEvent": false}[e.kind]; moved {
			from, to := jiraStatus(!over), jiraStatus(over)
			histories = append(histories, shape{"id": strconv.FormatInt(e.id, 10), "created": jiraTime(e.at), "items": []any{shape{
				"field": "status", "from": from["id"], "fromString": from["name"], "to": to["id"], "toString": to["name"],
			}}})
		}
	}
	fields := shape{
		"summary": i.title, "description": i.body, "project": shape{"id": "10000", "key": jiraProject, "name": "Referrals"}, "issuetype": shape{"id": jiraType(i), "subtask": false},
		"status": jiraStatus(!i.closed.IsZero()), "labels": []any{}, "versions": []any{}, "fixVersions": []any{}, "issuelinks": []any{}, "components": []any{shape{"id": "10200", "name": i.repo.name}},
		"created": jiraTime(i.created), "updated": jiraTime(i.updated), "resolutiondate": jiraTime(i.closed),
	}
	if level := i.sev(); level != "" {
		fields["customfield_10050"] = shape{"id": level, "value": level}
	}
	return shape{"id": strconv.FormatInt(i.id, 10), "key": jiraProject + "-" + strconv.Itoa(i.number), "fields": fields, "changelog": shape{"histories": histories}}
}

var (
	jiraSince = regexp.MustCompile(`updated >= (\d+)`)
	jiraIDs   = regexp.MustCompile(`\bid in \(([^)]*)\)`)
	jiraTypes = regexp.MustCompile(`issuetype in \(([^)]*)\)`)
)

// jiraSearch gives the issues that a condition finds, as far as it is one of types, ids and the last change.
func (a *asked) jiraSearch() any {
	var question struct {
		JQL        string
		StartAt    int
		MaxResults int
	}
	if json.NewDecoder(http.MaxBytesReader(nil, a.Body, longestQuery)).Decode(&question) != nil {
		return nil
	}
	among := func(form *regexp.Regexp, value string) bool {
		found := form.FindStringSubmatch(question.JQL)
		return found == nil || slices.ContainsFunc(strings.Split(found[1], ","), func(each string) bool { return strings.Trim(each, ` "`) == value })
	}
	since := time.Time{}
	if found := jiraSince.FindStringSubmatch(question.JQL); found != nil {
		milliseconds, _ := strconv.ParseInt(found[1], 10, 64) // digits
		since = time.UnixMilli(milliseconds)
	}
	list := slices.DeleteFunc(a.world.tracked("jira"), func(i *issue) bool {
		return !among(jiraIDs, strconv.FormatInt(i.id, 10)) || !among(jiraTypes, jiraType(i)) || i.updated.Before(since)
	})
	if strings.Contains(question.JQL, "ORDER BY updated") {
		slices.SortStableFunc(list, func(a, b *issue) int { return a.updated.Compare(b.updated) })
	}
	width := min(1000, max(1, question.MaxResults))
	page := []any{}
	for _, i := range list[min(len(list), question.StartAt):min(len(list), question.StartAt+width)] {
		page = append(page, jiraShown(i))
	}
	return shape{"startAt": question.StartAt, "maxResults": width, "total": len(list), "issues": page}
}
