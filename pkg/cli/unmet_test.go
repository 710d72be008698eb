package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/cli"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

// configured is tiny with other settings.
func configured(t *testing.T, changed string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dora.db")
	events := datasettest.Events()
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Change:
			e.Files = &dora.Files{Paths: []string{"main.go"}}
		case *dora.Commit:
			e.Files = &dora.Files{Paths: []string{"main.go"}}
		}
	}
	datasettest.Fill(t, path, "1/dora", events...)
	jsonData := map[string]any{
		"sources": sourceAt("https://github.invalid", "example-health/*"), "services": json.RawMessage(datasettest.Services), "store": map[string]any{"path": path},
	}
	var overrides map[string]any
	require.NoError(t, json.Unmarshal([]byte(changed), &overrides))
	maps.Copy(jsonData, overrides)
	return write(t, jsonData, token)
}

func TestASettingThatMatchesNothingIsSaid(t *testing.T) {
	source := func(rest string) string {
		return `{"sources":[{"id":"github","type":"github","url":"https://github.invalid","repositories":["example-health/*"],` + rest + `}]}`
	}
	service := func(deployments string) string {
		return `{"services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"},{"source":"github",` + deployments + `}]}]}`
	}
	for changed, says := range map[string]string{
		`{"production":"^prd$"}`:                                                 `production: "^prd$" matches none of the environments with deployments: "production", "staging".`,
		service(`"repository":"example-health/bookign"`):                         `services[0] (booking): deployments[1] names a repository that source github does not read: "example-health/bookign"; there are: example-health/booking, example-health/records.`,
		service(`"repository":"example-health/records","environment":"^uat$"`):   `services[0] (booking): deployments[1] matches nothing: environment "^uat$" is none of the environments that it is deployed to: "production".`,
		service(`"environment":"^uat$"`):                                         `services[0] (booking): deployments[1] matches nothing: environment "^uat$" is none of the environments that it is deployed to: "production", "staging".`,
		service(`"repository":"example-health/booking","tagPrefix":"booking-v"`): `services[0] (booking): deployments[1] matches nothing: no deployment has the tagPrefix "booking-v".`,
		service(`"repository":"example-health/booking","task":"ship it"`):        `services[0] (booking): deployments[1] matches nothing: no deployment has the task "ship it".`,
		`{"services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"}],"incidents":[{"source":"github","labels":["service:boking"]}]}]}`:                                                     `services: no incident yet has the labels of source github: service:boking.`,
		`{"services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"}],"incidents":[{"source":"github","repository":"example-health/boking"}]}]}`:                                            `services[0] (booking): incidents[0] names a repository that source github does not read: "example-health/boking"; there are: example-health/booking, example-health/records.`,
		`{"services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking","paths":["nowhere/**"]}]}]}`:                                                                                            `services[0] (booking): none of the 6 deployments that its entries match ships a change to its paths.`,
		`{"sources":[{"id":"github","type":"github","url":"https://github.invalid","repositories":["example-health/*","example-helth/*"]}]}`:                                                                                            `Source github: repositories: "example-helth/*" matches no repository.`,
		`{"owners":[{"from":"csv","text":"service,team\nbooking,access\nbookign,access"}]}`:                                                                                                                                             `owners[0] (csv) names "bookign", which no service or repository is called: there are: booking, records.`,
		`{"owners":[{"from":"csv","text":"service,team\nbooking,tills"}]}`:                                                                                                                                                              "Places of owners say otherwise of booking (1): the first counts, and GET v1/owners tells what each says.",
		`{"owners":[{"from":"topics","pattern":"^team-(.+)$"}]}`:                                                                                                                                                                        "owners[0] (topics) gives no service an owner: nothing of the kind was read.",
		`{"teams":[{"name":"Access","also":["acces"]}]}`:                                                                                                                                                                                `teams: Access: "acces" is found nowhere: there are: access, care.`,
		`{"owners":[{"from":"csv","text":"repository,team\nexample-health/records,care"}],"services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"}]}],"otherRepositories":"as_services"}`: "Nobody owns booking (1).",
		source(`"deployments":{"from":"deployments"}`):                                                                                                                                                                                  "",
		source(`"deployments":{"rules":[{"repositories":["example-health/records"],"from":"deployments"}]}`):                                                                                                                            "",
		source(`"deployments":{"rules":[{"repositories":["!a/b","example-helth/bok*"],"from":"tags"}]}`):                                                                                                                                `Source github: deployments.rules[0] (!a/b, example-helth/bok*) fits no repository that is read; there are: example-health/booking, example-health/records.`,
		source(`"deployments":{"rules":[{"repositories":["example-health/*"],"from":"deployments"},{"repositories":["example-health/booking"],"from":"releases"}]}`):                                                                    `Source github: deployments.rules[1] (example-health/booking) decides of no repository: rules before it take all that it fits.`,
		`{"sources":[{"id":"github","type":"github","url":"https://github.invalid","repositories":["example-health/*"]},{"id":"ci","type":"webhook"}]}`:                                                                                 "Source ci has told of nothing yet.",
		`{}`: "",
	} {
		file := configured(t, changed)
		for _, line := range []string{"report --settings FILE --format csv", "facts --settings FILE"} {
			code, out, log := run(t, file, line)
			assert.Zero(t, code, changed)
			assert.NotContains(t, out, "match", changed)
			if says == "" {
				assert.Empty(t, log, changed)
			} else {
				assert.Contains(t, log, says+"\n", changed)
			}
		}
	}
}

