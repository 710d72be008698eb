package settings_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/settings"
)

func TestAMistakeIsToldByTheLabelOfItsFieldWithThePageThatExplainsIt(t *testing.T) {
	for text, want := range map[string]string{
		`{"sources":[{"id":"github","type":"github","repositories":["a/b","one"]}]}`: `Repositories (sources[0].repositories[1]): "one" is not allowed; allowed: owner/name, with * and ? for parts of a name and ! in front to leave out. See ` + settings.PageOf("github") + "#settings",
		`{"sources":[{"id":"git hub","type":"github","repositories":["a/b"]}]}`:      `Id (sources[0].id): "git hub" is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit. See ` + settings.Page + "#sources",
		`{"collect":{"every":"1s"},"store":{"type":"sqlite"}}`:                       "Collect every (collect.every): 1s is too short; allowed: 1m or longer; File (store.path): is missing; a sqlite store needs the path of its file. See " + settings.Page + "#collect-and-store",
		`{"definition":{"units":"x"}}`:                                               "definition.units: there is no such key; allowed: unit, leadTimeStart, bots, redeploys, evidence, incidentWindow, hotfix, recovery, rework. See " + settings.Page + "#definition",
	} {
		_, err := parse(t, text, nil)
		assert.Equal(t, want, settings.Explain(err))
	}
	assert.Equal(t, "the disk is full; really", settings.Explain(errors.New("the disk is full\nreally")))
}

func TestThePageHasASectionForEveryField(t *testing.T) {
	page, err := os.ReadFile("../../docs/configure.md")
	require.NoError(t, err)
	sections := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(string(page), -1) {
		sections["#"+strings.ReplaceAll(heading[1], " ", "-")] = true
	}
	for _, text := range []string{`{"sources":[{}]}`, `{"services":[{}]}`, `{"production":"("}`, `{"definition":{"unit":"x"}}`, `{"collect":{"every":"x"}}`, `{"store":{"type":"x"}}`} {
		_, err := parse(t, text, nil)
		_, anchor, _ := strings.Cut(settings.Explain(err), settings.Page)
		assert.True(t, sections[anchor], "%s leads to %q", text, anchor)
	}
}
