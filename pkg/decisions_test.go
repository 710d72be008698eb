package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// undecided are the numbers under which nothing was ever decided; the index says why. There are to be no others.
var undecided = map[int]bool{9: true, 13: true}

func TestEveryDecisionHasItsNumberAndItsRow(t *testing.T) {
	const folder = "../docs/adr"
	index, err := os.ReadFile(filepath.Join(folder, "README.md"))
	require.NoError(t, err)
	assert.Contains(t, string(index), "Nothing was decided under the numbers 9 and 13:")
	pages, err := filepath.Glob(filepath.Join(folder, "[0-9]*.md"))
	require.NoError(t, err)
	var rows strings.Builder
	number := 0
	for _, page := range pages { // by name, and so by number
		for number++; undecided[number]; number++ {
		}
		name := filepath.Base(page)
		require.True(t, strings.HasPrefix(name, fmt.Sprintf("%04d-", number)), "%s is where number %d is expected", name, number)
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		heading, _, _ := strings.Cut(string(text), "\n")
		title, found := strings.CutPrefix(heading, fmt.Sprintf("# %d. ", number))
		require.True(t, found, "%s begins with its number", name)
		fmt.Fprintf(&rows, "| [%d](%s) | %s |\n", number, name, title)
	}
	_, listed, found := strings.Cut(string(index), "| --- | --- |\n")
	require.True(t, found)
	assert.Equal(t, rows.String(), listed, "docs/adr/README.md has a row for each decision, in their order")
}
