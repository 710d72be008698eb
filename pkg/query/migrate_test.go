package query_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/query"
)

// The frontend's tests tell the same stories.
const migrationStories = "testdata/migration.json"

func TestASavedQueryIsReadInTheWordsOfToday(t *testing.T) {
	text, err := os.ReadFile(migrationStories)
	require.NoError(t, err)
	var stories []struct {
		Story   string
		Steps   []query.Migration
		Query   map[string]any
		Becomes map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &stories))
	require.NotEmpty(t, stories)
	for _, s := range stories {
		require.NoError(t, query.Migrate(s.Query, s.Steps), s.Story)
		assert.Equal(t, s.Becomes, s.Query, s.Story)
	}
}

func TestEveryVersionLeadsToTheNewest(t *testing.T) {
	require.Len(t, query.Migrations, query.Version-1)
	for i, step := range query.Migrations {
		assert.Equal(t, i+1, step.From)
	}
}

func TestAQueryWithoutAVersionAndOneOfTheFirstReadTheSame(t *testing.T) {
	want := parse(t, `{"metric":"lead_time"}`)
	assert.Equal(t, query.Version, want.Version)
	for _, text := range []string{`{"metric":"lead_time","version":1}`, `{"metric":"lead_time","version":null}`, `{"metric":"lead_time","version":"1"}`} {
		assert.Equal(t, want, parse(t, text), text)
	}
}

// What a later version added would only be a list of keys that nobody here can do anything about.
func TestAQueryOfALaterVersionIsRefusedInOneSentence(t *testing.T) {
	_, err := query.Parse([]byte(`{"version":2,"forecast":true,"metric":"flow"}`), dora.DefaultDefinition())
	assert.EqualError(t, err, "version: 2 is of a later Live DORA; allowed: 1; update the plugin, or write the query anew")
}
