package plugin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const hookSecret = "a-secret-of-webhooks"

// pipelines is a data source that reads nothing: pipelines and alerts tell it everything.
func pipelines(t *testing.T, more ...string) (viewer, editor, admin *program) {
	t.Helper()
	g := start(t)
	store, err := json.Marshal(map[string]string{"path": filepath.Join(t.TempDir(), "dora.db")})
	require.NoError(t, err)
	return programs(t, g.saveWith("dora", told(append([]string{`"store":` + string(store)}, more...)...), map[string]string{"webhooks.secret": hookSecret}))
}

func told(more ...string) string {
	return `{` + strings.Join(append([]string{`"sources":[{"id":"ci","type":"webhook"},{"id":"alerts","type":"alertmanager"}]`}, more...), ",") + `}`
}

const api1 = `"services":[{"name":"api","team":"access","deployments":[{"source":"ci","repository":"example-health/api"}],"incidents":[{"source":"ci","service":"api"},{"source":"alerts","service":"api"}]}]`

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at(after time.Duration) string { return monday.Add(after).Format(time.RFC3339) }

func sha(n int) string { return fmt.Sprintf("%040x", n) }

// success is a deployment of version n that succeeded some time after Monday morning.
func success(id string, n int, after time.Duration, more string) string {
	return fmt.Sprintf(`{"id":%q,"repository":"example-health/api","environment":"production","sha":%q,"branch":"main","status":"success","at":%q%s}`, id, sha(n), at(after), more)
}

// waitFor asks until an answer satisfies: what is posted is stored at once, and seen within a moment.
func (p *program) waitFor(path string, true func(answered) bool) {
	p.Helper()
	require.Eventually(p, func() bool { return true(p.get(path)) }, time.Minute, 20*time.Millisecond)
}

func (p *program) waitForMany(path, key string, want ...string) {
	p.Helper()
	p.waitFor(path, func(a answered) bool { return strings.Join(a.listed(key), " ") == strings.Join(want, " ") })
}

func TestAPipelineAloneGivesAllFiveMetrics(t *testing.T) {
	viewer, editor, _ := pipelines(t, api1)
	commit := func(n int, after time.Duration) string {
		return fmt.Sprintf(`{"sha":%q,"parents":%q,"authored":%q}`, sha(n), sha(n-1), at(after))
	}
	var posted struct {
		Stored, Unchanged int
		IDs               []string
	}
	editor.post("v1/deployments?source=ci", success("1", 1, 0, `,"commits":[`+strings.Replace(commit(1, -time.Hour), sha(0), "", 1)+`]`)).is(http.StatusOK, &posted)
	assert.Equal(t, []string{"ci:deployment:1"}, posted.IDs)
	assert.Equal(t, 3, posted.Stored, "with its commit, and where the main line is")
	editor.post("v1/deployments?source=ci", `[`+
		success("2", 3, 10*time.Hour, `,"commits":[`+commit(2, 4*time.Hour)+`,`+commit(3, 6*time.Hour)+`]`)+`,`+
		success("3", 1, 12*time.Hour, "")+`]`).is(http.StatusOK, &posted)
	editor.post("v1/changes?source=ci", fmt.Sprintf(`{"repository":"example-health/api","number":7,"title":"Offer the next free slot","author":"dev-01",
		"opened":%q,"merged":%q,"mergeCommit":%q,"commits":[{"sha":%q,"authored":%q}],"reviews":[{"author":"dev-02","state":"approved","at":%q}]}`,
		at(3*time.Hour), at(6*time.Hour), sha(3), sha(100), at(2*time.Hour), at(5*time.Hour))).is(http.StatusOK, nil)
	editor.post("v1/incidents?source=ci", fmt.Sprintf(`{"id":"INC-1","service":"api","title":"Searches time out","opened":%q,"resolved":%q,"severity":"2"}`,
		at(11*time.Hour), at(12*time.Hour))).is(http.StatusOK, nil)

	viewer.waitForMany("v1/incidents", "id", "ci:incident:INC-1")
	assert.Equal(t, []string{"ci:deployment:3", "ci:deployment:2", "ci:deployment:1"}, viewer.get("v1/deployments").listed("id"))
	assert.Equal(t, []string{"ci:deployment:2"}, viewer.get("v1/deployments?status=recovered").listed("id"), "rolled back, and followed by an incident")
	assert.Contains(t, viewer.get("v1/changes").listed("leadSeconds"), fmt.Sprint(8*3600), "from its first commit to production")
	assert.Contains(t, viewer.get("v1/changes").listed("leadSeconds"), fmt.Sprint(6*3600), "a commit without a pull request")
	for metric, value := range map[string]float64{"deployment_frequency": 3, "change_failure_rate": 1. / 3, "rework_rate": 1. / 3, "recovery_time": 2 * 3600} {
		var answer struct {
			Series []struct{ Points []struct{ Value *float64 } }
		}
		viewer.post("v1/metrics", `{"metric":"`+metric+`","format":"numeric","from":"2026-03-01","to":"2026-03-08"}`).is(http.StatusOK, &answer)
		require.NotNil(t, answer.Series[0].Points[0].Value, metric)
		assert.InDelta(t, value, *answer.Series[0].Points[0].Value, 1e-9, metric)
	}
}

