package code

import (
	"encoding/binary"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// The form in which commits and changes are packed. It is written and read by one process, so it has no
// version and may change at any time. Times are differences from the time before, names of commits are binary.

// clock is the last time that was written or read, in seconds since 1970.
type clock struct{ last int64 }

const (
	timeExact = 1 + iota // 0 are whole seconds; nanoseconds follow
	timeZero
	timeFar // so far away that the difference does not fit
)

const farAway = 1 << 59

func (c *clock) writeTime(to []byte, at time.Time) []byte {
	seconds, nanoseconds := at.Unix(), at.Nanosecond()
	distance := seconds - c.last
	switch {
	case at.IsZero():
		return append(to, timeZero)
	case seconds >= farAway || seconds <= -farAway:
		to = binary.AppendVarint(append(to, timeFar), seconds)
		return binary.AppendUvarint(to, uint64(nanoseconds)) //nolint:gosec // never negative
	}
	c.last = seconds
	zigzag := uint64(distance<<1) ^ uint64(distance>>63) //nolint:gosec // as varints have it
	if nanoseconds == 0 {
		return binary.AppendUvarint(to, zigzag<<2)
	}
	to = binary.AppendUvarint(to, zigzag<<2|timeExact)
	return binary.AppendUvarint(to, uint64(nanoseconds)) //nolint:gosec // never negative
}

const (
	entryCommit = 1 + iota
	entryChange
	entryWithdrawn // a change that the source shows no longer
)

func (c *clock) writeCommit(to []byte, e *dora.Commit, title string, reverts *Revert) []byte {
	to = compact.AppendText(append(to, entryCommit), e.SHA)
	to = binary.AppendUvarint(to, uint64(len(e.Parents)))
	for _, p := range e.Parents {
		to = compact.AppendText(to, p)
	}
	to = c.writeTime(c.writeTime(to, e.Authored), e.Committed)
	to = compact.AppendText(compact.AppendText(to, e.Author), title)
	return appendFiles(appendRevert(to, reverts), e.Files)
}

func (c *clock) writeChange(to []byte, e *dora.Change, reverts *Revert) []byte {
	kind := byte(entryChange)
	if e.Withdrawn {
		kind = entryWithdrawn
	}
	to = binary.AppendVarint(append(to, kind), int64(e.Number))
	to = binary.AppendVarint(c.writeTime(to, e.Updated), int64(e.Rank))
	for _, text := range []string{e.Title, e.URL, e.Author, e.Base, e.Branch, e.MergeCommit} {
		to = compact.AppendText(to, text)
	}
	to = binary.AppendUvarint(to, uint64(len(e.Labels)))
	for _, label := range e.Labels {
		to = compact.AppendText(to, label)
	}
	to = c.writeTime(c.writeTime(to, e.Opened), e.Merged)
	to = binary.AppendUvarint(to, uint64(len(e.Commits)))
	for _, own := range e.Commits {
		to = c.writeTime(compact.AppendText(to, own.SHA), own.Authored)
	}
	to = binary.AppendUvarint(to, uint64(len(e.Reviews)))
	for _, review := range e.Reviews {
		to = c.writeTime(compact.AppendText(compact.AppendText(to, review.Author), review.State), review.At)
	}
	return appendFiles(appendRevert(to, reverts), e.Files)
}

const (
	there = 1 << iota // whether there is any at all
	more              // again, or cut
)

func appendRevert(to []byte, v *Revert) []byte {
	if v == nil {
		return append(to, 0)
	}
	to = append(to, flags(v.Again))
	to = binary.AppendVarint(compact.AppendText(to, v.Repository), int64(v.Number))
	return compact.AppendText(to, v.Commit)
}

func appendFiles(to []byte, f *dora.Files) []byte {
	if f == nil {
		return append(to, 0)
	}
	to = binary.AppendUvarint(append(to, flags(f.Cut)), uint64(len(f.Paths)))
	for _, path := range f.Paths {
		to = compact.AppendText(to, path)
	}
	return to
}

func flags(also bool) byte {
	if also {
		return there | more
	}
	return there
}

// packedReader reads entries. What many of them share is kept once.
type packedReader struct {
	compact.Reader
	clock
	compact.Texts
	shared map[string]string
	place  dora.Commit // each commit is read into the place of the one before

	newChanges arena[dora.Change]
	newCommits arena[dora.ChangeCommit]
	newReviews arena[dora.Review]
}

// put reads a text of this entry alone.
func (r *packedReader) put(where *string) { r.Want(where, &r.Reader) }

func (r *packedReader) entry() (e Entry) {
	switch kind := r.Unsigned(); kind {
	case entryCommit:
		e = r.commit()
	default:
		e = r.change()
		e.Change.Withdrawn = kind == entryWithdrawn
	}
	r.Give()
	return e
}

func (r *packedReader) commit() Entry {
	e := &r.place
	*e = dora.Commit{Parents: e.Parents[:0]}
	r.put(&e.SHA)
	e.Parents = append(e.Parents, make([]string, r.Count())...)
	for i := range e.Parents {
		r.put(&e.Parents[i])
	}
	e.Authored, e.Committed = r.time(), r.time()
	e.Author = r.name()
	r.put(&e.Message)
	reverts := r.revert()
	e.Files = r.files()
	return Entry{commit: e, reverts: reverts}
}

func (r *packedReader) change() Entry {
	e := r.newChanges.one()
	e.Number = int(r.Signed())
	e.Updated, e.Rank = r.time(), int(r.Signed())
	r.put(&e.Title)
	r.put(&e.URL)
	e.Author, e.Base = r.name(), r.name()
	r.put(&e.Branch)
	r.put(&e.MergeCommit)
	if count := r.Count(); count > 0 {
		e.Labels = make([]string, count)
		for i := range e.Labels {
			e.Labels[i] = r.name()
		}
	}
	e.Opened, e.Merged = r.time(), r.time()
	e.Commits = r.newCommits.some(r.Count())
	for i := range e.Commits {
		r.put(&e.Commits[i].SHA)
		e.Commits[i].Authored = r.time()
	}
	if count := r.Count(); count > 0 {
		e.Reviews = r.newReviews.some(count)
		for i := range e.Reviews {
			e.Reviews[i] = dora.Review{Author: r.name(), State: r.name(), At: r.time()}
		}
	}
	reverts := r.revert()
	e.Files = r.files()
	return Entry{Change: e, reverts: reverts}
}

func (r *packedReader) time() time.Time {
	written := r.Unsigned()
	switch written & 3 {
	case timeZero:
		return time.Time{}
	case timeFar:
		return time.Unix(r.Signed(), int64(r.Unsigned())).UTC() //nolint:gosec // as it was written
	}
	zigzag := written >> 2
	r.last += int64(zigzag>>1) ^ -int64(zigzag&1) //nolint:gosec // as varints have it
	if written&3 == timeExact {
		return time.Unix(r.last, int64(r.Unsigned())).UTC() //nolint:gosec // as it was written
	}
	return time.Unix(r.last, 0).UTC()
}

// name reads a text that many entries share.
func (r *packedReader) name() string { return r.Word(r.shared) }

func (r *packedReader) revert() *Revert {
	begins := r.Unsigned()
	if begins == 0 {
		return nil
	}
	v := &Revert{Again: begins&more != 0}
	r.put(&v.Repository)
	v.Number = int(r.Signed())
	r.put(&v.Commit)
	return v
}

func (r *packedReader) files() *dora.Files {
	begins := r.Unsigned()
	if begins == 0 {
		return nil
	}
	f := &dora.Files{Cut: begins&more != 0, Paths: make([]string, r.Count())}
	for i := range f.Paths {
		r.put(&f.Paths[i])
	}
	return f
}
