package plugin_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dead is an address at which nobody listens.
const dead = "http://127.0.0.1:1"

// refusing is a GitHub that takes no token.
func refusing(t *testing.T) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message":"Bad credentials"}`, http.StatusUnauthorized)
	})
}

func TestASourceThatWasNeverReachedDoesNotLookLikeAnIdleTeam(t *testing.T) {
	t.Parallel() // it waits for what is tried again
	for _, c := range []struct{ url, services, cannot, why string }{
		{dead, `"production":"^prod"`, "cannot be reached", "github (example-health): GitHub cannot be reached: check the address"},
		{refusing(t), `"services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"}]}]`, "cannot be read", "github: GitHub does not accept the token"},
	} {
		g := start(t)
		i := g.save("dora", settings(c.url, c.services))
		g.waitFor(i, "failing")
		for _, question := range everyQuestion(t, all) {
			frames := g.one(i, question)
			assert.NotContains(t, notices(frames), "No deployment to production", question)
			assert.NotContains(t, notices(frames), "No service matches", question)
		}
		const since = `since \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC`
		for _, metric := range []string{"deployment_frequency", "lead_time", "change_failure_rate", "recovery_time", "rework_rate"} {
			frames := g.one(i, fmt.Sprintf(`{"metric":%q,"format":"numeric","compare":"previous"}`, metric))
			require.Len(t, frames[0].Fields, 1)
			field := frames[0].Fields[0]
			assert.Nil(t, field.At(0), metric)
			assert.Equal(t, c.cannot, field.Config.NoValue, metric)
			assert.Regexp(t, "^github, "+since+"$", field.Config.DisplayNameFromDS, metric)
			assert.Regexp(t, "error: github "+c.cannot+" "+since+" and is not read yet: figures lack all of it. "+regexp.QuoteMeta(c.why), notices(frames))
		}
		row := g.one(i, `{"queryType":"collection"}`)[0]
		message, _ := row.FieldByName("message")
		assert.Regexp(t, "^C"+c.cannot[1:]+" "+since+" and is not read yet: .*It is tried again by itself; Save & test", message.At(0))
		standing := g.one(i, `{"queryType":"standing","standing":"last_success"}`)[0].Fields[0]
		assert.Nil(t, standing.At(0))
		assert.Equal(t, c.cannot, standing.Config.NoValue)
	}
}

func TestASourceThatIsBeingReadIsNotReadYet(t *testing.T) {
	g := start(t)
	i := g.save("dora", settings(silent(t)))
	g.waitFor(i, "collecting")
	field := g.one(i, `{"metric":"deployment_frequency","format":"numeric","compare":"previous"}`)[0].Fields[0]
	assert.Equal(t, "not read yet", field.Config.NoValue)
	assert.Equal(t, "github", field.Config.DisplayNameFromDS)
	row := g.one(i, `{"queryType":"collection"}`)[0]
	message, _ := row.FieldByName("message")
	assert.Regexp(t, `^Not read yet\. Reading`, message.At(0))
}

func TestAServiceThatWasNeverDeployedIsNotUnreadForAnotherSourcesSake(t *testing.T) {
	_, url, _ := invented(t)
	g := start(t)
	i := g.saveWith("dora", `{"sources":[{"id":"github","type":"github","url":"`+url+`","repositories":["example-health/*"]},
		{"id":"other","type":"github","url":"`+refusing(t)+`","repositories":["example-health/*"]}],
		"services":[{"name":"quiet","deployments":[{"source":"github","repository":"example-health/none"}]},
		{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"}]},
		{"name":"unknown","deployments":[{"source":"other","repository":"example-health/booking"}]}]}`,
		map[string]string{"sources.github.token": token, "sources.other.token": token})
	g.waitFor(i, "ok")
	instead := func(service string) (noValue, told string) {
		frames := g.one(i, `{"metric":"lead_time","format":"numeric","filters":[{"field":"service","values":["`+service+`"]}]}`)
		return frames[0].Fields[0].Config.NoValue, notices(frames)
	}
	require.Eventually(t, func() bool { // the other fails, and all of this one is worked out
		noValue, _ := instead("unknown")
		_, told := instead("quiet")
		return noValue == "cannot be read" && strings.Contains(told, "No deployment to production")
	}, 20*time.Second, 50*time.Millisecond)
	noValue, told := instead("quiet")
	assert.Empty(t, noValue)
	assert.Contains(t, told, "No deployment to production is known for these services.")
	_, told = instead("unknown")
	assert.NotContains(t, told, "No deployment to production")
}
