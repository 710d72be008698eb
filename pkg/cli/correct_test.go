package cli_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	broken   = "github:example-health/booking:deployment:103"
	sound    = "github:example-health/booking:deployment:102"
	timeouts = "github:example-health/booking:incident:501"
)

// factOf is the line of facts with an id.
func factOf(t *testing.T, file, id string) map[string]any {
	t.Helper()
	_, out, log := run(t, file, "facts --settings FILE")
	for _, line := range lines(t, out) {
		if line["id"] == id {
			return line
		}
	}
	require.Fail(t, "there is no "+id, log)
	return nil
}

// correct carries out a correction and gives its id.
func correct(t *testing.T, file, options string) string {
	t.Helper()
	code, out, log := run(t, file, "correct --settings FILE --author dev-01 --reason seen-by-those-on-call "+options)
	require.Zero(t, code, log)
	said := lines(t, out)
	require.Len(t, said, 1)
	return said[0]["id"].(string)
}

func TestAPersonCorrectsAFigureAndTakesItBack(t *testing.T) {
	file := tiny(t)
	require.NotNil(t, factOf(t, file, broken)["failed"])

	id := correct(t, file, "--verdict not_failed --deployment "+broken)
	line := factOf(t, file, broken)
	assert.Nil(t, line["failed"])
	assert.NotNil(t, line["overruled"], "the evidence is kept")
	assert.Equal(t, "seen-by-those-on-call", line["said"].(map[string]any)["reason"])

	code, out, log := run(t, file, "correct --settings FILE --author dev-02 --undo "+id)
	require.Zero(t, code, log)
	assert.Equal(t, true, lines(t, out)[0]["undone"])
	line = factOf(t, file, broken)
	assert.NotNil(t, line["failed"])
	assert.NotContains(t, line, "said")

	_, out, _ = run(t, file, "correct --settings FILE --list")
	said := lines(t, out)
	require.Len(t, said, 1, "what was said stays on record")
	assert.Equal(t, "dev-02", said[0]["undoneBy"])
}

func TestAPersonHoldsAnIncidentAgainstAnotherDeployment(t *testing.T) {
	file := tiny(t)
	correct(t, file, "--verdict linked --incident "+timeouts+" --deployment "+sound)
	assert.Nil(t, factOf(t, file, broken)["failed"])
	failure := factOf(t, file, sound)["failed"].(map[string]any)["evidence"].([]any)[0].(map[string]any)
	assert.Equal(t, "manual", failure["kind"])
	assert.Equal(t, timeouts, failure["by"])
	assert.Equal(t, map[string]any{"deployment": sound, "evidence": "manual"}, factOf(t, file, timeouts)["linked"])
}

func TestACorrectionThatCannotBeSaysWhatIsAllowed(t *testing.T) {
	file := tiny(t)
	whole := "--author dev-01 --reason because "
	for _, story := range []struct{ options, says string }{
		{whole + "--verdict broken --deployment " + broken, `verdict: "broken" is not allowed; allowed: failed, not_failed, linked, unlinked, ignored`},
		{whole + "--verdict failed", "deployment: is missing"},
		{whole + "--verdict failed --deployment " + broken + " --incident " + timeouts, "incident: does not go with verdict failed"},
		{whole + "--verdict linked --deployment " + broken, "incident: is missing"},
		{whole + "--verdict unlinked --incident " + timeouts + " --deployment " + broken, "deployment: does not go with verdict unlinked"},
		{whole + "--verdict ignored", "either a deployment or an incident"},
		{whole + "--verdict failed --deployment 103", `"103" is not known; facts prints the ids that there are`},
		{whole + "--verdict unlinked --incident github:x:incident:1", `incident: "github:x:incident:1" is not known`},
		{whole + "--verdict failed --deployment github:example-health/booking:deployment:105", "is no successful deployment to production of any service"},
		{whole + "--verdict failed --service nobody --deployment " + broken, `there is no service "nobody"`},
		{"--author dev-01 --verdict failed --deployment " + broken, "reason: is missing"},
		{"--reason because --verdict failed --deployment " + broken, "author: is missing"},
		{"--undo corrections:nothing --author dev-01", `there is no correction "corrections:nothing"`},
		{"--undo corrections:nothing", "author: is missing"},
	} {
		code, out, log := run(t, file, "correct --settings FILE "+story.options)
		assert.Equal(t, 2, code, story.options)
		assert.Empty(t, out)
		assert.Contains(t, log, story.says)
	}
	_, out, _ := run(t, file, "correct --settings FILE --list")
	assert.Empty(t, out, "nothing of it was stored")
}

func TestAStoreThatKeepsNothingTakesNoCorrection(t *testing.T) {
	file := write(t, map[string]any{"sources": sourceAt("https://github.invalid", "example-health/*")}, token)
	code, _, log := run(t, file, "correct --settings FILE --author dev-01 --reason because --verdict failed --deployment "+broken)
	assert.Equal(t, 1, code)
	assert.Contains(t, log, "store.type is memory")
	assert.True(t, strings.Contains(log, "store.path"), "and what to do about it")
}
