package plugin_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/mangle"
)

// Pipelines that tell of events in a form of their own are told what is wrong with it, and none of it is stored in part.
func TestMalformedEventsAreRefusedWithAProblem(t *testing.T) {
	_, editor, _ := pipelines(t, api1)
	editor.router = nil
	bodies := map[string]string{
		"v1/deployments?source=ci": fmt.Sprintf(`[{"id":"1","repository":"example-health/api","environment":"production","sha":%q,"state":"success","finished":"2026-03-02T09:00:00Z","ref":"main"}]`, sha(1)),
		"v1/changes?source=ci":     fmt.Sprintf(`{"number":7,"repository":"example-health/api","title":"Show doses","mergeCommit":%q,"opened":"2026-03-01T09:00:00Z","merged":"2026-03-02T08:00:00Z","labels":["hotfix"]}`, sha(2)),
		"v1/incidents?source=ci":   `{"id":"9","service":"api","title":"Requests fail","opened":"2026-03-02T10:00:00Z","resolved":"2026-03-02T11:00:00Z","severity":"1"}`,
		"v1/corrections":           `{"verdict":"not_failed","deployment":"ci:example-health/api:deployment:1","reason":"a drill"}`,
		"webhooks?source=alerts":   `{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Down"},"startsAt":"2026-03-02T09:00:00Z","fingerprint":"a1"}]}`,
		"v1/refresh?source=ci":     `{}`,
		"v1/preview":               `{` + api1 + `}`,
		"v1/metrics":               `{"metric":"lead_time","from":"2026-01-01","to":"2026-04-01"}`,
	}
	paths := slices.Sorted(maps.Keys(bodies))
	random, refused, tried := rand.New(rand.NewPCG(1, 5)), 0, 0
	for tried < malformed() {
		for _, path := range paths {
			tried++
			body := mangle.JSON(random, bodies[path])
			answer := editor.send(http.MethodPost, path, []byte(body))
			require.Less(t, answer.status, http.StatusInternalServerError, "%s %q: %s", path, body, answer.body)
			if answer.status >= http.StatusBadRequest {
				refused++
				require.Less(t, len(answer.body), 4*longestSentence, "%s %.200q", path, body)
			}
		}
	}
	t.Logf("%d malformed events and other bodies, %d refused", tried, refused)
	assert.Greater(t, refused, tried/3)
	editor.get("v1/deployments").is(http.StatusOK, nil)
}
