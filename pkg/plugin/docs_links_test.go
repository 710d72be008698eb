package plugin_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDocsLinkToWhatIsThere(t *testing.T) {
	const root = "../.."
	texts := map[string]string{}
	read := func(file string) {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		texts[filepath.ToSlash(file)] = string(text)
	}
	read("README.md")
	read("CHANGELOG.md")
	require.NoError(t, fs.WalkDir(os.DirFS(root), "docs", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(file, ".md") {
			read(file)
		}
		return err
	}))
	anchors := map[string][]string{}
	for page, text := range texts {
		for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
			anchor := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
			anchors[page] = append(anchors[page], strings.ReplaceAll(anchor, " ", "-"))
		}
	}
	for page, text := range texts {
		for _, link := range regexp.MustCompile(`\]\(([\w./-]+\.md)?(?:#([^)]+))?\)`).FindAllStringSubmatch(text, -1) {
			target := page
			if link[1] != "" {
				target = path.Join(path.Dir(page), link[1])
			}
			_, there := texts[target]
			if assert.True(t, there, "%s links to %s", page, target) && link[2] != "" {
				assert.Contains(t, anchors[target], link[2], "%s links to %s", page, target)
			}
		}
	}
}