func TestAPatternOfAGroupMatchesWhatIsInItsSubgroups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dora.db")
	name := "example-health/booking/web"
	datasettest.Fill(t, path, "1/dora", &dora.Repository{Header: dora.Header{Source: "gitlab", ID: name, Updated: datasettest.At("Jan 01 09:00")}, Name: name, DefaultBranch: "main"})
	source := map[string]any{"id": "gitlab", "type": "gitlab", "url": "https://gitlab.invalid", "repositories": []string{"example-health/**", "example-helth/**"}}
	_, _, log := run(t, write(t, map[string]any{"sources": []any{source}, "store": map[string]any{"path": path}}, token), "report --settings FILE")
	assert.NotContains(t, log, `"example-health/**" matches no repository`)
	assert.Contains(t, log, `Source gitlab: repositories: "example-helth/**" matches no repository.`)
}

// Projects of a system that keeps incidents alone are no repositories.
func TestASourceOfIncidentsAloneIsAskedForNoRepository(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dora.db")
	opened := datasettest.At("Jan 01 09:00")
	datasettest.Fill(t, path, "1/dora", &dora.Incident{Header: dora.Header{Source: "jira", ID: "issue:1", Updated: opened}, Repository: "OPS", Opened: opened})
	source := map[string]any{"id": "jira", "type": "jira", "url": "https://jira.invalid", "projects": []string{"OPS", "PAY*"}}
	services := json.RawMessage(`[{"name":"booking","incidents":[{"source":"jira","repository":"ops"},{"source":"jira","repository":"PAYEU"},{"source":"jira","repository":"HR"}]}]`)
	_, _, log := run(t, write(t, map[string]any{"sources": []any{source}, "services": services, "store": map[string]any{"path": path}}, ""), "report --settings FILE")
	assert.Equal(t, 1, strings.Count(log, "\n"), log)
	assert.Contains(t, log, `incidents[2] names a repository that source jira does not read: "HR"; there are: OPS, PAY*.`)
}

