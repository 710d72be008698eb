package settings

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStoresLieInTheFolderThatIsSetOrInGrafanasData(t *testing.T) {
	data, set := t.TempDir(), t.TempDir()
	t.Setenv("GF_PATHS_DATA", data)
	t.Setenv(StoreRootVariable, "")
	assert.Equal(t, data, StoreRoot())
	t.Setenv(StoreRootVariable, set)
	assert.Equal(t, set, StoreRoot(), "what is set for the plugin comes first")
	t.Setenv(StoreRootVariable, "")
	t.Setenv("GF_PATHS_DATA", "")
	assert.NotEmpty(t, StoreRoot(), "there is always one")

	for program, root := range map[string]string{
		"/opt/homebrew/var/lib/grafana/plugins/livedora-dora-datasource/gpx_livedora": "/opt/homebrew/var/lib/grafana",
		"/srv/own/livedora-dora-datasource/gpx_livedora":                              "/var/lib/grafana",
		"/gpx_livedora": "/var/lib/grafana",
	} {
		assert.Equal(t, filepath.FromSlash(root), dataAround(filepath.FromSlash(program)))
	}
}

func TestAPathThatIsNotAbsoluteBeginsAtTheFolder(t *testing.T) {
	root := t.TempDir()
	assert.Equal(t, filepath.Join(root, "dora.db"), Store{Path: "dora.db"}.Beneath(root).Path)
	assert.Equal(t, filepath.Join(root, "dora.db"), Store{Path: filepath.Join(root, "dora.db")}.Beneath(root).Path)
	assert.Equal(t, filepath.Join(root, "dora.db"), Store{Path: root + "/link/../dora.db"}.Beneath(root).Path)
	assert.Empty(t, Store{Type: StoreMemory}.Beneath(root).Path)
}
