package plugin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/plugin"
	settingsof "github.com/livedora/dora-datasource/pkg/settings"
)

// stateOf is what the collection table says of the only source.
func stateOf(g *grafana, i *plugin.Instance) string {
	return g.one(i, `{"queryType":"collection"}`)[0].Fields[2].At(0).(string)
}

func (g *grafana) waitFor(i *plugin.Instance, state string) {
	g.Helper()
	require.Eventually(g, func() bool { return stateOf(g, i) == state }, time.Minute, 10*time.Millisecond)
}

func notices(frames data.Frames) string {
	var texts []string
	for _, n := range frames[0].Meta.Notices {
		texts = append(texts, n.Severity.String()+": "+n.Text)
	}
	return strings.Join(texts, "\n")
}

func TestAWorkingDataSourceSaysWhatItHas(t *testing.T) {
	w, url, services := invented(t)
	g := start(t)
	i := g.save("dora", settings(url, services))
	g.waitFor(i, "ok")
	require.Eventually(t, func() bool {
		h := g.health(i)
		return h.Status == backend.HealthStatusOk && strings.HasPrefix(h.Message, "The source answers. Collected: ") && !strings.Contains(h.Message, "0 successful ones") && !strings.Contains(h.Message, "not read yet")
	}, 10*time.Second, 50*time.Millisecond, "health: %s", g.health(i).Message)
	names := g.one(i, `{"queryType":"values","field":"service"}`)[0].Fields[0]
	assert.Equal(t, len(w.Services()), names.Len())
	require.Empty(t, notices(g.one(i, `{"metric":"deployment_frequency"}`)))
}

func TestADeploymentOfTwoServicesIsCollectedOnce(t *testing.T) {
	_, url, _ := invented(t)
	g := start(t)
	booking := `"deployments":[{"source":"github","repository":"example-health/booking"}]}`
	collected := func(uid, services string) *plugin.Instance {
		i := g.save(uid, settings(url, `"services":[`+services+`]`))
		g.waitFor(i, "ok")
		return i
	}
	one := collected("one", `{"name":"booking",`+booking)
	two := collected("two", `{"name":"booking",`+booking+`,{"name":"reminders",`+booking)
	require.Eventually(t, func() bool {
		h := g.health(one).Message
		return !strings.Contains(h, " 0 successful") && h == g.health(two).Message
	}, 10*time.Second, 50*time.Millisecond)
}

func TestHealthSaysWhatToDo(t *testing.T) {
	_, url, _ := invented(t)
	one := func(repository string) string {
		return `{"sources":[{"id":"github","type":"github","url":"` + url + `","repositories":["` + repository + `"]}]}`
	}
	for _, c := range []struct {
		name, jsonData, token string
		says                  []string
	}{
		{"no source", `{}`, token, []string{"No source is configured. Add one, such as GitHub with its repositories, and save."}},
		{"no token", settings(url), "", []string{"github: no token is set: enter one that may read the repositories"}},
		{"a wrong token", settings(url), "another-token", []string{"github", "token"}},
		{"an unknown repository", one("example-health/nothing"), token, []string{"github (example-health/nothing): there is no repository example-health/nothing, or the token may not see it"}},
		{"an unknown owner", one("nobody/*"), token, []string{"github (nobody): there is no organisation or user nobody, or the token may not see it"}},
		{"a bad regular expression", settings(url, `"production":"(prod"`), token, []string{`The settings need attention. Production (production): "(prod" is not a regular expression`}},
		{"an unknown key", settings(url, `"collect":{"evry":"1h"}`), token, []string{"The settings need attention. collect.evry: there is no such key; allowed: every, backfill"}},
		{"two mistakes", `{"collect":{"every":"1s"},"store":{"type":"sqlite"}}`, token, []string{"Collect every (collect.every): 1s is too short; allowed: 1m or longer; File (store.path): is missing", settingsof.Page + "#collect-and-store"}},
		{"a store that cannot be opened", settings(url, `"store":{"path":"/dev/null/dora.db"}`), token, []string{"The settings need attention.", "store.path"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := start(t)
			secrets := map[string]string{"sources.github.token": c.token}
			h := g.health(g.saveWith("dora", c.jsonData, secrets))
			assert.Equal(t, backend.HealthStatusError, h.Status)
			for _, text := range c.says {
				assert.Contains(t, h.Message, text)
			}
			if c.token != "" {
				assert.NotContains(t, h.Message, c.token)
			}
		})
	}
}

func TestAPatternOfProductionThatMatchesNothingIsToldWithTheEnvironmentsThatThereAre(t *testing.T) {
	_, url, _ := invented(t)
	g := start(t)
	i := g.save("dora", settings(url, `"production":"^mars$"`))
	g.waitFor(i, "ok")
	var h *backend.CheckHealthResult
	require.Eventually(t, func() bool {
		h = g.health(i)
		return strings.Contains(h.Message, "Environments with deployments: ")
	}, 10*time.Second, 50*time.Millisecond)
	assert.Contains(t, h.Message, `No deployment to production is known for these services. Production is what matches "^mars$".`)
	told := notices(g.one(i, `{"metric":"deployment_frequency"}`))
	assert.Contains(t, told, `warning: No deployment to production is known for these services. Production is what matches "^mars$". Environments with deployments: `)
}

