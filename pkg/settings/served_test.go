package settings_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/systems"
)

func TestASourceIsAskedForWhatOwnersGoBy(t *testing.T) {
	text := `{"sources":[{"id":"one","type":"github","repositories":["a/b"]},{"id":"two","type":"gitlab","repositories":["a/b"]}],
		"owners":[{"from":"codeowners"},{"from":"catalog_info","source":"two"},{"from":"github_teams","source":"one"},{"from":"properties","property":"team","source":"one"}]}`
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &object))
	s, err := settings.Parse(systems.All, object, nil)
	require.NoError(t, err)
	wanted := func(w source.Wanted) []bool { return []bool{w.CodeOwners, w.CatalogInfo, w.Teams, w.Properties} }
	assert.Equal(t, []bool{true, false, true, true}, wanted(s.Sources[0].Wanted))
	assert.Equal(t, []bool{true, true, false, false}, wanted(s.Sources[1].Wanted))
}
