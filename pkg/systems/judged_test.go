package systems_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
)

var step = regexp.MustCompile(`[^.\[\]]+`)

// put sets what lies at a path such as sources[0].incidents.severity.
func put(at any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	if list, ok := at.([]any); ok {
		index, _ := strconv.Atoi(path[0])
		list[index] = put(list[index], path[1:], value)
		return list
	}
	object, _ := at.(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	object[path[0]] = put(object[path[0]], path[1:], value)
	return object
}

// judged is a table of values that are allowed and of values that are not, by field, and what is said of those.
type judged struct {
	Base   json.RawMessage
	Fields []struct {
		Field string
		Good  []any
		Bad   []struct {
			Value any
			Says  string
		}
	}
}

func readJudged(t *testing.T, file string) (table judged) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &table))
	return table
}

// mistakesOf lists what is wrong with settings.
func mistakesOf(t *testing.T, whole map[string]any) (mistakes []*strict.Error) {
	t.Helper()
	_, err := settings.Parse(systems.All, whole, nil)
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, each := range all {
		if each != nil {
			var mistake *strict.Error
			require.ErrorAs(t, each, &mistake)
			mistakes = append(mistakes, mistake)
		}
	}
	return mistakes
}

// holds sees every value judged, and says of which fields anything was said.
func (table *judged) holds(t *testing.T, settingsOf func(base map[string]any) map[string]any, prefix string) (told map[string]bool) {
	t.Helper()
	told = map[string]bool{}
	judge := func(field string, value any) string {
		var base map[string]any
		require.NoError(t, json.Unmarshal(table.Base, &base))
		put(base, step.FindAllString(field, -1), value)
		for _, mistake := range mistakesOf(t, settingsOf(base)) {
			if strings.HasPrefix(mistake.Field, prefix+field) {
				told[strings.TrimPrefix(entry.ReplaceAllString(mistake.Field, ""), prefix)] = true
				// the rest is in the words of the language's own expressions
				said, _, _ := strings.Cut(mistake.Problem, "a regular expression: ")
				if said != mistake.Problem {
					said += "a regular expression"
				}
				return said
			}
		}
		return ""
	}
	for _, each := range table.Fields {
		for _, value := range each.Good {
			assert.Empty(t, judge(each.Field, value), "%s: %v is allowed", each.Field, value)
		}
		for _, bad := range each.Bad {
			assert.NotEmpty(t, bad.Says)
			assert.Equal(t, bad.Says, judge(each.Field, bad.Value), "%s: %v is a mistake", each.Field, bad.Value)
		}
	}
	return told
}

// entry is a place in a list at the end of a field's name.
var entry = regexp.MustCompile(`\[\d+\]$`)

// The editor judges the same tables, and in the same words: src/settings/judged.test.ts.
func TestTheEditorAndTheBackendJudgeAlike(t *testing.T) {
	table := readJudged(t, "../settings/testdata/judged.json")
	table.holds(t, func(base map[string]any) map[string]any { return base }, "")
}

func TestATypeThatIsNoneIsAnsweredWithThoseThatThereAre(t *testing.T) {
	mistakes := mistakesOf(t, map[string]any{"sources": []any{map[string]any{"id": "a", "type": "gitea"}}})
	require.Len(t, mistakes, 1)
	assert.Equal(t, `"gitea" is not allowed; allowed: `+strings.Join(systems.All.Types(), ", "), mistakes[0].Problem)
	mistakes = mistakesOf(t, map[string]any{"sources": []any{map[string]any{"id": "a"}}})
	assert.Equal(t, "is missing; allowed: "+strings.Join(systems.All.Types(), ", "), mistakes[0].Problem)
}

func TestTheEditorAndTheBackendJudgeTheSettingsOfASystemAlike(t *testing.T) {
	for _, system := range systems.All {
		ruled := slices.DeleteFunc(system.Fields(), func(f source.Field) bool {
			return f.Form == nil && f.Required == "" && f.Kind != source.Address && f.Kind != source.Pattern && f.Kind != source.Choice
		})
		if len(ruled) == 0 {
			continue
		}
		t.Run(system.Type, func(t *testing.T) {
			table := readJudged(t, "../source/"+system.Type+"/testdata/judged.json")
			told := table.holds(t, func(base map[string]any) map[string]any {
				base["id"], base["type"] = system.Type, system.Type
				return map[string]any{"sources": []any{base}}
			}, "sources[0].")
			for _, field := range ruled {
				assert.True(t, told[field.Key], "a bad value of %s is in the table", field.Key)
			}
		})
	}
}
