package cli_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestProgramsReadTheLogOfACollectionLineByLine(t *testing.T) {
	_, settings := invented(t)
	code, out, log := run(t, settings("another-token", "example-health/booking"), "collect --settings FILE --once --log json")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, `"ok":false`)
	records := lines(t, log)
	last := records[len(records)-1]
	assert.Equal(t, "ERROR", last["level"])
	assert.Contains(t, last["msg"], "not everything could be read; what was read is stored:")

	for words, says := range map[string]string{
		"collect --settings FILE --log xml":                        `--log: "xml" is no form; allowed: text, json`,
		"collect --settings FILE --listen everywhere":              "allowed: HOST:PORT, such as 127.0.0.1:9464",
		"collect --settings FILE --log json --listen 127.0.0.1:-1": "allowed: HOST:PORT, such as 127.0.0.1:9464",
	} {
		code, _, log := run(t, settings(token), words)
		assert.Equal(t, 2, code, words)
		assert.Contains(t, log, says)
	}
}
