package code

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// Packed is a repository's commits and changes as they are kept while nobody works with them: written one after another in
// the form of packed_form.go, and compressed block by block. What was written is never altered, so that whoever has a copy
// has what there was at that time. It takes about a tenth of the memory that code does.
type Packed struct {
	Blocks []*Block
	tail   []byte // what is not compressed yet
	shared bool   // someone may be reading the tail
	Size   packedSize
}

// packedSize counts what was written, of which newer versions of a change take the place of older ones; nodes are the
// commits, and those that changes name as their own.
type packedSize struct {
	Size
	nodes int
}

// Block is a compressed piece of it: in memory, or in a file in which it was saved. Its content never changes.
type Block struct{ location atomic.Pointer[location] }

type location struct {
	data   []byte // nil where it lies in a file
	shelf  io.ReaderAt
	offset int64
	size   int
}

func newBlock(data []byte) *Block {
	b := &Block{}
	b.location.Store(&location{data: data, size: len(data)})
	return b
}

// Read gives the block as it was compressed.
func (b *Block) Read() ([]byte, error) {
	at := b.location.Load()
	if at.data != nil {
		return at.data, nil
	}
	data := make([]byte, at.size)
	_, err := at.shelf.ReadAt(data, at.offset)
	return data, err
}

// size is how many bytes the block has.
func (b *Block) size() int { return b.location.Load().size }

// Shelve has the block read from where it was written, and no longer kept in memory.
func (b *Block) Shelve(in io.ReaderAt, offset int64) {
	b.location.Store(&location{shelf: in, offset: offset, size: b.size()})
}

// shelvedBlock is a block that was written.
func shelvedBlock(in io.ReaderAt, offset int64, size int) *Block {
	b := &Block{}
	b.location.Store(&location{shelf: in, offset: offset, size: size})
	return b
}

// Lost is what deriving panics with when history that lies in a file cannot be read again. It can be read from the store.
type Lost struct{ Cause error }

// Error says what was lost and why.
func (l *Lost) Error() string {
	return "history that was laid aside cannot be read again: " + l.Cause.Error()
}

// Unwrap gives the cause.
func (l *Lost) Unwrap() error { return l.Cause }

// blockSize is how much is compressed together, in bytes: enough to be worth it, and little enough to lie about.
const blockSize = 64 << 10

// compressed is a block of what is packed. It is done while a store is read, so it has to be quick; the check sum is that of
// what was compressed.
func compressed(plain []byte) []byte {
	room := pressing.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put in
	defer pressing.Put(room)
	*room = slices.Grow((*room)[:0], s2.MaxEncodedLen(len(plain))+crc32.Size)
	w := compact.Writer{Written: s2.EncodeBetter((*room)[:cap(*room)], plain)}
	w.Sum()
	return bytes.Clone(w.Written)
}

// pressing is room for what is being compressed.
var pressing = sync.Pool{New: func() any { return new([]byte) }}

// plain is what was compressed, in the room of what was before.
func (b *Block) plain(room []byte) ([]byte, error) {
	data, err := b.Read()
	if err != nil {
		return room, err
	}
	data, whole := compact.Summed(data)
	if !whole {
		return room, errDamaged
	}
	return s2.Decode(room[:cap(room)], data)
}

var errDamaged = errors.New("it is damaged")

// HasCommits says whether any commit was ever taken in, whether or not it is unpacked.
func (p *Packed) HasCommits() bool { return p.Size.Commits > 0 }

func (p *Packed) add(t *Told) {
	if t.kind == dora.KindCommit {
		p.Size.Commits++
	} else {
		p.Size.Changes++
	}
	p.Size.nodes += t.names
	if p.tail = append(p.tail, t.entry...); len(p.tail) >= blockSize {
		p.press()
	}
}

// press compresses the tail. Where others may be reading it, it is not written over.
func (p *Packed) press() {
	if len(p.tail) == 0 {
		return
	}
	p.Blocks = append(p.Blocks, newBlock(compressed(p.tail)))
	if p.tail = p.tail[:0]; p.shared {
		p.tail, p.shared = make([]byte, 0, blockSize+blockSize/8), false // there will be as much again
	}
}

