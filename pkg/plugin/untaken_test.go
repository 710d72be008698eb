package plugin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAnAnswerWarnsOfWhatNoServiceTakes(t *testing.T) {
	viewer, editor, _ := pipelines(t, api1)
	alert := func(service string) string {
		return `{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"TooSlow","service":"` + service + `"},"startsAt":"` + at(time.Hour) + `","fingerprint":"` + service + `"}]}`
	}
	var receipt struct {
		Stored  int
		Warning string
	}
	viewer.headers.Set("X-Live-Dora-Secret", hookSecret)
	viewer.post("webhooks?source=alerts", alert("checkout")).is(http.StatusOK, &receipt)
	assert.Equal(t, 1, receipt.Stored)
	assert.Equal(t, `no service takes 1 of these incidents, so that no figure has them: one that says incidents: [{ source: alerts, service: "checkout" }] in the settings does, and shows them from then on`, receipt.Warning)
	receipt.Warning = ""
	viewer.post("webhooks?source=alerts", alert("api")).is(http.StatusOK, &receipt)
	assert.Empty(t, receipt.Warning)
	viewer.post("webhooks?source=ci", `{"deployments":[`+success("1", 1, 0, "")+`]}`).is(http.StatusOK, &receipt)
	assert.Empty(t, receipt.Warning)

	var posted struct{ Warning string }
	editor.post("v1/deployments?source=ci", `{"id":"2","repository":"example-health/api","environment":"staging","sha":"`+sha(2)+`","status":"success","at":"`+at(0)+`"}`).is(http.StatusOK, &posted)
	assert.Equal(t, `no service counts 1 of these deployments, into the environment "staging": the table of unmatched environments shows them, and a service whose entry matches it counts them`, posted.Warning)
	posted.Warning = ""
	editor.post("v1/deployments?source=ci", success("3", 3, 0, "")).is(http.StatusOK, &posted)
	assert.Empty(t, posted.Warning)
}
