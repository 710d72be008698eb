package plugin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func api(t *testing.T) (viewer, editor, admin *program) {
	t.Helper()
	_, i := tiny(t)
	return programs(t, i)
}

func TestProgramsReadServicesTeamsAndEnvironments(t *testing.T) {
	viewer, _, _ := api(t)
	var services struct {
		Items []struct {
			Name, Team                              string
			Deployments, Failed, Incidents, Waiting int
			Teams, Repositories, Environments       []string
			LatestDeployment                        string
		}
	}
	viewer.get("v1/services").is(http.StatusOK, &services)
	require.Len(t, services.Items, 2)
	booking := services.Items[0]
	assert.Equal(t, "booking access", booking.Name+" "+booking.Team)
	assert.Equal(t, []int{5, 2, 2, 1}, []int{booking.Deployments, booking.Failed, booking.Incidents, booking.Waiting})
	assert.Equal(t, []string{"example-health/booking"}, booking.Repositories)
	assert.Equal(t, []string{"production"}, booking.Environments)
	assert.Equal(t, "2024-01-17T09:00:00Z", booking.LatestDeployment)

	assert.Equal(t, []string{"access"}, booking.Teams)
	assert.Equal(t, []string{"records"}, viewer.get("v1/services?team=care").listed("name"))
	assert.Equal(t, []string{"access", "care"}, viewer.get("v1/teams").listed("name"))
	assert.Equal(t, []string{"booking", "records"}, viewer.get("v1/owners").listed("service"))
	assert.Empty(t, viewer.get("v1/owners/gaps").listed("about"), "everything is somebody's")
	assert.Equal(t, []string{"production", "staging"}, viewer.get("v1/environments").listed("name"))
	assert.Equal(t, []string{"true", "false"}, viewer.get("v1/environments").listed("production"))
	assert.Equal(t, []string{"github"}, viewer.get("v1/collection").listed("id"))
}

func TestProgramsAskTheSameQuestionsAsPanels(t *testing.T) {
	viewer, _, _ := api(t)
	const question = `{"metric":"change_failure_rate","bucket":"quarter","groupBy":["service"]}`
	var asked, posted map[string]any
	viewer.get("v1/metrics?from=2024-01-01&to=2024-04-01&q="+url.QueryEscape(question)).is(http.StatusOK, &asked)
	viewer.post("v1/metrics", strings.TrimSuffix(question, "}")+`,"from":"2024-01-01","to":"2024-04-01"}`).is(http.StatusOK, &posted)
	assert.Equal(t, asked, posted)
	series := asked["series"].([]any)
	require.Len(t, series, 2)
	booking := series[0].(map[string]any)
	assert.Equal(t, map[string]any{"service": "booking"}, booking["labels"])
	point := booking["points"].([]any)[0].(map[string]any)
	assert.InDelta(t, 0.4, point["value"], 1e-9)
	assert.InDelta(t, 2, point["k"], 0)
	assert.InDelta(t, 5, point["n"], 0)
	viewer.get("v1/metrics").is(http.StatusOK, nil)
	viewer.get("v1/metrics?q="+url.QueryEscape(`{"queryType":"stages","format":"numeric"}`)).is(http.StatusOK, nil)
}

func TestListsComeInPagesThatFitTogether(t *testing.T) {
	viewer, _, _ := api(t)
	whole := viewer.get("v1/deployments").listed("id")
	require.Len(t, whole, 7)
	assert.Equal(t, "github:example-health/records:deployment:202", whole[0], "the newest first")
	var gathered []string
	for path := "v1/deployments?limit=2"; ; {
		answer := viewer.get(path)
		gathered = append(gathered, answer.listed("id")...)
		var page struct{ Next string }
		answer.is(http.StatusOK, &page)
		if page.Next == "" {
			break
		}
		path = "v1/deployments?limit=2&cursor=" + page.Next
	}
	assert.Equal(t, whole, gathered)

	assert.Equal(t, []string{"github:example-health/booking:deployment:104", "github:example-health/booking:deployment:103"},
		viewer.get("v1/deployments?status=recovered&service=booking&from=2024-01-01&to=2024-02-01").listed("id"))
	assert.Equal(t, []string{"Show allergies first", ""}, viewer.get("v1/changes?service=records").listed("title"), "the last is a commit without a pull request")
	assert.Equal(t, []string{"502"}, viewer.get("v1/incidents?state=open").listed("number"))
	assert.Equal(t, []string{"501"}, viewer.get("v1/incidents?state=resolved&from=2024-01-08T22:00:00Z&to=2024-01-09").listed("number"))
	assert.Empty(t, viewer.get("v1/incidents?service=unheard-of").listed("number"))
}