// all yields what was written, in that order, and how, as it is read by an unpacker.
func (p *Packed) all(in *unpacker) iter.Seq2[*entry, []byte] {
	return func(yield func(*entry, []byte) bool) {
		var room []byte
		for i := 0; i <= len(p.Blocks); i++ {
			in.Rest = p.tail
			if i < len(p.Blocks) {
				var err error
				if room, err = p.Blocks[i].plain(room); err != nil {
					panic(&Lost{err})
				}
				in.Rest = room
			}
			for len(in.Rest) > 0 {
				from := in.Rest
				e := in.entry()
				if in.Failure != nil {
					panic(&Lost{in.Failure})
				}
				if !yield(e, from[:len(from)-len(in.Rest)]) {
					return
				}
			}
		}
	}
}

// Files yields the files of everything that was written of which they are known.
func (p *Packed) Files(yield func(*dora.Files) bool) {
	for e := range p.all(newUnpacker()) {
		if e.files != nil && !yield(e.files) {
			return
		}
	}
}

// Unpack works what is packed into code.
func (p *Packed) Unpack() *Unpacked {
	c := newUnpacked(p.Size)
	for e := range p.all(c.in) {
		c.add(e)
	}
	return c
}

// Changes yields every version of every change, in the order in which they came, without their texts.
func (p *Packed) Changes(yield func(*dora.Change) bool) {
	for e := range p.all(newUnpacker()) {
		if e.change == nil {
			continue
		}
		for i := range e.change.Commits {
			e.change.Commits[i].SHA = e.own[i].Text()
		}
		if !yield(e.change) {
			return
		}
	}
}

// wasteful says whether much of what was written has been overtaken.
func (p *Packed) wasteful(size Size) bool {
	return p.Size.Commits+p.Size.Changes > 2*(size.Commits+size.Changes)+1000
}

// compact writes what counts anew: the newest version of each change, and of a commit the first and, where one has
// files, that one.
func (p *Packed) compact() {
	newest := map[int]dora.Header{}
	for e := range p.all(newUnpacker()) {
		if c := e.change; c != nil {
			if before, ok := newest[c.Number]; !ok || c.NewerThan(before) {
				newest[c.Number] = c.Header
			}
		}
	}
	var fresh Packed
	known, filed := map[compact.SHA]bool{}, map[compact.SHA]bool{}
	for e, written := range p.all(newUnpacker()) {
		switch {
		case e.change != nil && e.change.Header == newest[e.change.Number]:
			delete(newest, e.change.Number)
			fresh.add(&Told{kind: dora.KindChange, names: len(e.own), entry: string(written)})
		case e.change == nil && (!known[e.sha] || (e.files != nil && !filed[e.sha])):
			known[e.sha], filed[e.sha] = true, filed[e.sha] || e.files != nil
			fresh.add(&Told{kind: dora.KindCommit, names: 1, entry: string(written)})
		}
	}
	*p = fresh
}

// Copied is what is packed now, whatever is written after.
func (p *Packed) Copied() Packed {
	p.shared = true
	return Packed{Blocks: slices.Clip(p.Blocks), tail: slices.Clip(p.tail), Size: p.Size}
}

// Write writes what is packed, but for the blocks themselves.
func (p *Packed) Write(w *compact.Writer) {
	w.Number(p.Size.Commits)
	w.Number(p.Size.Changes)
	w.Number(p.Size.nodes)
	w.Number(len(p.Blocks))
	for _, b := range p.Blocks {
		w.Number(b.size())
	}
	w.Bytes(p.tail)
}

// ReadPacked reads what write wrote. The blocks lie on the shelf, one after another from an offset on; it gives where they
// end.
func ReadPacked(r *compact.Reader, shelf io.ReaderAt, offset int64) (p Packed, end int64) {
	p.Size = packedSize{Size{r.Number(), r.Number()}, r.Number()}
	for range r.Length() {
		b := shelvedBlock(shelf, offset, r.Number())
		offset += int64(b.size())
		p.Blocks = append(p.Blocks, b)
	}
	p.tail = slices.Clone(r.Bytes())
	return p, offset
}
