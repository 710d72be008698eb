package plugin_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestWhatIsFailingNowIsToldInASentence(t *testing.T) {
	g, i := tiny(t)
	failing := func(more string) *data.Frame {
		return g.one(i, `{"queryType":"events","events":"failing"`+more+`}`)[0]
	}
	const asOne, days = `,"definition":{"incidentWindow":"9000h"}`, `\d+ days`
	frame := failing("")
	assert.Equal(t, [][]any{{datasettest.At("Jan 25 09:00"), "booking", "access", "", "A certificate ran out", "https://github.example/example-health/booking/issues/502"}},
		rows(t, frame, "since", "service", "team", "deployment", "incident", "incident_url"), "an incident that no deployment is held to have caused")
	assert.Regexp(t, "^Incident #502 of booking has been open for "+days+"$", frame.Fields[0].At(0))

	frame = failing(asOne)
	require.Equal(t, 1, frame.Rows(), "a deployment and its incident are one thing that is failing")
	assert.Equal(t, [][]any{{datasettest.At("Jan 17 09:00"), "A certificate ran out"}}, rows(t, frame, "since", "incident"))
	assert.Regexp(t, "^booking has been failing for "+days+` since deployment \S+ \(incident #502\)$`, frame.Fields[0].At(0))
	for _, column := range []string{"deployment", "incident"} {
		field, _ := frame.FieldByName(column)
		require.Len(t, field.Config.Links, 1, column)
		address, _ := frame.FieldByName(column + "_url")
		assert.Equal(t, "${__data.fields."+column+"_url}", field.Config.Links[0].URL)
		assert.Regexp(t, "^https://", address.At(0))
	}
	assert.Empty(t, failing(asOne+`,"filters":[{"field":"service","values":["records"]}]`).Fields, "records is well")
}

func TestAFailureThatNothingEndedSaysWhyItIsHeldToBeOne(t *testing.T) {
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", append(datasettest.Events(), &dora.Correction{
		Header: dora.Header{Source: dora.CorrectionsSource, ID: "1", Updated: datasettest.At("Feb 02 09:00")}, Verdict: dora.VerdictFailed,
		Deployment: "github:example-health/records:deployment:202", Reason: "the forms did not print", Author: "dev-02", Made: datasettest.At("Feb 02 09:00"),
	})...)
	i := g.save("dora", settings(silent(t), `"store":{"type":"sqlite","path":"`+path+`"}`, `"services":`+datasettest.Services, `"collect":{"backfill":"3650d"}`))
	frame := g.one(i, `{"queryType":"events","events":"failing","filters":[{"field":"service","values":["records"]}]}`)[0]
	require.Equal(t, 1, frame.Rows())
	assert.Regexp(t, `^records has not recovered from deployment \S+ for \d+ days: it failed, says dev-02: the forms did not print$`, frame.Fields[0].At(0))
}

// TestAListOfASourceThatWasNeverReadIsNotEmpty because a panel would say of an empty one that there is nothing.
func TestAListOfASourceThatWasNeverReadIsNotEmpty(t *testing.T) {
	t.Parallel() // it waits for what is tried again
	for url, said := range map[string]string{
		silent(t): `^github is not read yet\.$`,
		dead:      `^github cannot be reached since \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC, and was never read\.$`,
	} {
		g := start(t)
		i := g.save("dora", settings(url, `"services":`+datasettest.Services))
		g.waitFor(i, map[bool]string{true: "failing", false: "collecting"}[url == dead])
		for _, events := range []string{"deployments", "changes", "incidents", "failures", "recoveries", "open", "failing", "waiting", "unlinked", "unmeasured", "unmatched"} {
			frame := g.one(i, fmt.Sprintf(`{"queryType":"events","events":%q}`, events))[0]
			require.Len(t, frame.Fields, 1, events)
			assert.Equal(t, "message", frame.Fields[0].Name, events)
			assert.Regexp(t, said, frame.Fields[0].At(0), events)
		}
		assert.Empty(t, g.one(i, `{"queryType":"events","events":"corrections"}`)[0].Fields, "what people said is known")
	}
}
