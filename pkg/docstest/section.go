// Package docstest finds the parts of the docs that tests hold together with the code. They stand between two comments,
// such as <!-- the model: … --> and <!-- end of the model -->.
package docstest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Section is what a page of docs/ says of a subject.
func Section(t *testing.T, page, subject string) string {
	t.Helper()
	text, from, to := find(t, page, subject)
	return text[from:to]
}

// Rewrite has a page say something else.
func Rewrite(t *testing.T, page, subject, words string) {
	t.Helper()
	text, from, to := find(t, page, subject)
	require.NoError(t, os.WriteFile(path(page), []byte(text[:from]+words+text[to:]), 0o644)) //nolint:gosec // a page of the docs
}

// path is where a page is, seen from a package.
func path(page string) string { return filepath.Join("..", "..", "docs", page) }

func find(t *testing.T, page, subject string) (text string, from, to int) {
	t.Helper()
	read, err := os.ReadFile(path(page))
	require.NoError(t, err)
	name := regexp.QuoteMeta(subject)
	found := regexp.MustCompile(`(?s)<!-- the ` + name + `: [^\n]* -->\n(.*)<!-- end of the ` + name + ` -->\n`).FindSubmatchIndex(read)
	require.NotNil(t, found, "docs/%s has no section on the %s", page, subject)
	return string(read), found[2], found[3]
}
