package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// added is what each version of the schema brought, taken away again: the newest last. Version 2 changed nothing but how bodies are
// written.
var added = []struct {
	version int
	undone  string
}{
	{3, `ALTER TABLE datasets DROP COLUMN forgets`},
	{4, `DROP TABLE owners`},
	{5, `DROP TABLE unreadable`},
}

func TestAFileOfEachEarlierVersionIsReadOn(t *testing.T) {
	for earlier := 1; earlier < 5; earlier++ {
		t.Run(fmt.Sprint("version ", earlier), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "live-dora.db")
			s := opened(t, path)
			before := changes(0, 3)
			write(t, s, before)
			require.NoError(t, s.Close())
			statements := []string{fmt.Sprintf(`PRAGMA user_version = %d`, earlier)}
			for _, each := range added {
				if each.version > earlier {
					statements = append(statements, each.undone)
				}
			}
			db := other(t, path)
			_, err := db.Exec(strings.Join(statements, "; "))
			require.NoError(t, err)

			s = opened(t, path)
			defer func() { require.NoError(t, s.Close()) }()
			write(t, s, changes(3, 1))
			var after []dora.Event
			for change, err := range s.Changes(t.Context(), 0) {
				require.NoError(t, err)
				after = append(after, change.Event)
			}
			assert.Equal(t, append(before, changes(3, 1)...), after)
			var version int
			require.NoError(t, db.QueryRow(`PRAGMA user_version`).Scan(&version))
			assert.Equal(t, 5, version)
		})
	}
}
