package dataset

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
)

// A saved history is a file with a number in its name, and some digits that no other has. The next one is written beside it
// and has the next number: a file that is open, as it is while any of the history lies in it, cannot be replaced or removed
// on every system.

// savedFile is one of them.
type savedFile struct {
	path   string
	number int
}

const (
	savedEnd   = ".history"
	unfinished = ".part"
)

// savedBegin is how the names of a dataset's saved histories begin, for this data source; empty where there is no place for
// them.
func (d *Dataset) savedBegin() string {
	s := d.options.Settings.Store
	if s.Type == settings.StoreMemory || s.Path == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(d.options.Name + "\x00" + d.Owner()))
	return s.Path + "-" + hex.EncodeToString(sum[:4])
}

// beside yields what lies beside the store under such a name, and how it goes on.
func (d *Dataset) beside(yield func(path, rest string)) {
	begin := d.savedBegin()
	if begin == "" {
		return
	}
	entries, _ := os.ReadDir(filepath.Dir(begin)) // where it cannot be read nothing can be used
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), filepath.Base(begin)); ok {
			yield(filepath.Join(filepath.Dir(begin), e.Name()), rest)
		}
	}
}

// savedFiles lists the saved histories, the newest first.
func (d *Dataset) savedFiles() (found []savedFile) {
	d.beside(func(path, rest string) {
		middle, ok := strings.CutSuffix(rest, savedEnd)
		digits, _, _ := strings.Cut(strings.TrimPrefix(middle, "."), "-")
		number, err := strconv.Atoi(digits)
		if ok && (err == nil || middle == "") { // earlier versions had no number
			found = append(found, savedFile{path, number})
		}
	})
	slices.SortFunc(found, func(a, b savedFile) int { return cmp.Compare(b.number, a.number) })
	return found
}

// removeUnfinished removes what processes that were killed had begun to write.
func (d *Dataset) removeUnfinished() {
	d.beside(func(path, rest string) {
		if !strings.HasSuffix(rest, unfinished) {
			return
		}
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path) // if not now, then at the next start
		}
	})
}

// writeSaved writes the next file and removes those before it. It gives the file to read from; who has the one before goes
// on reading that.
func (d *Dataset) writeSaved(saving *facts.Saving, t title) (*os.File, error) {
	begin, before, next := d.savedBegin(), d.savedFiles(), 1
	if len(before) > 0 {
		next = before[0].number + 1
	}
	part, err := os.CreateTemp(filepath.Dir(begin), fmt.Sprint(filepath.Base(begin), ".", next, "-*", unfinished))
	if err != nil {
		return nil, err
	}
	path := strings.TrimSuffix(part.Name(), unfinished) + savedEnd
	if err := cmp.Or(write(part, saving, t), part.Close()); err != nil {
		_ = os.Remove(part.Name()) // the first error is the one that tells
		return nil, err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		_ = os.Remove(part.Name())
		return nil, err
	}
	for _, old := range before {
		_ = os.Remove(old.path) // where somebody reads it, then the next time
	}
	return os.Open(filepath.Clean(path))
}

func write(to io.Writer, saving *facts.Saving, t title) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if _, err := saving.WriteTo(to); err != nil {
		return err
	}
	_, err = to.Write(append(binary.LittleEndian.AppendUint32(text, uint32(len(text))), titleEnd...)) //nolint:gosec // small
	return err
}

// title is the end of the file: what must be the same for it to be used.
type title struct {
	Program  string // the build
	Dataset  string
	Meaning  string // of its services and its definition, without which what was derived is of no use
	Sequence store.Sequence
	Forgets  int64
	Count    int
	Read     time.Time
	Recent   []passage
}

// titleEnd is the last part of the file, behind the title: its length and this mark.
var titleEnd = []byte("live dora history 2\n")

func readTitle(f *os.File) (t title, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return t, 0, err
	}
	end := make([]byte, 4+len(titleEnd))
	at := info.Size() - int64(len(end))
	if at < 0 {
		return t, 0, facts.ErrNotRestorable
	}
	if _, err := f.ReadAt(end, at); err != nil {
		return t, 0, err
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if !bytes.Equal(end[4:], titleEnd) || length > at {
		return t, 0, facts.ErrNotRestorable
	}
	text := make([]byte, length)
	if _, err := f.ReadAt(text, at-length); err != nil {
		return t, 0, err
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, 0, facts.ErrNotRestorable
	}
	return t, at - length, nil
}

// program tells builds of the program apart.
func program() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano())
}

var errUnfit = errors.New("it is of another store or another build")