func TestPostingAgainChangesNothingAndOrderDoesNotMatter(t *testing.T) {
	viewer, editor, _ := pipelines(t, api1)
	var posted struct{ Stored, Unchanged int }
	first := success("1", 1, 5*time.Minute, "")
	editor.post("v1/deployments?source=ci", first).is(http.StatusOK, &posted)
	for range 3 {
		editor.post("v1/deployments?source=ci", first).is(http.StatusOK, &posted)
		assert.Equal(t, 0, posted.Stored)
		assert.Equal(t, 1, posted.Unchanged)
	}
	for status, after := range map[string]time.Duration{"running": time.Minute, "waiting": 0, "failure": time.Hour} {
		late := strings.NewReplacer(`"success"`, `"`+status+`"`, at(5*time.Minute), at(after)).Replace(first)
		editor.post("v1/deployments?source=ci", late).is(http.StatusOK, &posted)
		assert.Equal(t, 1, posted.Stored, status)
	}
	viewer.waitForMany("v1/deployments", "finished", at(5*time.Minute))
}

func TestWhatIsPostedIsLookedAtStrictly(t *testing.T) {
	viewer, editor, _ := pipelines(t, api1)
	good := success("1", 1, 0, "")
	change := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	incident := fmt.Sprintf(`{"id":"1","service":"api","title":"Down","opened":%q}`, at(0))
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct {
		path, body string
		status     int
		field      string
		says       string
	}{
		{"deployments?source=ci", ``, 400, "the body", "is empty"},
		{"deployments?source=ci", good[:50], 400, "the body", "cut off"},
		{"deployments?source=ci", good + good, 400, "the body", "more behind its end"},
		{"deployments?source=ci", "{\"id\":\"\xff\"}", 400, "the body", "is not UTF-8"},
		{"deployments?source=ci", `[]`, 400, "the body", "empty list"},
		{"deployments?source=ci", `7`, 400, "the event", "is no object; allowed: an object with id, repository"},
		{"deployments?source=ci", `[` + good + `,{"id":"2"}]`, 400, "[1].repository", "is missing"},
		{"deployments?source=ci", change(`"id"`, `"identifier"`), 400, "identifier", "there is no such key; allowed: id, repository"},
		{"deployments?source=ci", change(`"id":"1"`, `"id":"a:b"`), 400, "id", "allowed: 1 to 200 letters"},
		{"deployments?source=ci", change(sha(1), "v1.0"), 400, "sha", "40 lower-case hexadecimal digits"},
		{"deployments?source=ci", change(`"success"`, `"succeeded"`), 400, "status", "allowed: waiting, running, success, failure"},
		{"deployments?source=ci", change(at(0), "yesterday"), 400, "at", "allowed: RFC 3339"},
		{"deployments?source=ci", change(at(0), soon), 400, "at", "is in the future"},
		{"deployments?source=ci", change(at(0), "1970-01-01T00:00:00Z"), 400, "at", "too long ago"},
		{"deployments?source=ci", change(`"id"`, `"created":"`+at(time.Hour)+`","id"`), 400, "at", "is before created"},
		{"deployments?source=ci", change(`"status":"success",`, ``), 400, "status", "is missing"},
		{"deployments?source=ci", change(`"id"`, `"tag":"v1","id"`), 400, "tag", "one of the two"},
		{"deployments?source=ci", change(`"id"`, `"url":"javascript:alert(1)","id"`), 400, "url", "allowed: an address with https://"},
		{"deployments?source=ci", change(`"production"`, `"`+strings.Repeat("p", 300)+`"`), 400, "environment", "has 300 bytes; allowed: up to 255"},
		{"deployments?source=ci", change(`"id"`, `"commits":[{"sha":"`+sha(1)+`","parents":"zero","authored":"`+at(0)+`"}],"id"`), 400, "commits[0].parents", "40 lower-case"},
		{"deployments?source=ci", `[` + strings.Repeat(good+`,`, 1000) + good + `]`, 400, "the body", "1001 events are too many; allowed: 1000"},
		{"deployments?source=elsewhere", good, 400, "source", "allowed: ci"},
		{"deployments?source=alerts", good, 400, "source", "allowed: a source of type webhook"},
		{"deployments", good, 400, "source", "is missing"},
		{"deployments?source=ci&service=api", good, 400, "service", "there is no such parameter; allowed: source"},
		{"deployments?source=ci", change("example-health/api", "example-health/ap"), 422, "repository", `no service is deployed from "example-health/ap" of source ci`},
		{"incidents?source=ci", strings.Replace(incident, `"api"`, `"apple"`, 1), 422, "service", `no service has incidents of source ci with service "apple"`},
		{"incidents?source=ci", strings.Replace(incident, `"title"`, `"resolved":"2026-03-01T00:00:00Z","title"`, 1), 400, "resolved", "is before opened"},
		{"incidents?source=ci", strings.Replace(incident, `Down`, strings.Repeat("Down ", 300), 1), 400, "title", "allowed: up to 1000"},
		{"changes?source=ci", `{"repository":"example-health/api","number":0}`, 400, "number", "allowed: the number"},
	} {
		editor.post("v1/"+c.path, c.body).refused(c.status, c.field, c.says)
	}
	assert.Empty(t, viewer.get("v1/environments").listed("name"), "nothing of it was let in")

	editor.post("v1/deployments?source=ci", good).is(http.StatusOK, nil)
	for from, to := range map[string]string{`"production"`: `"staging"`, sha(1): sha(2)} {
		editor.post("v1/deployments?source=ci", change(from, to)).refused(http.StatusConflict, map[bool]string{true: "environment", false: "sha"}[from == `"production"`], "it never changes")
	}
	editor.headers = http.Header{"Content-Type": {"application/json; charset=iso-8859-1"}}
	editor.post("v1/deployments?source=ci", good).refused(http.StatusUnsupportedMediaType, "Content-Type", "allowed: utf-8")
	editor.headers = http.Header{"Content-Type": {"text/plain"}}
	editor.post("v1/deployments?source=ci", good).refused(http.StatusUnsupportedMediaType, "Content-Type", "allowed: application/json")
	editor.headers = http.Header{}
	editor.send("POST", "v1/deployments?source=ci", bytes.Repeat([]byte(" "), 9<<20)).refused(http.StatusRequestEntityTooLarge, "", "longer than 8 MB")
}