func TestFactsAreTheLinesOfTheFactsCommand(t *testing.T) {
	viewer, _, _ := api(t)
	answer := viewer.get("v1/facts?service=booking")
	require.Equal(t, http.StatusOK, answer.status)
	kinds := map[string]int{}
	for line := range strings.Lines(string(answer.body)) {
		var fact struct{ Kind string }
		require.NoError(t, json.Unmarshal([]byte(line), &fact), line)
		kinds[fact.Kind]++
	}
	assert.Equal(t, 5, kinds["deployment"])
	assert.Equal(t, 1, kinds["failed_run"])
	assert.Equal(t, 2, kinds["incident"])
	assert.Equal(t, 1, kinds["waiting"])
	assert.Positive(t, kinds["unmeasured"])
}

func TestWhatDidNotChangeIsNotSentAgain(t *testing.T) {
	viewer, _, _ := api(t)
	for _, path := range []string{"v1/services", "v1/teams", "v1/environments", "v1/deployments?limit=1", "v1/changes", "v1/incidents", "v1/facts", "v1/metrics?from=2024-01-01&to=2024-02-01"} {
		viewer.headers = http.Header{}
		tag := viewer.get(path).is(http.StatusOK, nil).headers.Get("Etag")
		require.NotEmpty(t, tag, path)
		viewer.headers.Set("If-None-Match", tag)
		again := viewer.get(path)
		assert.Equal(t, http.StatusNotModified, again.status, path)
		assert.Empty(t, again.body)
	}
}

func TestMistakesNameTheFieldAndWhatIsAllowed(t *testing.T) {
	viewer, _, _ := api(t)
	for _, c := range []struct {
		path   string
		status int
		field  string
		says   string
	}{
		{"v1/nothing", 404, "", "v1/openapi.json lists what there is"},
		{"v2/services", 404, "", "v1/openapi.json"},
		{"v1/services?sevrice=x", 400, "sevrice", "allowed: service, team, environment, repository"},
		{"v1/deployments?limit=0", 400, "limit", "allowed: 1 to 1000"},
		{"v1/deployments?limit=5000", 400, "limit", "allowed: 1 to 1000"},
		{"v1/deployments?cursor=xyz", 400, "cursor", "allowed: what the page before gave"},
		{"v1/deployments?status=good", 400, "status", "allowed: ok, failed, recovered"},
		{"v1/deployments?from=yesterday", 400, "from", "allowed: 2026-01-31"},
		{"v1/deployments?from=2024-02-01&to=2024-01-01", 400, "to", "not after from"},
		{"v1/deployments?from=2024-02-01&from=2024-01-01", 400, "from", "allowed: once"},
		{"v1/metrics?q=" + url.QueryEscape(`{"metric":"velocity"}`), 400, "metric", "allowed: deployment_frequency"},
		{"v1/metrics?q=" + url.QueryEscape(`{"queryType":"events"}`), 400, "queryType", "v1/deployments"},
		{"v1/metrics?q=[", 400, "the query", "not a JSON object"},
		{"v1/metrics?from=1999-01-01&to=2026-01-01", 400, "from", "allowed: 20 years"},
	} {
		viewer.get(c.path).refused(c.status, c.field, c.says)
	}
	viewer.post("v1/metrics", `{"from":5}`).refused(400, "from", "allowed: 2026-01-31")
	viewer.post("v1/metrics", `nonsense`).refused(400, "", "not a JSON object")
	viewer.post("v1/services", ``).refused(405, "", "allowed: GET")
}

func TestEachRoleDoesWhatItMayAndNoMore(t *testing.T) {
	_, i := tiny(t)
	viewer, editor, admin := programs(t, i)
	nobody := &program{T: t, instance: i, headers: http.Header{}, router: viewer.router}
	stranger := &program{T: t, instance: i, role: "None", headers: http.Header{}, router: viewer.router}
	var described struct {
		Paths map[string]map[string]struct {
			Role string `json:"x-role"`
		}
	}
	viewer.get("v1/openapi.json").is(http.StatusOK, &described)
	require.NotEmpty(t, described.Paths)
	rank := map[string]int{"Viewer": 0, "Editor": 1, "Admin": 2}
	for path, methods := range described.Paths {
		path = strings.TrimPrefix(path, "/")
		for method, operation := range methods {
			method = strings.ToUpper(method)
			needed, known := rank[operation.Role]
			require.True(t, known, "%s %s has the role %q", method, path, operation.Role)
			nobody.send(method, path, nil).refused(401, "", "nobody is logged in")
			stranger.send(method, path, nil).refused(403, "", "needs the role "+operation.Role)
			for has, p := range []*program{viewer, editor, admin} {
				answer := p.send(method, path, nil)
				if has < needed {
					answer.refused(403, "", "needs the role "+operation.Role)
				} else {
					assert.NotContains(t, []int{401, 403}, answer.status, "%s %s as %s", method, path, p.role)
				}
			}
		}
	}
}

func TestAProblemWithTheSettingsIsToldToPrograms(t *testing.T) {
	g := start(t)
	viewer, _, _ := programs(t, g.save("dora", `{"sources":[{"id":"github","type":"gitea"}]}`))
	viewer.get("v1/services").refused(http.StatusServiceUnavailable, "", `sources[0].type: "gitea" is not allowed`)
}
