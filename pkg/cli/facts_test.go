package cli_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
)

func TestFactsAreTheAuditTrail(t *testing.T) {
	code, out, log := run(t, tiny(t), "facts --settings FILE --service booking")
	require.Zero(t, code, log)
	found := map[string][]map[string]any{}
	for _, line := range lines(t, out) {
		kind := line["kind"].(string)
		found[kind] = append(found[kind], line)
		assert.Equal(t, "booking", line["service"])
	}
	assert.Len(t, found["deployment"], 5)
	assert.Len(t, found["failed_run"], 1)
	assert.Len(t, found["incident"], 2)
	assert.Len(t, found["waiting"], 1)
	assert.Len(t, found["unmeasured"], 3)

	same := func(want string, line map[string]any) {
		t.Helper()
		text, err := json.Marshal(line)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(text))
	}
	sha := func(name string) string { return `"sha":"` + datasettest.SHA(name) + `"` }
	same(`{"kind":"deployment","id":"github:example-health/booking:deployment:102","service":"booking","environment":"production",`+sha("b1")+`,"ref":"v1.1",
		"finished":"2024-01-03T09:00:00Z","redeploy":false,"rollback":false,"commits":1,"changes":[{"number":1,`+sha("b1")+`,"firstCommit":"2024-01-02T09:00:00Z",
		"opened":"2024-01-02T12:00:00Z","firstReview":"2024-01-02T15:00:00Z","approved":"2024-01-02T15:00:00Z","merged":"2024-01-02T18:00:00Z","leadSeconds":86400,
		"stages":{"coding":10800,"pickup":10800,"review":10800,"deploy":54000},"excluded":null}],"failed":null,"recovered":null,"rework":null}`, found["deployment"][1])
	failed := found["deployment"][2]
	text, err := json.Marshal([]any{failed["failed"], failed["recovered"]})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"evidence":[{"kind":"incident","by":"github:example-health/booking:incident:501","at":"2024-01-08T22:00:00Z"}]},
		{"at":"2024-01-09T01:00:00Z","by":"github:example-health/booking:incident:501","seconds":14400}]`, string(text))
	bot := found["deployment"][3]["changes"].([]any)[0].(map[string]any)
	assert.Equal(t, "bot", bot["excluded"])
	assert.Nil(t, bot["leadSeconds"])
	assert.Equal(t, "rollback", found["deployment"][4]["rework"])
	same(`{"kind":"failed_run","id":"github:example-health/booking:deployment:105","service":"booking","environment":"production",`+sha("b3")+`,"ref":"v1.3","failed":"2024-01-20T09:00:00Z"}`, found["failed_run"][0])
	same(`{"kind":"incident","id":"github:example-health/booking:incident:501","service":"booking","number":501,"title":"Searches time out","severity":"2",
		"opened":"2024-01-08T22:00:00Z","acknowledged":null,"resolved":"2024-01-09T01:00:00Z",
		"linked":{"deployment":"github:example-health/booking:deployment:103","evidence":"incident"},"remedy":null}`, found["incident"][0])
	assert.Nil(t, found["incident"][1]["linked"])
	same(`{"kind":"waiting","service":"booking","number":4,`+sha("b4")+`,"merged":"2024-01-30T09:00:00Z"}`, found["waiting"][0])
	same(`{"kind":"unmeasured","service":"booking","reason":"bot","count":1}`, found["unmeasured"][0])
}

func TestFactsOfAStretchOfTime(t *testing.T) {
	_, out, _ := run(t, tiny(t), "facts --settings FILE --from 2024-01-08T21:00 --to 2024-01-17T09:00")
	var ids []any
	for _, line := range lines(t, out) {
		if line["kind"] == "deployment" || line["kind"] == "incident" {
			ids = append(ids, line["id"])
		}
	}
	assert.Equal(t, []any{"github:example-health/booking:deployment:103", "github:example-health/booking:deployment:104", "github:example-health/booking:incident:501"}, ids)
}
