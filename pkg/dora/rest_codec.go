package dora

import (
	"encoding/binary"
	"time"
)

// The form in which commits and changes lie at rest in memory. It is written and read by one process, so it has no
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

func (c *clock) writeCommit(to []byte, e *Commit, title string, reverts *revert) []byte {
	to = appendText(append(to, entryCommit), e.SHA)
	to = binary.AppendUvarint(to, uint64(len(e.Parents)))
	for _, p := range e.Parents {
		to = appendText(to, p)
	}
	to = c.writeTime(c.writeTime(to, e.Authored), e.Committed)
	to = appendText(appendText(to, e.Author), title)
	return appendFiles(appendRevert(to, reverts), e.Files)
}

func (c *clock) writeChange(to []byte, e *Change, reverts *revert) []byte {
	kind := byte(entryChange)
	if e.Withdrawn {
		kind = entryWithdrawn
	}
	to = binary.AppendVarint(append(to, kind), int64(e.Number))
	to = binary.AppendVarint(c.writeTime(to, e.Updated), int64(e.Rank))
	for _, text := range []string{e.Title, e.URL, e.Author, e.Base, e.Branch, e.MergeCommit} {
		to = appendText(to, text)
	}
	to = binary.AppendUvarint(to, uint64(len(e.Labels)))
	for _, label := range e.Labels {
		to = appendText(to, label)
	}
	to = c.writeTime(c.writeTime(to, e.Opened), e.Merged)
	to = binary.AppendUvarint(to, uint64(len(e.Commits)))
	for _, own := range e.Commits {
		to = c.writeTime(appendText(to, own.SHA), own.Authored)
	}
	to = binary.AppendUvarint(to, uint64(len(e.Reviews)))
	for _, review := range e.Reviews {
		to = c.writeTime(appendText(appendText(to, review.Author), review.State), review.At)
	}
	return appendFiles(appendRevert(to, reverts), e.Files)
}

const (
	there = 1 << iota // whether there is any at all
	more              // again, or cut
)

func appendRevert(to []byte, v *revert) []byte {
	if v == nil {
		return append(to, 0)
	}
	to = append(to, flags(v.again))
	to = binary.AppendVarint(appendText(to, v.repository), int64(v.number))
	return appendText(to, v.commit)
}

func appendFiles(to []byte, f *Files) []byte {
	if f == nil {
		return append(to, 0)
	}
	to = binary.AppendUvarint(append(to, flags(f.Cut)), uint64(len(f.Paths)))
	for _, path := range f.Paths {
		to = appendText(to, path)
	}
	return to
}

func flags(also bool) byte {
	if also {
		return there | more
	}
	return there
}

// restReader reads entries. What many of them share is kept once.
type restReader struct {
	reader
	clock
	texts
	shared map[string]string
	place  Commit // each commit is read into the place of the one before

	newChanges slab[Change]
	newCommits slab[ChangeCommit]
	newReviews slab[Review]
}

// put reads a text of this entry alone.
func (r *restReader) put(where *string) { r.want(where, &r.reader) }

func (r *restReader) entry() (e entry) {
	switch kind := r.unsigned(); kind {
	case entryCommit:
		e = r.commit()
	default:
		e = r.change()
		e.change.Withdrawn = kind == entryWithdrawn
	}
	r.give()
	return e
}

func (r *restReader) commit() entry {
	e := &r.place
	*e = Commit{Parents: e.Parents[:0]}
	r.put(&e.SHA)
	e.Parents = append(e.Parents, make([]string, r.count())...)
	for i := range e.Parents {
		r.put(&e.Parents[i])
	}
	e.Authored, e.Committed = r.time(), r.time()
	e.Author = r.name()
	r.put(&e.Message)
	reverts := r.revert()
	e.Files = r.files()
	return entry{commit: e, reverts: reverts}
}

func (r *restReader) change() entry {
	e := r.newChanges.one()
	e.Number = int(r.signed())
	e.Updated, e.Rank = r.time(), int(r.signed())
	r.put(&e.Title)
	r.put(&e.URL)
	e.Author, e.Base = r.name(), r.name()
	r.put(&e.Branch)
	r.put(&e.MergeCommit)
	if count := r.count(); count > 0 {
		e.Labels = make([]string, count)
		for i := range e.Labels {
			e.Labels[i] = r.name()
		}
	}
	e.Opened, e.Merged = r.time(), r.time()
	e.Commits = r.newCommits.some(r.count())
	for i := range e.Commits {
		r.put(&e.Commits[i].SHA)
		e.Commits[i].Authored = r.time()
	}
	if count := r.count(); count > 0 {
		e.Reviews = r.newReviews.some(count)
		for i := range e.Reviews {
			e.Reviews[i] = Review{Author: r.name(), State: r.name(), At: r.time()}
		}
	}
	reverts := r.revert()
	e.Files = r.files()
	return entry{change: e, reverts: reverts}
}

func (r *restReader) time() time.Time {
	written := r.unsigned()
	switch written & 3 {
	case timeZero:
		return time.Time{}
	case timeFar:
		return time.Unix(r.signed(), int64(r.unsigned())).UTC() //nolint:gosec // as it was written
	}
	zigzag := written >> 2
	r.last += int64(zigzag>>1) ^ -int64(zigzag&1) //nolint:gosec // as varints have it
	if written&3 == timeExact {
		return time.Unix(r.last, int64(r.unsigned())).UTC() //nolint:gosec // as it was written
	}
	return time.Unix(r.last, 0).UTC()
}

// name reads a text that many entries share.
func (r *restReader) name() string {
	begin := r.rest
	header := r.unsigned()
	length := header / 2
	if header%2 == 1 || length > uint64(len(r.rest)) {
		r.rest = begin
		return r.text()
	}
	raw := r.rest[:length]
	r.rest = r.rest[length:]
	if text, ok := r.shared[string(raw)]; ok {
		return text
	}
	text := string(raw)
	r.shared[text] = text
	return text
}

func (r *restReader) revert() *revert {
	begins := r.unsigned()
	if begins == 0 {
		return nil
	}
	v := &revert{again: begins&more != 0}
	r.put(&v.repository)
	v.number = int(r.signed())
	r.put(&v.commit)
	return v
}

func (r *restReader) files() *Files {
	begins := r.unsigned()
	if begins == 0 {
		return nil
	}
	f := &Files{Cut: begins&more != 0, Paths: make([]string, r.count())}
	for i := range f.Paths {
		r.put(&f.Paths[i])
	}
	return f
}
