package settings_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/settings"
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

// The editor judges the same table, and in the same words: src/settings/judged.test.ts.
func TestTheEditorAndTheBackendJudgeAlike(t *testing.T) {
	text, err := os.ReadFile("testdata/judged.json")
	require.NoError(t, err)
	var table struct {
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
	require.NoError(t, json.Unmarshal(text, &table))
	judge := func(field string, value any) string {
		var whole map[string]any
		require.NoError(t, json.Unmarshal(table.Base, &whole))
		put(whole, step.FindAllString(field, -1), value)
		_, err := settings.Parse(systems.All, whole, nil)
		var all []error
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = joined.Unwrap()
		} else if err != nil {
			all = []error{err}
		}
		for _, each := range all {
			var mistake *strict.Error
			require.ErrorAs(t, each, &mistake)
			if strings.HasPrefix(mistake.Field, field) {
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
}