// Deployments of what another source has the code of are enough.
func TestASourceOfDeploymentsAloneIsAskedForNoRepository(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dora.db")
	at := datasettest.At("Jan 01 09:00")
	datasettest.Fill(t, path, "1/dora", &dora.Deployment{
		Header: dora.Header{Source: "jenkins", ID: "health/api:deployment:production:1:1", Updated: at}, Repository: "health/api", Environment: "production", Number: 1, Created: at,
		Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
	})
	source := map[string]any{"id": "jenkins", "type": "jenkins", "url": "https://jenkins.invalid", "user": "me", "jobs": []string{"** -> production"}, "repositories": []string{"health/*"}}
	services := json.RawMessage(`[{"name":"booking","deployments":[{"source":"jenkins","repository":"health/api"}]}]`)
	_, _, log := run(t, write(t, map[string]any{"sources": []any{source}, "services": services, "store": map[string]any{"path": path}}, ""), "report --settings FILE")
	assert.Empty(t, log)
}

func TestManyEntriesThatMatchNothingAreSaidInAFewLines(t *testing.T) {
	var services []string
	for n := range 40 {
		services = append(services, fmt.Sprintf(`{"name":"s%d","deployments":[{"source":"github","repository":"example-health/s%d"}]}`, n, n))
	}
	_, _, log := run(t, configured(t, `{"otherRepositories":"leave_out","services":[`+strings.Join(services, ",")+`]}`), "facts --settings FILE")
	assert.Equal(t, 11, strings.Count(log, "\n"), log)
	assert.Contains(t, log, "30 more entries match nothing.\n")
}

func TestCollectingSaysWhatItLookedForInVain(t *testing.T) {
	url, _ := invented(t)
	for name, story := range map[string]struct {
		source, says string
		code         int
	}{
		"no repository": {`"repositories":["example-health/zzz-*"]`, "Source github: no repository matches repositories (example-health/zzz-*)", 1},
		"all left out":  {`"repositories":["example-health/*","!example-health/*"]`, "Source github: no repository matches repositories (example-health/*, !example-health/*)", 1},
		"no workflow":   {`"repositories":["example-health/booking"],"deployments":{"from":"workflow_runs","workflow":"^no such$","branch":"trunk"}`, `Source github has no deployment in any repository (1): no run of GitHub Actions is of a workflow whose name matches deployments.workflow "^no such$", ran on deployments.branch "trunk" (an exact name). The`, 0},
		"no label":      {`"repositories":["example-health/booking"],"incidents":{"labels":["incidnt"]}`, "Source github: no issue has a label of incidents.labels (incidnt).", 0},
		"no production": {`"repositories":["example-health/booking"],"deployments":{"from":"merges","environment":"eu"}`, `production: "(?i)^(prod|production|live)$" matches none of the environments with deployments: "eu".`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var source map[string]any
			require.NoError(t, json.Unmarshal([]byte(`{"id":"github","type":"github","url":"`+url+`",`+story.source+`}`), &source))
			store := filepath.Join(t.TempDir(), "dora.db")
			file := write(t, map[string]any{"sources": []any{source}, "store": map[string]any{"path": store}}, token)
			code, out, log := run(t, file, "collect --settings FILE --once")
			assert.Equal(t, story.code, code, log)
			assert.Contains(t, log, story.says)
			assert.Equal(t, story.code == 0, lines(t, out)[0]["ok"])
			assert.Positive(t, lines(t, out)[0]["sources"].([]any)[0].(map[string]any)["requests"])
			for _, line := range []string{"report --settings FILE --format json", "facts --settings FILE"} {
				code, _, log := run(t, file, line)
				assert.Zero(t, code)
				assert.Contains(t, log, story.says, line)
			}
			memory := write(t, map[string]any{"sources": []any{source}}, token)
			code, _, log = run(t, memory, "report --settings FILE")
			assert.Zero(t, code)
			assert.Contains(t, log, story.says, "a store that keeps nothing says so too")
		})
	}
}

