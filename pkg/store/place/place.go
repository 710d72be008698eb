// Package place says where on a disk stores may lie. It knows nothing of this module.
package place

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Beside are the ends of the names under which SQLite keeps what belongs to a file of its own.
var Beside = []string{"-wal", "-shm", "-journal"}

// Locate gives the one true path of a file that may not exist yet, and creates its directory. What lies outside the root is
// refused before anything is made, wherever links lead.
func Locate(path, root string) (string, error) {
	if path == "" {
		return "", errors.New("store.path is empty: name a file, such as /var/lib/grafana/live-dora.db")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("store.path %s cannot be resolved: name an absolute path: %w", path, err)
	}
	truePath := resolve(absolute)
	if root != "" && !below(resolve(root), truePath) {
		return "", &Outside{Path: path, Root: root}
	}
	for _, end := range Beside {
		if strings.HasSuffix(truePath, end) {
			return "", fmt.Errorf("store.path %s ends in %s, as files do that belong to another database: name a file that does not", path, end)
		}
	}
	switch info, err := os.Lstat(truePath); {
	case err == nil && info.IsDir():
		return "", fmt.Errorf("store.path %s is a directory: name a file in it, such as %s", path, filepath.Join(absolute, "live-dora.db"))
	case err == nil && info.Mode()&fs.ModeSymlink != 0:
		return "", fmt.Errorf("store.path %s is a link to a file that is not there: name the file itself", path)
	}
	if err := os.MkdirAll(filepath.Dir(truePath), 0o750); err != nil {
		return "", fmt.Errorf("the directory of store.path %s cannot be created: create it for the user that Grafana runs as, or name a file where this user can write: %w", path, err)
	}
	return truePath, nil
}

// resolve follows the links of a path, of which the end may not be there yet.
func resolve(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(resolve(parent), filepath.Base(path))
}

// below says whether a path leads to something within a directory. Both are absolute and without links.
func below(directory, path string) bool {
	way, err := filepath.Rel(directory, path)
	return err == nil && way != "." && filepath.IsLocal(way)
}

// Outside says that a path lies outside the directory in which stores must lie.
type Outside struct{ Path, Root string }

// Error says where stores may lie.
func (o *Outside) Error() string {
	return fmt.Sprintf("store.path %s lies outside %s, the folder in which stores may lie", o.Path, o.Root)
}
