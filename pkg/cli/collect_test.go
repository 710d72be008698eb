package cli_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCollectingOnceEndsWithASummary(t *testing.T) {
	_, settings := invented(t)
	file := settings(token, "example-health/*")
	code, out, log := run(t, file, "collect --settings FILE --once --progress")
	require.Zero(t, code, log)
	all := lines(t, out)
	summary := all[len(all)-1]
	assert.Equal(t, true, summary["ok"])
	source := summary["sources"].([]any)[0].(map[string]any)
	assert.Equal(t, "github", source["id"])
	assert.Empty(t, source["errors"])
	assert.Positive(t, source["requests"])
	assert.Positive(t, source["points"])
	assert.Contains(t, source, "durationSeconds")
	events := source["events"].(map[string]any)
	for _, kind := range []string{"repository", "commit", "change", "deployment", "incident"} {
		assert.Positive(t, events[kind], kind)
	}

	_, out, _ = run(t, file, "collect --settings FILE --once")
	again := lines(t, out)[0]["sources"].([]any)[0].(map[string]any)
	assert.Less(t, again["requests"], source["requests"], "it goes on where it ended")
}

func TestAWrongTokenFailsAndWhatWasCollectedStays(t *testing.T) {
	_, settings := invented(t)
	code, _, log := run(t, settings(token, "example-health/*"), "collect --settings FILE --once")
	require.Zero(t, code, log)
	_, before, _ := run(t, settings(token, "example-health/*"), "facts --settings FILE")
	require.NotEmpty(t, before)

	code, out, log := run(t, settings("wrong-"+"token-of-someone", "example-health/*"), "collect --settings FILE --once")
	assert.Equal(t, 1, code)
	assert.Contains(t, log, "not everything could be read; what was read is stored: github")
	assert.NotContains(t, out+log, "wrong-token-of-someone")
	summary := lines(t, out)[0]
	assert.Equal(t, false, summary["ok"])
	assert.Len(t, summary["sources"].([]any)[0].(map[string]any)["errors"], 1)
	_, after, _ := run(t, settings(token, "example-health/*"), "facts --settings FILE")
	assert.Equal(t, before, after)
}

func TestARepositoryThatCannotBeReadDoesNotStopTheOthers(t *testing.T) {
	_, settings := invented(t)
	file := settings(token, "example-health/nothing", "example-health/booking")
	code, out, log := run(t, file, "collect --settings FILE --once")
	assert.Equal(t, 1, code)
	assert.Contains(t, log, "there is no repository example-health/nothing, or the token may not see it")
	source := lines(t, out)[0]["sources"].([]any)[0].(map[string]any)
	assert.Len(t, source["errors"], 1)
	assert.Positive(t, source["events"].(map[string]any)["deployment"])
	code, out, _ = run(t, file, "report --settings FILE --format csv --metric deployment_frequency --group-by service --bucket total")
	assert.Zero(t, code)
	assert.Contains(t, out, "example-health/booking")
}

func TestAStoreInMemoryIsFilledFirst(t *testing.T) {
	url, _ := invented(t)
	file := write(t, map[string]any{"sources": sourceAt(url, "example-health/booking")}, token)
	code, out, log := run(t, file, "report --settings FILE --metric deployment_frequency --bucket total --format csv")
	assert.Zero(t, code)
	assert.Contains(t, log, "store.type is memory, which keeps nothing between runs: collecting first")
	assert.Len(t, strings.Split(strings.TrimSpace(out), "\n"), 2)
}

func TestMisuseIsToldInASentence(t *testing.T) {
	file := tiny(t)
	for line, want := range map[string]string{
		"":                                "a person gives a command:",
		"gather":                          `there is no command "gather"`,
		"h":                               `there is no command "h"`,
		"collect":                         "--settings FILE is missing: a data source's provisioning file",
		"collect --settings FILE --twice": "flag provided but not defined: -twice",
		"collect --settings FILE now":     `collect: "now" is not an option`,
		"report --settings FILE --metric velocity":                          `--metric: "velocity" is not allowed; allowed: deployment_frequency, lead_time, change_failure_rate, recovery_time, rework_rate`,
		"report --settings FILE --metric lead_time --statistic k":           `--statistic: "k" is not allowed for metric lead_time; allowed: p50, p75, p90, p95, mean, min, max, n`,
		"report --settings FILE --bucket hour":                              `--bucket: "hour" is not allowed; allowed: auto, day, week, month, quarter, total`,
		"report --settings FILE --group-by severity":                        `--group-by[0]: severity is a field of incidents`,
		"report --settings FILE --metric lead_time --rolling 28d":           `--rolling: "28d" is not allowed; allowed: a number of days or buckets, such as 28 days or 3 buckets`,
		"report --settings FILE --bucket total --limits":                    "--limits: true is not allowed with format numeric",
		"report --settings FILE --metric recovery_time --group-by severity": "--group-by[0]: severity is a field of incidents",
		"report --settings FILE --format xml":                               `--format: "xml" is not allowed; allowed: csv, json, markdown, table`,
		"report --settings FILE --timezone Mars":                            `--timezone: "Mars" is no time zone; allowed: the IANA name of one, such as Europe/London, or UTC`,
		"report --settings FILE --from soon":                                `--from: "soon" is no time; allowed: 2026-01-31, 2026-01-31T15:04 or RFC 3339`,
		"report --settings FILE --to 2024-13-01":                            `--to: "2024-13-01" is no time`,
		"report --settings FILE --from 2024-02-01 --to 2024-01-01":          "--to: 2024-01-01 is not after --from",
		"report --settings FILE --service nobody":                           `--service: there is no service "nobody"; there are: booking, records`,
		"facts --settings FILE --service nobody":                            `--service: there is no service "nobody"; there are: booking, records`,
		"facts --settings FILE --timezone Local":                            `--timezone: "Local" is no time zone`,
		"facts --settings FILE --from 2024-02-01 --to 2024-02-01":           "--to: 2024-02-01 is not after --from",
	} {
		code, out, log := run(t, file, line)
		assert.Equal(t, 2, code, line)
		assert.Contains(t, log, want, line)
		assert.Empty(t, out, line)
	}
	for _, line := range []string{"help", "--help", "-h", "report --help", "collect -h"} {
		code, out, log := run(t, file, line)
		assert.Zero(t, code, line)
		assert.NotEmpty(t, log)
		assert.Empty(t, out)
	}
}

func TestSettingsThatCannotBeUsedFail(t *testing.T) {
	empty := write(t, map[string]any{}, token)
	wrong := write(t, map[string]any{"production": "("}, token)
	for line, want := range map[string]string{
		"facts --settings " + empty:                        empty + ": sources: no source is configured",
		"report --settings " + wrong:                       wrong + `: production: "(" is not a regular expression`,
		"facts --settings nowhere.yaml":                    "the settings file cannot be read: open nowhere.yaml",
		"facts --settings " + empty + " --datasource Prod": `has no data source named "Prod" of type livedora-dora-datasource; it has: DORA`,
	} {
		code, out, log := run(t, "", line)
		assert.Equal(t, 1, code, line)
		assert.Contains(t, log, want)
		assert.Empty(t, out)
	}
}
