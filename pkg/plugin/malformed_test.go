package plugin_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/mangle"
	"github.com/livedora/dora-datasource/pkg/plugin"
	settingsof "github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// longestSentence is what fits into a panel's corner, in bytes.
const longestSentence = 8 << 10

// malformed is how many texts are spoilt and tried: go tool mage torture takes the long form.
func malformed() int {
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		return 10_000
	}
	return 300
}

// goodQueries are one of each kind, with all that queries may say.
var goodQueries = []string{
	`{"version":1,"queryType":"metric","metric":"lead_time","statistic":"p90","bucket":"week","groupBy":["team","service"],
		"filters":[{"field":"service","op":"not_in","values":["a","b"]},{"field":"team","values":["access"]}],"timezone":"Europe/London","format":"table"}`,
	`{"metric":"change_failure_rate","format":"numeric","compare":"previous","groupBy":["service"],"definition":{"unit":"commit","leadTimeStart":"merged","bots":{"pattern":"(?i)bot$","leadTime":"include","frequency":"exclude"},
		"redeploys":"exclude","evidence":["rollback","incident"],"incidentWindow":"12h","hotfix":{"labels":["hotfix"],"branches":"^hotfix/"},"recovery":"incident","rework":"incident"}}`,
	`{"queryType":"stages","stage":"longest","bucket":"month","live":true,"range":{"from":"now-90d/d","to":"now","timezone":"UTC"}}`,
	`{"metric":"recovery_time","format":"distribution"}`,
	`{"queryType":"events","events":"deployments","filters":[{"field":"environment","op":"in","values":["production"]}]}`,
	`{"queryType":"events","events":"unmeasured"}`,
	`{"queryType":"annotations","events":"failures"}`,
	`{"queryType":"values","field":"team"}`,
	`{"queryType":"collection"}`,
	`{"queryType":"standing","standing":"open_incident"}`,
	`{"queryType":"signals","metric":"lead_time","bucket":"week","rolling":4,"limits":true,"benchmark":"2024","severity":["1"]}`,
}

// asked puts any text as a query beside a good one, and holds that both are answered: with frames that can be shown, or
// with a sentence on what the person wrote.
func asked(t *testing.T, ask func(*backend.QueryDataRequest) *backend.QueryDataResponse, text string, from, to time.Time) (refused bool) {
	t.Helper()
	answers := ask(&backend.QueryDataRequest{Queries: []backend.DataQuery{
		{RefID: "A", JSON: []byte(text), TimeRange: backend.TimeRange{From: from, To: to}},
		{RefID: "B", JSON: []byte(`{"metric":"lead_time"}`), TimeRange: year},
	}}).Responses
	require.NoError(t, answers["B"].Error, "a query beside %q", text)
	a := answers["A"]
	if a.Error != nil {
		sentence := a.Error.Error()
		require.Equal(t, backend.StatusBadRequest, a.Status, "%q: %s", text, sentence)
		require.Empty(t, a.Frames)
		field, problem, found := strings.Cut(sentence, ": ")
		require.True(t, found && field != "" && problem != "", "%q: %s", text, sentence)
		require.Less(t, len(sentence), longestSentence, "%.200q", text)
		require.True(t, utf8.ValidString(sentence), "%q", sentence)
		return true
	}
	require.NotEmpty(t, a.Frames, text)
	for _, frame := range a.Frames {
		_, err := frame.MarshalJSON()
		require.NoError(t, err, text)
	}
	return false
}

func TestMalformedQueriesAreRefusedWithASentenceOrAnswered(t *testing.T) {
	_, i := tiny(t)
	ask := func(request *backend.QueryDataRequest) *backend.QueryDataResponse {
		response, err := i.QueryData(t.Context(), request)
		require.NoError(t, err)
		return response
	}
	random, refused := rand.New(rand.NewPCG(1, 1)), 0
	for range malformed() {
		text := mangle.JSON(random, goodQueries[random.IntN(len(goodQueries))])
		from := year.From.Add(time.Duration(random.Int64N(int64(365*24*time.Hour))) - 180*24*time.Hour)
		if asked(t, ask, text, from, from.Add(time.Duration(random.Int64N(int64(400*24*time.Hour)))-24*time.Hour)) {
			refused++
		}
	}
	t.Logf("%d malformed queries, %d refused, the others answered", malformed(), refused)
	assert.Greater(t, refused, malformed()/3)
}

func TestARangeOfTooManyBucketsIsRefusedRatherThanCut(t *testing.T) {
	_, i := tiny(t)
	ask := func(bucket string, years int) backend.DataResponse {
		answered, err := i.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
			{RefID: "A", JSON: []byte(`{"bucket":"` + bucket + `"}`), TimeRange: backend.TimeRange{From: year.From.AddDate(-years, 0, 0), To: year.To}},
		}})
		require.NoError(t, err)
		return answered.Responses["A"]
	}
	whole := ask("day", 50)
	require.NoError(t, whole.Error)
	assert.Greater(t, whole.Frames[0].Rows(), 50*365)
	refused := ask("day", 60)
	assert.Equal(t, backend.StatusBadRequest, refused.Status)
	require.EqualError(t, refused.Error, "bucket: day is too short for this range; allowed: a longer one, such as auto, or a shorter range")
	require.NoError(t, ask("week", 60).Error)
	require.NoError(t, ask("auto", 2000).Error)
}