func TestAnIDThatChangesItsServiceIsRefused(t *testing.T) {
	_, editor, _ := pipelines(t)
	editor.post("v1/deployments?source=ci", success("1", 1, 0, "")).is(http.StatusOK, nil)
	other := strings.Replace(success("1", 1, time.Hour, ""), "example-health/api", "example-health/web", 1)
	editor.post("v1/deployments?source=ci", `[`+success("2", 2, 0, "")+`,`+other+`]`).refused(http.StatusConflict, "repository",
		`ci:deployment:1: "example-health/web" is not what this deployment has: "example-health/api"`)
	var posted struct{ Stored int }
	editor.post("v1/deployments?source=ci", success("2", 2, 0, "")).is(http.StatusOK, &posted)
	assert.Equal(t, 1, posted.Stored, "nothing of the batch had been stored")
}

func TestTenThousandUnknownServicesStayOutside(t *testing.T) {
	flood := func(from int) string {
		var list []string
		for n := range 1000 {
			list = append(list, strings.Replace(success(fmt.Sprint(from+n), 1, 0, ""), "example-health/api", fmt.Sprintf("unheard/of-%d", from+n), 1))
		}
		return `[` + strings.Join(list, ",") + `]`
	}
	t.Run("where services are named", func(t *testing.T) {
		viewer, editor, _ := pipelines(t, api1)
		for i := range 10 {
			editor.post("v1/deployments?source=ci", flood(i*1000)).refused(http.StatusUnprocessableEntity, "[0].repository", "no service is deployed from")
		}
		assert.Equal(t, []string{"api"}, viewer.get("v1/services").listed("name"))
	})
	t.Run("by webhook", func(t *testing.T) {
		viewer, _, _ := pipelines(t, api1)
		for i := range 10 {
			viewer.headers = http.Header{"X-Live-Dora-Secret": {hookSecret}}
			viewer.post("webhooks?source=ci", `{"deployments":`+flood(i*1000)+`}`).refused(http.StatusUnprocessableEntity, "[0].repository", "no service is deployed from")
			var alerts []string
			for n := range 1000 {
				alerts = append(alerts, fmt.Sprintf(`{"status":"firing","labels":{"service":"unheard-of-%d"},"startsAt":%q,"fingerprint":"f%d"}`, i*1000+n, at(0), i*1000+n))
			}
			var receipt struct{ Stored int }
			viewer.post("webhooks?source=alerts", `{"alerts":[`+strings.Join(alerts, ",")+`]}`).is(http.StatusOK, &receipt)
			assert.Equal(t, 1000, receipt.Stored, "an alert cannot be read again: it is kept, should a service take it in one day")
		}
		viewer.headers = http.Header{}
		viewer.waitFor("v1/collection", func(a answered) bool { return strings.Contains(string(a.body), `"incident":10000`) })
		assert.Equal(t, []string{"api"}, viewer.get("v1/services").listed("name"))
		assert.Empty(t, viewer.get("v1/incidents").listed("id"))
	})
	t.Run("where every repository is one", func(t *testing.T) {
		viewer, editor, _ := pipelines(t)
		editor.post("v1/deployments?source=ci", flood(0)).is(http.StatusOK, nil)
		viewer.waitFor("v1/services", func(a answered) bool { return len(a.listed("name")) == 1000 })
		for i := range 9 {
			editor.post("v1/deployments?source=ci", flood(1000+i*1000)).refused(http.StatusUnprocessableEntity, "[0].repository", "one repository more than 1000; name the services")
		}
		assert.Len(t, viewer.get("v1/services").listed("name"), 1000)
	})
}

