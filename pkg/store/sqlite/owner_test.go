package sqlite_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/place"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// opens opens a dataset for an organisation and says what it finds there.
func opens(t *testing.T, path, dataset string, organisation int64) (events int, err error) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, dataset, sqlite.OwnedBy(organisation))
	if err != nil {
		require.ErrorAs(t, err, new(*store.Foreign))
		return 0, err
	}
	defer func() { require.NoError(t, s.Close()) }()
	return count(t, s), nil
}

// earlier makes a file as version 3 of the schema left it: without owners.
func earlier(t *testing.T, path string, datasets ...string) {
	t.Helper()
	for _, dataset := range datasets {
		s, err := sqlite.Open(t.Context(), path, dataset)
		require.NoError(t, err)
		write(t, s, changes(0, 3))
		require.NoError(t, s.Close())
	}
	_, err := other(t, path).Exec(`DROP TABLE owners; DROP TABLE unreadable; PRAGMA user_version = 3`)
	require.NoError(t, err)
}

func TestADatasetOfAnEarlierVersionPassesToItsOrganisation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	earlier(t, path, "1/livedora", "platform")

	_, err := opens(t, path, "1/livedora", 2)
	require.ErrorContains(t, err, `"1/livedora" belongs to another organisation`, "its name says so, whoever comes first")
	found, err := opens(t, path, "1/livedora", 1)
	require.NoError(t, err)
	assert.Equal(t, 3, found)
	_, err = opens(t, path, "1/livedora", 2)
	require.Error(t, err)

	found, err = opens(t, path, "platform", 3)
	require.NoError(t, err)
	assert.Equal(t, 3, found, "of a name that says nothing, whoever opens it first")
	_, err = opens(t, path, "platform", 1)
	require.ErrorContains(t, err, `"platform" belongs to another organisation`)
	found, err = opens(t, path, "platform", 3)
	require.NoError(t, err)
	assert.Equal(t, 3, found)
}

func TestANameThatNobodyUsesYetCannotBeTakenFromItsOrganisation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	_, err := opens(t, path, "1/livedora", 2)
	require.Error(t, err)
	_, err = opens(t, path, "1/livedora", 1)
	require.NoError(t, err)
}

func TestOfTwoOrganisationsThatOpenOneDatasetAtOnceOneHasIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	kept := opened(t, path)
	defer func() { require.NoError(t, kept.Close()) }()
	failures := make([]error, 8)
	var work sync.WaitGroup
	for i := range failures {
		work.Go(func() {
			s, err := sqlite.Open(t.Context(), path, "platform", sqlite.OwnedBy(int64(i+1)))
			if err == nil {
				err = s.Close()
			}
			failures[i] = err
		})
	}
	work.Wait()
	let := 0
	for _, err := range failures {
		if err == nil {
			let++
		} else {
			require.ErrorAs(t, err, new(*store.Foreign))
		}
	}
	assert.Equal(t, 1, let)
}

// A path comes from the settings of a data source, which each organisation's administrator writes.
func TestAConfinedStoreLiesInItsFolderWhereverLinksLead(t *testing.T) {
	base := t.TempDir()
	root, outside := filepath.Join(base, "grafana"), filepath.Join(base, "elsewhere")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "teams"), 0o700))
	require.NoError(t, os.MkdirAll(outside, 0o700))
	link(t, outside, filepath.Join(root, "away"))
	link(t, filepath.Join(outside, "new.db"), filepath.Join(root, "dangling.db"))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "there.db"), nil, 0o600))
	link(t, filepath.Join(outside, "there.db"), filepath.Join(root, "there.db"))
	inner := link(t, root, filepath.Join(base, "data"))

	for name, path := range map[string]string{
		"beside it":                 filepath.Join(base, "live-dora.db"),
		"the folder itself":         root,
		"a name that begins alike":  root + "-2/live-dora.db",
		"back out of it":            root + "/../elsewhere/live-dora.db",
		"back out by many":          root + "/teams/../../../../../../../../etc/live-dora.db",
		"through a linked folder":   filepath.Join(root, "away", "live-dora.db"),
		"a folder to be made there": filepath.Join(root, "away", "new", "folder", "live-dora.db"),
		"through a link to a file":  filepath.Join(root, "there.db"),
	} {
		for _, confinement := range []string{root, inner} {
			_, err := sqlite.Open(t.Context(), path, "team", sqlite.Within(confinement))
			require.ErrorAs(t, err, new(*place.Outside), name)
			assert.ErrorContains(t, err, "store.path "+path)
		}
	}
	_, err := sqlite.Open(t.Context(), filepath.Join(root, "dangling.db"), "team", sqlite.Within(root))
	require.ErrorContains(t, err, "is a link to a file that is not there")
	left, err := os.ReadDir(outside)
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing was made where a link leads")

	for name, path := range map[string]string{
		"in it":                   filepath.Join(root, "live-dora.db"),
		"below it":                filepath.Join(root, "teams", "a", "live-dora.db"),
		"through the other name":  filepath.Join(inner, "teams", "live-dora.db"),
		"a name with dots":        filepath.Join(root, "..live-dora..db"),
		"out of it and back in":   root + "/../grafana/back.db",
		"through what is made up": root + "/not there/../made.db",
	} {
		s, err := sqlite.Open(t.Context(), path, "team", sqlite.Within(root))
		require.NoError(t, err, name)
		require.NoError(t, s.Close())
	}
}
