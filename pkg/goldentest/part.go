// Package goldentest holds files, and parts of them, together with what the code says, and writes them anew where a test
// is asked to.
package goldentest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rewrites = "go tool mage golden rewrites it, where it is written from the code"

// Part is what stands in a file between two lines, of which these are the beginnings.
type Part struct{ File, Begin, End string }

// Section is what a page of docs/ says of a subject, between comments such as <!-- the model: … --> and
// <!-- end of the model -->.
func Section(page, subject string) Part {
	return Part{"../../docs/" + page, "<!-- the " + subject + ": ", "<!-- end of the " + subject + " -->"}
}

// Text is what it says.
func (p Part) Text(t *testing.T) string {
	t.Helper()
	_, text, _ := p.find(t)
	return text
}

// Holds holds that it says this, and has it do so where it is to be updated.
func (p Part) Holds(t *testing.T, words string, update bool) {
	t.Helper()
	if before, _, after := p.find(t); update {
		require.NoError(t, os.WriteFile(p.File, []byte(before+words+after), 0o644)) //nolint:gosec // it is everyone's
	}
	assert.Equal(t, words, p.Text(t), "%s: %s", p.File, rewrites)
}

func (p Part) find(t *testing.T) (before, text, after string) {
	t.Helper()
	read, err := os.ReadFile(p.File)
	require.NoError(t, err)
	begin := strings.Index("\n"+string(read), "\n"+p.Begin)
	require.GreaterOrEqual(t, begin, 0, "%s has no line that begins with %q", p.File, p.Begin)
	line, rest, _ := strings.Cut(string(read[begin:]), "\n")
	end := strings.Index("\n"+rest, "\n"+p.End)
	require.GreaterOrEqual(t, end, 0, "%s has no line that begins with %q", p.File, p.End)
	return string(read[:begin]) + line + "\n", rest[:end], rest[end:]
}

// JSON holds that a file is a value as JSON, and has it be so where it is to be updated.
func JSON(t *testing.T, file string, value any, update bool) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(value))
	if update {
		require.NoError(t, os.WriteFile(file, text.Bytes(), 0o644)) //nolint:gosec // it is everyone's
	}
	known, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, text.String(), string(known), "%s: %s", file, rewrites)
}

// Whole holds that a file says this and nothing else, and has it do so where it is to be updated.
func Whole(t *testing.T, file, words string, update bool) {
	t.Helper()
	if update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))   //nolint:gosec // it is everyone's
		require.NoError(t, os.WriteFile(file, []byte(words), 0o644)) //nolint:gosec // it is everyone's
	}
	known, err := os.ReadFile(file)
	require.NoError(t, err, rewrites)
	assert.Equal(t, words, string(known), "%s: %s", file, rewrites)
}