func TestAStoreThatKeepsNothingTakesNothing(t *testing.T) {
	g := start(t)
	_, editor, _ := programs(t, g.saveWith("dora", told(api1), map[string]string{"webhooks.secret": hookSecret}))
	editor.post("v1/deployments?source=ci", success("1", 1, 0, "")).refused(http.StatusConflict, "", "store.type is memory")
	editor.post("v1/corrections", `{"verdict":"failed","deployment":"ci:deployment:1","reason":"seen"}`).refused(http.StatusConflict, "", "store.type is memory")
	editor.post("v1/corrections?try=true", `{}`).refused(http.StatusConflict, "", "store.type is memory")
	editor.headers.Set("X-Live-Dora-Secret", hookSecret)
	editor.post("webhooks?source=ci", `{"deployments":[`+success("1", 1, 0, "")+`]}`).refused(http.StatusConflict, "", "store.type is memory")
}

func TestACorrectionIsTheCallersAndCanBeTakenBack(t *testing.T) {
	viewer, editor, _ := pipelines(t, api1)
	editor.post("v1/deployments?source=ci", success("1", 1, 0, "")).is(http.StatusOK, nil)
	viewer.waitForMany("v1/deployments", "id", "ci:deployment:1")
	var made struct{ ID, Author string }
	editor.post("v1/corrections", `{"verdict":"failed","deployment":"ci:deployment:1","reason":"the smoke test lied"}`).is(http.StatusOK, &made)
	assert.Equal(t, "sa-editor", made.Author)
	viewer.waitForMany("v1/deployments?status=failed", "id", "ci:deployment:1")
	assert.Equal(t, []string{made.ID}, viewer.get("v1/corrections").listed("id"))
	editor.send("DELETE", "v1/corrections?id="+made.ID, nil).is(http.StatusOK, nil)
	viewer.waitForMany("v1/deployments?status=ok", "id", "ci:deployment:1")

	editor.post("v1/corrections", `{"verdict":"failed","deployment":"ci:deployment:1","reason":"it did"}`).is(http.StatusOK, &made)
	viewer.waitForMany("v1/deployments?status=failed", "id", "ci:deployment:1")
	var tried struct{ Possible bool }
	editor.post("v1/corrections?try=true", `{}`).is(http.StatusOK, &tried)
	assert.True(t, tried.Possible)
	editor.post("v1/corrections?undo="+made.ID, `{}`).is(http.StatusOK, nil) // as a dashboard's action does
	viewer.waitForMany("v1/deployments?status=ok", "id", "ci:deployment:1")
	editor.post("v1/corrections?undo=corrections:none", `{}`).refused(http.StatusUnprocessableEntity, "id", "there is no correction")
	editor.post("v1/corrections?try=perhaps", `{}`).refused(http.StatusBadRequest, "try", "allowed: true")
	viewer.post("v1/corrections?try=true", `{}`).refused(http.StatusForbidden, "", "Editor")

	editor.post("v1/corrections", `{"verdict":"failed","deployment":"ci:deployment:2","reason":"seen"}`).refused(http.StatusUnprocessableEntity, "deployment", "is not known")
	editor.post("v1/corrections", `{"verdict":"failed","deployment":"ci:deployment:1"}`).refused(http.StatusUnprocessableEntity, "reason", "is missing")
	editor.post("v1/corrections", `{"verdict":"bad","reason":"seen"}`).refused(http.StatusBadRequest, "verdict", "allowed: failed")
	editor.post("v1/corrections", `{"author":"someone else"}`).refused(http.StatusBadRequest, "author", "there is no such key")
	editor.send("DELETE", "v1/corrections?id=corrections:none", nil).refused(http.StatusUnprocessableEntity, "id", "there is no correction")
}