func TestASystemWithoutRepositoriesIsNotAskedForAny(t *testing.T) {
	records := `{"result":[]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/incident") {
			w.Header().Set("X-Total-Count", "1") // or one that is hidden
			_, _ = w.Write([]byte(records))
			return
		}
		_, _ = w.Write([]byte(`{"result":[]}`))
	}))
	defer server.Close()
	collected := func() (int, string) {
		source := map[string]any{"id": "github", "type": "servicenow", "url": server.URL, "deployments": map[string]any{"from": "changes"}} // whose secret write knows
		file := write(t, map[string]any{"sources": []any{source}, "store": map[string]any{"path": filepath.Join(t.TempDir(), "dora.db")}}, token)
		code, _, log := run(t, file, "collect --settings FILE --once")
		return code, log
	}
	code, log := collected()
	assert.Equal(t, 1, code, log)
	assert.Contains(t, log, `Source github: no record of incident that its login may see fulfils "category!=inquiry"`)
	assert.Contains(t, log, "Source github has no deployment: no record of change_request")
	assert.NotContains(t, log, "no repository matches")
	records = `{"result":[{"sys_id":"0123456789abcdef0123456789abcdef","number":"INC0000001","category":"software","active":"true","resolved_at":"","sys_created_on":"","opened_at":"2026-11-02 10:00:00","sys_updated_on":"2026-11-02 10:00:00","state":"2"}]}`
	code, log = collected()
	assert.Zero(t, code, log)
	assert.NotContains(t, log, "no record of incident")
}

func TestWhatAsksMakesNoStore(t *testing.T) {
	folder := t.TempDir()
	store := filepath.Join(folder, "below", "dora.db")
	file := write(t, map[string]any{"sources": sourceAt("https://github.invalid", "a/b"), "store": map[string]any{"path": store}}, token)
	for _, line := range []string{"report --settings FILE", "report --settings FILE --definition", "facts --settings FILE", "correct --settings FILE --list"} {
		code, out, log := run(t, file, line)
		assert.Equal(t, 1, code, line)
		assert.Contains(t, log, "store.path: there is no file "+store+": collect --settings "+file+" --once makes and fills it", line)
		assert.Empty(t, out)
	}
	made, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, made)
	_, _, log := run(t, write(t, map[string]any{"sources": sourceAt("https://github.invalid", "a/b"), "store": map[string]any{"path": folder}}, token), "facts --settings FILE")
	assert.Contains(t, log, "store.path: "+folder+" is a folder; allowed: a file in it")
}

// heard is a log that can be read while it is written.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(text)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func TestAServerThatIsDownIsToldWhileItIsTriedAgain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gone := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(failing.Close)
	overloaded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(overloaded.Close)
	for url, says := range map[string]string{
		gone:           "github: GitHub cannot be reached (",
		failing.URL:    "github: GitHub fails (status 503), and is tried again.",
		overloaded.URL: "github: GitHub fails (status 502), and is tried again.",
	} {
		for line, stores := range map[string]bool{"collect --once": true, "collect --once --progress": true, "report": false} {
			t.Run(says+" "+line, func(t *testing.T) {
				t.Parallel()
				jsonData := map[string]any{"sources": sourceAt(url, "example-health/booking")}
				if stores {
					jsonData["store"] = map[string]any{"path": filepath.Join(t.TempDir(), "dora.db")}
				}
				words := strings.Fields(line + " --settings " + write(t, jsonData, token))
				ctx, stop := contextOf(t)
				var out, log heard
				ended := make(chan int, 1)
				go func() { ended <- cli.Run(ctx, words, &out, &log) }()
				require.Eventually(t, func() bool { return strings.Contains(log.String(), says) }, time.Minute, 10*time.Millisecond, "%s", &log)
				select {
				case <-ended:
					assert.Fail(t, "it is told while it is tried again")
				default:
				}
				stop()
				assert.Equal(t, 1, <-ended)
			})
		}
	}
}

func TestANameWithACommaIsAName(t *testing.T) {
	file := configured(t, `{"services":[
		{"name":"book, and pay","team":"access, north","deployments":[{"source":"github","repository":"example-health/booking"}]},
		{"name":"pay","deployments":[{"source":"github","repository":"example-health/booking"}]},
		{"name":"records","team":"care","deployments":[{"source":"github","repository":"example-health/records"}]}]}`)
	services := func(options ...string) []string {
		code, out, log := runArgs(t, file, append(strings.Fields("report --settings FILE --metric deployment_frequency --bucket total --group-by service --format json"), options...))
		require.Zero(t, code, log)
		var report struct {
			Series []struct{ Labels map[string]string }
		}
		require.NoError(t, json.Unmarshal([]byte(out), &report))
		var names []string
		for _, s := range report.Series {
			names = append(names, s.Labels["service"])
		}
		return names
	}
	assert.Equal(t, []string{"book, and pay"}, services("--service", "book, and pay"))
	assert.Equal(t, []string{"book, and pay", "records"}, services("--service", "records,book, and pay"))
	assert.Equal(t, []string{"pay", "records"}, services("--service", "pay", "--service", "records"))
	assert.Equal(t, []string{"book, and pay"}, services("--team", "access, north"))
	assert.Equal(t, []string{"records"}, services("--repository", "example-health/records", "--environment", "production"))
}

func TestANameThatIsNotThereIsToldWithThoseThatAre(t *testing.T) {
	file := tiny(t)
	for line, says := range map[string]string{
		"report --settings FILE --service booking,record":      `--service: there is no service "record"; there are: booking, records`,
		"report --settings FILE --team acces":                  `--team: there is no team "acces"; there are: access, care`,
		"report --settings FILE --environment prod":            `--environment: there is no environment "prod"; there are: production`,
		"report --settings FILE --repository example-health/x": `--repository: there is no repository "example-health/x"; there are: example-health/booking, example-health/records`,
	} {
		code, out, log := run(t, file, line)
		assert.Equal(t, 2, code, line)
		assert.Contains(t, log, says)
		assert.Empty(t, out)
	}
}

func TestATimeOfWhichNothingIsStoredIsSaid(t *testing.T) {
	file := tiny(t)
	for _, line := range []string{"report --settings FILE --from 2030-01-01 --to 2030-02-01", "report --settings FILE --to 2020-01-01", "facts --settings FILE --service records --from 2030-01-01 --to 2031-01-01"} {
		_, _, log := run(t, file, line)
		if strings.HasPrefix(line, "facts") { // what could not be measured is of all time
			assert.Empty(t, log)
			continue
		}
		assert.Contains(t, log, "Nothing of that time is stored: what is stored begins 2024-01-01T10:00:00Z and ends ", line)
	}
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return ctx, stop
}

// What rules make, what is a service because no entry takes it, and what nobody counts can be read without a Grafana.
func TestTheServicesInForceAreListedWithWhatMakesThem(t *testing.T) {
	file := configured(t, `{"services":[{"match":{"repository":"example-health/book{rest}"},"name":"b{rest}","team":"access"}]}`)
	code, out, log := run(t, file, "services --settings FILE")
	require.Zero(t, code, log)
	assert.Regexp(t, `(?m)^made by +service +teams +repositories +deployments +state$`, out)
	assert.Regexp(t, `(?m)^services\[0\] +bing +access +example-health/booking +\d+`, out)
	assert.Regexp(t, `(?m)^no entry +example-health/records +\(unowned\) +example-health/records +\d+`, out)
	assert.Regexp(t, `(?m)^- +example-health/booking +\d+ +into staging, which no service counts$`, out)
	assert.Contains(t, log, "No entry of services takes example-health/records (1): each such repository is a service of its own, and in every total. Set otherRepositories to leave_out")
	_, _, log = run(t, configured(t, `{"otherRepositories":"as_services","services":[{"name":"x","deployments":[{"source":"github","repository":"example-health/booking"}]}]}`), "services --settings FILE")
	assert.NotContains(t, log, "No entry of services", "where settings say that this is meant")
}