func TestAReaderIsToldWhatTheFiguresLack(t *testing.T) {
	g, i := tiny(t)
	g.waitFor(i, "collecting")
	assert.Contains(t, notices(g.one(i, `{"metric":"lead_time"}`)), "info: github is not read yet: its first reading is under way (0 %), and figures are not complete.")
	for filter, want := range map[string]string{
		`{"field":"service","values":["nobody"]}`:   "warning: No service matches the filters. Choose other values, or remove a filter.",
		`{"field":"environment","values":["moon"]}`: "warning: No service matches the filters. Choose other values, or remove a filter.",
	} {
		for _, format := range []string{"time_series", "numeric", "table"} {
			assert.Contains(t, notices(g.one(i, `{"format":"`+format+`","filters":[`+filter+`]}`)), want)
		}
	}
	assert.Contains(t, notices(g.one(i, `{"filters":[{"field":"team","values":["acces"]}]}`)), `info: There is no team "acces"; there are: access, care.`)
}

func TestASourceThatFailsIsToldBesideWhatWasReadBefore(t *testing.T) {
	g := start(t)
	jsonData := stored(t)
	begin := strings.Index(jsonData, `"url":"`) + len(`"url":"`)
	end := begin + strings.Index(jsonData[begin:], `"`)
	i := g.save("dora", jsonData[:begin]+refusing(t)+jsonData[end:])
	g.waitFor(i, "failing")
	frames := g.one(i, `{"metric":"deployment_frequency","format":"numeric"}`)
	assert.Regexp(t, `error: github cannot be read since \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC and is not read yet: figures lack all of it\. github: .*Save & test`, notices(frames))
	assert.InDelta(t, 7, *frames[0].Fields[0].At(0).(*float64), 0, "what was stored is still answered")
}

func TestASourceThatIsReadButForSomeRepositoriesIsWell(t *testing.T) {
	_, url, services := invented(t)
	g := start(t)
	i := g.save("dora", strings.Replace(settings(url, services), `"example-health/*"`, `"example-health/*","example-health/nothing"`, 1))
	g.waitFor(i, "failing")
	h := g.health(i)
	assert.Equal(t, backend.HealthStatusOk, h.Status, h.Message)
	assert.Contains(t, h.Message, "The source answers. Collected: ")
	assert.Regexp(t, `github cannot be read completely since .* github \(example-health/nothing\): there is no repository example-health/nothing`, h.Message)
}

func TestNoCredentialsOfTheDataSourceReachASource(t *testing.T) {
	seen := make(chan http.Header, 100)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		http.Error(w, `{}`, http.StatusUnauthorized)
	})
	g := start(t)
	i := g.saveWith("dora", settings(url, `"httpHeaderName1":"X-Internal"`, `"oauthPassThru":true`), map[string]string{
		"sources.github.token": token, "httpHeaderValue1": "internal-secret", "basicAuthPassword": "basic-secret",
	})
	g.health(i)
	got := <-seen
	assert.Equal(t, "Bearer "+token, got.Get("Authorization"))
	assert.Empty(t, got.Get("X-Internal"))
}

func TestChangedSettingsGoOnFromTheSameStore(t *testing.T) {
	_, url, services := invented(t)
	g := start(t)
	before := g.save("dora", settings(url, services))
	g.waitFor(before, "ok")
	count := func(i *plugin.Instance) int64 {
		frame := g.one(i, `{"queryType":"collection"}`)[0]
		field, _ := frame.FieldByName("events")
		return field.At(0).(int64)
	}
	require.Eventually(t, func() bool { return count(before) > 0 }, time.Minute, 20*time.Millisecond)

	after := g.save("dora", settings(url, services, `"definition":{"unit":"commit"}`))
	assert.Positive(t, count(after), "nothing has to be read again")
	before.Dispose()
	before.Dispose()
	assert.Positive(t, count(after), "the old instance's end does not end collection")

	other := g.save("another", settings(silent(t), services))
	assert.Zero(t, count(other), "another data source has data of its own")
}

func TestHealthSaysHowMuchAccessRulesHide(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.URL.Query().Get("sysparm_query"), "sys_id>") { // what is left is hidden
			w.Header().Set("X-Total-Count", "2")
			_, _ = w.Write([]byte(`{"result":[]}`))
			return
		}
		w.Header().Set("X-Total-Count", "3")
		_, _ = w.Write([]byte(`{"result":[{"sys_id":"0123456789abcdef0123456789abcdef","number":"INC0000001","category":"software","active":"true","resolved_at":"","sys_created_on":"","opened_at":"2026-03-02 10:00:00","sys_updated_on":"2026-03-02 10:00:00","state":"2"}]}`))
	})
	g := start(t)
	i := g.saveWith("dora", `{"sources":[{"id":"servicenow","type":"servicenow","url":"`+url+`"}]}`, map[string]string{"sources.servicenow.token": token})
	g.waitFor(i, "ok")
	assert.Contains(t, g.health(i).Message, "servicenow: Access rules hide 2 of 3 records of incident from its login")
}
