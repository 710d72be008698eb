package sqlite_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nobody is a user who owns nothing.
const nobody = 65534

// toldToAUser opens a file as a user without special rights and gives what that user is told. Root may write everything,
// and becomes nobody for it.
func toldToAUser(t *testing.T, path string) string {
	t.Helper()
	opener := exec.Command("/proc/self/exe") // which nobody may run, wherever it lies
	opener.Env = append(os.Environ(), openedPath+"="+path)
	opener.Dir, opener.Stderr = "/", os.Stderr
	if os.Getuid() == 0 {
		opener.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	output, err := opener.Output()
	require.NoError(t, err)
	var said string
	require.NoError(t, json.Unmarshal(output, &said), string(output))
	return said
}

func TestWhatGrafanasUserMayNotWriteIsExplained(t *testing.T) {
	base := t.TempDir()
	allow := func(path string, mode os.FileMode) {
		require.NoError(t, os.Chmod(path, mode))
		t.Cleanup(func() { assert.NoError(t, os.Chmod(path, 0o700)) }) //nolint:gosec // so that it can be removed
	}
	allow(filepath.Dir(base), 0o755)
	// in makes a directory, perhaps with a store in it, and gives the path of the store.
	in := func(name string, mode, file os.FileMode) string {
		path := filepath.Join(base, name, "live-dora.db")
		require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
		if file != absent {
			s := opened(t, path)
			write(t, s, changes(0, 3))
			require.NoError(t, s.Close())
			allow(path, file)
		}
		allow(filepath.Dir(path), mode)
		return path
	}
	const write = "cannot be written: give the user that Grafana runs as write access to the file and its directory"
	for name, c := range map[string]struct{ path, says string }{
		"a file that may only be read":             {in("read-only", 0o755, 0o444), write},
		"a file that may not be read":              {in("hidden", 0o755, 0o000), write},
		"a file in a directory that may not":       {in("shut", 0o000, 0o666), write},
		"a file whose log has no place":            {in("full", 0o555, 0o666), write + ", or name a file on a volume that is not read-only"},
		"a new file where there may be none":       {in("empty", 0o555, absent), write},
		"a new directory where there may be none":  {filepath.Join(filepath.Dir(in("parent", 0o555, absent)), "new", "live-dora.db"), "cannot be created: create it for the user that Grafana runs as, or name a file where this user can write"},
		"a new file where everyone may write, too": {in("open", 0o777, absent), ""},
	} {
		t.Run(name, func(t *testing.T) {
			said := toldToAUser(t, c.path)
			if c.says == "" {
				assert.Empty(t, said)
				return
			}
			assert.Contains(t, said, "store.path "+c.path+" "+c.says)
		})
	}
}

// absent is the mode of a file that is not there.
const absent = os.ModeIrregular
