package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/store"
)

// Beside a store that is a file lies another with the history as it was worked into memory: a process that starts again
// answers from that, and reads only what was written to the store since. Most of the history then stays in that file, and
// is read when it is worked on. The file may be removed at any time: it is made again.

// saved is what is known of the saved history, and how it can be told whether one fits the store.
type saved struct {
	// recent are the last events that were read, by sequence. A store in which other events have these numbers is another.
	recent []passage
	passed []store.Change // since then, the last of them
	since  int            // events since it was saved
	count  int            // events altogether
	at     time.Time      // when it was last saved; zero: never
	read   time.Time      // when the history was begun from the store; what was pruned since is still in it
}

// passage is an event that was read from the store.
type passage struct {
	Sequence store.Sequence
	Mark     uint64
}

// recentLimit is how many passages are remembered.
const recentLimit = 256

func (s *saved) pass(c store.Change) {
	if s.read.IsZero() {
		s.read = time.Now()
	}
	s.since++
	s.count++
	if len(s.passed) == 2*recentLimit {
		s.passed = append(s.passed[:0], s.passed[recentLimit:]...)
	}
	s.passed = append(s.passed, c)
}

// mark is told that a reading has ended.
func (s *saved) mark() {
	if len(s.passed) == 0 {
		return
	}
	for _, c := range s.passed {
		s.recent = append(s.recent, passage{c.Sequence, markOf(c.Event)})
	}
	s.recent = slices.Clone(s.recent[max(0, len(s.recent)-recentLimit):])
	s.passed = nil
}

// markOf tells versions of events apart.
func markOf(e dora.Event) uint64 {
	h := fnv.New64a()
	head := e.Head()
	_, _ = fmt.Fprint(h, e.Kind(), " ", head.FullID(), " ", head.Updated.UnixNano(), " ", head.Rank)
	return h.Sum64()
}

// The history is saved again when so many events have come, or a hundredth of all; or after some time, if any came.
const (
	saveAfter  = 5000
	saveEvery  = time.Hour
	savedLasts = 7 * 24 * time.Hour // after which a start reads the store again, without what was pruned
)

func (s *saved) due(after int) bool {
	return s.since >= max(after, s.count/100) || s.since > 0 && !s.at.IsZero() && time.Since(s.at) > saveEvery
}

func (d *Dataset) meaning() string {
	text, _ := json.Marshal(struct { // plain data: it cannot fail
		Mapping    dora.Mapping
		Definition dora.Definition
	}{d.options.Settings.Mapping(), d.options.Settings.Definition})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// restore begins with the history that was saved, if there is one and it fits. If not, everything is read from the store.
func (d *Dataset) restore(ctx context.Context) {
	for _, saved := range d.savedFiles() {
		f, err := os.Open(filepath.Clean(saved.path))
		if err == nil {
			_ = f.Chmod(0o600) // as it was written; one that was put back by hand may be open to others
			err = d.restoreFrom(ctx, f)
		}
		if err == nil {
			return
		}
		if f != nil {
			_ = f.Close() // it was only read
		}
		d.options.Logger.Info("a saved history is not used", "dataset", d.options.Name, "file", saved.path, "because", err)
	}
}

// restoreFrom begins with a history that was saved. The file stays open as long as anything refers to it.
func (d *Dataset) restoreFrom(ctx context.Context, f *os.File) error {
	t, size, err := readTitle(f)
	if err != nil {
		return err
	}
	forgets, err := d.store.Forgets(ctx)
	if err != nil {
		return err
	}
	switch {
	case t.Program == "" || t.Program != program() || t.Dataset != d.options.Name || t.Forgets != forgets:
		return errUnfit
	case time.Since(t.Read) > savedLasts:
		return errors.New("it is time to leave out what was pruned")
	}
	if err := d.recognise(ctx, t); err != nil {
		return err
	}
	fitting := t.Meaning == d.meaning()
	history, err := facts.Restore(f, size, d.options.Settings.Mapping(), d.options.Settings.Definition, fitting)
	if err != nil {
		return err
	}
	d.history, d.behind, d.forgets = history, t.Sequence, forgets
	d.saved = saved{recent: t.Recent, count: t.Count, at: time.Now(), read: t.Read}
	if !fitting {
		d.saved.since = t.Count // so that it is saved again soon
	}
	if t.Count > muchToRead {
		giveBack()
	}
	return nil
}

// recognise sees whether the store still has, at the end of what was saved, some of the events that were there, and no
// others.
func (d *Dataset) recognise(ctx context.Context, t title) error {
	if len(t.Recent) == 0 {
		return errUnfit
	}
	marks := map[store.Sequence]uint64{}
	for _, p := range t.Recent {
		marks[p.Sequence] = p.Mark
	}
	known := 0
	for change, err := range d.store.Changes(ctx, t.Recent[0].Sequence-1) {
		switch {
		case err != nil:
			return err
		case change.Sequence > t.Sequence:
		case marks[change.Sequence] != markOf(change.Event):
			return errUnfit
		default:
			known++
			continue
		}
		break
	}
	if known == 0 { // or all were rewritten since, which the same can be done about
		return errUnfit
	}
	return nil
}

// keepSaved saves the history from time to time, until the context ends.
func (d *Dataset) keepSaved(ctx context.Context) {
	if d.savedBegin() == "" {
		return
	}
	d.removeUnfinished()
	for {
		next := d.Moved()
		if err := d.guarded(func() error { return d.save(ctx) }); err != nil && ctx.Err() == nil {
			d.options.Logger.Warn("the history cannot be saved beside the store; the next start takes longer", "dataset", d.options.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-next:
		case <-time.After(saveEvery):
		}
	}
}

// save saves the history if that is due.
func (d *Dataset) save(ctx context.Context) error {
	saving, t, err := d.prepare(ctx)
	if saving == nil || err != nil {
		return err
	}
	f, err := d.writeSaved(saving, t)
	if lost := (*code.Lost)(nil); errors.As(err, &lost) {
		return d.regain(lost)
	}
	if err != nil {
		return err
	}
	saving.Shelve(f)
	if t.Count > muchToRead {
		giveBack() // what lies in the file now
	}
	return nil
}

// prepare makes ready to save the history if that is due; nil if not.
func (d *Dataset) prepare(ctx context.Context) (saving *facts.Saving, t title, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.saved.due(cmp.Or(d.options.SaveAfter, saveAfter)) || program() == "" {
		return nil, t, nil
	}
	err = d.whole(ctx, func() error {
		saving = d.history.Saving(d.options.Settings.Definition)
		return nil
	})
	d.saved.since, d.saved.at = 0, time.Now() // or it fails again with every event
	return saving, title{
		Program: program(), Dataset: d.options.Name, Meaning: d.meaning(), Sequence: d.behind, Forgets: d.forgets, Count: d.saved.count, Read: d.saved.read,
		Recent: d.saved.recent,
	}, err
}
