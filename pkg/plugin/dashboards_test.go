package plugin_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A column that a table does not name stands there as the backend calls it, and pushes the others out of sight.
func TestEveryColumnOfAShippedTableHasAName(t *testing.T) {
	g, i := tiny(t)
	paths, err := filepath.Glob("../../dashboards/*.json")
	require.NoError(t, err)
	seen := 0
	for _, path := range paths {
		var board struct {
			Templating struct {
				List []struct {
					Name    string
					Current struct{ Value any }
				}
			}
			Panels []struct {
				Type, Title string
				Targets     []map[string]any
				FieldConfig struct {
					Overrides []struct{ Matcher struct{ ID, Options any } }
				}
			}
		}
		text, err := os.ReadFile(path) //nolint:gosec // ours
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &board))
		opens := map[string]any{}
		for _, v := range board.Templating.List {
			opens[v.Name] = v.Current.Value
		}
		for _, panel := range board.Panels {
			if panel.Type != "table" {
				continue
			}
			var named []string
			for _, o := range panel.FieldConfig.Overrides {
				named = append(named, fmt.Sprint(o.Matcher.Options))
			}
			for _, target := range panel.Targets {
				for _, key := range []string{"datasource", "refId", "filters", "timezone", "live"} {
					delete(target, key)
				}
				for key, value := range target {
					if text, ok := value.(string); ok && strings.HasPrefix(text, "$") { // a variable, as the dashboard opens
						if target[key] = opens[text[1:]]; target[key] == nil {
							delete(target, key)
						}
					}
				}
				query, err := json.Marshal(target)
				require.NoError(t, err)
				for _, field := range g.one(i, string(query))[0].Fields {
					assert.True(t, slices.Contains(named, field.Name), "%s, %s: %s", filepath.Base(path), panel.Title, field.Name)
					seen++
				}
			}
		}
	}
	assert.Greater(t, seen, 200)
}
