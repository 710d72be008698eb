package code

import (
	"encoding/binary"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// The form in which commits and changes are packed. It is written and read by one build, so it has no version and may change
// at any time. Each is an entry that can be read by itself: its times are differences from the time before, names of commits
// are binary, and the texts that it shares with no other stand together at its end, so that they can be read in one piece.

// clock is the last time of an entry that was written or read, in seconds since 1970.
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

const (
	there = 1 << iota // whether there is any at all
	more              // again, or cut
)

// packer writes entries.
type packer struct {
	clock
	own []byte // the texts that go to the end
}

func (p *packer) writeCommit(to []byte, b *dora.CodeBody, title []byte, reverts *Revert) []byte {
	*p = packer{own: p.own[:0]}
	to = compact.AppendRaw(append(to, entryCommit), b.SHA)
	to = binary.AppendUvarint(to, uint64(len(b.Parents)))
	for _, parent := range b.Parents {
		to = compact.AppendRaw(to, parent)
	}
	to = p.writeTime(p.writeTime(to, b.Committed), b.Authored)
	to = compact.AppendRaw(to, b.Author)
	p.own = compact.AppendText(p.own, title)
	return p.end(to, b, reverts)
}

func (p *packer) writeChange(to []byte, b *dora.CodeBody, reverts *Revert) []byte {
	*p = packer{own: p.own[:0]}
	kind := byte(entryChange)
	if b.Withdrawn {
		kind = entryWithdrawn
	}
	to = binary.AppendVarint(append(to, kind), int64(b.Number))
	to = binary.AppendVarint(p.writeTime(to, b.Updated), int64(b.Rank))
	to = compact.AppendRaw(compact.AppendRaw(compact.AppendRaw(to, b.Author), b.Base), b.MergeCommit)
	to = binary.AppendUvarint(to, uint64(len(b.Labels)))
	for _, label := range b.Labels {
		to = compact.AppendRaw(to, label)
	}
	to = p.writeTime(p.writeTime(to, b.Merged), b.Opened)
	to = binary.AppendUvarint(to, uint64(len(b.Commits)))
	for i := range b.Commits {
		to = p.writeTime(compact.AppendRaw(to, b.Commits[i].SHA), b.Commits[i].Authored)
	}
	to = binary.AppendUvarint(to, uint64(len(b.Reviews)))
	for i := range b.Reviews {
		to = p.writeTime(compact.AppendRaw(compact.AppendRaw(to, b.Reviews[i].Author), b.Reviews[i].State), b.Reviews[i].At)
	}
	for _, text := range []compact.Raw{b.Title, b.URL, b.Branch} {
		p.own = compact.AppendRaw(p.own, text)
	}
	return p.end(to, b, reverts)
}

// end writes what commits and changes have alike.
func (p *packer) end(to []byte, b *dora.CodeBody, reverts *Revert) []byte {
	to = append(to, flags(reverts != nil, reverts != nil && reverts.Again))
	if reverts != nil {
		to = binary.AppendVarint(to, int64(reverts.Number))
		p.own = compact.AppendText(compact.AppendText(p.own, reverts.Repository), reverts.Commit)
	}
	to = append(to, flags(b.HasFiles, b.FilesCut))
	if b.HasFiles {
		to = binary.AppendUvarint(to, uint64(len(b.Files)))
		for _, path := range b.Files {
			p.own = compact.AppendRaw(p.own, path)
		}
	}
	return compact.AppendTogether(to, p.own)
}

func flags(is, also bool) (bits byte) {
	if is {
		bits |= there
	}
	if also {
		bits |= more
	}
	return bits
}

// entry is a commit or a change, as it was packed. The text of either was read before; what it said of reverts is kept.
// Names of commits are good until the next entry is read.
type entry struct {
	// Of a commit.
	sha                 compact.SHA
	parents             []compact.Raw
	authored, committed time.Time
	author, title       string

	change *dora.Change  // nil for a commit; without the names of its commits
	own    []compact.Raw // these

	files   *dora.Files
	reverts *Revert
}

// unpacker reads entries. What many of them share is kept once.
type unpacker struct {
	compact.Reader
	clock
	shared map[string]string
	at     entry // each is read into the place of the one before

	newChanges arena[dora.Change]
	newCommits arena[dora.ChangeCommit]
	newReviews arena[dora.Review]
}

func newUnpacker() *unpacker { return &unpacker{shared: map[string]string{}} }

func (r *unpacker) entry() *entry {
	e := &r.at
	*e = entry{parents: e.parents[:0], own: e.own[:0]}
	r.clock = clock{}
	if kind := r.Unsigned(); kind == entryCommit {
		r.commit(e)
	} else {
		r.change(e)
		e.change.Withdrawn = kind == entryWithdrawn
	}
	return e
}

func (r *unpacker) commit(e *entry) {
	e.sha, _ = r.Raw().SHA()
	for range r.Count() {
		e.parents = append(e.parents, r.Raw())
	}
	e.committed, e.authored = r.time(), r.time()
	e.author = r.name()
	r.end(e, &e.title)
}

func (r *unpacker) change(e *entry) {
	c := r.newChanges.one()
	e.change = c
	c.Number = int(r.Signed())
	c.Updated, c.Rank = r.time(), int(r.Signed())
	c.Author, c.Base = r.name(), r.name()
	c.MergeCommit = r.Text()
	if count := r.Count(); count > 0 {
		c.Labels = make([]string, count)
		for i := range c.Labels {
			c.Labels[i] = r.name()
		}
	}
	c.Merged, c.Opened = r.time(), r.time()
	c.Commits = r.newCommits.some(r.Count())
	for i := range c.Commits {
		e.own = append(e.own, r.Raw())
		c.Commits[i].Authored = r.time()
	}
	if count := r.Count(); count > 0 {
		c.Reviews = r.newReviews.some(count)
		for i := range c.Reviews {
			c.Reviews[i] = dora.Review{Author: r.name(), State: r.name(), At: r.time()}
		}
	}
	r.end(e, &c.Title, &c.URL, &c.Branch)
	c.Files = e.files
}

// end reads what commits and changes have alike, and with it the texts of each alone.
func (r *unpacker) end(e *entry, texts ...*string) {
	if begins := r.Unsigned(); begins&there != 0 {
		e.reverts = &Revert{Again: begins&more != 0, Number: int(r.Signed())}
		texts = append(texts, &e.reverts.Repository, &e.reverts.Commit)
	}
	if begins := r.Unsigned(); begins&there != 0 {
		e.files = &dora.Files{Cut: begins&more != 0, Paths: make([]string, r.Count())}
		for i := range e.files.Paths {
			texts = append(texts, &e.files.Paths[i])
		}
	}
	r.Together(texts...)
}

func (r *unpacker) time() time.Time {
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
func (r *unpacker) name() string { return r.Word(r.shared) }
