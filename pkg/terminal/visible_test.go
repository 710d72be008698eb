package terminal_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/terminal"
)

func TestATitleCommandsNoTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"Searches time out":             "Searches time out",
		"Rück\u00adfrage — 50 % ✓":      "Rück\u00adfrage — 50 % ✓",
		"\x1b[2J\x1b]0;owned\a":         `\x1b[2J\x1b]0;owned\x07`,
		"all well\rall is lost":         `all well\rall is lost`,
		"two\nlines\tand a column":      `two\nlines\tand a column`,
		"\u009b31m, in one character":   `\x9b31m, in one character`,
		"\x9b31m, in one byte":          `\x9b31m, in one byte`,
		"evil \u202egnp.exe":            `evil \u202egnp.exe`,
		"\x7f\x00":                      `\x7f\x00`,
		"a word, and what was replaced": "a word, and what was replaced",
	} {
		assert.Equal(t, want, terminal.Visible(text))
	}
	var out bytes.Buffer
	n, err := terminal.Lines(&out).Write([]byte("one\ttwo\r\nthree\x1b[1A\n"))
	require.NoError(t, err)
	assert.Equal(t, 19, n)
	assert.Equal(t, "one\ttwo\\r\nthree\\x1b[1A\n", out.String())
}

func TestJSONKeepsItsValuesAndCommandsNoTerminal(t *testing.T) {
	const title = "\u009b31m \x7f \x1b[2J \u202e"
	var out bytes.Buffer
	require.NoError(t, json.NewEncoder(terminal.JSON(&out)).Encode(title))
	assert.Regexp(t, `^[ -~]+\n$`, out.String())
	var read string
	require.NoError(t, json.Unmarshal(out.Bytes(), &read))
	assert.Equal(t, title, read)
}
