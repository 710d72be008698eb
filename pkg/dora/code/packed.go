package code

import (
	"bytes"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

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
	clock  clock
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

// compressor and decompressor have buffers that are worth keeping. Any number of goroutines may use them.
var (
	compressor = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(blockSize*16), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are wrong
		}
		return e
	})
	decompressor = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic(err)
		}
		return d
	})
)

// HasCommits says whether any commit was ever taken in, whether or not it is unpacked.
func (p *Packed) HasCommits() bool { return p.Size.Commits > 0 }

func (p *Packed) addCommit(e *dora.Commit, title string, reverts *Revert) {
	p.Size.Commits++
	p.Size.nodes++
	p.add(func(to []byte) []byte { return p.clock.writeCommit(to, e, title, reverts) })
}

func (p *Packed) addChange(e *dora.Change, reverts *Revert) {
	p.Size.Changes++
	p.Size.nodes += len(e.Commits)
	p.add(func(to []byte) []byte { return p.clock.writeChange(to, e, reverts) })
}

func (p *Packed) add(write func([]byte) []byte) {
	p.tail = write(p.tail)
	if len(p.tail) >= blockSize {
		p.press()
	}
}

// press compresses the tail. Where others may be reading it, it is not written over.
func (p *Packed) press() {
	if len(p.tail) == 0 {
		return
	}
	room := pressing.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put in
	*room = compressor().EncodeAll(p.tail, (*room)[:0])
	p.Blocks = append(p.Blocks, newBlock(bytes.Clone(*room)))
	pressing.Put(room)
	if p.tail = p.tail[:0]; p.shared {
		p.tail, p.shared = make([]byte, 0, blockSize+blockSize/8), false // there will be as much again
	}
	p.clock = clock{}
}

// pressing is room for what is being compressed.
var pressing = sync.Pool{New: func() any { return new([]byte) }}

// Entry is a commit or a change, as it was packed. Its text was read before; what it said of reverts is kept.
type Entry struct {
	commit  *dora.Commit // its message is the title alone; the next entry overwrites it
	Change  *dora.Change
	reverts *Revert
}

// All yields what was written, in that order.
func (p *Packed) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		in := packedReader{shared: map[string]string{}}
		var room []byte
		for i := 0; i <= len(p.Blocks); i++ {
			plain := p.tail
			if i < len(p.Blocks) {
				data, err := p.Blocks[i].Read()
				if err == nil {
					room, err = decompressor().DecodeAll(data, room[:0])
				}
				if err != nil {
					panic(&Lost{err})
				}
				plain = room
			}
			in.Rest, in.clock = plain, clock{}
			for len(in.Rest) > 0 {
				e := in.entry()
				if in.Failure != nil {
					panic(&Lost{in.Failure})
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Files yields the files of everything that was written of which they are known.
func (p *Packed) Files() iter.Seq[*dora.Files] {
	return func(yield func(*dora.Files) bool) {
		for e := range p.All() {
			files := (*dora.Files)(nil)
			switch {
			case e.Change != nil:
				files = e.Change.Files
			case e.commit != nil:
				files = e.commit.Files
			}
			if files != nil && !yield(files) {
				return
			}
		}
	}
}

// Unpack works what is packed into code.
func (p *Packed) Unpack() *Unpacked {
	c := newUnpacked(p.Size)
	for e := range p.All() {
		if e.commit != nil {
			c.Graph.add(e.commit, e.commit.Message, e.reverts)
		} else {
			c.addChange(e.Change, e.reverts)
		}
	}
	return c
}

// wasteful says whether much of what was written has been overtaken.
func (p *Packed) wasteful(size Size) bool {
	return p.Size.Commits+p.Size.Changes > 2*(size.Commits+size.Changes)+1000
}

// compact writes what counts anew: the newest version of each change, and of a commit the first and, where one has
// files, that one.
func (p *Packed) compact() {
	newest := map[int]dora.Header{}
	for e := range p.All() {
		if c := e.Change; c != nil {
			if before, ok := newest[c.Number]; !ok || c.NewerThan(before) {
				newest[c.Number] = c.Header
			}
		}
	}
	var fresh Packed
	known, filed := map[string]bool{}, map[string]bool{}
	for e := range p.All() {
		switch {
		case e.Change != nil && e.Change.Header == newest[e.Change.Number]:
			delete(newest, e.Change.Number)
			fresh.addChange(e.Change, e.reverts)
		case e.commit != nil && (!known[e.commit.SHA] || (e.commit.Files != nil && !filed[e.commit.SHA])):
			known[e.commit.SHA], filed[e.commit.SHA] = true, filed[e.commit.SHA] || e.commit.Files != nil
			fresh.addCommit(e.commit, e.commit.Message, e.reverts)
		}
	}
	*p = fresh
}

// Copied is what is packed now, whatever is written after.
func (p *Packed) Copied() Packed {
	p.shared = true
	return Packed{Blocks: slices.Clip(p.Blocks), tail: slices.Clip(p.tail), clock: p.clock, Size: p.Size}
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
	w.Number(int(p.clock.last))
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
	p.clock.last = int64(r.Number())
	return p, offset
}