func FuzzAQuery(f *testing.F) {
	for _, text := range goodQueries {
		f.Add(text, year.From.Unix(), year.To.Unix())
	}
	f.Add(`{"bucket":"day"}`, int64(-62135596800), int64(253402300799))
	f.Fuzz(func(t *testing.T, text string, from, to int64) {
		_, i := tiny(t)
		asked(t, func(request *backend.QueryDataRequest) *backend.QueryDataResponse {
			response, err := i.QueryData(t.Context(), request)
			require.NoError(t, err)
			return response
		}, text, time.Unix(from, 0), time.Unix(to, 0))
	})
}

// goodSettings are complete; their store is in memory, and no factory opens it.
const goodSettings = `{"sources":[{"id":"github","type":"github","url":"https://github.example/api/v3","graphqlUrl":"https://github.example/api/graphql","api":"rest",
	"repositories":["example-health/*","!example-health/old-?"],"deployments":{"from":"workflow_runs","workflow":"release.yml","environment":"production"},"incidents":{"labels":["incident"],"severity":"^sev(\\d)$"}}],
	"services":[{"name":"records","team":"care","deployments":[{"source":"github","repository":"example-health/records","environment":"^prod$","paths":["api/**","!**/*.md"],"tagPrefix":"api-v"}],
	"incidents":[{"source":"github","repository":"example-health/records","labels":["service:records"],"excludeLabels":["test"]}]}],
	"production":"(?i)^(prod|production|live)$","definition":{"unit":"change","evidence":["explicit","rollback"],"incidentWindow":"24h","bots":{"pattern":"\\[bot\\]$"}},
	"collect":{"every":"1h","backfill":"365d"},"store":{"type":"memory"},"timeout":30}`

// configured makes an instance of any settings. It holds that what is wrong with them is told in a sentence of bounded
// length, by the query that is put to it; settings that can be used are not, for that would open what they name.
func configured(t *testing.T, text string) (refused bool) {
	t.Helper()
	object, err := strict.Object([]byte(text))
	if err == nil {
		if _, err = settingsof.Parse(systems.All, object, map[string]string{"sources.github.token": token}); err == nil {
			return false
		}
	}
	g := &grafana{T: t, process: &plugin.Plugin{}}
	answer := g.ask(g.save("dora", text), `{}`)["A"]
	require.Error(t, answer.Error, text)
	sentence := answer.Error.Error()
	require.Equal(t, backend.StatusBadRequest, answer.Status, "%q: %s", text, sentence)
	require.Less(t, len(sentence), longestSentence, "%.200q", text)
	require.True(t, utf8.ValidString(sentence), "%q", sentence)
	problem, found := strings.CutPrefix(sentence, "the data source's settings need attention: ")
	require.True(t, found, sentence)
	field, problem, found := strings.Cut(problem, ": ")
	require.True(t, found && field != "" && problem != "", "%q: %s", text, sentence)
	return true
}

func TestMalformedSettingsAreRefusedWithASentence(t *testing.T) {
	random, refused := rand.New(rand.NewPCG(1, 2)), 0
	for range malformed() {
		if configured(t, mangle.JSON(random, goodSettings)) {
			refused++
		}
	}
	t.Logf("%d malformed settings, %d refused", malformed(), refused)
	assert.Greater(t, refused, malformed()/3)
}

func TestMalformedRequestsAreRefusedWithAProblem(t *testing.T) {
	viewer, _, admin := api(t)
	paths := []string{
		"v1/services?team=care&service=records", "v1/deployments?limit=2&status=failed&from=2024-01-01&to=2024-02-01&environment=production", "v1/changes?cursor=MTcwNjc3ODAwMDAwMDAwMDAwMCBnaXRodWI&limit=100",
		"v1/incidents?state=open&repository=example-health/booking", "v1/facts?service=booking&from=2024-01-01T00:00:00Z", "v1/metrics?from=2024-01-01&to=2024-02-01&q=" + url.QueryEscape(goodQueries[0]), "v1/check?source=github",
		"v1/openapi.json", "v1/collection", "v1/teams", "v1/environments",
	}
	bodies := map[string]string{
		"v1/metrics": `{"metric":"lead_time","statistic":"p90","bucket":"week","groupBy":["service"],"filters":[{"field":"team","values":["care"]}],"from":"2024-01-01","to":"2024-04-01"}`,
		"v1/preview": `{"services":[{"name":"records","deployments":[{"source":"github","repository":"example-health/records"}]}],"production":"^prod"}`,
	}
	random, refused := rand.New(rand.NewPCG(1, 3)), 0
	held := func(p *program, method, path string, body []byte) {
		if strings.HasPrefix(strings.Trim(path, "/"), "v1/check") { // which asks the source
			return
		}
		if _, err := url.Parse(path); err != nil {
			return // Grafana does not let it in
		}
		answer := p.send(method, path, body)
		require.Less(t, answer.status, http.StatusInternalServerError, "%s %q %q: %s", method, path, body, answer.body)
		if answer.status >= http.StatusBadRequest {
			refused++
			require.Less(t, len(answer.body), longestSentence)
		}
	}
	viewer.router, admin.router = nil, nil // of which most requests are none
	for n := range malformed() {
		if n%2 == 0 {
			held(viewer, http.MethodGet, mangle.Text(random, paths[random.IntN(len(paths))]), nil)
			continue
		}
		for path, body := range bodies {
			held(admin, http.MethodPost, path, []byte(mangle.JSON(random, body)))
		}
	}
	t.Logf("%d malformed requests, %d refused", malformed(), refused)
	assert.Greater(t, refused, malformed()/3)
}