// An action of a dashboard's table puts what was typed into the address, where Grafana encodes it, and sends {} as a body.
func TestACorrectionIsTakenFromTheAddressWhateverItsReasonSays(t *testing.T) {
	viewer, editor, _ := pipelines(t, api1)
	editor.post("v1/deployments?source=ci", success("1", 1, 0, "")).is(http.StatusOK, nil)
	viewer.waitForMany("v1/deployments", "id", "ci:deployment:1")
	address := func(keys ...string) string {
		v := url.Values{"deployment": {"ci:deployment:1"}, "verdict": {"failed"}}
		for i := 0; i < len(keys); i += 2 {
			v.Add(keys[i], keys[i+1])
		}
		return "v1/corrections?" + v.Encode()
	}
	for _, reason := range []string{
		"\"it\" said \\\" and failed", "two\nlines\tand a tab", `C:\new`, "50 % & more = all? #1 + 1", "`{}` ${service} $x", "Ünïcode 🚑", "'", "<b>bold</b>",
	} {
		var made struct{ ID, Reason string }
		editor.post(address("reason", reason), "{}").is(http.StatusOK, &made)
		assert.Equal(t, reason, made.Reason)
		editor.send("DELETE", "v1/corrections?id="+made.ID, nil).is(http.StatusOK, nil)
	}
	t.Run("a form that was left empty says so", func(t *testing.T) {
		var made struct{ Reason string }
		editor.post(address("reason", "$reason"), "{}").is(http.StatusOK, &made)
		assert.Equal(t, "no reason given", made.Reason)
	})
	t.Run("a program has a reason", func(*testing.T) {
		editor.post(address("reason", " "), "{}").refused(http.StatusUnprocessableEntity, "reason", "is missing")
		editor.post(address(), "").refused(http.StatusUnprocessableEntity, "reason", "is missing")
	})
	t.Run("a key is said once", func(*testing.T) {
		editor.post(address("reason", "seen"), `{"verdict":"not_failed"}`).refused(http.StatusBadRequest, "verdict", "is a parameter and in the body")
		editor.post(address("reason", "seen", "reason", "heard"), "{}").refused(http.StatusBadRequest, "reason", "is there 2 times")
	})
	t.Run("no other is let in", func(*testing.T) {
		editor.post(address("reason", "seen", "author", "someone else"), "{}").refused(http.StatusBadRequest, "author", "there is no such parameter")
	})
	t.Run("viewers may not", func(*testing.T) {
		viewer.post(address("reason", "seen"), "{}").refused(http.StatusForbidden, "", "needs the role Editor")
	})
}
