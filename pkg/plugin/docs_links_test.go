package plugin_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDocsLinkToWhatIsThere(t *testing.T) {
	pages := map[string]string{"README.md": "../../README.md"}
	entries, err := os.ReadDir("../../docs")
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".md") {
			pages[e.Name()] = "../../docs/" + e.Name()
		}
	}
	anchors := map[string][]string{}
	texts := map[string]string{}
	for page, path := range pages {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts[page] = string(text)
		for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
			anchor := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
			anchors[page] = append(anchors[page], strings.ReplaceAll(anchor, " ", "-"))
		}
	}
	for page, text := range texts {
		for _, link := range regexp.MustCompile(`\]\((?:docs/)?([a-z-]+\.md)?(?:#([^)]+))?\)`).FindAllStringSubmatch(text, -1) {
			target := link[1]
			if target == "" {
				target = page
			}
			if !assert.Contains(t, texts, target, "%s links to it", page) || link[2] == "" {
				continue
			}
			assert.Contains(t, anchors[target], link[2], "%s links to %s", page, target)
		}
	}
}
